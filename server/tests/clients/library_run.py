"""One run of huggingface_hub with one token (`hub_calls.py`, a process of its own); how refusals are compared."""

import json
import subprocess
import sys
from pathlib import Path

from expectations import Refusal
from hf_environment import environment
from world import Case

UPLOADED = "---\nlicense: apache-2.0\n---\n# Uploaded\n"
DRIVER = Path(__file__).with_name("hub_calls.py")


class LibraryRun:
    def __init__(self, case: Case, endpoint: str, home: Path, **more_environment: str):
        self.case = case
        (home / "caches").mkdir()
        job = {name: getattr(case, name) for name in ("token", "org", "shelf", "doomed", "movable", "new")}
        job |= {"caches": str(home / "caches"), "upload": UPLOADED}
        settings = {"input": json.dumps(job), "capture_output": True, "text": True, "timeout": 120}
        env = environment(endpoint, home) | more_environment
        done = subprocess.run([sys.executable, str(DRIVER)], env=env, **settings)
        assert done.returncode == 0, done.stderr
        self.stderr = done.stderr
        self.outcomes = json.loads(done.stdout)

    def value(self, call: str) -> object:
        outcome = self.outcomes[call]
        assert "value" in outcome, f"{call} raised: {outcome['raised']}"
        return outcome["value"]

    def raised(self, call: str) -> list[dict]:
        """The exception that came out of the call, and its causes."""
        outcome = self.outcomes[call]
        assert "raised" in outcome, f"{call} came through: {outcome['value']}"
        return outcome["raised"]


def assert_refused(error: dict, refusal: Refusal) -> None:
    seen = {key: error[key] for key in ("class", "status", "reason", "code", "server_message")}
    assert seen == {
        "class": refusal.exception, "status": refusal.status, "reason": refusal.reason,
        "code": refusal.code, "server_message": refusal.server_message,
    }  # fmt: skip
    assert error["request_id"] and error["request_id"] in error["text"]
    # The library leaves out a sentence that its own text has in other letters ("Repository Not Found").
    assert refusal.body.lower() in error["text"].lower()
