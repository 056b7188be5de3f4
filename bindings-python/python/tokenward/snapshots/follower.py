"""The thread that keeps an edge up: by the server's events, else by asking now and then."""

from __future__ import annotations

import random
import threading
import time
from typing import Literal, TypeAlias

from tokenward.errors import ApiError, UnreachableError
from tokenward.snapshots.edge import Edge, error_text

__all__ = ["Follower", "State"]

State: TypeAlias = Literal["following", "polling", "retrying"]

# The first wait after a failure, in seconds; each is twice as long as the one before.
_FIRST = 0.25
# So many edges do not come back to a server all at once that ended their streams.
_SPREAD = 0.5
# A stream that ends sooner than this is a failure.
_LASTS = 5.0
# After a stream on which nothing came, for as long as that, events are not asked for: something on the way keeps them.
_WITHOUT = 300.0
_HELD_UP = 10.0


class Follower(threading.Thread):
    """Keeps an edge up until it is stopped.

    Attributes:
        state: how it does so at present.
    """

    state: State

    def __init__(self, edge: Edge, *, events: bool, poll: float) -> None:
        super().__init__(name=f"tokenward-snapshots-{edge.link.org}", daemon=True)
        self.edge, self._events, self._poll = edge, events, poll
        self.state = "retrying" if edge.error else "polling"
        self._stopping = threading.Event()
        self._failures = 0
        self._events_from = 0.0

    def run(self) -> None:
        """Never ends by an error."""
        while not self._stopping.is_set():
            wait = self._turn()
            self._stopping.wait(wait)

    def stop(self, timeout: float) -> None:
        """Ends the thread, and waits for it unless it is the one that calls."""
        self._stopping.set()
        self.edge.link.interrupt()
        if self.is_alive() and threading.current_thread() is not self:
            self.join(timeout)

    def _turn(self) -> float:
        """One stream from its beginning to its end, or one question; for how long to wait then."""
        by_events = self._events and time.monotonic() >= self._events_from
        try:
            if by_events:
                self._follow()
                return _between(0, _SPREAD)
            self._ask()
            self._failures = 0
            return self._until_next_question()
        except Exception as error:
            wait = self._failed(error)
            told_to_wait = _asked_to_wait(error) > 0
        if by_events and not told_to_wait and not self._stopping.is_set():
            wait = max(wait, self._ask_instead())
        return wait

    def _follow(self) -> None:
        began, came = time.monotonic(), False
        try:
            with self.edge.link.events() as manifests:
                for sealed in manifests:
                    if self._stopping.is_set():
                        return
                    if sealed is not None:
                        self.edge.take(sealed)
                        came = True
                        self._well("following")
                    elif not came and time.monotonic() - began >= _HELD_UP:
                        break
                    elif self.edge.age >= self.edge.lifetime * 2 / 3:
                        # Whoever renews it has not: better ask.
                        self.edge.refresh()
                    self.edge.tick()
        finally:
            lasted = time.monotonic() - began
            if came and lasted >= _LASTS:
                self._failures = 0
            if not came and lasted >= _HELD_UP:
                self._events_from = time.monotonic() + _WITHOUT
        if not came or lasted < _LASTS:
            raise UnreachableError("the stream of events ended before anything came, or as soon as it began")

    def _ask(self) -> None:
        self.edge.refresh()
        self._well("polling")
        self.edge.tick()

    def _ask_instead(self) -> float:
        """Without events it is not given up: what went wrong with them stays to be read."""
        before = self.edge.error
        try:
            self._ask()
            self.edge.error = self.edge.error or before
            return 0.0
        except Exception as error:
            self._note(error)
            return _asked_to_wait(error)

    def _well(self, state: State) -> None:
        self.state, self.edge.error = state, None

    def _failed(self, error: Exception) -> float:
        self._note(error)
        self._failures += 1
        wait = min(self._longest(), _FIRST * (1 << min(self._failures - 1, 20))) * _between(0.5, 1)
        return max(wait, _asked_to_wait(error))

    def _note(self, error: Exception) -> None:
        if not self._stopping.is_set():
            self.state, self.edge.error = "retrying", error_text(error)

    def _until_next_question(self) -> float:
        return self._longest() * _between(0.8, 1.2)

    def _longest(self) -> float:
        """Never so long that the snapshot is stale before the next question."""
        return min(self._poll, max(self.edge.lifetime / 3, _FIRST))


def _asked_to_wait(error: Exception) -> float:
    """For how many seconds the server wants to be left alone."""
    return float(error.retry_after or 0) if isinstance(error, ApiError) else 0.0


def _between(least: float, most: float) -> float:
    # So that many edges do not all come at once; nobody must be unable to guess it.
    return least + (most - least) * random.random()
