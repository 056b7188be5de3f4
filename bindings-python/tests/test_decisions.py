"""What a Python program sees of decisions: attributes, truth, forms of arguments, batches."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from types import MappingProxyType

import pytest
import tokenward
from tokenward import Authorizer, Decision, parse_token

from orgs import ACME, LAPTOP, LAPTOP_ID, NOW, authorizer_of

READ, WRITE, BERT = "repo.content.read", "repo.write", "model:acme/bert"


@pytest.fixture
def acme() -> Authorizer:
    return Authorizer.from_document(ACME)


def test_a_decision_has_the_contract_s_fields(acme: Authorizer) -> None:
    decision = acme.decide(token=LAPTOP, action=WRITE, resource=BERT, now=NOW)
    remedy = {
        "who": "org_admin",
        "do": "approve_token",
        "text": 'Ask an administrator of acme to approve the token "laptop".',
    }
    assert decision.to_dict() == {
        "decision": "deny",
        "reason": "token_pending",
        "status": 403,
        "message": decision.message,
        "generation": 42,
        "remedy": remedy,
    }
    assert decision.message is not None and "needs to be approved" in decision.message
    assert decision.remedy is not None
    assert (decision.remedy.who, decision.remedy.do, decision.remedy.text) == tuple(remedy.values())
    assert (decision.remedy["do"], dict(decision.remedy)) == ("approve_token", remedy)
    assert decision.remedy == remedy
    assert not decision.allowed


def test_a_decision_is_true_when_allowed(acme: Authorizer) -> None:
    allowed = acme.decide(token=LAPTOP, action=READ, resource="model:acme/open", now=NOW)
    assert allowed and allowed.allowed and allowed.decision == "allow"
    assert (allowed.message, allowed.remedy) == (None, None)
    assert not acme.decide(action=READ, resource=BERT, now=NOW)


def test_a_decision_can_be_read_by_a_person(acme: Authorizer) -> None:
    text = repr(acme.decide(token=LAPTOP, action=WRITE, resource=BERT, now=NOW))
    for part in ("deny", "token_pending", "403", "needs to be approved", "Ask an administrator of acme"):
        assert part in text
    assert repr(acme) == "<Authorizer: acme at generation 42>"


def test_equal_decisions_are_equal(acme: Authorizer) -> None:
    first, second = (acme.decide(token=LAPTOP, action=WRITE, resource=BERT, now=NOW) for _ in range(2))
    other = acme.decide(action=WRITE, resource=BERT, now=NOW)
    assert first == second and hash(first) == hash(second)
    assert first != other and first != first.to_dict()


def test_a_token_may_be_known_by_its_id_alone(acme: Authorizer) -> None:
    by_value = acme.decide(token=LAPTOP, action=WRITE, resource=BERT, now=NOW)
    assert acme.decide(token_id=LAPTOP_ID, action=WRITE, resource=BERT, now=NOW) == by_value
    assert acme.decide(token=parse_token(LAPTOP), action=WRITE, resource=BERT, now=NOW) == by_value


@pytest.mark.parametrize("nothing", [None, ""])
def test_an_empty_token_is_none(acme: Authorizer, nothing: str | None) -> None:
    assert acme.decide(token=nothing, action=WRITE, resource=BERT, now=NOW).reason == "missing_token"


def test_a_resource_may_be_a_mapping(acme: Authorizer) -> None:
    named = {"type": "model", "name": "acme/bert"}
    by_text = acme.decide(token=LAPTOP, action=WRITE, resource=BERT, now=NOW)
    for resource in (named, MappingProxyType(named)):
        assert acme.decide(token=LAPTOP, action=WRITE, resource=resource, now=NOW) == by_text


def test_a_time_may_have_any_form() -> None:
    acme = authorizer_of(expiresAt="2026-03-01T12:00:00Z", authorization={"status": "approved"})
    noon = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
    east = timezone(timedelta(hours=5, minutes=30))

    def reason(now: str | datetime | None) -> str:
        return acme.decide(token=LAPTOP, action=WRITE, resource=BERT, now=now).reason

    odd = timezone(timedelta(hours=1, seconds=30))
    assert {reason(noon), reason(noon.astimezone(odd)), reason(noon.astimezone(east)), reason("2026-03-01T13:00:00+01:00")} == {"expired_token"}
    just_before = noon - timedelta(milliseconds=1)
    assert {reason(just_before), reason(just_before.isoformat())} == {"granted"}
    assert reason(None) == "expired_token"  # by the clock, which is past 2026-03-01


def test_a_document_may_have_any_form() -> None:
    text = json.dumps(ACME)
    decisions = {
        Authorizer.from_document(form).decide(token=LAPTOP, action=WRITE, resource=BERT, now=NOW)
        for form in (ACME, text, text.encode())
    }
    assert len(decisions) == 1


def test_many_decisions_come_in_the_order_of_their_requests(acme: Authorizer) -> None:
    def requests() -> Iterator[dict[str, object]]:
        yield {"action": WRITE, "resource": BERT}
        yield {"action": WRITE, "resource": BERT, "token": LAPTOP}
        yield {"action": READ, "resource": "model:acme/open", "token_id": LAPTOP_ID, "now": NOW}
        yield {"action": WRITE, "resource": BERT, "token": "hf_nobody", "token_id": None}

    decisions = acme.decide_many(requests(), now=NOW)  # type: ignore[arg-type]
    assert [decision.reason for decision in decisions] == ["missing_token", "token_pending", "public", "invalid_token"]
    assert all(isinstance(decision, Decision) for decision in decisions)
    assert acme.decide_many([]) == []


def test_a_request_of_a_batch_may_be_a_tuple(acme: Authorizer) -> None:
    requests = [(None, WRITE, BERT), (LAPTOP, WRITE, BERT), (parse_token(LAPTOP), READ, {"type": "model", "name": "acme/open"})]
    decisions = acme.decide_many(requests * 100, now=NOW)
    assert [decision.reason for decision in decisions] == ["missing_token", "token_pending", "public"] * 100


def test_an_explanation_has_all_checks(acme: Authorizer) -> None:
    explanation = acme.explain(token=LAPTOP, action="org.write", resource="org:acme", now=NOW)
    assert explanation["reason"] == "token_pending"
    failed = [check["check"] for check in explanation["checks"] if check["outcome"] == "fail"]
    assert failed == ["approval", "scope", "role"]


def test_previews_and_findings_have_their_json_form(acme: Authorizer) -> None:
    preview = acme.preview("default")
    assert preview["summary"] == {"unchanged": 1, "blocked": 0, "unblocked": 1}
    assert preview["tokens"] == [{"id": LAPTOP_ID, "before": "token_pending", "after": "granted"}]
    assert acme.preview("no-approval") == acme.preview("fine-grained-only")
    found = acme.findings(now="2026-03-20T12:00:00Z", unused_days=10)
    kinds = {finding["finding"] for finding in found if finding["token"] == LAPTOP_ID}
    assert kinds == {"unused", "no_expiry", "org_wide_write"}
    assert "unused" not in {finding["finding"] for finding in acme.findings(now="2026-03-20T12:00:00Z", unused_days=20)}


def test_nothing_native_can_be_changed(acme: Authorizer) -> None:
    decision = acme.decide(action=WRITE, resource=BERT, now=NOW)
    with pytest.raises(AttributeError):
        decision.reason = "granted"  # type: ignore[misc]


def test_the_package_says_what_it_has() -> None:
    assert set(tokenward.__all__) <= set(dir(tokenward))
    for name in tokenward.__all__:
        assert getattr(tokenward, name) is not None
    assert tokenward.__version__
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        tokenward.nothing  # type: ignore[attr-defined]
