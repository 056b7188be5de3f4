"""Fixtures: a running server, the stub hub in front of it, and the world of tokens; once for each database."""

from collections.abc import Iterator

import pytest

import servers
from stub_hub import Hub, StubHub
from world import World


@pytest.fixture(scope="session", params=servers.database_kinds())
def tokenward(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[servers.Tokenward]:
    with servers.running_tokenward(request.param, tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture(scope="session")
def hub(tokenward: servers.Tokenward, tmp_path_factory: pytest.TempPathFactory) -> Iterator[StubHub]:
    with StubHub(Hub(tmp_path_factory.mktemp("hub"), tokenward.url, tokenward.hub_token)) as running:
        yield running


@pytest.fixture(scope="session")
def world(tokenward: servers.Tokenward, hub: StubHub) -> Iterator[World]:
    built = World(tokenward, hub)
    yield built
    built.close()
