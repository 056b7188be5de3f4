"""huggingface_hub over TLS: there, and only there, it takes a 401 on a repository for a missing repository.

Unless `X-Error-Message` is the one text that it knows; so a bad token is seen as such only because that text is sent.
"""

import ssl
from pathlib import Path

import pytest

import servers
from expectations import Refusal
from library_run import LibraryRun, assert_refused
from stub_hub import StubHub
from world import World

STATES = ("allowed", "pending", "expired", "unknown")


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return servers.certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="session")
def runs(
    world: World, certificate: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, LibraryRun]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    with StubHub(world.hub.hub, tls=context) as hub:

        def run(state: str) -> LibraryRun:
            home = tmp_path_factory.mktemp(f"tls-{state}")
            return LibraryRun(world.case("tls", state), hub.url, home, SSL_CERT_FILE=str(certificate[0]))

        return {state: run(state) for state in STATES}


@pytest.fixture(params=STATES)
def run(request: pytest.FixtureRequest, runs: dict[str, LibraryRun]) -> LibraryRun:
    return runs[request.param]


@pytest.mark.parametrize("call", ["list_repo_files", "model_info", "upload_file", "delete_file", "delete_repo"])
def test_over_tls_a_call_comes_to_the_same(run: LibraryRun, call: str):
    if refusal := run.case.expected.read:
        assert_refused(run.raised(call)[0], refusal)
    else:
        run.value(call)


def test_over_tls_a_download_with_a_bad_token_is_no_missing_repository(run: LibraryRun):
    refusal = run.case.expected.read
    if refusal is None:
        assert run.value("hf_hub_download").encode() == run.case.content
        return
    error = next(error for error in run.raised("hf_hub_download") if error["status"])
    assert_refused(error, Refusal(refusal.status, refusal.reason, refusal.header, refusal.header))
