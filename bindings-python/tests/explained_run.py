"""One run of huggingface_hub under `explained()` with one token (`explained_calls.py`, a process of its own)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

__all__ = ["REMEDIES", "run_calls"]

HERE = Path(__file__).resolve().parent
# Who has to act on each reason, and what to do, as the contract means it; never taken from the server.
REMEDIES = {
    "missing_token": ("owner", "log_in"),
    "organization_token": ("owner", "use_user_token"),
    "invalid_token": ("owner", "create_token"),
    "expired_token": ("owner", "renew_token"),
    "unknown_action": ("nobody", "none"),
    "not_found": ("owner", "check_name"),
    "token_revoked": ("owner", "replace_token"),
    "fine_grained_required": ("owner", "create_fine_grained_token"),
    "token_scope": ("owner", "add_permission"),
    "token_pending": ("org_admin", "approve_token"),
    "token_denied": ("org_admin", "approve_token"),
    "gated_token": ("owner", "enable_gated_repos"),
    "role_insufficient": ("org_admin", "raise_role"),
    "gated_user": ("org_admin", "grant_access"),
}


def run_calls(endpoint: str, home: Path, job: dict[str, Any], **environment: str) -> dict[str, Any]:
    """What came of the calls and the preflights of a job."""
    from hf_environment import environment as of_the_library
    from library_run import UPLOADED

    (home / "caches").mkdir(parents=True)
    job = {"preflights": {}, "caches": str(home / "caches"), "upload": UPLOADED, **job}
    paths = [str(Path(of_the_library.__code__.co_filename).parent), os.environ.get("PYTHONPATH", "")]
    env = of_the_library(endpoint, home) | {"PYTHONPATH": os.pathsep.join(filter(None, paths))} | environment
    settings: Any = {"input": json.dumps(job), "env": env, "capture_output": True, "text": True, "timeout": 120}
    done = subprocess.run([sys.executable, str(HERE / "explained_calls.py")], **settings)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    if job["token"]:
        assert job["token"] not in done.stdout + done.stderr
    return found
