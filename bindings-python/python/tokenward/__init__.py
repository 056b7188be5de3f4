"""Access tokens of a Hugging Face-compatible hub: decide, explain, preview, find."""

from __future__ import annotations

from tokenward._native import Authorizer, Decision, Found, Remedy, TokenSecret, parse_token, scan
from tokenward.errors import InvalidTypeError, ParseError, TokenwardError

__all__ = [
    "Authorizer",
    "Decision",
    "Found",
    "InvalidTypeError",
    "ParseError",
    "Remedy",
    "TokenSecret",
    "TokenwardError",
    "parse_token",
    "scan",
]
