"""An edge in Python against the running server: what changes there is true here, and what is lost denies."""

from __future__ import annotations

import errno
import json
import logging
import multiprocessing
import os
import signal
import statistics
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from tokenward import Authorizer, Client, SnapshotClient, errors
from tokenward.snapshots.link import SILENCE

from edge_server import LONG, Between, Site, eventually, read, reason, running_site, short_lived, site

# Fixtures that are imported are this module's.
__all__ = ["short_lived", "site"]


def threads() -> set[str]:
    return {thread.name for thread in threading.enumerate() if thread.name.startswith("tokenward")}


def test_it_decides_as_the_server_and_asks_nobody(site: Site) -> None:
    (token, id), (other, _) = site.token(), site.token("globex")
    with site.edge() as edge:
        with Client(site.url, token) as client:
            for resource in ("model:acme/bert", "model:acme/new", "org:acme"):
                for action in ("repo.content.read", "repo.write", "org.read"):
                    there = client.check(action, resource).to_dict()
                    here = edge.decide(token=token, action=action, resource=resource).to_dict()
                    for decision in (here, there):
                        if decision["remedy"]:
                            decision["remedy"]["text"] = ""
                    assert here == there
        assert reason(edge, other) == "token_scope"
        assert [decision.reason for decision in edge.decide_many([read(token), read("hf_x")])] == ["granted", "invalid_token"]
        assert edge.explain(**read(token))["reason"] == "granted"
        assert (edge.org, edge.authorizer.org) == ("acme", "acme")
        assert 0 <= edge.age < 300 and "acme" in repr(edge)
        with pytest.raises(errors.InvalidTypeError):
            edge.decide(token=5, action="repo.write", resource="org:acme")  # type: ignore[arg-type]
    assert edge.status.state == "closed" and id


def test_a_revocation_is_here_within_a_second(site: Site, record_property: Any, capsys: Any) -> None:
    tokens = [site.token() for _ in range(20)]
    with site.edge() as edge:
        eventually(lambda: edge.status.state == "following")
        took = []
        for token, id in tokens:
            eventually(lambda token=token: reason(edge, token) == "granted")
            began = time.monotonic()
            site.ada.revoke_token("acme", id)
            eventually(lambda token=token: reason(edge, token) == "token_revoked")
            took.append(time.monotonic() - began)
        assert edge.status.error is None
    median = statistics.median(took) * 1000
    record_property("revoke_to_refused_median_ms", median)
    with capsys.disabled():
        print(f"\nrevoke to refused: median {median:.1f} ms, longest {max(took) * 1000:.1f} ms of {len(took)}")


def test_receipts_are_given_and_a_wait_ends(site: Site) -> None:
    (token, id), (credential, name) = site.token(), site.credential()
    with site.edge(credential, instance="worker.1"):

        def mine() -> dict[str, Any]:
            [one] = [edge for edge in site.ada.list_edges("acme")["edges"] if edge["edge"] == name]
            return dict(one)

        assert (mine()["instance"], mine()["live"]) == ("worker.1", True)
        generation = site.revoke(id)
        eventually(lambda: mine()["generation"] == generation)
        # Edges of other tests are gone, and waited for until they are too old: only ours matters.
        waited = site.ada.wait_for_generation("acme", generation, timeout=0)
        assert name not in [edge["edge"] for edge in waited["waiting"]]


def test_a_wait_for_all_edges_completes(tmp_path: Path) -> None:
    with running_site(tmp_path) as site:
        _, id = site.token()
        with site.edge(), site.edge(events=False, poll=0.2):
            done = site.ada.wait_for_generation("acme", site.revoke(id), timeout=20)
            assert (done["complete"], done["applied"], done["waiting"]) == (True, 2, [])


def test_a_token_follows_and_reports_too(site: Site) -> None:
    token, id = site.token()
    with site.edge(site.ada_token, parts="all") as edge:
        assert edge.authorizer.preview("require-approval")["summary"]["blocked"] > 0
        generation = site.revoke(id)
        assert edge.wait_for(generation, LONG) and reason(edge, token) == "token_revoked"
        assert edge.decide(token_id=id, action="repo.content.read", resource="model:acme/bert").reason == "token_revoked"
        assert edge.status.error is None and not edge.wait_for(generation + 1000, 0.01)

        def reported() -> bool:
            edges = site.ada.list_edges("acme")["edges"]
            # By the token's id, not by its value.
            return any(one["token"] and one["instance"] == edge.instance and (one["generation"] or 0) >= generation for one in edges)

        eventually(reported)


def test_without_events_it_asks(site: Site) -> None:
    token, id = site.token()
    with site.edge(events=False, poll=0.1) as edge:
        eventually(lambda: reason(edge, token) == "granted")
        generation = site.revoke(id)
        assert edge.wait_for(generation, LONG) and reason(edge, token) == "token_revoked"
        assert edge.status.state == "polling"
    with site.edge(events=False, poll=3600) as slow:
        token, id = site.token()
        generation = site.revoke(id)
        assert slow.refresh() >= generation and reason(slow, token) == "token_revoked"


@pytest.mark.parametrize("how", ["killed", "silent"])
def test_a_cut_link_denies_everything_at_the_maximum_age(short_lived: Site, how: str) -> None:
    site = short_lived
    token, _ = site.token()
    with site.edge(timeout=1, poll=1) as edge:
        eventually(lambda: reason(edge, token) == "granted")
        if how == "killed":
            site.stop(signal.SIGKILL)
        else:
            site.process.send_signal(signal.SIGSTOP)
        # What is told after this moment is told of a snapshot that is older still.
        while (age := edge.age) < 3 or reason(edge, token) == "granted":
            assert age < 3, "it is too old, and all the same it grants"
            assert reason(edge, token) in ("granted", "snapshot_stale")
        for _ in range(1000):
            assert reason(edge, token) == "snapshot_stale"
        assert edge.status.state == "stale"
        if how == "killed":
            site.start()
        else:
            site.process.send_signal(signal.SIGCONT)
        eventually(lambda: reason(edge, token) == "granted")


def test_it_goes_on_when_the_server_is_started_again(site: Site) -> None:
    token, id = site.token()
    with site.edge(poll=0.5) as edge:
        eventually(lambda: edge.status.state == "following")
        site.stop()
        eventually(lambda: edge.status.state == "retrying")
        error = edge.status.error
        assert error and "UnreachableError" in error
        assert reason(edge, token) == "granted", "what is held is good until it is too old"
        site.start()
        generation = site.revoke(id)
        assert edge.wait_for(generation, LONG) and reason(edge, token) == "token_revoked"
        eventually(lambda: edge.status.state == "following" and edge.status.error is None)


def test_a_withdrawn_credential_gets_nothing_more(short_lived: Site, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    site = short_lived
    (credential, name), (token, _) = site.credential(), site.token()
    with site.edge(credential, poll=0.5) as edge:
        eventually(lambda: reason(edge, token) == "granted")
        site.ada.withdraw_edge_credential("acme", name)
        eventually(lambda: reason(edge, token) == "snapshot_stale")
        eventually(lambda: "AuthenticationError" in str(edge.status.error))
        with pytest.raises(errors.AuthenticationError) as raised:
            edge.refresh()
        said = [repr(edge), repr(edge.status), repr(vars(edge)), str(raised.value), repr(raised.value), caplog.text]
        assert not any(credential in text for text in said)
        assert reason(edge, token) == "snapshot_stale"
    with pytest.raises(errors.AuthenticationError) as raised:
        site.edge(credential)
    assert credential not in f"{raised.value!r} {raised.value}"


def test_keys_are_changed_with_an_overlap_and_without(short_lived: Site) -> None:
    site = short_lived
    pinned = httpx.get(f"{site.url}/.well-known/tokenward-keys").json()
    with site.edge() as edge, site.edge(keys=pinned) as firm:
        eventually(lambda: edge.status.state == "following" and firm.status.state == "following")
        site.rotate_keys(1)
        token, id = site.token()

        def added() -> list[Any]:
            keys = httpx.get(f"{site.url}/.well-known/tokenward-keys").json()["keys"]
            return [key for key in keys if key not in pinned["keys"]]

        eventually(added)
        eventually(lambda: edge.authorizer.is_signed_by({"keys": added()}))
        generation = site.revoke(id)
        assert edge.wait_for(generation, LONG) and reason(edge, token) == "token_revoked"
        site.rotate_keys(0)
        _, id = site.token()
        assert edge.wait_for(site.revoke(id), LONG)
        # Whoever pins keys and was not told of the new ones decides nothing any more.
        eventually(lambda: reason(firm, token) == "snapshot_stale")
        eventually(lambda: "key that is not trusted" in str(firm.status.error))


def test_a_snapshot_is_kept_and_a_damaged_one_passed_over(site: Site, tmp_path: Path) -> None:
    token, id = site.token()
    file, credential = tmp_path / "acme.snapshot", site.credential()[0]
    pinned = json.dumps(httpx.get(f"{site.url}/.well-known/tokenward-keys").json())
    with site.edge(credential, cache=file, keys=pinned) as edge:
        assert reason(edge, token) == "granted"
    assert (file.stat().st_mode & 0o777, list(tmp_path.iterdir())) == (0o600, [file])
    kept = file.read_bytes()
    assert credential.encode() not in kept and token.encode() not in kept
    site.stop()
    try:
        with site.edge(credential, cache=file, keys=pinned) as edge:
            assert reason(edge, token) == "granted" and edge.status.state == "retrying"
        with pytest.raises(errors.UnreachableError):
            site.edge(credential, cache=file)
        with pytest.raises(errors.UnreachableError):
            site.edge(credential, org="globex", cache=tmp_path / "none")
        for damaged in (b"", kept[:-1], kept[:300] + bytes([kept[300] ^ 1]) + kept[301:]):
            file.write_bytes(damaged)
            with pytest.raises(errors.UnreachableError):
                site.edge(credential, cache=file, keys=pinned)
    finally:
        site.start()
    with site.edge(credential, cache=file, keys=pinned) as edge:
        generation = site.revoke(id)
        assert edge.wait_for(generation, LONG)
    assert Authorizer.from_snapshot(file.read_bytes(), pinned).generation >= generation
    file.write_bytes(kept)
    with site.edge(credential, cache=file) as edge:
        assert reason(edge, token) == "token_revoked", "the file is not believed while the server can be asked"
    with site.edge(site.ada_token, org="globex", cache=file) as edge:
        assert edge.authorizer.org == "globex", "the file of another organization is passed over"
    with site.edge(credential, cache=tmp_path / "nowhere" / "x") as edge:
        assert "cannot keep the snapshot" in str(edge.status.error)


def test_threads_decide_while_snapshots_change(site: Site) -> None:
    tokens = [site.token() for _ in range(12)]
    stop, told = threading.Event(), []
    with site.edge(on_change=lambda authorizer: told.append(authorizer.generation)) as edge:
        assert edge.wait_for(site.ada.list_edges("acme")["generation"], LONG)

        def ask() -> int:
            highest, decided = 0, 0
            revoked: set[str] = set()
            while not stop.is_set():
                for token, _ in tokens:
                    decision = edge.decide(**read(token))
                    decided += 1
                    assert decision.reason in ("granted", "token_revoked")
                    assert decision.generation is not None and decision.generation >= highest
                    highest = decision.generation
                    assert not (token in revoked and decision), "what is revoked stays so"
                    revoked |= {token} if not decision else set()
            return decided

        with ThreadPoolExecutor(2) as pool:
            asking = [pool.submit(ask) for _ in range(2)]
            for _, id in tokens:
                site.ada.revoke_token("acme", id)
            eventually(lambda: all(reason(edge, token) == "token_revoked" for token, _ in tokens))
            stop.set()
            assert all(future.result() > 0 for future in asking)
    assert told == sorted(set(told)) and told


def test_what_is_in_the_file_is_reported_and_nothing_else(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    file, keys, said = tmp_path / "acme", httpx.get(f"{site.url}/.well-known/tokenward-keys").content, list[tuple[str, int]]()

    def note(path: str, request: httpx.Request) -> None:
        applied = request.headers.get("x-tokenward-applied")
        said.extend([("header", int(applied))] if applied else [])
        said.extend([("report", json.loads(request.content)["generation"])] if path == "/applied" else [])
        for _, generation in said[-1:]:
            assert Authorizer.from_snapshot(file.read_bytes(), keys).generation >= generation

    with site.edge(events=False, poll=3600, cache=file, transport=Between(note)) as edge:
        first = edge.generation
        # One soon after the other, too.
        second = site.revoke(site.token()[1])
        assert edge.refresh() == second and ("report", second) in said
        with monkeypatch.context() as broken:
            broken.setattr("tokenward.snapshots.cache.replace", full)
            third = site.revoke(site.token()[1])
            assert edge.refresh() == third
            assert "cannot keep the snapshot" in str(edge.status.error)
            edge.refresh()
        assert first < second < third and {generation for _, generation in said} == {first, second}
        edge.refresh()
        assert said[-1] == ("report", third)
        # As after a crash, with the link cut.
        cut = Between(lambda *_: httpx.Response(503))
        with site.edge(events=False, poll=3600, cache=file, keys=keys, transport=cut) as again:
            assert again.generation == third


def test_an_on_change_that_fails_does_no_harm(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    def fail(_: Authorizer) -> None:
        raise RuntimeError("mine")

    token, id = site.token()
    with site.edge(on_change=fail) as edge:
        assert edge.wait_for(site.revoke(id), LONG)
        eventually(lambda: "`on_change` failed" in caplog.text)
        assert reason(edge, token) == "token_revoked"


def test_closing_ends_the_thread_at_once(site: Site) -> None:
    before = threads()
    edges = [site.edge(), site.edge(events=False, poll=3600), site.edge()]
    eventually(lambda: edges[0].status.state == "following")
    token, _ = site.token()
    began = time.monotonic()
    edges[0].wait_for(site.ada.list_edges("acme")["generation"], LONG)
    for edge in edges[:2]:
        edge.close()
        edge.close()
    assert reason(edges[0], token) == "granted" and edges[0].refresh() == edges[0].generation
    del edge, edges[:]  # One that is forgotten ends too.
    assert threads() == before and time.monotonic() - began < SILENCE
    with pytest.raises(errors.UnreachableError):
        SnapshotClient("http://127.0.0.1:1", "acme", "hf_x")
    assert threads() == before


def _of_child(edge: SnapshotClient, pipe: Any, token: str) -> None:
    first, generation = reason(edge, token), edge.generation
    pipe.send((first, edge.instance))
    assert pipe.recv()
    pipe.send((edge.wait_for(generation + 1, LONG), reason(edge, token)))
    edge.close()


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_child_that_ends_leaves_its_parents_stream_alone(site: Site) -> None:
    between = Between()
    with site.edge(transport=between) as edge:
        eventually(lambda: edge.status.state == "following")
        if (child := os.fork()) == 0:
            # As when the interpreter ends.
            edge._end()
            edge.close()
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
        # The next change comes by the same stream.
        assert edge.wait_for(site.revoke(site.token()[1]), LONG)
        assert (edge.status.state, edge.status.error) == ("following", None)
        assert between.asked.count("/events") == 1


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_child_of_a_fork_follows_by_itself(site: Site) -> None:
    token, id = site.token()
    with site.edge(instance="web") as edge:
        eventually(lambda: reason(edge, token) == "granted")
        mine, theirs = multiprocessing.Pipe()
        child = multiprocessing.get_context("fork").Process(target=_of_child, args=(edge, theirs, token))
        child.start()
        assert mine.recv() == ("granted", f"web-{child.pid}")
        generation = site.revoke(id)
        mine.send(True)
        assert mine.recv() == (True, "token_revoked")
        child.join(LONG)
        assert child.exitcode == 0
        assert edge.wait_for(generation, LONG) and edge.status.state == "following"
        assert threads() >= {"tokenward-snapshots-acme"}
