"""Both clients against the running server: what they do is done, what they refuse is refused with its reason.

Every answer is held against its type.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from itertools import count
from typing import Any

import pytest
from tokenward import TokenSecret, errors

from callers import CALLERS
from shapes import SHAPES, validate

Caller = Callable[..., Any]
READ = {"scoped": [{"entity": {"type": "org", "name": "acme"}, "permissions": ["repo.content.read"]}]}
CALLED: set[str] = set()
_names = count()


@pytest.fixture(params=list(CALLERS.values()), ids=list(CALLERS))
def call(request: pytest.FixtureRequest, world: Any) -> Caller:
    """A call of one of the clients, over the address of the hub."""

    def checked(token: Any, method: str, *args: Any, **kwargs: Any) -> Any:
        answer = request.param(world.hub.url, token, method, *args, **kwargs)
        validate(method, answer)
        CALLED.add(method)
        return answer

    return checked


def issue(world: Any, owner: str = "bob", **more: Any) -> tuple[str, str]:
    """A new token: its value and its id."""
    body = {"role": "fineGrained", "fineGrained": READ, **more}
    answer = world.issue(owner, f"made {next(_names)}", body)
    return answer["token"], answer["tokenInfo"]["id"]


def test_whoami_says_whose_the_token_is(call: Caller, world: Any) -> None:
    assert call(world.tokens["pending"], "whoami")["name"] == "bob"


def test_ones_own_tokens_are_made_changed_rotated_and_deleted(call: Caller, world: Any) -> None:
    writer, _ = issue(world, "eve", role="write", fineGrained=None)
    expires = datetime.now(timezone.utc) + timedelta(days=1)
    name = f"own {next(_names)}"
    issued = call(writer, "create_token", name, "read", expires_at=expires)
    assert isinstance(issued.token, TokenSecret) and issued.token.ours
    id = issued.info["id"]
    assert call(issued.token, "whoami")["auth"]["accessToken"]["displayName"] == name
    assert call(writer, "update_token", id, display_name=f"{name} renamed")["expiresAt"] is not None
    assert call(writer, "update_token", id, expires_at=None)["expiresAt"] is None
    assert call(writer, "show_token", id)["displayName"] == f"{name} renamed"
    rotated = call(issued.token, "rotate_token", id)
    with pytest.raises(errors.AuthenticationError):
        call(issued.token, "whoami")
    assert id in [token["id"] for token in call(writer, "list_tokens", page_size=1)]
    assert call(writer, "delete_token", id) is None
    with pytest.raises(errors.NotFoundError):
        call(writer, "show_token", id)
    with pytest.raises(errors.AuthenticationError):
        call(rotated.token, "whoami")


def test_pages_are_followed_to_the_end_and_none_twice(call: Caller, world: Any) -> None:
    whole = [token["_id"] for token in call(world._admin, "list_org_tokens", "acme", "status:all")]
    paged = [token["_id"] for token in call(world._admin, "list_org_tokens", "acme", "status:all", page_size=2)]
    assert paged == whole and len(whole) == len(set(whole)) > 4


def test_terms_filter_the_listing(call: Caller, world: Any) -> None:
    denied = call(world._admin, "list_org_tokens", "acme", "owner:bob status:denied")
    assert world.tokens["denied"][-4:] in [token["last4"] for token in denied]
    assert {token["authorization"]["status"] for token in denied} == {"denied"}
    with pytest.raises(errors.BadRequestError, match="`colour:red` is no term"):
        call(world._admin, "list_org_tokens", "acme", "colour:red")


def test_a_token_is_approved_denied_and_revoked(call: Caller, world: Any) -> None:
    token, id = issue(world)
    approved = call(world._admin, "approve_token", "acme", id, reason="for the release")
    assert (approved["authorization"]["status"], approved["authorization"]["reason"]) == ("approved", "for the release")
    assert call(token, "check", "repo.content.read", "model:acme/elsewhere")
    assert call(world._admin, "deny_token", "acme", id)["authorization"]["status"] == "denied"
    assert call(token, "check", "repo.content.read", "model:acme/elsewhere").reason == "token_denied"
    assert call(world._admin, "revoke_token", "acme", id)["authorization"]["status"] == "revoked"
    with pytest.raises(errors.ConflictError) as caught:
        call(world._admin, "approve_token", "acme", id)
    assert caught.value.reason == "token_revoked" and caught.value.request_id


def test_a_token_is_revoked_by_its_value(call: Caller, world: Any) -> None:
    token, id = issue(world)
    assert call(world._admin, "revoke_token_value", "acme", token)["_id"] == id
    with pytest.raises(errors.NotFoundError):
        call(world._admin, "revoke_token_value", "acme", world.tokens["unknown"])


def test_a_reported_token_is_gone_everywhere(call: Caller, world: Any) -> None:
    token, _ = issue(world)
    assert call(False, "report_credentials", [token, world.tokens["unknown"]]) is None
    assert call(token, "check", "repo.content.read", "model:acme/open").reason == "invalid_token"


def test_a_policy_is_previewed_and_set_only_at_the_generation_seen(call: Caller, world: Any) -> None:
    preview = call(world._admin, "preview_policy", "changing", "fine-grained-only")
    assert sum(preview["summary"].values()) > 0
    generation = preview["generation"]
    with pytest.raises(errors.ConflictError, match="moved on"):
        call(world._admin, "set_token_policy", "changing", "fine-grained-only", if_generation=generation - 1)
    done = call(world._admin, "set_token_policy", "changing", "fine-grained-only", if_generation=generation)
    assert done == call(world._admin, "token_policy", "changing")
    assert done["generation"] == generation + 1
    call(world._admin, "set_token_policy", "changing", "default")


def test_a_policy_that_blocks_the_caller_needs_force(call: Caller, world: Any) -> None:
    unscoped, _ = issue(world, "ada", role="write", fineGrained=None)
    with pytest.raises(errors.ConflictError) as caught:
        call(unscoped, "set_token_policy", "changing", "fine-grained-only")
    assert caught.value.reason == "blocks_caller" and "force" in (caught.value.remedy or "")
    call(unscoped, "set_token_policy", "changing", "fine-grained-only", force=True)
    call(world._admin, "set_token_policy", "changing", "default")


def test_a_decision_is_true_when_allowed_and_names_the_remedy_when_not(call: Caller, world: Any) -> None:
    allowed = call(world.tokens["allowed"], "check", "repo.write", "model:acme/elsewhere")
    assert allowed and (allowed.reason, allowed.message, allowed.remedy) == ("granted", None, None)
    pending = call(world.tokens["pending"], "check", "repo.write", {"type": "model", "name": "acme/elsewhere"})
    assert not pending and pending.status == 403 and pending.remedy.who == "org_admin"
    assert 'approve the token "pending"' in pending.remedy.text
    assert call(False, "check", "repo.write", "model:acme/elsewhere").reason == "missing_token"
    assert call("api_org_" + "x" * 34, "check", "repo.write", "model:acme/elsewhere").reason == "organization_token"
    assert call(world.tokens["allowed"], "check", "repo.fly", "model:acme/elsewhere").reason == "unknown_action"


def test_explanations_tell_all_obstacles(call: Caller, world: Any) -> None:
    own = call(world.tokens["pending"], "explain", "repo.admin", "model:acme/elsewhere")
    assert len(own["checks"]) == 13
    assert [obstacle["reason"] for obstacle in own["obstacles"]] == ["token_pending"]
    token, id = issue(world)
    mine = call(token, "explain", "repo.write", "model:acme/elsewhere", token_id=id)
    theirs = call(world._admin, "explain", "repo.write", "model:acme/elsewhere", token_id=id, org="acme")
    failed = [check["check"] for check in mine["checks"] if check["outcome"] == "fail"]
    assert mine["reason"] == theirs["reason"] == "token_pending" and failed == ["approval", "scope"]
    with pytest.raises(errors.ParseError):
        call(token, "explain", "repo.write", "model:acme/elsewhere", org="acme")


def test_a_filter_takes_more_than_one_call_can(call: Caller, world: Any) -> None:
    asked = [f"model:acme/unlisted-{n}" for n in range(1500)] + ["model:acme/open"]
    assert len(call(world.tokens["allowed"], "filter", "repo.content.read", asked)) == 1501
    assert call(False, "filter", "repo.content.read", asked) == [{"type": "model", "name": "acme/open"}]


def test_a_site_is_set_up(call: Caller, world: Any) -> None:
    admin, number = world.tokenward.admin_token, next(_names)
    org, user = f"built-{number}", f"builder-{number}"
    assert call(admin, "create_organization", org, plan="enterprise", policy="default")["name"] == org
    assert call(admin, "create_user", user, fullname="A Builder", email=f"{user}@example.org")["suspended"] is False
    assert call(admin, "put_member", org, user, "admin") == {"success": True, "user": user, "role": "admin"}
    issued = call(admin, "create_user_token", user, "first", "write")
    token = issued.token
    assert call(token, "put_group", org, "lab", [{"user": user, "role": "write"}])["members"]
    assert call(token, "put_repository", f"model:{org}/x", visibility="public", resource_group="lab")["resourceGroup"] == "lab"
    with pytest.raises(errors.ConflictError):
        call(token, "delete_group", org, "lab")
    assert call(token, "put_repository", {"type": "model", "name": f"{org}/x"}, resource_group=None)["resourceGroup"] is None
    assert call(token, "delete_group", org, "lab") is None
    assert call(token, "delete_repository", f"model:{org}/x") is None
    assert [member["user"] for member in call(token, "list_members", org, search=user)] == [user]
    assert call(token, "document", org)["organization"]["name"] == org
    assert "org.update_plan" not in [entry["type"] for entry in call(token, "audit_log", org)]
    assert call(admin, "set_plan", org, "free")["plan"] == "free"
    with pytest.raises(errors.PlanRequiredError, match="Team plan"):
        call(token, "list_org_tokens", org)
    with pytest.raises(errors.ConflictError) as caught:
        call(admin, "remove_member", org, user)
    assert caught.value.reason == "last_admin"
    assert call(admin, "put_member", org, "ada", "admin")["user"] == "ada"
    assert call(admin, "remove_member", org, user) is None
    assert [item["id"] for item in call(admin, "list_user_tokens", user)] == [issued.info["id"]]
    assert call(admin, "update_user", user, suspended=True)["suspended"] is True
    with pytest.raises(errors.AuthenticationError):
        call(token, "whoami")
    assert call(admin, "delete_user_token", user, issued.info["id"]) is None


def test_edges_get_credentials_and_are_waited_for(call: Caller, world: Any) -> None:
    name = f"edge-{next(_names)}"
    issued = call(world._admin, "issue_edge_credential", "changing", name)
    assert isinstance(issued.credential, TokenSecret) and issued.credential.ours and issued.edge["name"] == name
    with pytest.raises(errors.ConflictError):
        call(world._admin, "issue_edge_credential", "changing", name)
    with pytest.raises(errors.ForbiddenError):
        call(issued.credential, "list_edges", "changing")
    assert name in [edge["name"] for edge in call(world._admin, "list_edge_credentials", "changing")]
    edges = call(world._admin, "list_edges", "changing")
    [mine] = [edge for edge in edges["edges"] if edge["edge"] == name]
    assert (mine["instance"], mine["live"]) == (None, False)
    waited = call(world._admin, "wait_for_generation", "changing", edges["generation"], timeout=0)
    assert (waited["complete"], waited["waiting"]) == (True, [])
    with pytest.raises(errors.NotFoundError):
        call(world._admin, "wait_for_generation", "changing", edges["generation"] + 1)
    with pytest.raises(errors.ParseError):
        call(world._admin, "wait_for_generation", "changing", "1/../..")
    assert call(world._admin, "withdraw_edge_credential", "changing", name) is None
    with pytest.raises(errors.NotFoundError):
        call(world._admin, "withdraw_edge_credential", "changing", name)


def test_refusals_are_of_the_class_of_their_status_and_carry_reason_and_request_id(call: Caller, world: Any) -> None:
    cases: list[tuple[str, type[errors.ApiError], str]] = [
        ("unknown", errors.AuthenticationError, "invalid_token"),
        ("expired", errors.AuthenticationError, "expired_token"),
        ("allowed", errors.ForbiddenError, "token_scope"),
        ("outsider", errors.NotFoundError, "not_found"),
    ]
    for state, kind, reason in cases:
        with pytest.raises(kind) as caught:
            call(world.tokens[state], "token_policy", "acme")
        assert (caught.value.reason, bool(caught.value.request_id)) == (reason, True)
        assert str(caught.value.request_id) in str(caught.value)


def test_a_request_is_explained_by_what_it_needs(call: Caller, world: Any) -> None:
    asked = ("POST", "/api/repos/create", '{"name": "x", "organization": "acme"}')
    [needed] = call(world.tokens["reader"], "explain_request", *asked)
    assert (needed["action"], needed["resource"]) == ("repo.create", {"type": "org", "name": "acme"})
    assert [obstacle["reason"] for obstacle in needed["obstacles"]] == ["role_insufficient"]
    [token_alone] = call(world.tokens["expired"], "explain_request", "GET", "/api/whoami-v2")
    assert (token_alone["action"], token_alone["reason"]) == (None, "expired_token")


def test_without_a_token_only_public_calls_are_sent(call: Caller) -> None:
    with pytest.raises(errors.CredentialsError, match="no token"):
        call(False, "whoami")


def test_every_call_has_been_made_and_every_type_been_held_against_an_answer() -> None:
    assert set(SHAPES) - CALLED == set()
