"""A snapshot in a file, from one run to the next. What is read here is verified before anything is decided from it."""

from __future__ import annotations

import os
import tempfile

__all__ = ["read", "replace"]


def read(path: str) -> bytes | None:
    """What the file holds; nothing when there is none, or it cannot be read."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return None


def replace(path: str, bundle: bytes) -> None:
    """Puts a bundle in the place of the file as a whole, so that no reader meets half of one. Only its owner can read it.

    Raises:
        OSError: it cannot be written; the file is as it was.
    """
    folder, name = os.path.split(path)
    handle, made = tempfile.mkstemp(prefix=f".{name}.", dir=folder or ".")
    try:
        with open(handle, "wb") as file:
            file.write(bundle)
            file.flush()
            os.fsync(file.fileno())
        os.replace(made, path)
    except BaseException:
        os.unlink(made)
        raise
