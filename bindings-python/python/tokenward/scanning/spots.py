"""The tokens of one file, stream or object, with their lines and columns.

Bytes are looked at as they are, whatever they may be; what begins with the mark of UTF-16 or UTF-32 is
looked at as such a text too.
"""

from __future__ import annotations

import codecs
import io
import os
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

from tokenward.scanning.places import Cursor, counted
from tokenward.scanning.windows import SIZE, Window, file_windows, hits, read_at, stream_windows

__all__ = ["Spot", "spots_of_bytes", "spots_of_file", "spots_of_stream"]

# The longer marks first: the one of UTF-32 begins with the one of UTF-16.
_MARKS = [
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
]
Read = Callable[[int], bytes]


class Spot(NamedTuple):
    """A token and its place. It prints as any tuple does: keep it to yourself."""

    line: int
    column: int
    token: str
    ours: bool


def spots_of_bytes(data: bytes) -> Iterator[Spot]:
    """The tokens of bytes in memory."""
    yield from _spots(iter([Window(0, data, True)]), Cursor(column=_first_column(data)))
    if wide := _encoding(data):
        yield from _spots_of_text(io.BytesIO(data).read, wide, SIZE)


def spots_of_file(fd: int, size: int = SIZE) -> Iterator[Spot]:
    """The tokens of a regular file."""
    head = read_at(fd, 0, 4)
    cursor = Cursor(partial(read_at, fd), column=_first_column(head))
    yield from _spots(file_windows(fd, size), cursor)
    if wide := _encoding(head):
        os.lseek(fd, 0, os.SEEK_SET)
        yield from _spots_of_text(partial(os.read, fd), wide, size)


def spots_of_stream(read: Read, size: int = SIZE) -> Iterator[Spot]:
    """The tokens of what can be read only once: `read(size)` gives `b""` at its end."""
    head = b""
    while len(head) < 4 and (more := read(4 - len(head))):
        head += more
    whole = _behind(head, read)
    if not _encoding(head):
        cursor = Cursor(column=_first_column(head))
        yield from _spots(counted(stream_windows(whole, size), cursor), cursor)
        return
    # To be looked at in two ways, it must be kept: in a file that has no name.
    with tempfile.TemporaryFile() as kept:
        while data := whole(size):
            kept.write(data)
        kept.flush()
        yield from spots_of_file(kept.fileno(), size)


def _spots(windows: Iterator[Window], cursor: Cursor) -> Iterator[Spot]:
    for hit, window in hits(windows):
        cursor.move_to(hit.offset, window)
        yield Spot(cursor.line, cursor.column, hit.token.decode("ascii"), hit.ours)


def _spots_of_text(read: Read, encoding: str, size: int) -> Iterator[Spot]:
    cursor = Cursor(column=0)
    yield from _spots(counted(stream_windows(_as_utf8(read, encoding), size), cursor), cursor)


def _as_utf8(read: Read, encoding: str) -> Read:
    decoder = codecs.getincrementaldecoder(encoding)("replace")

    def read_utf8(size: int) -> bytes:
        while True:
            data = read(size)
            text = decoder.decode(data, final=not data)
            if text or not data:
                return text.encode("utf-8", "replace")

    return read_utf8


def _behind(head: bytes, read: Read) -> Read:
    first = [head]
    return lambda size: (first.pop() or read(size)) if first else read(size)


def _encoding(head: bytes) -> str | None:
    return next((encoding for mark, encoding in _MARKS if head.startswith(mark)), None)


def _first_column(head: bytes) -> int:
    """A mark in front of the text counts as no character."""
    return 0 if head.startswith(codecs.BOM_UTF8) else 1
