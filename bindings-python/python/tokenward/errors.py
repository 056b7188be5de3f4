"""Everything that Tokenward raises, in one tree under `TokenwardError`.

No message here ever holds a token.
"""

from __future__ import annotations

__all__ = ["InvalidTypeError", "ParseError", "TokenwardError"]


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


class InvalidTypeError(ParseError, TypeError):
    """A value of a type that is not taken there."""
