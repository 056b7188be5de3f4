"""One's own tokens."""

from __future__ import annotations

from datetime import datetime
from types import EllipsisType
from typing import TYPE_CHECKING, Any

from tokenward.answers import OwnTokenDict, WhoamiDict
from tokenward.calls.call import Call, given, nothing, path, time_text
from tokenward.calls.shape import many, one
from tokenward.results import IssuedToken

if TYPE_CHECKING:
    from tokenward.types import FineGrainedDict
    from tokenward.words import TokenKind

__all__ = [
    "create_token",
    "delete_token",
    "issued",
    "list_tokens",
    "new_token",
    "page_of",
    "rotate_token",
    "show_token",
    "update_token",
    "whoami",
]

_TOKENS = "/api/settings/tokens"


def whoami() -> Call[WhoamiDict]:
    """Who the token belongs to, and what restricts it in each organization.

    It answers also for a token that an organization has blocked.

    >>> client.whoami()["name"]
    'bob'
    """
    return Call("GET", "/api/whoami-v2", read=one(WhoamiDict))


def list_tokens(*, page_size: int | None = None) -> Call[list[OwnTokenDict]]:
    """One's own tokens, oldest first, each with what every organization says to it.

    A `read` or fine-grained token lists itself only. Pages of up to 100 are asked for as one goes on.

    >>> [(token["displayName"], token["organizations"]) for token in client.list_tokens()]
    [('laptop', [{'name': 'acme', 'status': 'pending'}])]
    """
    return Call("GET", _TOKENS, query=page_of(page_size), read=many(OwnTokenDict))


def create_token(
    display_name: str,
    role: TokenKind,
    *,
    fine_grained: FineGrainedDict | None = None,
    expires_at: str | datetime | None = None,
) -> Call[IssuedToken]:
    """Makes a token. Only `write` tokens may; `fine_grained` goes with the role `fineGrained` and no other.

    >>> grant = {"entity": {"type": "org", "name": "acme"}, "permissions": ["repo.content.read"]}
    >>> issued = client.create_token("laptop", "fineGrained", fine_grained={"scoped": [grant]})
    >>> issued.token, issued.info["last4"]
    (<TokenSecret>, 'vtjx')

    Raises:
        BadRequestError: a name, grant or time that cannot be.
        ForbiddenError: it would reach further than the calling token may.
        ConflictError: there is one of that name.
    """
    return Call("POST", _TOKENS, new_token(display_name, role, fine_grained, expires_at), read=issued)


def show_token(token_id: str) -> Call[OwnTokenDict]:
    """One of one's own tokens.

    >>> client.show_token("65f0c0ffee0000000000000a")["role"]
    'fineGrained'

    Raises:
        NotFoundError: one has none of that id.
    """
    return Call("GET", _of(token_id), read=one(OwnTokenDict))


def update_token(
    token_id: str,
    *,
    display_name: str | None = None,
    fine_grained: FineGrainedDict | None = None,
    expires_at: str | datetime | EllipsisType | None = ...,
) -> Call[OwnTokenDict]:
    """Changes a token; what is left out stays. `expires_at=None` is never.

    Widening it makes it wait for approval again where it was approved.

    >>> client.update_token("65f0c0ffee0000000000000a", display_name="desktop")["displayName"]
    'desktop'

    Raises:
        NotFoundError: one has none of that id.
        ForbiddenError: the calling token may not change it, or it would reach further.
        ConflictError: there is one of that name.
    """
    body = given(displayName=display_name, fineGrained=fine_grained)
    if not isinstance(expires_at, EllipsisType):
        body["expiresAt"] = time_text("expiresAt", expires_at)
    return Call("PATCH", _of(token_id), body, read=one(OwnTokenDict))


def delete_token(token_id: str) -> Call[None]:
    """Deletes a token everywhere, for good.

    >>> client.delete_token("65f0c0ffee0000000000000a")

    Raises:
        NotFoundError: one has none of that id.
        ForbiddenError: the calling token may not delete it.
    """
    return Call("DELETE", _of(token_id), read=nothing)


def rotate_token(token_id: str) -> Call[IssuedToken]:
    """Gives a token a new value; the earlier one stops working at once, scopes and approvals stay.

    After rotating the calling token itself, go on with `client.with_token(issued.token)`.

    >>> client.rotate_token("65f0c0ffee0000000000000a").token
    <TokenSecret>

    Raises:
        NotFoundError: one has none of that id.
        ForbiddenError: the calling token may not rotate it.
    """
    return Call("POST", f"{_of(token_id)}/rotate", read=issued)


def new_token(
    display_name: str, role: TokenKind, fine_grained: FineGrainedDict | None, expires_at: str | datetime | None
) -> dict[str, object]:
    """The body that describes a token to make."""
    expires = time_text("expiresAt", expires_at)
    return given(displayName=display_name, role=role, fineGrained=fine_grained, expiresAt=expires)


def page_of(size: int | None) -> dict[str, str]:
    """The parameter that asks for pages of a size."""
    return {} if size is None else {"limit": str(size)}


def issued(answer: Any) -> IssuedToken:
    """The new token of an answer that shows one.

    What is said beside it is taken as it is: an error would lose the value, which is shown this once.
    """
    from tokenward import parse_token

    return IssuedToken(parse_token(answer["token"]), answer["tokenInfo"])


def _of(token_id: str) -> str:
    return path(_TOKENS, ("token_id", token_id))
