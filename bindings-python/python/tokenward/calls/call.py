"""One call as data, and what its parts are made of."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar
from urllib.parse import quote

from tokenward.errors import InvalidTypeError, ParseError
from tokenward.masking import holds_token

if TYPE_CHECKING:
    from tokenward import TokenSecret

__all__ = ["Call", "Steps", "given", "nothing", "path", "time_text", "value_of"]

T = TypeVar("T")


def _object(answer: Any) -> Any:
    """How an answer is read of which no more is known than that it is an object."""
    if not isinstance(answer, dict):
        raise TypeError("no object")
    return answer


def nothing(answer: Any) -> None:
    """How the answer of a call is read that has none."""


@dataclass(frozen=True)
class Call(Generic[T]):
    """A request that has not been sent, and how its answer is read.

    Attributes:
        method: the HTTP method.
        path: below the endpoint, encoded.
        body: what is sent as JSON; it may hold a token, so it does not print.
        query: the parameters.
        public: whether it can be sent without a token.
        read: makes the result of the answer's JSON.
    """

    method: str
    path: str
    body: Mapping[str, object] | None = field(default=None, repr=False)
    query: Mapping[str, str] = field(default_factory=dict)
    public: bool = False
    read: Callable[[Any], T] = field(default=_object, repr=False)

    def after(self, cursor: str) -> Call[T]:
        """The same call for the page behind a cursor."""
        return replace(self, query={**self.query, "cursor": cursor})


# A generator of calls that is sent each answer and returns the result of them all.
Steps: TypeAlias = Generator[Call[Any], Any, T]


def path(*parts: str | tuple[str, str]) -> str:
    """A path of fixed parts and of names, each a pair of what it is and the name.

    >>> path("/api/organizations", ("org", "acme"), "settings/tokens")
    '/api/organizations/acme/settings/tokens'

    Raises:
        ParseError: a name that cannot be in a path, or that is a token: paths are logged everywhere.
    """
    return "/".join(part if isinstance(part, str) else _encoded(*part) for part in parts)


def _encoded(what: str, name: str) -> str:
    if not isinstance(name, str):
        raise InvalidTypeError(what, "must be a string")
    if name in ("", ".", ".."):
        raise ParseError(what, "must be a name")
    if holds_token(name):
        raise ParseError(what, "must not be a token")
    try:
        return quote(name, safe="")
    except UnicodeEncodeError:
        raise ParseError(what, "must be valid Unicode") from None


def given(**fields: object) -> dict[str, object]:
    """The fields of a body that are not left out.

    >>> given(reason=None, ifGeneration=42)
    {'ifGeneration': 42}
    """
    return {name: value for name, value in fields.items() if value is not None}


def time_text(what: str, time: str | datetime | None) -> str | None:
    """A time as it is sent.

    >>> time_text("expiresAt", datetime(2026, 3, 1, 12, tzinfo=timezone.utc))
    '2026-03-01T12:00:00.000Z'

    Raises:
        ParseError: a time without a time zone.
    """
    if not isinstance(time, datetime):
        return time
    if time.tzinfo is None:
        raise ParseError(what, "must have a time zone")
    return time.astimezone(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def value_of(token: str | TokenSecret) -> str:
    """The raw value of a token.

    Raises:
        InvalidTypeError: it is neither a string nor a `TokenSecret`.
    """
    if isinstance(token, str):
        return token
    from tokenward import TokenSecret

    if isinstance(token, TokenSecret):
        return token.reveal()
    raise InvalidTypeError("token", "must be a string or a `TokenSecret`")
