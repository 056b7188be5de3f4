"""Everything that Tokenward raises, in one tree under `TokenwardError`.

No message here ever holds a token.
"""

from __future__ import annotations

__all__ = [
    "ApiError",
    "AuthenticationError",
    "BadRequestError",
    "ConflictError",
    "CredentialsError",
    "ForbiddenError",
    "InvalidTypeError",
    "NotFoundError",
    "ParseError",
    "PlanRequiredError",
    "RateLimitedError",
    "ServerError",
    "SnapshotError",
    "TokenwardError",
    "UnreachableError",
]


class TokenwardError(Exception):
    """The root of all errors of this package."""


class ParseError(TokenwardError, ValueError):
    """A value that is not what it should be.

    Attributes:
        what: the field or value, for example `tokens[3].digest`.
        why: the reason, a sentence without a capital or a full stop.
    """

    what: str
    why: str

    def __init__(self, what: str, why: str) -> None:
        super().__init__(f"{what}: {why}")
        self.what = what
        self.why = why

    def __reduce__(self) -> tuple[type[ParseError], tuple[str, str]]:
        return type(self), (self.what, self.why)


class SnapshotError(TokenwardError):
    """A snapshot that is refused.

    Attributes:
        code: a stable code, for example `bad_signature`, `expired`, `malformed`, `unknown_key`.
    """

    code: str

    def __init__(self, code: str, why: str) -> None:
        super().__init__(f"the snapshot is refused: {why}")
        self.code = code
        self._why = why

    def __reduce__(self) -> tuple[type[SnapshotError], tuple[str, str]]:
        return type(self), (self.code, self._why)


class InvalidTypeError(ParseError, TypeError):
    """A value of a type that is not taken there."""


class CredentialsError(TokenwardError):
    """There is no token or no endpoint to call with, or none that can be sent."""


class UnreachableError(TokenwardError, ConnectionError):
    """The server could not be reached, or did not answer in time: whether it did what was asked is unknown."""


class ApiError(TokenwardError):
    """The server answered, but not as it was meant.

    >>> raise ForbiddenError(403, "Your token …", reason="token_pending", request_id="0af1")
    Traceback (most recent call last):
    tokenward.errors.ForbiddenError: Your token … (403, token_pending, request id 0af1)

    Attributes:
        status: the HTTP status.
        message: what the server says.
        reason: the reason code (contract §5), or what a conflict is about; `None` where there is none.
        remedy: what would help, a sentence; `None` where that is not known.
        request_id: what the server's log calls this request.
        retry_after: seconds after which the call may work; `None` where that is not known.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        reason: str | None = None,
        remedy: str | None = None,
        request_id: str | None = None,
        retry_after: int | None = None,
    ) -> None:
        # These are what a copy is made of; the rest is in `__dict__`, which pickle keeps too.
        super().__init__(status, message)
        self.status = status
        self.message = message
        self.reason = reason
        self.remedy = remedy
        self.request_id = request_id
        self.retry_after = retry_after

    def __str__(self) -> str:
        facts = [str(self.status)]
        facts += [self.reason] if self.reason else []
        facts += [f"request id {self.request_id}"] if self.request_id else []
        remedy = f" {self.remedy}" if self.remedy else ""
        return f"{self.message} ({', '.join(facts)}){remedy}"


class BadRequestError(ApiError):
    """The request itself is no good: 400, 405, 413, 415."""


class AuthenticationError(ApiError):
    """The token is missing, unknown or expired: 401."""


class PlanRequiredError(ApiError):
    """The organization's plan does not have this: 402. The message names the plan that has."""


class ForbiddenError(ApiError):
    """The token may not do this: 403."""


class NotFoundError(ApiError):
    """It is not there, or not for this token to see: 404."""


class ConflictError(ApiError):
    """It does not go with the present state: 409."""


class RateLimitedError(ApiError):
    """Too many failing calls: 429. `retry_after` says how many seconds to wait."""


class ServerError(ApiError):
    """The server failed (5xx), or what answered is no Tokenward server."""
