"""What `preflight` takes for a resource and an action, and what it says; without a network."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from example_server import DENY, ENDPOINT, MESSAGE, REMEDY, TOKEN
from tokenward import Client, InvalidTypeError, ParseError
from tokenward.hub import ExplainedError, Preflight, preflight

ALLOW = {"decision": "allow", "reason": "granted", "status": 200, "message": None, "generation": 42, "remedy": None}


def asked(*args: Any, **kwargs: Any) -> Any:
    """The question that a preflight puts to the server."""
    questions = []

    def answer(request: httpx.Request) -> httpx.Response:
        questions.append(json.loads(request.content))
        told = {"action": None, "resource": None, **ALLOW, "checks": [], "obstacles": []}
        return httpx.Response(200, json={"explanations": [told]})

    with Client(ENDPOINT, TOKEN, transport=httpx.MockTransport(answer)) as client:
        assert preflight(*args, client=client, **kwargs)
    [question] = questions
    return question


@pytest.mark.parametrize(
    ("resource", "repo_type", "kind", "name"),
    [
        ("acme/bert", None, "model", "acme/bert"),
        ("acme/squad", "dataset", "dataset", "acme/squad"),
        ("datasets/acme/squad", None, "dataset", "acme/squad"),
        ("spaces/acme/demo", "model", "space", "acme/demo"),
        ("kernels/acme/fast", None, "kernel", "acme/fast"),
        ("models/acme/bert", None, "model", "acme/bert"),
        ("model:acme/bert", None, "model", "acme/bert"),
        ("bucket:acme/data", None, "bucket", "acme/data"),
        ({"type": "dataset", "name": "acme/squad"}, None, "dataset", "acme/squad"),
    ],
)
def test_a_repository_is_named_in_the_ways_of_the_library(resource: Any, repo_type: Any, kind: str, name: str) -> None:
    question = asked(resource, "read", repo_type=repo_type)
    assert question == {"action": "repo.content.read", "resource": {"type": kind, "name": name}}


@pytest.mark.parametrize(
    ("word", "action"),
    [
        ("read", "repo.content.read"), ("download", "repo.content.read"), ("write", "repo.write"), ("upload", "repo.write"),
        ("push", "repo.write"), ("commit", "repo.write"), ("delete", "repo.admin"), ("settings", "repo.admin"),
        ("discuss", "discussion.write"), ("access-requests", "repo.access.read"), ("repo.write", "repo.write"),
        ("org.tokens.read", "org.tokens.read"),
    ],
)  # fmt: skip
def test_an_action_is_a_word_of_people_or_of_the_contract(word: str, action: str) -> None:
    assert asked("acme/bert", word)["action"] == action


def test_without_an_action_it_is_about_writing() -> None:
    assert asked("acme/bert")["action"] == "repo.write"


def test_creating_is_asked_as_the_request_that_creates() -> None:
    request = asked("datasets/acme/new", "create")["request"]
    assert (request["method"], request["uri"]) == ("POST", "/api/repos/create")
    assert json.loads(request["body"]) == {"type": "dataset", "organization": "acme", "name": "new"}
    assert asked("org:acme", "create") == {"action": "repo.create", "resource": {"type": "org", "name": "acme"}}


@pytest.mark.parametrize(
    "resource",
    ["", "acme", "a/b/c", "/x", "x/", "org:a/b", "model:acme", "thing:acme/x", "things/acme/x", {}, {"type": "model"}],
)
def test_what_names_nothing_is_refused_before_anything_is_sent(resource: Any) -> None:
    with pytest.raises(ParseError, match="resource"):
        preflight(resource, endpoint=ENDPOINT, token=TOKEN)


def test_unknown_actions_types_and_other_values_are_refused() -> None:
    with pytest.raises(ParseError, match="action: must be one of read, download, write"):
        preflight("acme/bert", "fly", endpoint=ENDPOINT)
    with pytest.raises(ParseError, match="repo_type"):
        preflight("acme/bert", repo_type="org", endpoint=ENDPOINT)
    with pytest.raises(InvalidTypeError):
        preflight(5, endpoint=ENDPOINT)  # type: ignore[arg-type]


def test_a_denial_reads_as_a_list_of_obstacles_and_can_be_raised() -> None:
    scope = {"who": "owner", "do": "add_permission", "text": "Give it more."}
    obstacles = [
        {"check": "approval", "reason": "token_pending", "message": MESSAGE, "remedy": REMEDY},
        {"check": "scope", "reason": "token_scope", "message": "No.", "remedy": scope},
    ]
    about = {"action": "repo.write", "resource": {"type": "model", "name": "acme/bert"}}
    told: Any = {**about, **DENY, "checks": [], "obstacles": obstacles}
    flight = Preflight.from_dict(told)
    assert not flight and flight.decision.status == 403
    assert str(flight).splitlines() == [
        "`repo.write` on model:acme/bert is denied",
        f"- token_pending: {MESSAGE}",
        '    Ask an administrator of acme to approve the token "laptop".',
        "- token_scope: No.",
        "    Give it more.",
    ]
    with pytest.raises(ExplainedError) as caught:
        flight.raise_for_denied()
    assert str(caught.value) == str(flight) and caught.value.obstacles == flight.obstacles


def test_what_is_allowed_says_so_and_raises_nothing() -> None:
    told: Any = {"action": "repo.write", "resource": None, **ALLOW, "checks": [], "obstacles": []}
    flight = Preflight.from_dict(told)
    assert flight and str(flight) == "the request is allowed"
    assert flight.raise_for_denied() is None  # type: ignore[func-returns-value]
