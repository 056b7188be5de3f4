"""Debian's nginx as the gateway: `auth_request` asks tokenward, and the hub behind it sees only what passed.

The upstream is a mirror that answers with the headers it was sent, so that overwriting shows.
"""

import json
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

import servers
from expectations import BAD_CREDENTIALS, Refusal
from world import World

TEMPLATE = Path(__file__).with_name("nginx.conf.in")
STATES = ("allowed", "pending", "revoked", "read_only", "outsider", "expired", "unknown")


class Mirror(BaseHTTPRequestHandler):
    """An upstream that knows nothing of tokens."""

    def do_GET(self) -> None:
        body = json.dumps({name.lower(): value for name, value in self.headers.items()}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_POST = do_GET

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def upstream_port() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Mirror)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def gateway(world: World, upstream_port: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    folder = tmp_path_factory.mktemp("nginx")
    ports = {"UPSTREAM_PORT": upstream_port, "TOKENWARD_PORT": urlsplit(world.tokenward.url).port}
    port, process = started(folder, ports)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
            yield client
    finally:
        process.terminate()
        process.wait(timeout=60)


def started(folder: Path, ports: dict[str, int]) -> tuple[int, subprocess.Popen]:
    """nginx, and where it listens. It cannot choose a port itself, and one that is free may be taken before it is there."""
    config, log = folder / "nginx.conf", folder / "log"
    command = [servers.tool("nginx", "the gateway test"), "-e", "stderr", "-p", str(folder), "-c", str(config)]
    for _ in range(5):
        port = free_port()
        text = TEMPLATE.read_text()
        for name, value in {"FOLDER": folder, "PORT": port, **ports}.items():
            text = text.replace(f"@{name}@", str(value))
        config.write_text(text)
        with log.open("wb") as said:
            process = subprocess.Popen(command, stdout=said, stderr=said)
        if listens(port, process):
            return port, process
        process.kill()
        process.wait()
    raise AssertionError(f"nginx does not listen:\n{log.read_text()}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def listens(port: int, process: subprocess.Popen) -> bool:
    """Whether it is nginx that answers there, as soon as somebody does."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            answer = httpx.get(f"http://127.0.0.1:{port}/", trust_env=False, timeout=60)
            return answer.headers.get("Server", "").startswith("nginx")
        except httpx.TransportError:
            time.sleep(0.02)
    return False


@pytest.fixture(scope="module")
def shelves(world: World) -> dict:
    return {state: world.case("nginx", state) for state in STATES}


def bearer(token: str, **more: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}", **more}


def assert_refused(answer: httpx.Response, refusal: Refusal) -> None:
    assert answer.status_code == refusal.status
    assert answer.text == ("" if answer.request.method == "HEAD" else refusal.header)
    assert answer.headers["X-Error-Message"] == refusal.header
    assert answer.headers["X-Tokenward-Reason"] == refusal.reason
    assert answer.headers.get("X-Error-Code") == refusal.code
    assert answer.headers["X-Request-Id"]


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_download_passes_or_is_refused(gateway: httpx.Client, shelves: dict, state: str, method: str):
    case = shelves[state]
    answer = gateway.request(method, f"/{case.shelf}/resolve/main/hello.txt", headers=bearer(case.token))
    if refusal := case.expected.read:
        return assert_refused(answer, refusal)
    assert answer.status_code == 200
    if method == "GET":
        assert answer.json()["x-tokenward-user"] == "bob"
        assert answer.json()["x-tokenward-token-id"]


def test_a_write_needs_the_permission_to_write(gateway: httpx.Client, shelves: dict):
    for state in ("allowed", "read_only"):
        case = shelves[state]
        answer = gateway.post(f"/api/models/{case.shelf}/commit/main", headers=bearer(case.token), content=b"{}")
        if case.expected.write:
            assert_refused(answer, case.expected.write)
        else:
            assert answer.status_code == 200


def test_what_a_client_says_of_itself_is_overwritten(gateway: httpx.Client, shelves: dict):
    case = shelves["allowed"]
    lies = {"X-Tokenward-User": "ada", "X-Tokenward-Token-Id": "1" * 24}
    lies |= {"X-Original-URI": "/api/agent-harnesses", "X-Original-Method": "GET"}
    lies |= {"X-Forwarded-Uri": "/api/agent-harnesses", "X-Forwarded-Method": "GET"}
    seen = gateway.get(f"/{case.shelf}/resolve/main/hello.txt", headers=bearer(case.token, **lies)).json()
    assert seen["x-tokenward-user"] == "bob"
    assert seen["x-tokenward-token-id"] not in ("", "1" * 24)
    unknown = gateway.get(f"/{case.shelf}/resolve/main/hello.txt", headers=bearer(shelves["unknown"].token, **lies))
    assert_refused(unknown, shelves["unknown"].expected.read)
    # Nobody is nobody, whatever the client says.
    seen = gateway.get("/api/agent-harnesses", headers=lies).json()
    assert "x-tokenward-user" not in seen and "x-tokenward-token-id" not in seen


def test_a_401_asks_for_credentials_in_the_way_that_git_understands(gateway: httpx.Client, shelves: dict):
    path = f"/{shelves['allowed'].shelf}/info/refs?service=git-upload-pack"
    answer = gateway.get(path)
    assert answer.status_code == 401
    assert answer.headers["X-Tokenward-Reason"] == "missing_token"
    assert answer.headers.get_list("WWW-Authenticate")[0] == 'Basic realm="Tokenward"'
    assert gateway.get(path, auth=("anyone", shelves["allowed"].token)).status_code == 200


def test_an_expired_token_is_named_as_such(gateway: httpx.Client, shelves: dict):
    case = shelves["expired"]
    answer = gateway.get(f"/api/models/{case.shelf}", headers=bearer(case.token))
    assert answer.headers["X-Error-Message"] == BAD_CREDENTIALS
    assert answer.headers["X-HF-Warning"] == "token; Your token has expired."


def test_what_only_its_body_decides_is_refused(gateway: httpx.Client, shelves: dict):
    body = {"name": "by-nginx", "organization": "acme"}
    answer = gateway.post("/api/repos/create", headers=bearer(shelves["allowed"].token), json=body)
    assert (answer.status_code, answer.headers["X-Tokenward-Reason"]) == (403, "unknown_action")


def test_a_path_that_the_table_does_not_have_is_refused(gateway: httpx.Client, shelves: dict):
    headers = bearer(shelves["allowed"].token)
    for path in ("/api/nothing/like/this", f"//{shelves['allowed'].shelf}/resolve/main/hello.txt"):
        answer = gateway.get(path, headers=headers)
        assert (answer.status_code, answer.headers["X-Tokenward-Reason"]) == (403, "unknown_action")
