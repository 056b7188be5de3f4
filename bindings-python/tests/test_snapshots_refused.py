"""An edge in Python, and somebody on the way to the server who means it no good: nothing changes for the worse."""

from __future__ import annotations

import base64
import gzip
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone, tzinfo
from pathlib import Path
from typing import Any

import httpx
import pytest
from tokenward import SnapshotClient, errors
from tokenward.snapshots import events as stream
from tokenward.snapshots import follower, link

from edge_server import LONG, Between, Site, eventually, read, reason, running_site, short_lived, site

__all__ = ["short_lived", "site"]


def answer(body: bytes, status: int = 200, **headers: str) -> httpx.Response:
    return httpx.Response(status, content=body, headers=headers)


def fetched(site: Site, org: str = "acme", path: str = "") -> bytes:
    """What the server answers to an administrator."""
    headers = {"Authorization": f"Bearer {site.ada_token}"}
    body = httpx.get(f"{site.url}/api/organizations/{org}/snapshot{path}", headers=headers)
    assert body.status_code == 200
    return body.content


def asking(site: Site, between: Between, **how: Any) -> SnapshotClient:
    """An edge that asks only when it is told to."""
    return site.edge(events=False, poll=3600, transport=between, **how)


def replaced(path: str, response: Callable[[], httpx.Response]) -> Between:
    """Somebody who answers one path, once `between.on` is there."""
    between = Between()
    between.meddle = lambda asked, _: response() if asked == path and hasattr(between, "on") else None
    return between


def code_of(edge: SnapshotClient) -> str:
    with pytest.raises(errors.SnapshotError) as raised:
        edge.refresh()
    return raised.value.code


def test_an_older_manifest_is_refused_and_changes_nothing(site: Site) -> None:
    token, id = site.token()
    older = fetched(site)
    between = replaced("/api/organizations/acme/snapshot", lambda: answer(older))
    with asking(site, between) as edge:
        generation = site.revoke(id)
        edge.refresh()
        assert reason(edge, token) == "token_revoked"
        between.on = True  # type: ignore[attr-defined]
        held = edge.authorizer
        assert code_of(edge) == "rollback"
        assert edge.authorizer is held and edge.generation == generation


def test_another_organizations_manifest_and_bundle_are_refused(site: Site) -> None:
    other, bundle = fetched(site, "globex"), fetched(site, "globex", "/bundle?parts=decisions")
    between = replaced("/api/organizations/acme/snapshot", lambda: answer(other))
    with asking(site, between) as edge:
        between.on = True  # type: ignore[attr-defined]
        assert code_of(edge) == "wrong_org"
        assert edge.authorizer.org == "acme"
    with pytest.raises(errors.SnapshotError) as raised:
        asking(site, Between(lambda path, _: answer(bundle) if path == "/bundle" else None))
    assert raised.value.code == "wrong_org"


def test_every_flipped_byte_of_a_manifest_is_refused(site: Site) -> None:
    token, _ = site.token()
    keys = httpx.get(f"{site.url}/.well-known/tokenward-keys").content
    with asking(site, Between()) as edge:
        held, sealed = edge.authorizer, fetched(site)
        for at in range(len(sealed)):
            with pytest.raises(errors.SnapshotError) as raised:
                held.refresh(sealed[:at] + bytes([sealed[at] ^ 0x10]) + sealed[at + 1 :], keys)
            assert raised.value.code in ("unknown_key", "bad_signature")
        for cut in (b"", sealed[:90], sealed[:-1]):
            with pytest.raises(errors.SnapshotError):
                held.refresh(cut, keys)
        assert held.refresh(sealed, keys).finish().generation == held.generation
        assert reason(edge, token) == "granted"


def test_a_refresh_takes_only_what_is_missing(site: Site) -> None:
    token, id = site.token()
    keys = httpx.get(f"{site.url}/.well-known/tokenward-keys").content
    with asking(site, Between(), max_age=200) as edge:
        held = edge.authorizer
        generation = site.revoke(id)
        update = held.refresh(fetched(site), keys)
        assert update.generation == generation and repr(update) == f"<Refresh: to generation {generation}>"
        with pytest.raises(errors.SnapshotError) as raised:
            update.finish()
        assert raised.value.code == "missing_block"
        with pytest.raises(errors.SnapshotError) as raised:
            update.supply(b"something else")
        assert raised.value.code == "wrong_block"
        with pytest.raises(errors.InvalidTypeError):
            update.supply("text")  # type: ignore[arg-type]
        while missing := update.missing():
            for name in missing:
                update.supply(fetched(site, path=f"/blocks/{name}"))
        newer, again = update.finish(), update.finish()
        assert newer.decide(**read(token)).reason == again.decide(**read(token)).reason == "token_revoked"
        assert held.decide(**read(token)).reason == "granted"
        assert newer.stale_from is not None and newer.issued is not None
        assert (newer.stale_from - newer.issued).total_seconds() == 200
        assert type(newer).from_snapshot(newer.bundle(), keys).generation == generation


@pytest.mark.parametrize("body", [b"", b"nonsense" * 20, b"\0" * (5 << 20)], ids=["nothing", "nonsense", "too much"])
def test_nonsense_is_refused(site: Site, body: bytes) -> None:
    between = replaced("/api/organizations/acme/snapshot", lambda: answer(body))
    with asking(site, between) as edge:
        between.on = True  # type: ignore[attr-defined]
        assert code_of(edge) in ("malformed", "unknown_key", "too_large")
        with pytest.raises(errors.SnapshotError):
            asking(site, Between(lambda path, _: answer(body) if path == "/bundle" else None))


def test_a_bomb_is_not_unpacked(site: Site) -> None:
    bomb = gzip.compress(b"\0" * (64 << 20))
    between = replaced(
        "/api/organizations/acme/snapshot", lambda: answer_raw(bomb)
    )
    with asking(site, between) as edge:
        between.on = True  # type: ignore[attr-defined]
        assert code_of(edge) == "too_large"


def answer_raw(packed: bytes) -> httpx.Response:
    pieces = [packed[at : at + 1024] for at in range(0, len(packed), 1024)]
    return httpx.Response(200, headers={"Content-Encoding": "gzip"}, stream=Pieces(pieces))


class Pieces(httpx.SyncByteStream):
    """A body in pieces, each after the one before was read."""

    def __init__(self, pieces: list[bytes], wait: Callable[[], object] = lambda: None) -> None:
        self.pieces, self.wait = pieces, wait

    def __iter__(self) -> Iterator[bytes]:
        yield from self.pieces
        self.wait()


def test_when_a_block_is_gone_it_begins_again_with_the_newest(site: Site) -> None:
    lost: list[str] = []

    def lose(path: str, _: httpx.Request) -> httpx.Response | None:
        if path.startswith("/blocks/") and len(lost) < 3:
            lost.append(path)
            return answer(b'{"error": "Block not found"}', 404)
        return None

    between, (token, id) = Between(), site.token()
    with asking(site, between) as edge:
        generation, between.meddle = site.revoke(id), lose
        assert edge.refresh() == generation and len(lost) == 3
        assert reason(edge, token) == "token_revoked"
        between.meddle = lambda path, _: answer(b"", 404) if path.startswith("/blocks/") else None
        token, id = site.token()
        site.revoke(id)
        held = edge.authorizer
        with pytest.raises(errors.UnreachableError, match="changes faster"):
            edge.refresh()
        assert edge.authorizer is held


def test_another_block_than_the_one_that_was_asked_for_is_refused(site: Site) -> None:
    between, (token, id) = Between(), site.token()
    with asking(site, between) as edge:
        site.revoke(id)
        between.meddle = lambda path, _: answer(b"\x01" * 40) if path.startswith("/blocks/") else None
        assert code_of(edge) == "wrong_block"
        assert reason(edge, token) == "granted"
        between.meddle = lambda path, _: None
        edge.refresh()
        assert reason(edge, token) == "token_revoked"


def test_much_is_fetched_in_one_piece(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tokenward.snapshots.edge._MANY", 0)
    older = fetched(site, path="/bundle?parts=decisions")
    between, (token, id) = Between(), site.token()
    with asking(site, between) as edge:
        site.revoke(id)
        del between.asked[:]
        edge.refresh()
        assert reason(edge, token) == "token_revoked"
        assert between.asked[1] == "/bundle" and not any("blocks" in path for path in between.asked)
        site.token()
        between.meddle = lambda path, _: answer(older) if path == "/bundle" else None
        assert code_of(edge) == "rollback"
        assert reason(edge, token) == "token_revoked"


@pytest.mark.parametrize("by_events", [True, False])
def test_a_server_that_was_restored_is_followed_once_nothing_is_held_that_counts(
    short_lived: Site, by_events: bool
) -> None:
    site = short_lived
    site.stop()
    database = {file.name: file.read_bytes() for file in site.folder.glob("t.db*")}
    site.start()
    token, id = site.token()
    with site.edge(site.ada_token, poll=0.2, events=by_events) as edge:
        assert edge.wait_for(site.revoke(id), LONG)
        site.stop()
        held = edge.authorizer
        for file in site.folder.glob("t.db*"):
            file.unlink()
        for name, body in database.items():
            (site.folder / name).write_bytes(body)
        site.start()
        eventually(lambda: edge.generation < held.generation)
        assert held.stale_from is not None and held.stale_from <= datetime.now(timezone.utc)
        assert reason(edge, token) == "invalid_token"
        eventually(lambda: edge.status.state == ("following" if by_events else "polling"))


@pytest.mark.parametrize("by_events", [True, False])
def test_what_a_withdrawn_key_has_signed_goes_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by_events: bool
) -> None:
    monkeypatch.setattr("tokenward.snapshots.edge._KEYS_FOR", 1.0)
    with running_site(tmp_path) as site:
        token, id = site.token()
        keys = httpx.get(f"{site.url}/.well-known/tokenward-keys").content
        between, told = Between(), list[int]()
        with site.edge(
            site.ada_token, poll=0.2, events=by_events, cache=tmp_path / "cache", transport=between,
            on_change=lambda held: told.append(held.generation),
        ) as edge, site.edge(site.ada_token, poll=0.2, events=by_events, keys=keys) as pinned:  # fmt: skip
            # What somebody may have signed who has the key: generations that never come.
            site.stop()
            database = {file.name: file.read_bytes() for file in site.folder.glob("t.db*")}
            site.start()
            assert edge.wait_for(site.revoke(id), LONG) and pinned.wait_for(edge.generation, LONG)
            far = edge.generation
            site.stop()
            for file in site.folder.glob("t.db*"):
                file.unlink()
            for name, body in database.items():
                (site.folder / name).write_bytes(body)
            site.start()
            eventually(lambda: "older than the one that is held" in str(edge.status.error))
            assert reason(edge, token) == "token_revoked" and edge.generation == far
            between.meddle = lambda path, _: answer(b"{}", 503) if path == "/bundle" else None
            site.rotate_keys(0)
            eventually(lambda: reason(edge, token) == "snapshot_stale")
            assert edge.status.state == "stale" and not edge.wait_for(far, 0.3)
            between.meddle = lambda path, _: None
            eventually(lambda: edge.generation < far and reason(edge, token) == "granted")
            assert told[-1] == edge.generation
            assert edge.wait_for(site.revoke(id), LONG) and reason(edge, token) == "token_revoked"
            eventually(lambda: edge.status.error is None)
            # Who has pinned keys believes in them until told otherwise.
            assert pinned.generation == far


def test_what_is_withdrawn_denies_whenever_it_was_issued(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    class Earlier(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:
            return datetime.now(tz) - timedelta(minutes=4)

    token, _ = site.token()
    with asking(site, Between()) as edge:
        assert reason(edge, token) == "granted"
        inner = edge._edge
        monkeypatch.setattr("tokenward.snapshots.edge.datetime", Earlier)
        inner._withdraw(inner._keys)
        assert not edge.decide(**read(token))
        assert edge.refresh() > 0 and reason(edge, token) == "granted"


def test_events_that_are_kept_back_are_made_up_for_by_asking(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link, "SILENCE", 0.3)
    monkeypatch.setattr(follower, "_HELD_UP", 0.2)
    closed = threading.Event()

    def silence() -> None:
        closed.wait(0.3)
        raise httpx.ReadTimeout("nothing came")

    def keep(path: str, _: httpx.Request) -> httpx.Response | None:
        return httpx.Response(200, stream=Pieces([], silence)) if path == "/events" else None

    between, (token, id) = Between(keep), site.token()
    with site.edge(poll=0.1, transport=between) as edge:
        generation = site.revoke(id)
        assert edge.wait_for(generation, LONG) and reason(edge, token) == "token_revoked"
        eventually(lambda: edge.status.state == "polling")
        count = between.asked.count("/events")
        asked = len(between.asked)
        eventually(lambda: len(between.asked) > asked + 5)
        assert between.asked.count("/events") == count, "they are not asked for all the time"


def test_a_server_that_answers_nothing_good_is_left_in_peace(site: Site) -> None:
    between = Between()
    with site.edge(transport=between) as edge:
        eventually(lambda: edge.status.state == "following")
        between.meddle = lambda path, _: answer(b'{"error": "later"}', 429, **{"Retry-After": "600"})
        site.stop()
        site.start()
        eventually(lambda: "RateLimitedError" in str(edge.status.error))
        count = len(between.asked)
        time.sleep(1)
        assert len(between.asked) <= count + 1


def test_a_credential_that_comes_back_is_in_no_message(site: Site) -> None:
    credential = site.credential()[0]
    strange = "not-of-the-form-of-a-token-at-all"

    def echo(_: str, request: httpx.Request) -> httpx.Response:
        text = f'{{"error": "what is {request.headers["authorization"]}?"}}'
        return answer(text.encode(), 403, **{"X-Request-Id": request.headers["authorization"]})

    for secret in (credential, strange):
        between = Between(lambda path, request: None if path.startswith("/.well-known") else echo(path, request))
        with pytest.raises(errors.ForbiddenError) as raised:
            site.edge(secret, transport=between)
        trace: Any = raised.value.__traceback__
        said = [str(raised.value), repr(raised.value), str(raised.value.__dict__)]
        while trace is not None:
            frame = trace.tb_frame
            said += [repr(value) for value in frame.f_locals.values()] if "tokenward" in frame.f_code.co_filename else []
            trace = trace.tb_next
        assert not any(secret in text for text in said)
    with site.edge(credential, transport=(between := Between())) as edge:
        between.meddle = echo
        with pytest.raises(errors.ForbiddenError):
            edge.refresh()
        assert credential not in f"{edge.status} {edge!r}"


def test_keys_are_asked_for_without_the_credential_and_not_at_all_when_pinned(site: Site) -> None:
    sent: list[httpx.Request] = []

    def note(path: str, request: httpx.Request) -> None:
        sent.extend([request] if path == "/.well-known/tokenward-keys" else [])

    with asking(site, Between(note)) as edge:
        assert edge.generation and "authorization" not in sent[0].headers
    keys = httpx.get(f"{site.url}/.well-known/tokenward-keys").json()
    with asking(site, Between(note), keys=keys):
        assert len(sent) == 1
    for none in ({"keys": []}, "{}", b"\xff"):
        with pytest.raises(errors.ParseError):
            site.edge(keys=none)


def test_keys_are_renewed_and_nonsense_leaves_those_of_before(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tokenward.snapshots.edge._KEYS_FOR", 0.0)
    nonsense = answer(b"{}")
    between, (token, id) = Between(), site.token()
    with site.edge(events=False, poll=0.1, transport=between) as edge:
        eventually(lambda: between.asked.count("/.well-known/tokenward-keys") > 2)
        between.meddle = lambda path, _: nonsense if path.startswith("/.well-known") else None
        eventually(lambda: "must be a JWKS" in str(edge.status.error))
        assert edge.wait_for(site.revoke(id), LONG) and reason(edge, token) == "token_revoked"


@pytest.mark.parametrize(
    ("how", "kind"),
    [
        ({"parts": "some"}, errors.ParseError),
        ({"poll": 0}, errors.ParseError),
        ({"poll": True}, errors.InvalidTypeError),
        ({"instance": "a b"}, errors.ParseError),
        ({"instance": ""}, errors.ParseError),
        ({"max_age": -1}, errors.ParseError),
        ({"max_age": 1.5}, errors.InvalidTypeError),
    ],
)
def test_arguments_that_are_no_good_are_refused(site: Site, how: dict[str, Any], kind: type[Exception]) -> None:
    with pytest.raises(kind):
        site.edge(**how)
    with pytest.raises(errors.NotFoundError):
        site.edge(site.credential()[0], org="nowhere")


def test_endpoint_and_credential_are_found_as_by_the_clients(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TOKENWARD_ENDPOINT", "HF_ENDPOINT", "HF_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(errors.CredentialsError, match="no endpoint"):
        SnapshotClient(None, "acme", "hf_x")
    with pytest.raises(errors.CredentialsError):
        SnapshotClient(site.url, "acme", False)
    monkeypatch.setenv("TOKENWARD_ENDPOINT", site.url)
    monkeypatch.setenv("HF_TOKEN", site.credential()[0])
    with SnapshotClient(None, "acme") as edge:
        assert edge.generation > 0


def test_a_stream_is_read_however_it_is_cut() -> None:
    data = base64.b64encode(b"sealed")
    text = b": hello\r\n\r\nevent: other\ndata: eA==\n\nid: 1\nevent: manifest\ndata: " + data + b"\n\n:\n\nevent:manifest\ndata:" + data
    for size in (1, 2, 7, len(text)):
        chunks = [text[at : at + size] for at in range(0, len(text), size)]
        assert list(stream.manifests(chunks)) == [None, b"sealed", None], "what is not ended is no event"
    for bad, code in ((b"event: manifest\ndata: @@@\n\n", "malformed"), (b"data: " + b"x" * (7 << 20), "too_large")):
        with pytest.raises(errors.SnapshotError) as raised:
            list(stream.manifests([bad]))
        assert raised.value.code == code
