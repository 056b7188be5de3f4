"""The newest snapshot of one organization, as far as it was fetched, and how the next one takes its place.

Whatever is refused changes nothing. There is no thread here, and no waiting.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from tokenward import Authorizer
from tokenward.errors import (
    BadRequestError,
    NotFoundError,
    ParseError,
    RateLimitedError,
    ServerError,
    SnapshotError,
    TokenwardError,
    UnreachableError,
)
from tokenward.snapshots import cache

if TYPE_CHECKING:
    from tokenward._native import Refresh
    from tokenward.snapshots.link import Link

__all__ = ["Edge", "Keys", "error_text"]

_log = logging.getLogger("tokenward")

Keys: TypeAlias = Mapping[str, object] | str | bytes
Used = TypeVar("Used")

# A key that was withdrawn is forgotten after so many seconds at the latest.
_KEYS_FOR = 60.0
# They are not asked for more often than this, whatever unknown keys come.
_KEYS_AT_MOST_EVERY = 1.0
# A snapshot whose generation is in the file already is not written into it more often than this.
_KEPT_EVERY = 10.0
# When more blocks than this are missing, the whole is fetched in one piece.
_MANY = 128
_TRIES = 5

_NOTHING = '{"format": "tokenward.org/1", "organization": {"name": %s}, "generation": 0}'


class Superseded(Exception):
    """A block is gone: there is a newer manifest."""


def error_text(error: BaseException) -> str:
    """An error as it is shown. Of one that is not ours only the class, since its words may hold anything."""
    name = type(error).__name__
    return f"{name}: {error}" if isinstance(error, TokenwardError) else name


class Edge:
    """The newest snapshot, fetched, verified and kept.

    Attributes:
        authorizer: decides from it. It is replaced as a whole, so that it can be read without a lock.
        error: what went wrong last and has not gone right since.
    """

    authorizer: Authorizer

    def __init__(
        self,
        link: Link,
        *,
        pinned: Keys | None,
        max_age: int | None,
        parts: str,
        file: str | None,
        on_change: Callable[[Authorizer], object] | None,
    ) -> None:
        self.link, self._pinned, self._max_age, self._parts = link, pinned, max_age, parts
        self._file, self._on_change = file, on_change
        self.error: str | None = None
        self._keys: Keys = b""
        self._keys_at = 0.0
        self._is_open = False
        self._withdrawn = False
        self._tag: str | None = None
        self._reported: int | None = None
        self._reports = True
        self._kept: Authorizer | None = None
        self._kept_at = -_KEPT_EVERY
        self._new_locks()

    def _new_locks(self) -> None:
        self._lock, self._changed, self._keeping = threading.RLock(), threading.Condition(), threading.Lock()

    def moved(self, link: Link) -> None:
        """Goes on in another process, over another link; what is held stays."""
        self._new_locks()
        self.link, self._tag, self._reported, self._file = link, None, None, None

    def open(self) -> None:
        """Takes the snapshot of the file, if it is good, or else the server's."""
        self._set_keys(self._pinned if self._pinned is not None else self.link.keys())
        kept = self._from_file()
        if kept is None:
            self._tag, self.authorizer = self._fetched()
            self._is_open = True
        else:
            self.authorizer = kept
            self._is_open = True
            self._kept = self.authorizer
            try:
                self.refresh()
            except (UnreachableError, ServerError, RateLimitedError, SnapshotError) as error:
                self.error = error_text(error)
        self.tick()

    def refresh(self) -> None:
        """Takes the newest manifest of the server, and whatever it names that is not here."""
        with self._lock:
            before = self.authorizer
            for left in reversed(range(_TRIES)):
                if self._withdrawn:
                    self._replace_withdrawn()
                    break
                newest = self._newest()
                if newest is None:
                    break
                tag, sealed = newest
                try:
                    self._apply(sealed)
                except Superseded:
                    if left:
                        continue
                    raise UnreachableError("the snapshot changes faster than it can be fetched") from None
                self._tag = tag
                break
        self._tell(before)

    def take(self, sealed: bytes) -> None:
        """Takes a manifest that came by itself."""
        with self._lock:
            before = self.authorizer
            try:
                self._apply(sealed)
                self._tag = None
            except Superseded:
                self.refresh()
        self._tell(before)

    def tick(self) -> None:
        """What is done now and then: keys are renewed, what is held is kept and reported."""
        if self._pinned is None and time.monotonic() - self._keys_at >= _KEYS_FOR:
            self._renew_keys()
        if self._withdrawn:
            self.refresh()
        self._settle()
        if time.monotonic() - self._kept_at >= _KEPT_EVERY:
            self.keep()

    def keep(self) -> None:
        """Writes what is held into the file, unless it is there."""
        # One after the other, so that the newest is what stays.
        with self._keeping:
            held = self.authorizer
            if self._file is None or held is self._kept or self._withdrawn:
                return
            self._kept_at = time.monotonic()
            try:
                cache.replace(self._file, held.bundle())
                self._kept = held
            except OSError as error:
                self.error = f"cannot keep the snapshot: {(error.strerror or 'no reason given').lower()}"

    def wait_for(self, generation: int, timeout: float | None) -> bool:
        """Waits until a generation is here."""
        with self._changed:
            return self._changed.wait_for(
                lambda: not self._withdrawn and self.authorizer.generation >= generation, timeout
            )

    @property
    def lifetime(self) -> float:
        """For how many seconds a snapshot may be decided from."""
        issued, stale_from = self.authorizer.issued, self.authorizer.stale_from
        return (stale_from - issued).total_seconds() if issued and stale_from else 0.0

    @property
    def age(self) -> float:
        """How many seconds ago the snapshot was issued."""
        issued, now = self.authorizer.issued, datetime.now(timezone.utc)
        return (now - issued).total_seconds() if issued else 0.0

    @property
    def is_stale(self) -> bool:
        """Whether everything is denied."""
        stale_from = self.authorizer.stale_from
        return stale_from is not None and datetime.now(timezone.utc) >= stale_from

    # Taking what comes.

    def _newest(self) -> tuple[str | None, bytes] | None:
        try:
            return self.link.manifest(self._tag, self._reportable)
        except BadRequestError:
            pass
        # A server that was restored from a backup does not know our generation.
        return self.link.manifest(None, None)

    def _apply(self, sealed: bytes) -> None:
        update = None
        try:
            if not self._withdrawn:
                update = self._begin(sealed)
        except (SnapshotError, ParseError) as error:
            # Keys that came meanwhile may not have that of what was held.
            if not self._withdrawn:
                code = error.code if isinstance(error, SnapshotError) else None
                if code not in ("rollback", "conflict") or not self.is_stale:
                    raise
                self._begin_anew()
                return
        if update is None or self._withdrawn:
            self._replace_withdrawn()
            return
        fetched = 0
        while missing := update.missing():
            fetched += len(missing)
            if fetched > _MANY:
                _, next = self._fetched()
                self._begin(next.manifest())
                self._swap(next)
                return
            for name in missing:
                update.supply(self._block(name))
        self._swap(update.finish())

    def _begin_anew(self) -> None:
        """What is held decides nothing any more: whatever was issued after it may take its place.

        So an edge comes back when its server was restored from a backup, and nobody can make it go
        back to anything that was issued before.
        """
        _, next = self._fetched()
        if next.issued is None or self.authorizer.issued is None or next.issued <= self.authorizer.issued:
            raise SnapshotError("rollback", "it is older than the one that is held")
        self._swap(next)

    def _replace_withdrawn(self) -> None:
        """Whatever the server has takes the place of what a withdrawn key has signed."""
        self._tag, next = self._fetched()
        self._swap(next)

    def _block(self, name: str) -> bytes:
        try:
            return self.link.block(name)
        except NotFoundError:
            pass
        raise Superseded

    def _fetched(self) -> tuple[str | None, Authorizer]:
        """The server's snapshot in one piece, verified, with its tag."""
        tag, bundle = self.link.bundle(self._parts)
        return tag, self._opened(bundle)

    def _from_file(self) -> Authorizer | None:
        bundle = cache.read(self._file) if self._file is not None else None
        try:
            return None if bundle is None else self._opened(bundle)
        except SnapshotError:
            return None

    def _opened(self, bundle: bytes) -> Authorizer:
        opened = self._with_keys(lambda keys: Authorizer.from_snapshot(bundle, keys, max_age=self._max_age))
        if opened.org != self.link.org:
            raise SnapshotError("wrong_org", "it is another organization's")
        return opened

    def _begin(self, sealed: bytes) -> Refresh:
        return self._with_keys(lambda keys: self.authorizer.refresh(sealed, keys))

    def _swap(self, next: Authorizer) -> None:
        with self._changed:
            self.authorizer, self._withdrawn = next, False
            self._changed.notify_all()

    # Telling of it.

    def _tell(self, before: Authorizer) -> None:
        held = self.authorizer
        if self._on_change is not None and held.generation != before.generation:
            try:
                self._on_change(held)
            except Exception:
                _log.exception("`on_change` failed")
        self._settle()

    def _settle(self) -> None:
        """Keeps what is held, and reports it then: who begins from the file does not go back behind what was reported."""
        if self._reportable != self.authorizer.generation:
            self.keep()
        self._report()

    @property
    def _reportable(self) -> int | None:
        """The generation that may be reported: where there is a file, the one that is there."""
        if self._withdrawn:
            return None
        surest = self.authorizer if self._file is None else self._kept
        return None if surest is None else surest.generation

    def _report(self) -> None:
        """A report that fails is made again later: with the next fetch, or the next tick."""
        generation = self._reportable
        if generation is None or not self._reports or self._reported == generation:
            return
        try:
            self._reports = self.link.report(generation)
            self._reported = generation
        except TokenwardError as error:
            self.error = error_text(error)

    # Keys.

    def _set_keys(self, keys: Keys) -> None:
        """Raises `ParseError` when they are none."""
        try:
            Authorizer.from_snapshot(b"", keys)
        except SnapshotError:
            self._keys, self._keys_at = keys, time.monotonic()

    def _renew_keys(self) -> None:
        """Keys that cannot be fetched, or are none, leave those of before."""
        self._keys_at = time.monotonic()
        try:
            keys = self.link.keys()
            with self._lock:
                before = self._keys
                self._set_keys(keys)
                if self._is_open and not self._withdrawn and not self.authorizer.is_signed_by(self._keys):
                    self._withdraw(before)
        except TokenwardError as error:
            self.error = error_text(error)

    def _withdraw(self, keys: Keys) -> None:
        """Denies everything until the next is here.

        Whoever has stolen the key may have signed what is held, with a generation that never comes.
        """
        held = self.authorizer
        denying = Authorizer.from_snapshot(held.bundle(), keys, max_age=0)
        if denying.stale_from is None or datetime.now(timezone.utc) < denying.stale_from:
            # Issued in times to come.
            denying = Authorizer.from_document(_NOTHING % json.dumps(held.org))
        with self._changed:
            self.authorizer, self._withdrawn = denying, True
            self._tag = self._kept = self._reported = None

    def _with_keys(self, use: Callable[[Keys], Used]) -> Used:
        """Does something with the keys; when one is unknown, once more with the newest."""
        try:
            return use(self._keys)
        except SnapshotError as error:
            recent = time.monotonic() - self._keys_at < _KEYS_AT_MOST_EVERY
            if error.code != "unknown_key" or self._pinned is not None or recent:
                raise
        self._renew_keys()
        return use(self._keys)
