"""Gateways that decide from snapshots: how soon a change is there, what is asked, and what happens without a server."""

import http.client
import json
import random
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

import doors
import servers
from expectations import BAD_CREDENTIALS, NEEDS_APPROVAL, REVOKED
from stub_hub import Hub, StubHub
from world import READ, UNKNOWN_TOKEN, WRITE, World, fine_grained

# For so many seconds something is waited for before it is given up, and short-lived snapshots are good.
PATIENCE, SHORT = 60, 6
GATEWAYS = ("worker", "middleware", "deno", "bun")


class Mirror(BaseHTTPRequestHandler):
    """A hub that says what it was sent."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        received = self._body()
        body = json.dumps(
            {
                "target": self.path,
                "headers": [[name.lower(), value] for name, value in self.headers.items()],
                "length": len(received),
                "body": received[:1000].decode(errors="replace"),
            }
        ).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_POST = do_PUT = do_GET

    def _body(self) -> bytes | bytearray:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        received = bytearray()
        while size := int(self.rfile.readline(), 16):
            received += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return received

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def mirror() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Mirror)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


class Link:
    """What an edge takes for the server: every connection goes there, until the link is cut."""

    def __init__(self, url: str):
        parts = urlsplit(url)
        self._to = (parts.hostname, parts.port)
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.is_cut = False
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        self.is_cut = True
        for one in list(self._open):
            with_shutdown(one)

    def mend(self) -> None:
        self.is_cut = False

    def close(self) -> None:
        self.cut()
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            if self.is_cut:
                near.close()
                continue
            try:
                far = socket.create_connection(self._to)
            except OSError:
                near.close()
                continue
            self._open |= {near, far}
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=self._copy, args=(one, other), daemon=True).start()

    def _copy(self, one: socket.socket, other: socket.socket) -> None:
        try:
            while data := one.recv(65536):
                other.sendall(data)
        except OSError:
            pass
        with_shutdown(other)
        self._open.discard(one)


def with_shutdown(one: socket.socket) -> None:
    try:
        one.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass


class Place:
    """A gateway in front of a mirror, over a link to the server that can be cut."""

    def __init__(self, world: World, mirror: str, folder: Path, name: str, kind: str, **settings: str):
        self.world, self.folder, self.kind, self.name = world, folder, kind, name
        self.link = Link(world.tokenward.url)
        credential = world.issue_edge_credential("acme", name)
        self._settings = {
            "TOKENWARD_ENDPOINT": self.link.url, "TOKENWARD_ORGS": "acme", "TOKENWARD_CREDENTIAL": credential,
            "HUB_ORIGIN": mirror, "TOKENWARD_CHECK": "200", "STATE": str(folder / "state"), **settings,
        }  # fmt: skip
        self.door = doors.start(kind, folder, **self._settings)
        self.client = httpx.Client(base_url=self.door.url, timeout=30, trust_env=False)

    def restart(self) -> None:
        self.door.stop()
        self.door = doors.start(self.kind, self.folder, **self._settings)
        self.client.close()
        self.client = httpx.Client(base_url=self.door.url, timeout=30, trust_env=False)

    def read(self, token: str | None, path: str = "/api/models/acme/elsewhere", **more: object) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return self.client.request("GET", path, headers=headers, **more)

    def until(self, token: str, reason: str | None, **more: object) -> None:
        """Asks until that is the answer."""
        until(lambda: self.read(token, **more).headers.get("X-Tokenward-Reason") == reason)

    def close(self) -> None:
        self.client.close()
        self.door.stop()
        self.link.close()
        assert not servers.TOKEN.search(self.door.log.read_bytes()), f"a token stands in {self.door.log}"


def until(met: Callable[[], bool]) -> None:
    """Waits for it, and no longer; only what never happens is given up."""
    began = time.monotonic()
    while not met():
        assert time.monotonic() - began < PATIENCE, f"not within {PATIENCE} s"
        time.sleep(0.02)


@pytest.fixture
def place(world: World, mirror: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Callable[..., Place]]:
    """Opens gateways, and closes them."""
    opened: list[Place] = []

    def make(kind: str = "worker", on: World = world, **settings: str) -> Place:
        name = f"e{len(opened)}-{abs(hash(request.node.nodeid))}"
        folder = tmp_path / name
        folder.mkdir()
        opened.append(Place(on, mirror, folder, name, kind, **settings))
        return opened[-1]

    yield make
    for one in opened:
        one.close()


@pytest.fixture
def short_lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A world of its own, whose snapshots are good for a few seconds."""
    with a_world(tmp_path_factory.mktemp("short")) as world:
        yield world


@pytest.fixture
def distant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The same, whose server believes nobody by their address."""
    with a_world(tmp_path_factory.mktemp("distant"), "--trusted-proxies", "192.0.2.0/24") as world:
        yield world


@contextmanager
def a_world(folder: Path, *options: str) -> Iterator[World]:
    with servers.running_tokenward("sqlite", folder, "--snapshot-max-age", str(SHORT), *options) as tokenward:
        with StubHub(Hub(folder / "hub", tokenward.url, tokenward.hub_token)) as hub:
            world = World(tokenward, hub)
            yield world
            world.close()


def in_acme(world: World, name: str) -> tuple[str, str]:
    """A token that waits for approval, and its id."""
    made = world.issue("bob", name, fine_grained({"acme": [READ, WRITE]}))
    return made["token"], made["tokenInfo"]["id"]


@pytest.mark.parametrize("follow", ["events", "poll"])
def test_approval_denial_and_revocation_arrive_by_themselves(place, world: World, follow: str):
    gateway = place(TOKENWARD_FOLLOW=follow)
    token, token_id = in_acme(world, f"soon-{follow}")
    gateway.until(token, "token_pending")
    world.approve(token_id)
    gateway.until(token, None)
    world.deny(token_id)
    gateway.until(token, "token_denied")
    world.approve(token_id)
    gateway.until(token, None)
    world.revoke(token)
    gateway.until(token, "token_revoked")
    refused = gateway.read(token)
    assert (refused.status_code, refused.headers["X-Error-Message"]) == (403, REVOKED)
    assert refused.json() == {"error": REVOKED}


def test_a_revocation_is_proved_by_receipts(place, world: World):
    gateway = place()
    token, token_id = in_acme(world, "proved")
    world.approve(token_id)
    gateway.until(token, None)
    path = "/api/organizations/acme/settings/tokens/revoke"
    generation = int(world.admin_call("POST", path, {"token": token}).headers["X-Tokenward-Generation"])
    wait = f"/api/organizations/acme/generations/{generation}/wait?timeout=0"

    def mine(edges: list[dict]) -> list[dict]:
        return [edge for edge in edges if edge["edge"] == gateway.name]

    # Those of other tests are gone, and waited for until they count as such.
    until(lambda: not mine(world.admin_call("GET", wait).json()["waiting"]))
    assert gateway.read(token).headers["X-Tokenward-Reason"] == "token_revoked"
    (edge,) = mine(world.admin_call("GET", "/api/organizations/acme/snapshot/edges").json()["edges"])
    assert edge["generation"] >= generation and edge["live"] and not edge["withdrawn"]


@pytest.mark.parametrize("kind", GATEWAYS)
def test_what_no_snapshot_settles_is_asked_of_the_server(place, world: World, kind: str):
    gateway = place(kind)
    allowed = world.tokens["allowed"]
    until(lambda: gateway.read(allowed).status_code == 200)
    unknown = gateway.read(UNKNOWN_TOKEN)
    assert (unknown.status_code, unknown.headers["X-Error-Message"]) == (401, BAD_CREDENTIALS)
    elsewhere = gateway.read(world.tokens["fine_grained_only"], "/api/models/strict/open")
    assert elsewhere.status_code == 200
    listing = gateway.read(allowed, "/api/models?author=acme")
    assert dict(listing.json()["headers"])["x-tokenward-orgs"] == "acme"
    gateway.link.cut()
    time.sleep(0.3)
    assert gateway.read(allowed).status_code == 200
    # That the token is unknown is remembered for a moment, of what was asked.
    unknown = gateway.read(UNKNOWN_TOKEN, "/api/models/acme/another")
    for answer in (unknown, gateway.read(allowed, "/api/models"), gateway.read(allowed, "/api/models/strict/open")):
        assert answer.status_code == 503
        assert answer.headers["X-Error-Message"] == answer.json()["error"]
        assert answer.headers["Retry-After"] and answer.headers["X-Request-Id"]


def test_told_to_answer_alone_it_does(place, world: World):
    gateway = place(TOKENWARD_ELSEWHERE="answer")
    assert gateway.read(world.tokens["allowed"]).status_code == 200
    gateway.link.cut()
    unknown = gateway.read(UNKNOWN_TOKEN)
    assert (unknown.status_code, unknown.headers["X-Tokenward-Reason"]) == (401, "invalid_token")
    listing = gateway.read(world.tokens["allowed"], "/api/models")
    assert dict(listing.json()["headers"])["x-tokenward-orgs"] == "acme"


@pytest.mark.parametrize("kind", ["worker", "middleware"])
def test_past_the_maximum_age_everything_is_refused_until_the_server_is_back(place, short_lived: World, kind: str):
    gateway = place(kind, on=short_lived)
    allowed = short_lived.tokens["allowed"]
    until(lambda: gateway.read(allowed).status_code == 200)
    # Renewed in time, for longer than one snapshot is good.
    for _ in range(4 * SHORT + 4):
        assert gateway.read(allowed).status_code == 200
        time.sleep(0.25)
    gateway.link.cut()
    cut = asked = time.monotonic()
    while gateway.read(allowed).headers.get("X-Tokenward-Reason") != "snapshot_stale":
        assert asked - cut < SHORT, "it went on for longer"
        time.sleep(0.02)
        asked = time.monotonic()
    refused = gateway.read(allowed)
    assert refused.status_code == 503
    assert refused.headers["X-Error-Message"] == refused.json()["error"]
    assert refused.headers["Cache-Control"] == "no-store"
    gateway.link.mend()
    gateway.until(allowed, None)


def has_reported(gateway: Place) -> bool:
    """Whether it decides from a snapshot, as far as the server knows."""
    edges = gateway.world.admin_call("GET", "/api/organizations/acme/snapshot/edges").json()["edges"]
    return any(edge["edge"] == gateway.name and edge["generation"] is not None for edge in edges)


@pytest.mark.parametrize("kind", GATEWAYS)
def test_told_to_ask_past_the_maximum_age_it_does(place, short_lived: World, kind: str):
    token, token_id = in_acme(short_lived, "asked")
    short_lived.approve(token_id)
    gateway = place(kind, on=short_lived, TOKENWARD_STALE="ask")
    until(lambda: gateway.read(token).status_code == 200 and has_reported(gateway))
    # From now on it learns of nothing, and is believed by its address alone.
    short_lived.withdraw_edge_credential("acme", gateway.name)
    short_lived.deny(token_id)
    gateway.until(token, "token_denied")
    allowed = short_lived.tokens["allowed"]
    headers = {"Authorization": f"Bearer {allowed}"}
    create = json.dumps({"name": "new", "organization": "acme"}).encode()
    for content in (create, iter([create[:10], create[10:]])):
        answer = gateway.client.post("/api/repos/create", headers=headers, content=content)
        assert answer.json()["body"].encode() == create
        assert dict(answer.json()["headers"])["x-tokenward-user"] == "bob"
    # The next answer is that of the next moment, and there is no waiting for what cannot be had.
    short_lived.revoke(token)
    refused = gateway.read(token)
    assert (refused.status_code, refused.headers["X-Error-Message"]) == (403, REVOKED)
    assert gateway.read(UNKNOWN_TOKEN).headers["X-Error-Message"] == BAD_CREDENTIALS
    gateway.link.cut()
    refused = gateway.read(allowed)
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "1")
    assert "X-Tokenward-Reason" not in refused.headers


@pytest.mark.parametrize("kind", ["worker", "middleware"])
def test_whom_the_server_does_not_believe_it_tells_so(place, distant: World, kind: str):
    gateway = place(kind, on=distant, TOKENWARD_STALE="ask")
    allowed = distant.tokens["allowed"]
    until(lambda: gateway.read(allowed).status_code == 200 and has_reported(gateway))
    until(lambda: gateway.read(UNKNOWN_TOKEN).headers["X-Error-Message"] == BAD_CREDENTIALS)
    distant.withdraw_edge_credential("acme", gateway.name)
    # What was decided from the snapshot is refused when that is too old, and never as something not allowed.
    until(lambda: gateway.read(allowed).status_code != 200)
    for token in (allowed, UNKNOWN_TOKEN, None):
        refused = gateway.read(token, "/api/models/acme/unheard-of")
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "1")
        assert "X-Tokenward-Reason" not in refused.headers


@pytest.mark.parametrize("pinned", [True, False])
def test_a_restarted_worker_decides_from_its_cache_only_with_pinned_keys(place, world: World, pinned: bool):
    keys = httpx.get(f"{world.tokenward.url}/.well-known/tokenward-keys").text
    gateway = place(**({"TOKENWARD_KEYS": keys} if pinned else {}))
    allowed = world.tokens["allowed"]
    assert gateway.read(allowed).status_code == 200
    gateway.link.cut()
    gateway.restart()
    answer = gateway.read(allowed)
    assert answer.status_code == (200 if pinned else 503)
    if pinned:
        pending = gateway.read(world.tokens["pending"])
        assert (pending.status_code, pending.headers["X-Error-Message"]) == (403, NEEDS_APPROVAL)
        return
    gateway.link.mend()
    until(lambda: gateway.read(allowed).status_code == 200)


def test_with_a_withdrawn_credential_it_goes_on_until_what_it_holds_is_too_old(place, short_lived: World):
    gateway = place(on=short_lived)
    allowed = short_lived.tokens["allowed"]
    assert gateway.read(allowed).status_code == 200
    short_lived.withdraw_edge_credential("acme", gateway.name)
    assert gateway.read(allowed).status_code == 200
    gateway.until(allowed, "snapshot_stale")


@pytest.mark.parametrize("kind", GATEWAYS)
def test_what_a_client_says_of_itself_is_overwritten(place, world: World, kind: str):
    gateway = place(kind)
    allowed = world.tokens["allowed"]
    until(lambda: gateway.read(allowed).status_code == 200)
    lies = [
        ("X-Tokenward-User", "ada"), ("x-tokenward-token-id", "1" * 24), ("X-Tokenward-Orgs", "strict"),
        ("X_Tokenward_User", "ada"), ("Connection", "close, X-Tokenward-User"), ("X-Kept", "yes"),
    ]  # fmt: skip
    url = "/acme/elsewhere/resolve/main/hello.txt"
    seen = gateway.client.get(url, headers=[*lies, ("Authorization", f"Bearer {allowed}")]).json()["headers"]
    told = [(name, value) for name, value in seen if "tokenward" in name.replace("_", "-")]
    assert sorted(name for name, _ in told) == ["x-tokenward-token-id", "x-tokenward-user"]
    assert dict(told)["x-tokenward-user"] == "bob"
    assert dict(told)["x-tokenward-token-id"] not in ("", "1" * 24)
    assert ["x-kept", "yes"] in seen
    assert not any("tokenward" in value.lower() for name, value in seen if name == "connection")
    # Nobody is nobody, whatever the client says.
    seen = dict(gateway.client.get("/api/agent-harnesses", headers=lies).json()["headers"])
    assert (seen["x-tokenward-user"], seen["x-tokenward-token-id"]) == ("", "")


@pytest.mark.parametrize("kind", GATEWAYS)
def test_basic_head_and_a_warning(place, world: World, kind: str):
    gateway = place(kind)
    expires = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3600))
    made = world.issue("bob", f"soon-over-{kind}", {**fine_grained({"acme": [READ]}), "expiresAt": expires})
    world.approve(made["tokenInfo"]["id"])
    until(lambda: gateway.read(made["token"]).status_code == 200)
    url = "/acme/elsewhere/resolve/main/hello.txt"
    # What is asked before there is a snapshot may be newer than the first one.
    until(lambda: gateway.client.get(url, auth=("anyone", made["token"])).status_code == 200)
    basic = gateway.client.get(url, auth=("anyone", made["token"]))
    assert basic.headers["X-HF-Warning"].startswith("token; Your token expires at ")
    assert "X-Tokenward-User" not in basic.headers
    head = gateway.client.head(url, headers={"Authorization": f"Bearer {world.tokens['pending']}"})
    assert (head.status_code, head.content) == (403, b"")
    assert head.headers["X-Error-Message"] == NEEDS_APPROVAL
    refused = gateway.client.get("/acme/elsewhere/info/refs?service=git-upload-pack", headers={"Authorization": "Bearer nonsense"})
    assert refused.status_code == 401
    assert refused.headers["WWW-Authenticate"].startswith('Basic realm="Tokenward"')
    assert (refused.headers["Content-Type"], refused.text) == ("text/plain; charset=utf-8", BAD_CREDENTIALS)


@pytest.mark.parametrize("kind", GATEWAYS)
def test_what_is_judged_is_what_is_passed_on(place, world: World, kind: str):
    """Sent as they stand, past any client that would tidy them up."""
    gateway = place(kind)
    allowed = world.tokens["allowed"]
    until(lambda: gateway.read(allowed).status_code == 200)
    # It may read `elsewhere`, and nothing else in the organization.
    narrow = world.tokens["out_of_scope"]
    hidden = world.case(f"tricks-{kind}", "allowed").shelf.removeprefix("acme/")
    paths = [
        f"/api/models/acme/elsewhere/../{hidden}", f"/api/models/acme/elsewhere/%2e%2e/{hidden}",
        f"/api/models/acme/elsewhere%2f..%2f{hidden}", f"/api/models/acme%2f{hidden}", f"/api/models/acme\\{hidden}",
        f"/api/models/acme/./{hidden}", f"/api/models/acme//{hidden}", f"//evil.example.org/acme/{hidden}",
        f"http://evil.example.org/api/models/acme/{hidden}", f"/api/whoami-v2/../models/acme/{hidden}",
        f"/api/organizations/..%2f/models/acme/{hidden}/settings/tokens", f"/api/models/acme/{hidden}?x=/api/whoami-v2",
    ]  # fmt: skip
    for path in paths:
        # workerd itself knows no request line with a host, and answers 500.
        refused = (400, 403, 404, 500) if "http:" in path and kind == "worker" else (400, 403, 404)
        assert raw(gateway.door.url, path, narrow)[0] in refused, path
        status, body = raw(gateway.door.url, path, allowed)
        if status == 200:
            # Tidied up before it was judged: then that is also what the hub gets.
            target = json.loads(body)["target"]
            assert target.split("?")[0] in (f"/api/models/acme/{hidden}", f"/acme/{hidden}"), path
        else:
            assert status in refused, (path, status)
    assert raw(gateway.door.url, "/api/models/acme/elsewhere", narrow)[0] == 200


def raw(url: str, target: str, token: str) -> tuple[int, bytes]:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=10)
    try:
        connection.request("GET", target, headers={"Authorization": f"Bearer {token}"})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


@pytest.mark.parametrize("kind", GATEWAYS)
def test_bodies_are_judged_and_arrive_whole(place, world: World, kind: str):
    gateway = place(kind)
    allowed = world.tokens["allowed"]
    headers = {"Authorization": f"Bearer {allowed}"}
    until(lambda: gateway.read(allowed).status_code == 200)
    # Judged from the body, whole or in chunks.
    create = json.dumps({"name": f"new-{kind}", "organization": "acme", "private": True}).encode()
    for sent in (create, iter([create[:10], create[10:]])):
        answer = gateway.client.post("/api/repos/create", headers=headers, content=sent)
        assert answer.json()["body"].encode() == create
    foreign = json.dumps({"name": "new", "organization": "strict"}).encode()
    assert gateway.client.post("/api/repos/create", headers=headers, content=foreign).status_code == 403
    # Too large to be judged: refused, but for a batch, which then counts as a write.
    too_large = json.dumps({"name": "new", "organization": "acme", "padding": "x" * 100_000}).encode()
    padded = json.dumps({"operation": "upload", "objects": [], "padding": "x" * 100_000}).encode()
    for whole in (True, False):
        content = too_large if whole else iter([too_large[:70_000], too_large[70_000:]])
        refused = gateway.client.post("/api/repos/create", headers=headers, content=content)
        assert (refused.status_code, refused.headers["X-Tokenward-Reason"]) == (403, "unknown_action")
        content = padded if whole else iter([padded[:70_000], padded[70_000:]])
        batch = gateway.client.post("/acme/elsewhere.git/info/lfs/objects/batch", headers=headers, content=content)
        assert batch.json()["length"] == len(padded)
    read_only = {"Authorization": f"Bearer {world.tokens['read_only']}"}
    for operation, status in (("download", 200), ("upload", 403)):
        body = {"operation": operation, "objects": []}
        answer = gateway.client.post("/acme/elsewhere.git/info/lfs/objects/batch", headers=read_only, json=body)
        assert answer.status_code == status
    # Large, and never looked at.
    piece = random.Random(1).randbytes(1 << 20)
    answer = gateway.client.post("/api/models/acme/elsewhere/commit/main", headers=headers, content=iter([piece] * 40))
    assert answer.json()["length"] == 40 << 20
    # A refusal is read though the body was not.
    refused = gateway.client.post("/api/models/acme/elsewhere/commit/main", headers=read_only, content=piece)
    assert refused.status_code == 403
