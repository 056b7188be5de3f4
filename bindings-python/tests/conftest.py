"""Fixtures: the server, the stub hub and the world of tokens of the server's own client tests."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.append(str(Path(__file__).resolve().parents[2] / "server/tests/clients"))


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
