"""How the command ends: its exit codes, and every error as one clear line without a token.

No traceback is ever printed: it could show the values of variables, and with them a token.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import typer
from typer.core import TyperGroup

from tokenward._native import scan
from tokenward.cli.output import clean, json_text
from tokenward.errors import ApiError, ServerError, TokenwardError, UnreachableError

__all__ = ["BAD_INPUT", "DENIED", "OK", "UNREACHABLE", "Failure", "Guarded"]

OK, DENIED, BAD_INPUT, UNREACHABLE = 0, 1, 2, 3
_DEFECT, _INTERRUPTED, _NOBODY_READS = 70, 130, 141
# Answers of the server by status.
_CODES = {
    400: BAD_INPUT,
    405: BAD_INPUT,
    411: BAD_INPUT,
    413: BAD_INPUT,
    415: BAD_INPUT,
    422: BAD_INPUT,
    429: UNREACHABLE,
}


@dataclass
class Failure(Exception):
    """An end with an error: one line, and what a program wants to know."""

    message: str
    code: int = BAD_INPUT
    status: int | None = None
    reason: str | None = None
    remedy: str | None = None
    request_id: str | None = None

    def to_dict(self) -> dict[str, Any]:
        fields = {key: value for key, value in vars(self).items() if key not in ("code", "request_id")}
        return {"error": {**fields, "requestId": self.request_id, "exitCode": self.code}}

    def line(self) -> str:
        text = f"error: {self.message.rstrip('.')}"
        if self.reason:
            text += f" ({self.reason})"
        if self.remedy:
            text += f". {self.remedy.rstrip('.')}"
        if self.request_id:
            text += f". Request id: {self.request_id}"
        return text


class Guarded(TyperGroup):
    """The group of all commands, with errors told our way."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        words, code = list(sys.argv[1:] if args is None else args), OK
        try:
            _refuse_tokens(words)
            code = super().main(words, prog_name, complete_var, False, windows_expand_args, **extra) or OK
            sys.stdout.flush()
        except BrokenPipeError:
            code = _nobody_reads()
        except (Exception, KeyboardInterrupt) as error:
            failure = failure_of(error)
            if failure.message:
                tell(failure, as_json="--json" in words)
            code = failure.code
        if standalone_mode:
            sys.exit(code)
        return code

    def invoke(self, ctx: Any) -> Any:
        """Before anyone else makes a 1 of it, which is the code for something found."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            return _nobody_reads()


def tell(failure: Failure, *, as_json: bool) -> None:
    """Writes an error to standard error."""
    if as_json:
        text = json_text(failure.to_dict(), indent=None)
    else:
        text = clean(failure.line())
    print(text, file=sys.stderr)


def failure_of(error: BaseException) -> Failure:
    """What to tell of an error, and how to end."""
    if isinstance(error, Failure):
        return error
    if isinstance(error, (typer.Abort, KeyboardInterrupt)):
        return Failure("stopped", _INTERRUPTED)
    if hasattr(error, "format_message"):
        # Wrong usage. Without a message the help has been shown already.
        return Failure(_sentence(str(error.format_message())))
    if isinstance(error, TokenwardError):
        return _of_ours(error)
    if isinstance(error, OSError):
        name = f"`{os.fsdecode(error.filename)}`" if isinstance(error.filename, (str, bytes)) else "a file"
        return Failure(f"cannot use {name}: {(error.strerror or type(error).__name__).lower()}")
    return Failure(f"a defect of this program: {type(error).__name__} in {_place(error)}", _DEFECT)


def _nobody_reads() -> int:
    """Whoever read our output has gone, and Python must not complain about it at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return _NOBODY_READS


def _of_ours(error: TokenwardError) -> Failure:
    if isinstance(error, ApiError):
        # Also what has a status of success and is no answer: whoever answers there is no Tokenward.
        code = UNREACHABLE if isinstance(error, ServerError) else _CODES.get(error.status, DENIED)
        return Failure(_first_line(error.message), code, error.status, error.reason, error.remedy, error.request_id)
    return Failure(_first_line(str(error)), UNREACHABLE if isinstance(error, UnreachableError) else BAD_INPUT)


def _first_line(text: str) -> str:
    return next((line.strip() for line in text.splitlines() if line.strip()), "no reason given")


def _sentence(text: str) -> str:
    """In the form of our own errors."""
    text = " ".join(text.split())
    return text[:1].lower() + text[1:]


def _place(error: BaseException) -> str:
    """The innermost place in our own code: no values, only a file and a line."""
    place, trace = "an unknown place", error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        if "tokenward" in code.co_filename:
            place = f"{os.path.basename(code.co_filename)}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place


def _refuse_tokens(words: Sequence[str]) -> None:
    """A token among the arguments stands in the shell's history and in the list of processes already."""
    if "scan" in words:
        return  # names of files, which may hold anything
    if any(scan(word) for word in words):
        raise Failure(
            "a token was given as an argument: other users and the shell's history can see it",
            remedy="Treat it as leaked: revoke it. Tokens are read from a prompt, standard input or a file only.",
        )
