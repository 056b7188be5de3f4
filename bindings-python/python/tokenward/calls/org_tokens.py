"""The tokens of an organization and its token policy: for its administrators."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tokenward.answers import OrgTokenDict, TokenPolicyDict
from tokenward.calls.call import Call, given, path, value_of
from tokenward.calls.own_tokens import page_of
from tokenward.calls.shape import many, one
from tokenward.types import PreviewDict

if TYPE_CHECKING:
    from tokenward import TokenSecret

__all__ = [
    "approve_token",
    "deny_token",
    "list_org_tokens",
    "preview_policy",
    "revoke_token",
    "revoke_token_value",
    "set_token_policy",
    "settings",
    "token_policy",
]


def list_org_tokens(org: str, q: str | None = None, *, page_size: int | None = None) -> Call[list[OrgTokenDict]]:
    """The tokens that reach into an organization, oldest first.

    `q` filters: `owner:bob`, `role:fineGrained`, `status:pending` (or `all`), `token:QxZb` (the last
    four characters), each with `-` before it to negate, and blanks between. Revoked tokens are left
    out unless `q` asks. Pages of up to 100 are asked for as one goes on.

    >>> [token["owner"]["name"] for token in client.list_org_tokens("acme", "status:pending")]
    ['bob']

    Raises:
        BadRequestError: a term that there is not.
        PlanRequiredError: the plan of the organization has no listing.
        ForbiddenError: the calling token may not.
        NotFoundError: no organization of that name, or not for this token.
    """
    query = page_of(page_size) if q is None else {"q": q, **page_of(page_size)}
    return Call("GET", settings(org, "tokens"), query=query, read=many(OrgTokenDict))


def approve_token(
    org: str, token_id: str, *, reason: str | None = None, if_generation: int | None = None
) -> Call[OrgTokenDict]:
    """Approves a token. Repeating it changes nothing.

    `reason`, up to 1000 characters, is kept and told to the owner. With `if_generation`, nothing is
    changed once the organization has moved on from there.

    >>> client.approve_token("acme", "65f0c0ffee0000000000000a", reason="for the release")["authorization"]["status"]
    'approved'

    Raises:
        NotFoundError: the organization is shown no such token.
        ConflictError: the token is revoked, unscoped or needs no approval, or the generation is another.
        PlanRequiredError: the plan of the organization has no approval.
        ForbiddenError: the calling token may not.
    """
    body = given(reason=reason, ifGeneration=if_generation)
    return Call("POST", _of(org, token_id, "approve"), body, read=one(OrgTokenDict))


def deny_token(
    org: str, token_id: str, *, reason: str | None = None, if_generation: int | None = None
) -> Call[OrgTokenDict]:
    """Denies a token; it can be approved later. Otherwise like `approve_token`.

    >>> client.deny_token("acme", "65f0c0ffee0000000000000a")["authorization"]["status"]
    'denied'

    Raises:
        NotFoundError, ConflictError, PlanRequiredError, ForbiddenError: as for `approve_token`; also
            forbidden for the calling token itself.
    """
    body = given(reason=reason, ifGeneration=if_generation)
    return Call("POST", _of(org, token_id, "deny"), body, read=one(OrgTokenDict))


def revoke_token(
    org: str, token_id: str, *, reason: str | None = None, if_generation: int | None = None
) -> Call[OrgTokenDict]:
    """Revokes a token in the organization, for good; elsewhere it goes on working.

    >>> client.revoke_token("acme", "65f0c0ffee0000000000000a", reason="lost laptop")["authorization"]["status"]
    'revoked'

    Raises:
        NotFoundError: the organization is shown no such token.
        ConflictError: the generation is another.
        PlanRequiredError: the plan of the organization has no revocation.
        ForbiddenError: the calling token may not, or is meant itself.
    """
    body = given(reason=reason, ifGeneration=if_generation)
    return Call("POST", _of(org, token_id, "revoke"), body, read=one(OrgTokenDict))


def revoke_token_value(
    org: str, token: str | TokenSecret, *, reason: str | None = None, if_generation: int | None = None
) -> Call[OrgTokenDict]:
    """Revokes a token whose value somebody has found. It reaches the token also after a rotation by itself.

    >>> client.revoke_token_value("acme", "hf_AAAAAAAAAAAAAAAAAAAAAAAAAAAAIwOvtj")["authorization"]["status"]
    'revoked'

    Raises:
        NotFoundError: the value is unknown, or has nothing to do with the organization.
        ConflictError, PlanRequiredError, ForbiddenError: as for `revoke_token`.
    """
    body = given(token=value_of(token), reason=reason, ifGeneration=if_generation)
    return Call("POST", settings(org, "tokens/revoke"), body, read=one(OrgTokenDict))


def token_policy(org: str) -> Call[TokenPolicyDict]:
    """The token policy of an organization.

    >>> client.token_policy("acme")
    {'tokenPolicy': 'require-approval', 'generation': 42}

    Raises:
        ForbiddenError: the calling token may not.
        NotFoundError: no organization of that name, or not for this token.
    """
    return Call("GET", settings(org, "token-policy"), read=one(TokenPolicyDict))


def set_token_policy(
    org: str, policy: str, *, force: bool = False, if_generation: int | None = None
) -> Call[TokenPolicyDict]:
    """Sets the token policy: `default`, `fine-grained-only` or `require-approval`.

    One that would block the calling token itself needs `force`.

    >>> client.set_token_policy("acme", "fine-grained-only", if_generation=42)["tokenPolicy"]
    'fine-grained-only'

    Raises:
        ConflictError: it would block the calling token, or the generation is another.
        PlanRequiredError: the plan of the organization does not have this policy.
        ForbiddenError: the calling token may not.
    """
    body = given(tokenPolicy=policy, force=force or None, ifGeneration=if_generation)
    return Call("PUT", settings(org, "token-policy"), body, read=one(TokenPolicyDict))


def preview_policy(org: str, policy: str) -> Call[PreviewDict]:
    """What another token policy would block and let in again, token by token. Nothing is changed.

    >>> client.preview_policy("acme", "default")["summary"]
    {'unchanged': 3, 'blocked': 0, 'unblocked': 1}

    Raises:
        BadRequestError: there is no such policy.
        ForbiddenError: the calling token may not.
    """
    return Call("POST", settings(org, "tokens/preview"), {"tokenPolicy": policy}, read=one(PreviewDict))


def settings(org: str, what: str) -> str:
    """A path below the settings of an organization."""
    return path("/api/organizations", ("org", org), f"settings/{what}")


def _of(org: str, token_id: str, what: str) -> str:
    return path(settings(org, "tokens"), ("token_id", token_id), what)
