"""Over TLS, huggingface_hub takes a bare 401 on a repository for a missing repository: that is explained too."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

import pytest
from explained_run import run_calls


@pytest.fixture(scope="module")
def run(world: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Calls with a token over TLS, where the one address of the hub is all that is known."""
    import servers
    from stub_hub import StubHub

    cert, key = servers.certificate(tmp_path_factory.mktemp("tls"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    with StubHub(world.hub.hub, tls=context) as hub:

        def run(token: str | bool) -> Any:
            calls = {"info": ["model_info", {"repo_id": "acme/elsewhere"}]}
            job = {"token": token, "only_more": True, "more": calls, "preflights": {"read": ["acme/elsewhere", "read"]}}
            return run_calls(hub.url, tmp_path_factory.mktemp("home") / "x", job, SSL_CERT_FILE=str(cert))

        yield run


def test_a_call_without_a_token_is_told_to_log_in_and_not_that_nothing_is_there(run: Any) -> None:
    found = run(False)
    outcome = found["calls"]["info"]
    assert "RepositoryNotFoundError" in outcome["classes"] and outcome["explained"]
    assert outcome["reason"] == found["flights"]["read"]["reason"] == "missing_token"
    assert "hf auth login" in outcome["remedy"]


@pytest.mark.parametrize(("state", "reason"), [("unknown", "invalid_token"), ("expired", "expired_token"), ("pending", "token_pending")])
def test_a_bad_token_is_told_as_such(run: Any, world: Any, state: str, reason: str) -> None:
    found = run(world.tokens[state])
    assert found["calls"]["info"]["reason"] == found["flights"]["read"]["reason"] == reason


def test_what_is_allowed_comes_through(run: Any, world: Any) -> None:
    found = run(world.tokens["allowed"])
    assert "value" in found["calls"]["info"] and found["flights"]["read"]["allowed"]
