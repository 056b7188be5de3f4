"""The stream of manifests: server-sent events taken apart."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator

from tokenward.errors import SnapshotError

__all__ = ["manifests"]

# A sealed manifest has 4 MiB at most; as base64 it is longer by a third.
_LONGEST = 6 << 20


def manifests(chunks: Iterable[bytes]) -> Iterator[bytes | None]:
    """The sealed manifests of a stream; `None` is a comment, which says that the server lives.

    >>> list(manifests([b"event: manifest\\nid: 1\\nda", b"ta: Zm9v\\n\\n: still here\\n\\n"]))
    [b'foo', None]

    Raises:
        SnapshotError: an event that is no manifest, or is too long to be one.
    """
    event, data = b"", b""
    for line in _lines(chunks):
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if not line:
            if event == b"manifest":
                yield _decoded(data)
            event, data = b"", b""
        elif not name:
            yield None
        elif name == b"event":
            event = value
        elif name == b"data":
            data += value
            _check_length(data)


def _lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    rest = b""
    for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        _check_length(rest)
        for line in lines:
            yield line.removesuffix(b"\r")


def _check_length(text: bytes) -> None:
    if len(text) > _LONGEST:
        raise SnapshotError("too_large", "it is larger than the format allows")


def _decoded(data: bytes) -> bytes:
    try:
        return base64.b64decode(data, validate=True)
    except binascii.Error:
        raise SnapshotError("malformed", "it is not of the format, or not complete") from None
