"""The command `tokenward`: what people type, made of `tokenward.Client` and `tokenward.scanning`.

Nothing here decides anything, and no token reaches the screen: see `output` for what is printed and
`guard` for how errors are told.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Runs the command and ends the process with its exit code."""
    import io
    import sys

    from typer.main import get_command

    from tokenward.cli.app import app

    for stream in (sys.stdout, sys.stderr):
        # A name that the screen cannot show must not end the command.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    words = sys.argv[1:] if arguments is None else list(arguments)
    get_command(app).main(words, prog_name="tokenward")
    raise AssertionError("the command ends the process")
