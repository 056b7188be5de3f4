"""A file for a token that exists only once: its place is made sure of before the token is asked for.

The token is written beside its place and moved there; if that last step fails, the file beside it stays
and is named. At no time can anyone else read it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from tokenward.cli.guard import Failure

__all__ = ["Place", "stored_token_path", "token_place"]

# More than a token needs: a full disk shows itself before the server is asked.
_ROOM = b"\n" * 4096


class Place:
    """A file that waits for a token."""

    def __init__(self, path: str, beside: str, fd: int, overwrite: bool) -> None:
        self.path = path
        self.written = False
        self._beside, self._fd, self._overwrite = beside, fd, overwrite

    def write(self, token: str) -> None:
        """Puts the token into the file.

        Raises:
            Failure: it could not be moved to its place; the message says where it is.
        """
        try:
            os.ftruncate(self._fd, 0)
            os.pwrite(self._fd, token.encode(), 0)
            os.fsync(self._fd)
            self.written = True
            self._move()
        except OSError as error:
            why = (error.strerror or "").lower()
            where = f"the new token is in `{self._beside}`" if self.written else "the new token is lost"
            raise Failure(f"cannot write `{self.path}`: {why}; {where}") from None

    def _move(self) -> None:
        if self._overwrite:
            os.replace(self._beside, self.path)
        else:
            # Unlike a move, this fails where a file has come up in the meantime.
            os.link(self._beside, self.path)
            os.unlink(self._beside)
        folder = os.open(os.path.dirname(self.path), os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


@contextmanager
def token_place(path: str, *, overwrite: bool) -> Iterator[Place]:
    """A place for a token at this path, of mode 0600; nothing is left when no token was written.

    Raises:
        Failure: something is there already, or nothing can be written there.
    """
    path = os.path.realpath(path)
    if os.path.lexists(path) and not os.path.isfile(path):
        raise Failure(f"`{path}` is no plain file")
    if os.path.lexists(path) and not overwrite:
        raise Failure(f"`{path}` is there already", remedy="Use --overwrite to replace it.")
    beside = f"{path}.{os.getpid()}.new"
    try:
        fd = os.open(beside, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise Failure(f"cannot write `{path}`: {(error.strerror or '').lower()}") from None
    place = Place(path, beside, fd, overwrite)
    try:
        _make_room(fd, path)
        yield place
    finally:
        os.close(fd)
        if not place.written:
            os.unlink(beside)


def _make_room(fd: int, path: str) -> None:
    try:
        os.pwrite(fd, _ROOM, 0)
        os.fsync(fd)
    except OSError as error:
        raise Failure(f"cannot write `{path}`: {(error.strerror or '').lower()}") from None


def stored_token_path() -> str:
    """Where huggingface_hub keeps the token in use; its folder is made if it is not there."""
    home = os.environ.get("HF_HOME") or os.path.join(
        os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache"), "huggingface"
    )
    path = os.path.expandvars(os.path.expanduser(os.environ.get("HF_TOKEN_PATH") or os.path.join(home, "token")))
    try:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    except OSError as error:
        raise Failure(f"cannot make the folder of `{path}`: {(error.strerror or '').lower()}") from None
    return path
