"""Refused requests to a hub, found in the errors of the library that made them.

huggingface_hub is not imported: its errors are known by the response that they carry. Only what the
question needs is taken from a request.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from tokenward.calls.call import Call
from tokenward.calls.questions import explain_request

if TYPE_CHECKING:
    from tokenward import TokenSecret
    from tokenward.types import FullExplanationDict

__all__ = ["Refused", "refused"]

# 401 and 404 may stand for a refusal too (contract §5).
_REFUSALS = (401, 403, 404)
# Requests whose body says what they are about, and the fields that say it: nothing else of it is sent.
_BODY_DECIDES = re.compile(r"/api/repos/(create|delete|move)|/api/collections|.*/(duplicate|info/lfs/objects/batch)")
_JUDGED = ("name", "organization", "type", "fromRepo", "toRepo", "repository", "target", "namespace", "operation")
_LARGEST_BODY = 64 * 1024


@dataclass(frozen=True)
class Refused:
    """A refused request: the question about it, and the token to ask with."""

    question: Call[list[FullExplanationDict]]
    token: TokenSecret | bool = field(repr=False)


def refused(error: BaseException, hubs: list[str]) -> Refused | None:
    """The refused request that an error is about, if it went to one of the hubs or a Tokenward answered it."""
    for link in _chain(error):
        response = getattr(link, "response", None)
        request = _request_of(response)
        if request is None or getattr(response, "status_code", None) not in _REFUSALS:
            continue
        uri = _uri(str(request.url), hubs, governed="x-tokenward-reason" in getattr(response, "headers", ()))
        return None if uri is None else Refused(explain_request(request.method, uri, _body(request, uri)), _token(request))
    return None


def _request_of(response: object) -> Any:
    """The request of an answer; an answer that was made by hand has none, and says so in its own way."""
    try:
        return getattr(response, "request", None)
    except RuntimeError:
        return None


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and what it was raised from; what it was raised during only where the library itself did that."""
    link: BaseException | None = error
    seen: set[int] = set()
    while link is not None and id(link) not in seen:
        yield link
        seen.add(id(link))
        during = type(link).__module__.startswith("huggingface_hub") and not link.__suppress_context__
        link = link.__cause__ or (link.__context__ if during else None)


def _uri(url: str, hubs: list[str], *, governed: bool) -> str | None:
    """The path and query below the hub, as a gateway sees them."""
    parts = urlsplit(url)
    path = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    for hub in map(urlsplit, hubs):
        prefix = hub.path.rstrip("/")
        if _origin(hub) == _origin(parts) and path.startswith(f"{prefix}/"):
            return path.removeprefix(prefix)
    return path if governed else None


def _origin(parts: Any) -> tuple[str, str | None, int | None]:
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)


def _token(request: Any) -> TokenSecret | bool:
    """The token of the request; that there is none is a token that is told too."""
    from tokenward import parse_token

    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return parse_token(token.strip()) if scheme.lower() == "bearer" and token.strip() else False


def _body(request: Any, uri: str) -> str | None:
    """Of the body, the fields that say what the request is about, where they do."""
    if not _BODY_DECIDES.fullmatch(urlsplit(uri).path):
        return None
    try:
        fields = json.loads(getattr(request, "content", None) or getattr(request, "body", None) or b"")
        text = json.dumps({name: fields[name] for name in _JUDGED if name in fields})
    except (RuntimeError, ValueError, TypeError):
        return None  # streamed away, or not what a client sends: asked about without it
    return text if len(text) <= _LARGEST_BODY else None
