"""Fixtures: the server, the stub hub and the world of tokens of the server's own client tests; snapshots."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.append(str(REPOSITORY / "server/tests/clients"))


@pytest.fixture(scope="session")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The corpus as snapshots and a large one, from the folder in the environment or written anew."""
    if folder := os.environ.get("TOKENWARD_BUNDLES"):
        return Path(folder)
    folder = tmp_path_factory.mktemp("bundles")
    command = ["cargo", "run", "--quiet", "--package", "tokenward-core", "--example", "bundles", "--", str(folder)]
    subprocess.run(command, check=True, cwd=REPOSITORY)
    return folder


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Three organizations, their people, and a token in each state; `world.hub.url` is hub and server in one."""
    import servers
    from stub_hub import Hub, StubHub
    from world import World

    with servers.running_tokenward("sqlite", tmp_path_factory.mktemp("server")) as tokenward:
        hub = Hub(tmp_path_factory.mktemp("hub"), tokenward.url, tokenward.hub_token)
        with StubHub(hub) as running:
            built = World(tokenward, running)
            yield built
            built.close()
