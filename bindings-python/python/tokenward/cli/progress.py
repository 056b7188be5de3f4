"""Progress on standard error, where a person is watching; elsewhere nothing."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

__all__ = ["bytes_done", "counted"]

Item = TypeVar("Item")
# A bar is for waiting people: it comes late, and is not told of every file.
_STEP = 1 << 22


@contextmanager
def bytes_done(what: str) -> Iterator[Callable[[int, int], None] | None]:
    """A function to call with the bytes done and the bytes in all; none where nobody watches."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        task, told = shown.add_task(what, total=None), -_STEP

        def progress(done: int, total: int) -> None:
            nonlocal told
            if done - told >= _STEP or done == total:
                told = done
                shown.update(task, completed=done, total=total)

        yield progress


def counted(items: Iterable[Item], what: str) -> Iterator[Item]:
    """The same items, counted for whoever watches."""
    if not sys.stderr.isatty():
        yield from items
        return
    from rich.console import Console

    with Console(stderr=True).status(what) as shown:
        for number, item in enumerate(items, 1):
            if number % 100 == 0:
                shown.update(f"{number} {what}")
            yield item
