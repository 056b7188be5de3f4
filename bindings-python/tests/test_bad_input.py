"""Bad input raises the documented exception: never a panic, never with a token in it."""

from __future__ import annotations

import json
import random
import traceback
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from tokenward import Authorizer, InvalidTypeError, ParseError, TokenwardError, parse_token, scan

from orgs import ACME, LAPTOP, LAPTOP_ID, NOW

WRITE, BERT = "repo.write", "model:acme/bert"
LONE = "hf_\ud800" + LAPTOP[3:]


@pytest.fixture(scope="module")
def acme() -> Authorizer:
    return Authorizer.from_document(ACME)


class Odd:
    """Everything that it is asked for goes wrong, with a token in the message."""

    def __getattribute__(self, name: str) -> Any:
        raise RuntimeError(LAPTOP)


REQUESTS: list[tuple[dict[str, Any], type[Exception]]] = [
    ({"token": LAPTOP, "token_id": LAPTOP_ID}, ParseError),
    ({"token": 5}, InvalidTypeError),
    ({"token": LAPTOP.encode()}, InvalidTypeError),
    ({"token": [LAPTOP]}, InvalidTypeError),
    ({"token": LONE}, ParseError),
    ({"token_id": LAPTOP}, ParseError),
    ({"token_id": 5}, InvalidTypeError),
    ({"action": 5}, InvalidTypeError),
    ({"action": None}, InvalidTypeError),
    ({"action": "\ud800"}, ParseError),
    ({"resource": LAPTOP}, ParseError),
    ({"resource": ""}, ParseError),
    ({"resource": "model:acme"}, ParseError),
    ({"resource": "model:acme/" + "x" * 100}, ParseError),
    ({"resource": "teapot:acme/bert"}, ParseError),
    ({"resource": None}, InvalidTypeError),
    ({"resource": 5}, InvalidTypeError),
    ({"resource": {}}, ParseError),
    ({"resource": {"type": "model", "name": 5}}, InvalidTypeError),
    ({"resource": {"type": "model", "names": "acme/bert"}}, InvalidTypeError),
    ({"resource": {"type": "model", "name": "acme/bert", "token": LAPTOP}}, ParseError),
    ({"now": LAPTOP}, ParseError),
    ({"now": "2026-02-30T12:00:00Z"}, ParseError),
    ({"now": 5}, InvalidTypeError),
    ({"now": datetime(2026, 3, 1)}, ParseError),
    ({"now": Odd()}, InvalidTypeError),
    ({"now": datetime.min.replace(tzinfo=timezone(timedelta(hours=5)))}, ParseError),
]


@pytest.mark.parametrize("change, error", REQUESTS, ids=lambda value: repr(value)[:40] if isinstance(value, dict) else None)
def test_a_bad_request_is_refused(acme: Authorizer, change: dict[str, Any], error: type[Exception]) -> None:
    request = {"action": WRITE, "resource": BERT, "now": NOW, **change}
    for ask in (acme.decide, acme.explain, lambda **request: acme.decide_many([request])):
        # In a mapping `None` is a field left out, which is another error.
        in_mapping = None in change.values() and ask not in (acme.decide, acme.explain)
        refused(lambda ask=ask: ask(**request), ParseError if in_mapping else error)  # type: ignore[misc]


BATCHES: list[tuple[Any, type[Exception]]] = [
    (5, TypeError),
    ([5], InvalidTypeError),
    ([LAPTOP], InvalidTypeError),
    ([{}], ParseError),
    ([(LAPTOP, WRITE)], ParseError),
    ([(LAPTOP, WRITE, BERT, NOW)], ParseError),
    ([(5, WRITE, BERT)], InvalidTypeError),
    ([(LAPTOP, None, BERT)], InvalidTypeError),
    ([(LAPTOP, WRITE, LAPTOP)], ParseError),
    ([{"action": WRITE}], ParseError),
    ([{"action": None, "resource": BERT}], ParseError),
    ([{"action": WRITE, "resource": BERT, "tokenId": LAPTOP}], ParseError),
    ([{"action": WRITE, "resource": BERT, 5: LAPTOP}], ParseError),
]


@pytest.mark.parametrize("batch, error", BATCHES, ids=repr)
def test_a_bad_batch_is_refused(acme: Authorizer, batch: Any, error: type[Exception]) -> None:
    refused(lambda: acme.decide_many(batch), error)


def test_a_bad_request_in_a_batch_leaves_no_answer(acme: Authorizer) -> None:
    good = {"action": WRITE, "resource": BERT}
    refused(lambda: acme.decide_many([good, {**good, "resource": "bert"}, good]), ParseError)  # type: ignore[typeddict-item]


def recursive() -> dict[str, Any]:
    document: dict[str, Any] = dict(ACME)
    document["members"] = [document]
    return document


DOCUMENTS: list[tuple[Any, type[Exception]]] = [
    (None, InvalidTypeError),
    (5, InvalidTypeError),
    ([ACME], InvalidTypeError),
    (bytearray(b"{}"), InvalidTypeError),
    ({**ACME, "tokens": {LAPTOP}}, InvalidTypeError),
    ({**ACME, "tokens": [Odd()]}, InvalidTypeError),
    (recursive(), InvalidTypeError),
    ({**ACME, "generation": float("nan")}, ParseError),
    ({**ACME, "generation": -1}, ParseError),
    ({**ACME, "generation": 2**53}, ParseError),
    ({**ACME, "format": LAPTOP}, ParseError),
    ({**ACME, LAPTOP: 1}, ParseError),
    ({**ACME, "members": [{"user": "ada", "role": LAPTOP}]}, ParseError),
    ({**ACME, "members": [{"user": LAPTOP, "role": "read"}]}, ParseError),
    ({**ACME, "tokens": [ACME["tokens"][0], ACME["tokens"][0]]}, ParseError),
    ({**ACME, "tokens": [{**ACME["tokens"][0], "digest": LAPTOP}]}, ParseError),
    ("", ParseError),
    (LAPTOP, ParseError),
    ("\ud800", ParseError),
    (b"\xff" + LAPTOP.encode(), ParseError),
    ("[" * 100_000, ParseError),
    ('{"format": ' * 100_000, ParseError),
]


@pytest.mark.parametrize("document, error", DOCUMENTS, ids=[str(number) for number in range(len(DOCUMENTS))])
def test_a_bad_document_is_refused(document: Any, error: type[Exception]) -> None:
    refused(lambda: Authorizer.from_document(document), error)


def test_any_damage_to_a_document_is_refused_or_harmless() -> None:
    dice, text = random.Random(1), json.dumps(ACME)
    for _ in range(3000):
        at = dice.randrange(len(text))
        damaged = text[:at] + dice.choice(["", '"', "{", "]", "9", "null", "\ud800", "\0", LAPTOP]) + text[at + 1 :]
        try:
            acme = Authorizer.from_document(damaged)
            acme.decide(token=LAPTOP, action=WRITE, resource=BERT, now=NOW)
        except TokenwardError as error:
            assert_no_token(error)


CALLS: list[tuple[Callable[[Authorizer], object], type[Exception]]] = [
    (lambda acme: acme.preview(LAPTOP), ParseError),  # type: ignore[arg-type]
    (lambda acme: acme.preview(None), InvalidTypeError),  # type: ignore[arg-type]
    (lambda acme: acme.findings(now=LAPTOP), ParseError),
    (lambda acme: acme.findings(unused_days=-1), ParseError),
    (lambda acme: acme.findings(inactive_days=2**32), ParseError),
    (lambda acme: acme.findings(unrotated_days=True), InvalidTypeError),
    (lambda acme: acme.findings(expiring_days=LAPTOP), InvalidTypeError),  # type: ignore[arg-type]
    (lambda acme: acme.findings(expiring_days=1.5), InvalidTypeError),  # type: ignore[arg-type]
    (lambda acme: parse_token(""), ParseError),
    (lambda acme: parse_token(LONE), ParseError),
    (lambda acme: parse_token(None), InvalidTypeError),  # type: ignore[arg-type]
    (lambda acme: parse_token(LAPTOP.encode()), InvalidTypeError),  # type: ignore[arg-type]
    (lambda acme: scan(None), InvalidTypeError),  # type: ignore[arg-type]
    (lambda acme: scan(bytearray(LAPTOP.encode())), InvalidTypeError),  # type: ignore[arg-type]
]


@pytest.mark.parametrize("call, error", CALLS, ids=[str(number) for number in range(len(CALLS))])
def test_other_bad_input_is_refused(acme: Authorizer, call: Callable[[Authorizer], object], error: type[Exception]) -> None:
    refused(lambda: call(acme), error)


@pytest.mark.parametrize("days", [0, 2**32 - 1])
def test_the_largest_and_smallest_thresholds_are_taken(acme: Authorizer, days: int) -> None:
    acme.findings(now="9999-12-31T23:59:59Z", unused_days=days, inactive_days=days, unrotated_days=days, expiring_days=days)


def test_unknown_arguments_are_a_type_error_as_everywhere(acme: Authorizer) -> None:
    with pytest.raises(TypeError):
        acme.decide(action=WRITE, resource=BERT, tokens=LAPTOP)  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        acme.decide(WRITE, BERT)  # type: ignore[misc]


def test_a_parse_error_says_what_and_why() -> None:
    with pytest.raises(ParseError) as raised:
        parse_token("")
    assert (raised.value.what, raised.value.why) == ("token", "must not be empty")
    assert isinstance(raised.value, ValueError)
    assert issubclass(InvalidTypeError, TypeError)


def refused(call: Callable[[], object], error: type[Exception]) -> None:
    with pytest.raises(error) as raised:
        call()
    assert type(raised.value) is error
    assert_no_token(raised.value)


def assert_no_token(error: BaseException) -> None:
    """Neither in the message nor in what led to it, nor in what any of these carry."""
    while error is not None:
        told = "".join(traceback.format_exception_only(error)) + repr(vars(error)) + repr(error.args)
        assert LAPTOP not in told and LAPTOP[3:] not in told
        assert type(error).__name__ != "PanicException"
        error = error.__cause__ or error.__context__  # type: ignore[assignment]
