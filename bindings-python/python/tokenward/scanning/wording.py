"""Texts that may come from anywhere, made fit for a screen: no token, no control character."""

from __future__ import annotations

import re

__all__ = ["masked", "shown"]

# Shorter ones are words, like the ones in `hf_hub_download`.
_TOKEN = re.compile(r"(hf_|api_org_)[A-Za-z0-9]{20,}[A-Za-z0-9_]*")


def masked(text: str) -> str:
    """The text with everything that may be a token cut down to its prefix.

    >>> masked("no file hf_AAAAAAAAAAAAAAAAAAAAAAAAAAAAIwOvtj here")
    'no file hf_… here'
    """
    return _TOKEN.sub(r"\1…", text)


def shown(text: str) -> str:
    """The same, with control characters and what is no text written as escapes.

    >>> shown("a\\x1b[31mb")
    'a\\\\x1b[31mb'
    """
    clean = masked(text)
    if clean.isprintable():
        return clean
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in clean)
