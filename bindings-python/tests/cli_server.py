"""A running server with the world of the clients' tests, and the command to use it with."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tokenward.cli.app import app
from typer.testing import CliRunner, Result

__all__ = ["Server", "cli"]

CLIENTS = Path(__file__).resolve().parents[2] / "server/tests/clients"


@dataclass
class Server:
    """The world of tokens: `acme` asks for approval, `strict` for fine-grained tokens, `changing` is for changes."""

    world: Any
    folder: Path

    @property
    def tokens(self) -> dict[str, str]:
        """One token in each state, all of bob's but for a few."""
        return dict(self.world.tokens)

    @property
    def admin(self) -> str:
        """A token that ada administers the organizations with."""
        return str(self.world._admin)

    def environment(self, token: str | None) -> dict[str, str]:
        """Whatever the machine knows of tokens is left out."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("HF_", "HUGGING"))}
        more = {"HF_ENDPOINT": self.world.tokenward.url, "HF_HOME": str(self.folder), "COLUMNS": "80"}
        return kept | more | ({"HF_TOKEN": token} if token else {})

    def run(self, token: str | None, *words: str, input: str | None = None) -> Result:
        """The command in this process, with a token from the environment."""
        environment: dict[str, str | None] = {key: None for key in os.environ if key.startswith(("HF_", "HUGGING"))}
        return CliRunner(env=environment | self.environment(token)).invoke(app, list(words), input=input)

    def process(self, token: str | None, *words: str, input: str | None = None) -> subprocess.CompletedProcess[str]:
        """The command as a process of its own."""
        command: Sequence[str] = [sys.executable, "-m", "tokenward", *words]
        return subprocess.run(command, env=self.environment(token), input=input or "", capture_output=True, text=True)

    def issue(self, owner: str, name: str, org: str = "acme") -> dict[str, Any]:
        """A new fine-grained token that may read and write in an organization: its value, and what it is."""
        permissions = ["repo.content.read", "repo.write"]
        scoped = [{"entity": {"type": "org", "name": org}, "permissions": permissions}]
        issued: dict[str, Any] = self.world.issue(
            owner, name, {"role": "fineGrained", "fineGrained": {"scoped": scoped}}
        )
        return issued


@pytest.fixture(scope="session")
def cli(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all modules that name this file in their `pytest_plugins`.

    It is not the one of the other tests: the many failing calls here would exhaust what an address may fail.
    """
    with ExitStack() as stack:
        yield _start(tmp_path_factory.mktemp("cli"), stack)


def _start(folder: Path, stack: ExitStack) -> Server:
    if str(CLIENTS) not in sys.path:
        sys.path.insert(0, str(CLIENTS))
    servers, stub_hub, world = (importlib.import_module(name) for name in ("servers", "stub_hub", "world"))
    for name in ("server", "hub", "home"):
        (folder / name).mkdir()
    tokenward = stack.enter_context(servers.running_tokenward("sqlite", folder / "server"))
    hub = stub_hub.Hub(folder / "hub", tokenward.url, tokenward.hub_token)
    built = world.World(tokenward, stack.enter_context(stub_hub.StubHub(hub)))
    stack.callback(built.close)
    return Server(built, folder / "home")
