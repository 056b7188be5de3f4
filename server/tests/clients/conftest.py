"""Fixtures: a running server, the stub hub in front of it, and the world of tokens; once for each database."""

from collections.abc import Iterator

import pytest

import doors
import servers
from stub_gate import TrustingGate
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


@pytest.fixture(scope="session")
def trusting_hub(tokenward: servers.Tokenward, hub: StubHub) -> Iterator[StubHub]:
    """A hub with the same repositories that asks nothing, for gateways to stand in front of."""
    with StubHub(Hub(hub.hub.store.folder, tokenward.url, tokenward.hub_token, TrustingGate)) as running:
        yield running


@pytest.fixture(scope="session", params=doors.NAMES)
def door(
    request: pytest.FixtureRequest, world: World, trusting_hub: StubHub, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[doors.Door]:
    """Each way in, to the same repositories."""
    if request.param == "hub":
        yield doors.Door("hub", world.hub.url)
        return
    orgs = ("acme", "strict")
    credentials = {org: world.issue_edge_credential(org, request.param) for org in orgs}
    settings = doors.settings_for(world.tokenward, credentials, trusting_hub.url)
    with doors.gateway(request.param, tmp_path_factory.mktemp(request.param), **settings) as running:
        yield running


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Gateways and pages never see the database: once is enough."""
    kinds = servers.database_kinds()

    def again(item: pytest.Item) -> bool:
        params = item.callspec.params if hasattr(item, "callspec") else {}
        return params.get("tokenward", kinds[0]) != kinds[0] and (
            params.get("door", "hub") != "hub" or item.path.stem in ("test_browser", "test_edge")
        )

    config.hook.pytest_deselected(items=[item for item in items if again(item)])
    items[:] = [item for item in items if not again(item)]
