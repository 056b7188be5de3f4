"""Lines and columns, counted only as far as something was found."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tokenward.scanning.windows import SIZE, Window

__all__ = ["Cursor", "counted"]

# The second and later bytes of a character of UTF-8.
_CONTINUATION = bytes(range(0x80, 0xC0))


class Cursor:
    """A line and a column that move forward through bytes; both count from 1, columns in characters.

    `again(offset, size)` reads a stretch once more: for a cursor that was left behind.
    """

    def __init__(self, again: Callable[[int, int], bytes] | None = None, *, column: int = 1) -> None:
        self.line, self.column, self.offset = 1, column, 0
        self._again = again

    def move_to(self, offset: int, window: Window) -> None:
        """Moves to an offset in this window."""
        self._catch_up(window.base)
        start = self.offset - window.base
        if start >= 0:
            self._pass(window.data[start : offset - window.base])

    def _catch_up(self, offset: int) -> None:
        while self._again is not None and self.offset < offset:
            data = self._again(self.offset, min(SIZE, offset - self.offset))
            if not data:
                # The file has become shorter: there is nothing left to count.
                self.offset = offset
            self._pass(data)

    def _pass(self, data: bytes) -> None:
        self.offset += len(data)
        lines = data.count(b"\n")
        if lines:
            self.line += lines
            self.column = 1
            data = data[data.rindex(b"\n") + 1 :]
        self.column += len(data.translate(None, _CONTINUATION))


def counted(windows: Iterator[Window], cursor: Cursor) -> Iterator[Window]:
    """The same windows, of something that cannot be read again: the cursor goes along."""
    for window in windows:
        yield window
        if not window.last:
            cursor.move_to(window.next_base, window)
