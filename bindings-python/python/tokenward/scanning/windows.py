"""A long stretch of bytes, looked at a window at a time, so that every token is found exactly once.

Windows overlap by so much that each token, and the characters that bound it, lies whole in one.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import NamedTuple

__all__ = ["LENGTH", "SIZE", "Hit", "Window", "file_windows", "hits", "read_at", "stream_windows"]

# `hf_` and 34 letters.
LENGTH = 37
# A character of UTF-8: all that decides whether a token is bounded on one side.
CONTEXT = 4
# Large enough that Python is idle, small enough to stay in the processor's cache.
SIZE = 1 << 20


class Window(NamedTuple):
    """A part of the bytes: where it begins, what is in it, and whether it reaches the end."""

    base: int
    data: bytes
    last: bool

    @property
    def end(self) -> int:
        return self.base + len(self.data)

    @property
    def limit(self) -> int:
        """Tokens that start before this place can be judged here; the others in the next window."""
        return self.end if self.last else self.end - LENGTH - CONTEXT + 1

    @property
    def next_base(self) -> int:
        """Where the next window begins."""
        return max(self.base, self.limit - CONTEXT)


class Hit(NamedTuple):
    """A token: its offset, its text and whether its checksum is right."""

    offset: int
    token: bytes
    ours: bool


def hits(windows: Iterator[Window]) -> Iterator[tuple[Hit, Window]]:
    """The tokens of the windows, in order, each with its window."""
    from tokenward._native import scan

    judged = 0
    for window in windows:
        base, data, _ = window
        found = scan(data)
        if found:
            limit = window.limit
            for one in found:
                offset = base + one.start
                if judged <= offset < limit:
                    yield Hit(offset, data[one.start : one.end], one.ours), window
        judged = max(judged, window.limit)


def file_windows(fd: int, size: int = SIZE) -> Iterator[Window]:
    """The windows of a regular file, each read at its place: nothing is copied."""
    base, length = 0, os.fstat(fd).st_size
    while True:
        data = read_at(fd, base, min(size, max(length - base, 0) + 1))
        last = base + len(data) == length or not data
        if not last and len(data) <= LENGTH + 2 * CONTEXT:
            # A file that grows or shrinks under the eyes: read what there is, to its end.
            data, last = _whole(fd, base), True
        window = Window(base, data, last)
        yield window
        if last:
            return
        base = window.next_base


def _whole(fd: int, base: int) -> bytes:
    parts = []
    while data := read_at(fd, base, SIZE):
        parts.append(data)
        base += len(data)
    return b"".join(parts)


def read_at(fd: int, offset: int, size: int) -> bytes:
    """Up to `size` bytes from an offset on."""
    os.lseek(fd, offset, os.SEEK_SET)
    return os.read(fd, size)


def stream_windows(read: Callable[[int], bytes], size: int = SIZE) -> Iterator[Window]:
    """The windows of what `read(size)` gives piece by piece, in pieces of any length, until `b""`."""
    base, kept = 0, b""
    while True:
        data = read(size)
        window = Window(base, kept + data if kept else data, not data)
        yield window
        if window.last:
            return
        base = window.next_base
        kept = window.data[base - window.base :]
