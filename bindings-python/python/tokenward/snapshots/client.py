"""`SnapshotClient`: decisions from an organization's newest snapshot, without asking the server."""

from __future__ import annotations

import os
import re
import secrets
import threading
import weakref
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

import httpx

from tokenward import Authorizer
from tokenward.credentials import find_endpoint, find_token
from tokenward.errors import InvalidTypeError, ParseError
from tokenward.snapshots.edge import Edge, Keys
from tokenward.snapshots.follower import Follower
from tokenward.snapshots.link import Link

if TYPE_CHECKING:
    from tokenward import Decision, TokenSecret
    from tokenward.types import DecisionRequest, ExplanationDict, ResourceDict

__all__ = ["SnapshotClient", "SnapshotStatus"]

_INSTANCE = re.compile(r"[A-Za-z0-9._-]{1,64}")


@dataclass(frozen=True)
class SnapshotStatus:
    """How a `SnapshotClient` does.

    Attributes:
        state: `following` the server's events; `polling`, asking now and then; `retrying` after something
            went wrong; `stale`, when everything is denied because the snapshot is too old; `closed`.
        generation: what is decided from.
        age: how many seconds ago it was issued.
        error: what went wrong last and has not gone right since, without any token.
    """

    state: Literal["following", "polling", "retrying", "stale", "closed"]
    generation: int
    age: float
    error: str | None


class SnapshotClient:
    """An edge: decides for one organization from its newest signed snapshot, and never asks the server for that.

    A thread of its own follows the server's changes, so that a revocation is here in well under a
    second. While the server cannot be reached, what is held is decided from until it is too old; from
    then on everything is denied with `snapshot_stale`. Threads can share it.

    >>> with SnapshotClient("https://tokens.example.org", "acme", credential) as edge:  # doctest: +SKIP
    ...     edge.decide(token=token, action="repo.write", resource="model:acme/bert").reason
    'granted'

    Endpoint and credential are found as by `Client`; the credential is best an edge credential
    (`Client.issue_edge_credential`), or else a token with `org.tokens.read`.

    `keys` pins the public keys (a JWKS), which are then never fetched. `max_age` in seconds makes
    snapshots stale earlier than the server does; less than a third of the server's makes them stale
    now and then without a reason. `parts="all"` is for previews, findings, token ids, and the names of
    tokens in remedies. `cache` is a file in which the snapshot is kept between runs; it holds no token
    and is verified when it is read. With pinned keys it also opens without the server.
    `events=False` asks every `poll` seconds instead, as is done when there are no events; `instance`
    is what the server calls this process. `on_change` is called with the next `Authorizer`, in the
    thread that has made it, when the generation has changed. `timeout` is as for `Client`.

    After a fork, the child goes on with a thread, connections and a name of its own, and without the file.

    Raises:
        CredentialsError: there is no endpoint or no credential, or it cannot be sent.
        AuthenticationError, ForbiddenError, NotFoundError: the credential is no good for this organization.
        UnreachableError, ServerError: there is neither a server nor a file to begin with.
        SnapshotError: what the server has is refused.
        ParseError: an argument is no good.
    """

    def __init__(
        self,
        endpoint: str | None,
        org: str,
        credential: str | TokenSecret | bool | None = None,
        *,
        keys: Keys | None = None,
        max_age: int | None = None,
        parts: Literal["decisions", "all"] = "decisions",
        cache: str | os.PathLike[str] | None = None,
        events: bool = True,
        poll: float = 15.0,
        instance: str | None = None,
        on_change: Callable[[Authorizer], object] | None = None,
        timeout: float = 10.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        _check(parts, poll, instance)
        self._instance, self._how = instance, (events, float(poll))
        link = Link(
            find_endpoint(endpoint), find_token(credential), org, instance or secrets.token_hex(8),
            timeout=timeout, transport=transport,
        )  # fmt: skip
        del credential  # so that no error has it in its frames
        file = None if cache is None else os.fspath(cache)
        self._edge = Edge(link, pinned=keys, max_age=max_age, parts=parts, file=file, on_change=on_change)
        try:
            self._edge.open()
        except BaseException:
            link.close()
            raise
        self._closed, self._forked = False, False
        self._start()

    def decide(
        self,
        *,
        action: str,
        resource: str | ResourceDict | Mapping[str, str],
        token: str | TokenSecret | None = None,
        token_id: str | None = None,
        now: str | datetime | None = None,
    ) -> Decision:
        """Decides about a request, as `Authorizer.decide` does, from the newest snapshot."""
        return self.authorizer.decide(action=action, resource=resource, token=token, token_id=token_id, now=now)

    def decide_many(
        self,
        requests: Iterable[
            DecisionRequest | tuple[str | TokenSecret | None, str, str | ResourceDict | Mapping[str, str]]
        ],
        *,
        now: str | datetime | None = None,
    ) -> list[Decision]:
        """Decides about many requests, as `Authorizer.decide_many` does, all from the same snapshot."""
        return self.authorizer.decide_many(requests, now=now)

    def explain(
        self,
        *,
        action: str,
        resource: str | ResourceDict | Mapping[str, str],
        token: str | TokenSecret | None = None,
        token_id: str | None = None,
        now: str | datetime | None = None,
    ) -> ExplanationDict:
        """Decides and says how every check came out, as `Authorizer.explain` does, from the newest snapshot."""
        return self.authorizer.explain(action=action, resource=resource, token=token, token_id=token_id, now=now)

    @property
    def authorizer(self) -> Authorizer:
        """What is decided from at present. It never changes: ask for it again to have the next."""
        if self._forked:
            self._go_on()
        return self._edge.authorizer

    @property
    def org(self) -> str:
        """The organization's name."""
        return self._edge.link.org

    @property
    def instance(self) -> str:
        """What the server calls this process."""
        return self._edge.link.instance

    @property
    def generation(self) -> int:
        """The generation that is decided from."""
        return self.authorizer.generation

    @property
    def age(self) -> float:
        """How many seconds ago the snapshot was issued."""
        return self._edge.age

    @property
    def status(self) -> SnapshotStatus:
        """How it does."""
        generation, edge = self.generation, self._edge
        state: Literal["following", "polling", "retrying", "stale", "closed"] = self._follower.state
        state = "closed" if self._closed else "stale" if edge.is_stale else state
        return SnapshotStatus(state, generation, edge.age, edge.error)

    def refresh(self) -> int:
        """Takes the newest snapshot now, and returns its generation. Seldom needed.

        Raises:
            UnreachableError, AuthenticationError, ServerError: it cannot be fetched.
            SnapshotError: it is refused. What is held stays as it is.
        """
        self._go_on()
        if not self._closed:
            self._edge.refresh()
        return self.generation

    def wait_for(self, generation: int, timeout: float | None = None) -> bool:
        """Waits until a generation or a later one is decided from; false when it is not after `timeout` seconds."""
        self._go_on()
        return self._edge.wait_for(generation, timeout)

    def close(self) -> None:
        """Ends the thread and the connections. What is held can be decided from until it is stale."""
        self._closed = True
        self._end()

    def __enter__(self) -> SnapshotClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        edge: Edge | None = vars(self).get("_edge")
        if edge is None or "authorizer" not in vars(edge):
            return "<SnapshotClient: not open>"
        return f"<SnapshotClient: {edge.link.org} of {edge.link.endpoint} at generation {edge.authorizer.generation}>"

    def _start(self) -> None:
        events, poll = self._how
        self._follower = Follower(self._edge, events=events, poll=poll)
        # Also for those that are forgotten, and when the program ends.
        self._end = weakref.finalize(self, _end, self._follower)
        _ALL.add(self)
        self._follower.start()

    def _go_on(self) -> None:
        """In the child of a fork there is no thread, and its connections are its parent's."""
        with _FORKED:
            if not self._forked:
                return
            # Kept, so that nothing is closed that is the parent's too.
            self._of_parent = self._edge.link, self._follower
            name = f"{self._instance[:48]}-{os.getpid()}" if self._instance else secrets.token_hex(8)
            self._edge.moved(self._edge.link.again(name))
            self._forked = False
            if not self._closed:
                self._start()


def _end(follower: Follower) -> None:
    follower.stop(follower.edge.link.timeout + 1)
    follower.edge.keep()
    follower.edge.link.close()


def _check(parts: str, poll: float, instance: str | None) -> None:
    if parts not in ("decisions", "all"):
        raise ParseError("parts", "must be `decisions` or `all`")
    if isinstance(poll, bool) or not isinstance(poll, (int, float)):
        raise InvalidTypeError("poll", "must be a number of seconds")
    if not 0 < poll < 86_400:
        raise ParseError("poll", "must be more than 0 seconds, and less than a day")
    if instance is not None and not (isinstance(instance, str) and _INSTANCE.fullmatch(instance)):
        raise ParseError("instance", "must have 1 to 64 of the characters A-Z a-z 0-9 . _ -")


_ALL: weakref.WeakSet[SnapshotClient] = weakref.WeakSet()
_FORKED = threading.Lock()


def _after_fork() -> None:
    global _FORKED
    _FORKED = threading.Lock()
    for client in list(_ALL):
        client._forked = True
        # To end the parent's connections is the parent's business.
        client._end.detach()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
