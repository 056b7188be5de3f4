"""Answers that are JSON, and even the right kind of it, but not what the call returns: an error at once, not later."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from tokenward import Client
from tokenward.errors import ServerError

from callers import call_async, call_sync
from example_server import ENDPOINT, TOKEN, transport

ID, ACME = "65f0c0ffee0000000000000a", ("acme",)
CALLS: dict[str, tuple[Any, ...]] = {
    "whoami": (), "list_tokens": (), "show_token": (ID,), "rotate_token": (ID,), "create_token": ("x", "read"),
    "check": ("repo.write", "model:acme/bert"), "explain": ("repo.write", "model:acme/bert"),
    "explain_request": ("GET", "/api/models/acme/bert"), "filter": ("repo.write", ["model:acme/bert"]),
    "list_org_tokens": ACME, "approve_token": ("acme", ID), "revoke_token_value": ("acme", "x"),
    "token_policy": ACME, "set_token_policy": ("acme", "default"), "preview_policy": ("acme", "default"),
    "audit_log": ACME, "list_members": ACME, "put_member": ("acme", "bob", "write"), "put_group": ("acme", "secret-lab", [{"user": "bob", "role": "read"}]),
    "put_repository": ("model:acme/bert",), "set_plan": ("acme", "team"), "list_edge_credentials": ACME,
    "issue_edge_credential": ("acme", "eu-1"), "list_edges": ACME, "wait_for_generation": ("acme", 42),
    "create_user": ("bob",), "list_user_tokens": ("bob",), "create_user_token": ("bob", "x", "read"),
}  # fmt: skip
ODD = {"no": "such"}
# An error about these would lose the value of a new token.
BESIDE_A_VALUE = [("tokenInfo",), ("edge",)]


def canned(method: str) -> Any:
    """The answer of the examples to this call."""
    answers: list[Any] = []

    def keep(request: httpx.Request) -> httpx.Response:
        response = transport().handler(request)
        answers.append(response.json())  # type: ignore[union-attr]
        return response  # type: ignore[return-value]

    call_sync(ENDPOINT, TOKEN, method, *CALLS[method], transport=httpx.MockTransport(keep))
    return answers[-1]


def places(answer: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where something could be otherwise."""
    yield path
    below = answer.items() if isinstance(answer, dict) else enumerate(answer) if isinstance(answer, list) else ()
    for key, value in below:
        yield from places(value, (*path, key))


def replaced(answer: Any, path: tuple[Any, ...], odd: Any) -> Any:
    """The answer with something else at one place."""
    if not path:
        return odd
    changed = at = copy.deepcopy(answer)
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = odd
    return changed


@pytest.mark.parametrize("method", CALLS)
def test_what_is_not_of_the_type_at_any_place_is_an_error_of_the_server(method: str) -> None:
    answer = canned(method)
    for path in places(answer):
        if path[:1] in BESIDE_A_VALUE:
            continue
        for odd in (5.5, [ODD]):
            told = replaced(answer, path, odd)
            server = httpx.MockTransport(lambda _, told=told: httpx.Response(200, json=told))
            with pytest.raises(ServerError, match="no Tokenward server"):
                call_sync(ENDPOINT, TOKEN, method, *CALLS[method], transport=server)
                pytest.fail(f"{path} may be {odd}")


@pytest.mark.parametrize("method", ["whoami", "list_tokens", "check", "explain"])
def test_the_twin_is_as_strict(method: str) -> None:
    server = httpx.MockTransport(lambda _: httpx.Response(200, json=ODD))
    with pytest.raises(ServerError, match="no Tokenward server"):
        call_async(ENDPOINT, TOKEN, method, *CALLS[method], transport=server)


@pytest.mark.parametrize("method", CALLS)
def test_fields_that_are_newer_than_this_package_do_no_harm(method: str) -> None:
    def more(told: Any) -> Any:
        if isinstance(told, list):
            return [more(item) for item in told]
        return {**{key: more(value) for key, value in told.items()}, "newer": ODD} if isinstance(told, dict) else told

    server = httpx.MockTransport(lambda _: httpx.Response(200, json=more(canned(method))))
    call_sync(ENDPOINT, TOKEN, method, *CALLS[method], transport=server)


def test_words_that_are_newer_than_this_package_do_no_harm() -> None:
    told = {"tokenPolicy": "strictest", "generation": 42}
    with Client(ENDPOINT, TOKEN, transport=httpx.MockTransport(lambda _: httpx.Response(200, json=told))) as client:
        assert client.token_policy("acme")["tokenPolicy"] == "strictest"
