"""Users and their tokens: for the site administrator."""

from __future__ import annotations

from datetime import datetime
from types import EllipsisType
from typing import TYPE_CHECKING

from tokenward.answers import OwnTokenDict, UserDict
from tokenward.calls.call import Call, given, nothing, path
from tokenward.calls.own_tokens import issued, new_token, page_of
from tokenward.calls.shape import many, one

if TYPE_CHECKING:
    from tokenward.results import IssuedToken
    from tokenward.types import FineGrainedDict
    from tokenward.words import TokenKind

__all__ = ["create_user", "create_user_token", "delete_user_token", "list_user_tokens", "update_user"]


def create_user(
    name: str, *, fullname: str | None = None, email: str | None = None, email_confirmed: bool = False
) -> Call[UserDict]:
    """Makes a user.

    >>> client.create_user("bob", email="bob@example.org")["name"]
    'bob'

    Raises:
        BadRequestError: the name is none.
        ConflictError: the name is taken, or was.
        ForbiddenError: the calling token is not the site administrator's.
    """
    confirmed = email_confirmed or None
    body = given(name=name, fullname=fullname, email=email, emailConfirmed=confirmed)
    return Call("POST", "/api/users", body, read=one(UserDict))


def update_user(
    user: str,
    *,
    fullname: str | EllipsisType | None = ...,
    email: str | EllipsisType | None = ...,
    email_confirmed: bool | None = None,
    suspended: bool | None = None,
) -> Call[UserDict]:
    """Changes a user; what is left out stays, `None` is none. All tokens of a suspended user are refused.

    >>> client.update_user("bob", suspended=True)["suspended"]
    True

    Raises:
        NotFoundError: no such user.
        ConflictError: the last site administrator would be suspended.
        ForbiddenError: the calling token is not the site administrator's.
    """
    texts = {"fullname": fullname, "email": email}
    body = given(emailConfirmed=email_confirmed, suspended=suspended)
    body |= {field: text for field, text in texts.items() if not isinstance(text, EllipsisType)}
    return Call("PATCH", _of(user), body, read=one(UserDict))


def list_user_tokens(user: str, *, page_size: int | None = None) -> Call[list[OwnTokenDict]]:
    """A user's tokens, oldest first. Pages of up to 100 are asked for as one goes on.

    >>> [token["displayName"] for token in client.list_user_tokens("bob")]
    ['laptop']

    Raises:
        NotFoundError: no such user.
        ForbiddenError: the calling token is not the site administrator's.
    """
    return Call("GET", _of(user, "tokens"), query=page_of(page_size), read=many(OwnTokenDict))


def create_user_token(
    user: str,
    display_name: str,
    role: TokenKind,
    *,
    fine_grained: FineGrainedDict | None = None,
    expires_at: str | datetime | None = None,
) -> Call[IssuedToken]:
    """Makes a token for a user, as if in the user's session. The user is told.

    >>> client.create_user_token("bob", "laptop", "read").token
    <TokenSecret>

    Raises:
        NotFoundError: no such user.
        BadRequestError, ConflictError, ForbiddenError: as for `create_token`.
    """
    return Call("POST", _of(user, "tokens"), new_token(display_name, role, fine_grained, expires_at), read=issued)


def delete_user_token(user: str, token_id: str) -> Call[None]:
    """Deletes a user's token everywhere, for good.

    >>> client.delete_user_token("bob", "65f0c0ffee0000000000000a")

    Raises:
        NotFoundError: no such user, or not this user's token.
        ForbiddenError: the calling token is not the site administrator's.
    """
    return Call("DELETE", path(_of(user, "tokens"), ("token_id", token_id)), read=nothing)


def _of(user: str, *fixed: str) -> str:
    return path("/api/users", ("user", user), *fixed)
