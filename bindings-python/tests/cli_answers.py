"""What a command answered, as programs read it."""

from __future__ import annotations

import json
from typing import Any

from typer.testing import Result

__all__ = ["answer", "error"]


def answer(result: Result, code: int = 0) -> Any:
    """The one JSON value of a command that ended as it should."""
    assert result.exit_code == code, result.output
    return json.loads(result.stdout)


def error(result: Result, code: int) -> Any:
    assert (result.exit_code, result.stdout) == (code, ""), result.output
    return json.loads(result.stderr)["error"]
