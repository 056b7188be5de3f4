"""Answers go to other processes and come back as they were; secrets go nowhere."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

import pytest
from tokenward import Authorizer, Decision, Found, InvalidTypeError, ParseError, Remedy, parse_token, scan

from orgs import ACME, LAPTOP, NOW

Copy = Callable[[Any], Any]
WAYS: list[Copy] = [copy.copy, copy.deepcopy]
WAYS += [lambda value, protocol=protocol: pickle.loads(pickle.dumps(value, protocol)) for protocol in range(6)]
QUESTIONS = [
    (LAPTOP, "repo.write", "model:acme/bert"),
    (LAPTOP, "repo.content.read", "model:acme/open"),
    (LAPTOP, "repo.write", {"type": "model", "name": "acme/bert"}),
    (None, "repo.write", "model:acme/bert"),
    ("hf_nobody", "repo.write", "model:acme/bert"),
    (LAPTOP, "no.such", "org:acme"),
]


@pytest.fixture(params=QUESTIONS, ids=str)
def decision(request: pytest.FixtureRequest) -> Decision:
    return Authorizer.from_document(ACME).decide_many([request.param], now=NOW)[0]


@pytest.mark.parametrize("way", WAYS)
def test_a_copy_of_a_decision_is_equal_in_all_that_it_shows(decision: Decision, way: Copy) -> None:
    same = way(decision)
    assert type(same) is Decision and same == decision and hash(same) == hash(decision)
    assert (repr(same), bool(same), same.to_dict()) == (repr(decision), bool(decision), decision.to_dict())
    assert (same.remedy, way(decision.remedy)) == (decision.remedy, decision.remedy)


def test_a_decision_is_made_of_its_json_form(decision: Decision) -> None:
    told = decision.to_dict()
    assert Decision.from_dict(told) == decision
    assert Decision.from_dict({**told, "checks": []}) == decision  # type: ignore[typeddict-unknown-key]
    assert Decision(**told) == decision


def test_a_reason_that_is_newer_than_this_package_is_kept() -> None:
    told: Any = {"decision": "deny", "reason": "newer", "status": 451, "message": "No.", "generation": None, "remedy": None}
    decision = Decision.from_dict(told)
    assert (decision.reason, decision.status, decision.message, bool(decision)) == ("newer", 451, "No.", False)
    assert decision.to_dict() == told


@pytest.mark.parametrize("name", ["decision", "reason", "status", "message", "generation", "remedy"])
@pytest.mark.parametrize("odd", [..., [], 5.5, -1, "\udcff", {"who": "owner"}], ids=repr)
def test_a_form_that_is_none_is_refused(name: str, odd: Any) -> None:
    told: Any = Authorizer.from_document(ACME).decide(action="repo.write", resource="org:acme", now=NOW).to_dict()
    told[name] = odd
    if odd is ...:
        del told[name]
    with pytest.raises(ParseError):
        Decision.from_dict(told)


def test_what_is_no_form_at_all_is_refused() -> None:
    for odd in ([], "deny", None, 5):
        with pytest.raises(InvalidTypeError):
            Decision.from_dict(odd)  # type: ignore[arg-type]


@pytest.mark.parametrize("way", WAYS)
def test_a_copy_of_a_finding_is_equal(way: Copy) -> None:
    [found] = scan(f"x {LAPTOP}")
    assert way(found) == found and type(way(found)) is Found


def test_records_are_made_of_their_fields() -> None:
    assert dict(Remedy("owner", "log_in", "Log in.")) == {"who": "owner", "do": "log_in", "text": "Log in."}
    assert Found(start=1, end=2, ours=False).to_dict() == {"start": 1, "end": 2, "ours": False}
    with pytest.raises(InvalidTypeError, match="^end: "):
        Found(1, "2", False)  # type: ignore[arg-type]


@pytest.mark.parametrize("way", WAYS)
def test_a_secret_is_neither_pickled_nor_copied(way: Copy) -> None:
    with pytest.raises(InvalidTypeError, match="neither pickled nor copied") as caught:
        way(parse_token(LAPTOP))
    assert LAPTOP not in str(caught.value)


def test_decisions_go_to_another_process_and_back(decision: Decision) -> None:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        assert pool.submit(copy.copy, decision).result() == decision


def test_a_decision_is_about_what_was_asked_whatever_becomes_of_the_arguments() -> None:
    acme, named = Authorizer.from_document(ACME), {"type": "model", "name": "acme/secret"}
    first = acme.decide(token=LAPTOP, action="repo.write", resource=dict(named), now=NOW)
    decision = acme.decide(token=LAPTOP, action="repo.write", resource=named, now=NOW)
    named["name"] = "nobody/else"
    del acme
    assert decision == first


def test_decisions_that_share_an_object_share_their_words_only_where_these_are_the_same() -> None:
    acme = Authorizer.from_document({**ACME, "organization": {"name": "acme", "tokenPolicy": "default"}})
    questions = [
        (token, action, resource)
        for token in (None, "", "hf_nobody", "api_org_x", LAPTOP)
        for action in ("repo.write", "repo.create", "org.read", "org.write", "no.such")
        for resource in ("model:acme/bert", "dataset:acme/bert", "model:acme/open", "model:eve/x", "org:acme", "user:bob", "org:eve")
    ]
    for question, decision in zip(questions, acme.decide_many(questions, now=NOW), strict=True):
        token, action, resource = question
        alone = Authorizer.from_document({**ACME, "organization": {"name": "acme", "tokenPolicy": "default"}})
        told = alone.explain(token=token, action=action, resource=resource, now=NOW)
        assert decision.to_dict() == {key: value for key, value in told.items() if key != "checks"}, question
