"""What both clients stand on: where they call, with which token, what they send and how answers are read.

Nothing is sent here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator
from http.cookiejar import CookieJar, DefaultCookiePolicy
from inspect import Parameter, Signature, signature
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar, cast
from urllib.parse import parse_qs, urlsplit

import httpx

from tokenward.calls.call import Call
from tokenward.errors import CredentialsError, InvalidTypeError, ParseError, ServerError, UnreachableError
from tokenward.failures import error_of, odd_answer
from tokenward.masking import mask

if TYPE_CHECKING:
    from tokenward import TokenSecret

__all__ = ["OPTIONS", "Connection", "as_method", "next_page"]

P = ParamSpec("P")
T = TypeVar("T")
Http = TypeVar("Http", httpx.Client, httpx.AsyncClient)

OPTIONS: Any = {
    "follow_redirects": False,
    "headers": {"Accept": "application/json", "User-Agent": "tokenward-python"},
    # Keeps nothing: what is answered to one token must not go along with another.
    "cookies": CookieJar(DefaultCookiePolicy(allowed_domains=[])),
}
_NO_TOKEN = "no token: pass `token`, set HF_TOKEN, or log in with `hf auth login`"


class Connection(Generic[Http]):
    """What both clients have in common: where they call, with which token, and how answers are read."""

    endpoint: str
    """The server's address."""

    def __init__(self, endpoint: str, token: TokenSecret | None, http: Http) -> None:
        self.endpoint = endpoint
        self._token = token
        self._http: Http = http

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.endpoint}>"

    def _request(self, call: Call[Any]) -> httpx.Request:
        """The request of a call, without the token."""
        if self._token is None and not call.public:
            raise CredentialsError(_NO_TOKEN)
        headers = {"Content-Type": "application/json"} if call.body else {}
        url, params = self.endpoint + call.path, dict(call.query)
        try:
            return self._http.build_request(call.method, url, params=params, headers=headers, content=_text_of(call))
        except (httpx.InvalidURL, UnicodeError):
            raise ParseError("endpoint", "must be an address that can be called") from None

    def _auth(self) -> httpx.Auth | None:
        return None if self._token is None else _Bearer(self._token)

    def _unreachable(self, error: Exception) -> UnreachableError:
        why = str(error) or "no reason given"
        return UnreachableError(mask(f"cannot reach {self.endpoint}: {type(error).__name__}: {why}"))

    def _read(self, call: Call[T], response: httpx.Response) -> T:
        """The result of a call. Errors are raised outside of `except`, so that no frame that saw a token hangs on them."""
        if not response.is_success:
            raise error_of(response, self._secrets(call))
        try:
            return call.read(response.json() if response.content else None)
        except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
            failure = odd_answer(response)
        raise failure


    def _secrets(self, call: Call[Any]) -> list[str]:
        """The raw tokens that a call sends, of whatever form: no error may repeat them."""
        secrets: list[str] = [] if self._token is None else [self._token.reveal()]
        sent: Any = call.body or {}
        secrets += sent.get("credentials", [])
        secrets += [sent["token"]] if "token" in sent else []
        return secrets


def next_page(call: Call[T], response: httpx.Response) -> Call[T] | None:
    """The call for the next page. Of the link only the cursor is used, so that no token can follow it elsewhere."""
    link = response.links.get("next", {}).get("url")
    if link is None:
        return None
    cursor = _cursor(link)
    if not cursor or cursor == call.query.get("cursor"):
        raise ServerError(response.status_code, "what answered names a next page that leads nowhere")
    return call.after(cursor)


def _cursor(link: str) -> str:
    try:
        return parse_qs(urlsplit(link).query).get("cursor", [""])[0]
    except ValueError:
        return ""


def as_method(owner: str, method: Callable[P, T], build: Callable[..., Any]) -> Callable[P, T]:
    """Gives a method of a client the name, the signature and the documentation of its call; a twin points to the other's."""
    told, own = signature(build), Parameter("self", Parameter.POSITIONAL_ONLY)
    first, name, named = (build.__doc__ or "").partition("\n")[0], build.__name__, cast(Any, method)
    named.__name__, named.__qualname__ = name, f"{owner}.{name}"
    named.__doc__ = build.__doc__ if owner == "Client" else f"{first}\n\nLike `Client.{name}`, which says more."
    named.__signature__ = told.replace(parameters=[own, *told.parameters.values()], return_annotation=Signature.empty)
    return method


def _text_of(call: Call[Any]) -> bytes | None:
    if not call.body:
        return None
    try:
        return json.dumps(call.body, allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError):
        why = "must be what JSON can say: strings, numbers, lists, dicts"
    raise InvalidTypeError("argument", why)


class _Bearer(httpx.Auth):
    """Adds the token at the last moment, so that no variable of ours holds its text."""

    def __init__(self, token: TokenSecret) -> None:
        self._token = token

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = f"Bearer {self._token.reveal()}"
        yield request
