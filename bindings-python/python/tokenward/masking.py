"""Tokens in texts from elsewhere: left out before anybody reads them."""

from __future__ import annotations

import re
from collections.abc import Iterable

__all__ = ["holds_token", "mask"]

# A shorter word after the prefix is a name, like `hf_hub_download`'s first half, and no secret.
_TOKEN = re.compile(r"(hf_|api_)([A-Za-z0-9_]{13,})")


def mask(text: str, secrets: Iterable[str] = ()) -> str:
    """The text with a mark in place of whatever may be a token, and of these secrets.

    >>> mask("no such token: hf_AAAAAAAAAAAAAAAAAAAAAAAAAAAAIwOvtj")
    'no such token: hf_…'
    """
    for secret in secrets:
        text = text.replace(secret, "hf_…" if secret.startswith("hf_") else "…")
    return _TOKEN.sub(r"\1…", text)


def holds_token(text: str) -> bool:
    """Whether something in the text may be a token.

    >>> holds_token("65f0c0ffee0000000000000a")
    False
    """
    return _TOKEN.search(text) is not None
