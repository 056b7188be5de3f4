"""A server that edges follow, with an organization to decide about; it can be stopped, started and interrupted."""

from __future__ import annotations

import importlib
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
from tokenward import Client, Decision, SnapshotClient

__all__ = ["LONG", "Asked", "Between", "Site", "eventually", "running_site", "short_lived", "site"]

CLIENTS = Path(__file__).resolve().parents[2] / "server/tests/clients"
Asked = dict[str, Any]
_names = count()


class Site:
    """The server and its organizations `acme` and `globex`, which ada administers."""

    def __init__(self, folder: Path, maximum_age: int) -> None:
        if str(CLIENTS) not in sys.path:
            sys.path.insert(0, str(CLIENTS))
        self._servers: Any = importlib.import_module("servers")
        port = _port()
        self.folder, self.url = folder, f"http://127.0.0.1:{port}"
        self._listen, self._age = f"127.0.0.1:{port}", maximum_age
        self.start()
        with Client(self.url, (folder / "admin").read_text().strip()) as admin:
            self._build(admin)

    def start(self) -> None:
        """On the same address and database every time."""
        command = [self._servers.server_binary(), "serve", "--listen", self._listen, "--database", self._database]
        command += ["--admin-token-file", str(self.folder / "admin"), "--snapshot-max-age", str(self._age)]
        if (self.folder / "admin").exists():
            del command[command.index("--admin-token-file") : command.index("--admin-token-file") + 2]
        with (self.folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        self._servers.announced_url(self.process, self.folder / "server.log")

    def stop(self, with_signal: signal.Signals = signal.SIGTERM) -> None:
        with suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGCONT)
            self.process.send_signal(with_signal)
        self.process.wait(timeout=LONG)
        assert self.process.stdout is not None
        self.process.stdout.close()

    @contextmanager
    def silent(self) -> Iterator[None]:
        """As when a cable is cut: connections stay, and nothing comes."""
        self.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)

    def rotate_keys(self, overlap: int) -> None:
        """A new key, which signs after so many seconds."""
        command = [self._servers.server_binary(), "rotate-snapshot-key", "--overlap", str(overlap)]
        subprocess.run([*command, "--database", self._database], check=True, capture_output=True)

    def token(self, org: str = "acme") -> tuple[str, str]:
        """A token of bob's that may read in an organization: its value and its id."""
        scoped = [{"entity": {"type": "org", "name": org}, "permissions": ["repo.content.read"]}]
        grants: Any = {"scoped": scoped}
        with Client(self.url, (self.folder / "admin").read_text().strip()) as admin:
            made = admin.create_user_token("bob", f"reader {next(_names)}", "fineGrained", fine_grained=grants)
        return made.token.reveal(), made.info["id"]

    def revoke(self, token_id: str) -> int:
        """Revokes a token, and says at which generation everybody knows."""
        self.ada.revoke_token("acme", token_id)
        return self.ada.list_edges("acme")["generation"]

    def credential(self, org: str = "acme") -> tuple[str, str]:
        """An edge credential: its value and its name."""
        issued = self.ada.issue_edge_credential(org, f"edge-{next(_names)}")
        return issued.credential.reveal(), issued.edge["name"]

    def edge(self, credential: str | None = None, org: str = "acme", **how: Any) -> SnapshotClient:
        return SnapshotClient(self.url, org, credential or self.credential(org)[0], **how)

    @property
    def _database(self) -> str:
        return f"sqlite:{self.folder / 't.db'}"

    def _build(self, admin: Client) -> None:
        rights = []
        for user in ("ada", "bob"):
            admin.create_user(user)
        for org in ("acme", "globex"):
            admin.create_organization(org, plan="enterprise")
            admin.put_member(org, "ada", "admin")
            admin.put_member(org, "bob", "write")
            rights.append({"entity": {"type": "org", "name": org}, "permissions": ["org.read", "org.write"]})
        grants: Any = {"scoped": rights}
        made = admin.create_user_token("ada", "console", "fineGrained", fine_grained=grants)
        self.ada_token = made.token.reveal()
        self.ada = Client(self.url, made.token)
        self.ada.put_repository("model:acme/bert")


@contextmanager
def running_site(folder: Path, maximum_age: int = 300) -> Iterator[Site]:
    built = Site(folder, maximum_age)
    try:
        yield built
    finally:
        built.ada.close()
        built.stop()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One for all tests of a module; they leave it running."""
    with running_site(tmp_path_factory.mktemp("site")) as built:
        yield built


@pytest.fixture
def short_lived(tmp_path: Path) -> Iterator[Site]:
    """One for a single test, whose snapshots are too old after three seconds."""
    (folder := tmp_path / "site").mkdir()
    with running_site(folder, 3) as built:
        yield built


class Between(httpx.BaseTransport):
    """The network, with somebody on the way: `meddle` may answer a request, or have it go on.

    `asked` has the paths below the snapshot's, in their order.
    """

    def __init__(self, meddle: Callable[[str, httpx.Request], httpx.Response | None] = lambda path, _: None) -> None:
        self.meddle, self.asked, self._network = meddle, list[str](), httpx.HTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.partition("/snapshot")[2]
        self.asked.append(path or request.url.path)
        return self.meddle(self.asked[-1], request) or self._network.handle_request(request)

    def close(self) -> None:
        self._network.close()


LONG = 120.0
"""After so many seconds nothing comes any more, however busy the machine is."""


def eventually(holds: Callable[[], object]) -> None:
    """Waits until something holds."""
    began = time.monotonic()
    while not holds():
        assert time.monotonic() - began < LONG, "it did not happen"
        time.sleep(0.002)


def _port() -> int:
    """A port that is the server's also while it is stopped: the system gives none of these to whoever wants any."""
    ports = list(range(20_000, 32_000))
    random.shuffle(ports)
    for port in ports:
        with socket.socket() as free, suppress(OSError):
            free.bind(("127.0.0.1", port))
            return port
    raise OSError("no port is free")


def read(token: str) -> Asked:
    """A request that bob's tokens may make."""
    return {"token": token, "action": "repo.content.read", "resource": "model:acme/bert"}


def reason(edge: SnapshotClient, token: str) -> str:
    decision: Decision = edge.decide(**read(token))
    return decision.reason


assert os.name == "posix", "these tests send signals"
