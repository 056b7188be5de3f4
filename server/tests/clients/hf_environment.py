"""The environment in which the Python clients run: one endpoint, one fresh home, nothing of the user's own."""

import os
import sys
from pathlib import Path

# The console script of the interpreter that runs the tests.
HF = str(Path(sys.executable).with_name("hf"))


def environment(endpoint: str, home: Path, token: str | None = None) -> dict[str, str]:
    """`HF_ENDPOINT` is read at import, and a cached file is returned unasked: hence a process and a fresh home."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("HF_", "HUGGING"))}
    kept |= {
        "HF_ENDPOINT": endpoint,
        "HF_HOME": str(home),
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HUB_DISABLE_UPDATE_CHECK": "1",
        "HF_HUB_DISABLE_XET": "1",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "NO_COLOR": "1",
        "NO_PROXY": "*",
    }
    return kept | ({"HF_TOKEN": token} if token else {})
