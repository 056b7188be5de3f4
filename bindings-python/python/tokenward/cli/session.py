"""What all commands have in common: the server, the token, and asking a person."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from tokenward.cli.guard import DENIED, Failure
from tokenward.cli.output import clean

if TYPE_CHECKING:
    from tokenward.client import Client

__all__ = ["Session", "confirm", "read_secret", "session_of"]


@dataclass(frozen=True)
class Session:
    """The global options."""

    endpoint: str | None = None
    token_file: Path | None = None
    as_json: bool = False

    def client(self) -> Client:
        """The server's API. The client is loaded here, so that commands that need none start fast."""
        from tokenward.client import Client

        return Client(endpoint=self.endpoint, token=self.token())

    def token(self) -> str | None:
        """The token of `--token-file`; none leaves it to the client to find one."""
        if self.token_file is None:
            return None
        try:
            text = self.token_file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeError) as error:
            why = (getattr(error, "strerror", None) or "it is no text").lower()
            raise Failure(f"cannot read the token file `{self.token_file}`: {why}") from None
        if not text or any(c.isspace() for c in text):
            raise Failure(f"the token file `{self.token_file}` must hold one token and nothing else")
        return text


def session_of(context: typer.Context) -> Session:
    """The global options of this run."""
    session = context.find_object(Session)
    return session if session is not None else Session()


def confirm(question: str, *, yes: bool) -> None:
    """Asks on standard error, so that standard output holds nothing but the answer.

    Raises:
        Failure: the answer is no, or nobody is there to answer.
    """
    if yes:
        return
    print(f"{clean(question)} [y/N] ", end="", file=sys.stderr, flush=True)
    answer = sys.stdin.readline()
    if not answer:
        print(file=sys.stderr)
        raise Failure("nobody is there to confirm it: nothing was done", remedy="Use --yes to go on without asking.")
    if answer.strip().lower() not in ("y", "yes"):
        raise Failure("not confirmed: nothing was done", DENIED)


def read_secret(prompt: str) -> str:
    """A token from a prompt that does not echo, or from standard input; never from the arguments."""
    if sys.stdin.isatty():
        import getpass

        text = getpass.getpass(f"{prompt}: ", stream=sys.stderr)
    else:
        text = sys.stdin.readline()
    text = text.strip()
    if not text:
        raise Failure("no token was given on standard input")
    return text
