"""What may a token do, and why not? And: these tokens have leaked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from tokenward._native import Decision
from tokenward.calls.call import Call, Steps, nothing, path, value_of
from tokenward.calls.org_tokens import settings
from tokenward.calls.shape import many, one
from tokenward.errors import ParseError
from tokenward.types import ExplanationDict, FullExplanationDict, ResourceDict

if TYPE_CHECKING:
    from tokenward import TokenSecret

    _Resource: TypeAlias = str | ResourceDict | Mapping[str, str]

__all__ = ["check", "explain", "explain_request", "explanations_of", "filter", "report_credentials"]

# What one call takes (contract §7).
_RESOURCES, _CREDENTIALS, _LONGEST = 1000, 1000, 200


def check(action: str, resource: _Resource) -> Call[Decision]:
    """May the calling token do this to that? Works without a token too.

    The answer is true when it may. A resource is `{"type", "name"}` or `type:name`.

    >>> decision = client.check("repo.write", "model:acme/bert")
    >>> bool(decision), decision.reason, decision.remedy.text
    (False, 'token_pending', 'Ask an administrator of acme to approve the token "laptop".')

    Raises:
        BadRequestError: the resource is none. An unknown action is a decision: `unknown_action`.
    """
    return Call("POST", "/api/authz/check", _question(action, resource), public=True, read=Decision.from_dict)


def explain(
    action: str, resource: _Resource, *, token_id: str | None = None, org: str | None = None
) -> Call[ExplanationDict]:
    """Why a token may or may not do something: the decision with all thirteen checks.

    Of the calling token; with `token_id`, of another of one's own; with `org` too, of any token that
    this organization is shown, for its administrators. The first also lists `obstacles`, each with its
    remedy (`FullExplanationDict`), and works without a token.

    >>> explanation = client.explain("repo.write", "model:acme/bert")
    >>> [check["check"] for check in explanation["checks"] if check["outcome"] == "fail"]
    ['approval']

    Raises:
        BadRequestError: the resource is none.
        NotFoundError: there is no such token, or the resource is not the organization's.
        ForbiddenError: the calling token may not look at that one.
    """
    body = _question(action, resource)
    if token_id is None:
        if org is not None:
            raise ParseError("org", "must stand beside `token_id`")
        return Call("POST", "/api/authz/explain", body, public=True, read=_first)
    tokens = "/api/settings/tokens" if org is None else settings(org, "tokens")
    return Call("POST", path(tokens, ("token_id", token_id), "explain"), body, read=one(ExplanationDict))


def explain_request(method: str, uri: str, body: str | None = None) -> Call[list[FullExplanationDict]]:
    """Why a request to the hub may or may not pass: one explanation for each thing that it needs.

    `uri` is the path and query as they are on the wire. `body` is only needed where it says what the
    request is about: creating, deleting and moving repositories, collections, large files. Works
    without a token too.

    >>> [needed] = client.explain_request("GET", "/api/models/acme/bert")
    >>> needed["action"], needed["reason"]
    ('repo.content.read', 'token_pending')
    """
    request = {"method": method, "uri": uri} | ({} if body is None else {"body": body})
    return explanations_of({"request": request})


def filter(action: str, resources: Iterable[_Resource]) -> Steps[list[ResourceDict]]:
    """Those of the resources that the calling token may do this to, in the order given. Works without a token too.

    >>> client.filter("repo.content.read", ["model:acme/open", "model:acme/bert"])
    [{'type': 'model', 'name': 'acme/open'}]

    Raises:
        AuthenticationError: the token is no good.
        BadRequestError: one of the resources is none.
    """
    allowed: list[ResourceDict] = []
    for some in _batches(resources, _RESOURCES):
        body = {"action": action, "resources": some}
        allowed += yield Call("POST", "/api/authz/filter", body, public=True, read=_allowed)
    return allowed


def report_credentials(tokens: Iterable[str | TokenSecret]) -> Steps[None]:
    """Reports leaked tokens: what the server knows of them is deleted everywhere. Nobody is told which were real.

    Works without a token too. Reports are limited: see `RateLimitedError.retry_after`, and repeat all.

    >>> client.report_credentials(["hf_AAAAAAAAAAAAAAAAAAAAAAAAAAAAIwOvtj"])

    Raises:
        ParseError: an empty token, or one of more than 200 characters. None of all is reported then.
        RateLimitedError: too many reports from this address.
    """
    values = list(dict.fromkeys(map(value_of, tokens)))
    for at, value in enumerate(values):
        if not 0 < len(value) <= _LONGEST:
            raise ParseError(f"tokens[{at}]", f"must have 1 to {_LONGEST} characters")
    for some in _batches(values, _CREDENTIALS):
        yield Call("POST", "/api/credentials/revoke", {"credentials": some}, public=True, read=nothing)


def explanations_of(question: Mapping[str, object]) -> Call[list[FullExplanationDict]]:
    """One explanation for each thing that the question is about: an action on a resource, or a request."""
    return Call("POST", "/api/authz/explain", question, public=True, read=_all)


def _question(action: str, resource: _Resource) -> dict[str, object]:
    return {"action": action, "resource": resource}


def _batches(items: Iterable[Any], most: int) -> Iterable[list[Any]]:
    listed = list(items)
    return (listed[at : at + most] for at in range(0, len(listed), most))


def _all(answer: Any) -> list[FullExplanationDict]:
    return many(FullExplanationDict)(answer["explanations"])


def _first(answer: Any) -> FullExplanationDict:
    [explanation] = _all(answer)
    return explanation


def _allowed(answer: Any) -> list[ResourceDict]:
    return many(ResourceDict)(answer["allowed"])
