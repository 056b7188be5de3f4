"""Answers that are not what was meant, as errors."""

from __future__ import annotations

from collections.abc import Sequence

import httpx

from tokenward import errors
from tokenward.errors import ApiError
from tokenward.masking import mask

__all__ = ["error_of", "odd_answer"]

_CLASSES: dict[int, type[ApiError]] = {
    400: errors.BadRequestError,
    401: errors.AuthenticationError,
    402: errors.PlanRequiredError,
    403: errors.ForbiddenError,
    404: errors.NotFoundError,
    405: errors.BadRequestError,
    409: errors.ConflictError,
    413: errors.BadRequestError,
    415: errors.BadRequestError,
    429: errors.RateLimitedError,
}
# What helps where the server does not say it and there is only one thing.
_REMEDIES = {
    "blocks_caller": "Call with another token, or set the policy all the same with force.",
    "display_name": "Choose another name for the token.",
    "in_use": "Take the repositories out of the group first.",
    "name_taken": "Choose another name.",
}
_LONGEST = 2000


def error_of(response: httpx.Response, secrets: Sequence[str] = ()) -> ApiError:
    """The error that an answer tells of; what it holds of tokens, and of these secrets, is masked.

    >>> answer = httpx.Response(403, json={"error": "No."}, headers={"X-Tokenward-Reason": "token_scope"})
    >>> error_of(answer)
    ForbiddenError(403, 'No.')
    """
    status, headers = response.status_code, response.headers
    wait = headers.get("retry-after", "")
    retry_after = int(wait) if wait.isascii() and wait.isdigit() and len(wait) < 10 else None
    reason = headers.get("x-tokenward-reason")
    remedy = headers.get("x-tokenward-remedy") or _REMEDIES.get(reason or "")
    if status == 429 and retry_after is not None:
        remedy = f"Try again in {retry_after} seconds."
    return _class_of(status)(
        status,
        _masked(_message(response), secrets) or "no reason given",
        reason=_masked(reason, secrets),
        remedy=_masked(remedy, secrets),
        request_id=_masked(headers.get("x-request-id"), secrets),
        retry_after=retry_after,
    )


def odd_answer(response: httpx.Response) -> errors.ServerError:
    """The error for an answer of the right status that no Tokenward server gives."""
    message = "what answered is no Tokenward server, or a newer one: the answer is not what this call returns"
    request_id = _masked(response.headers.get("x-request-id"))
    return errors.ServerError(response.status_code, message, request_id=request_id)


def _class_of(status: int) -> type[ApiError]:
    return _CLASSES.get(status, errors.ServerError if status >= 500 or status < 400 else ApiError)


def _message(response: httpx.Response) -> str:
    if response.is_redirect:
        return "what answered redirects elsewhere: the endpoint is not that of a Tokenward server"
    try:
        told = response.json()["error"]
    except (ValueError, LookupError, TypeError, RecursionError):
        told = None
    if isinstance(told, str) and told:
        return told
    return str(response.headers.get("x-error-message") or response.reason_phrase or "no reason given")


def _masked(text: str | None, secrets: Sequence[str] = ()) -> str | None:
    """Masked before it is cut, so that no part of a token is left at the end."""
    return mask(text, secrets)[:_LONGEST] if text else None
