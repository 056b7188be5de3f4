"""Where the endpoint and the token come from when they are not given: where huggingface_hub finds them.

Nothing is written here, and huggingface_hub is not needed. Of its sources, keyless CI
(`HF_OIDC_RESOURCE`) and the vault of Google Colab are left out: their tokens are for another server.
"""

from __future__ import annotations

import os
import string
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tokenward.errors import CredentialsError, InvalidTypeError, ParseError

if TYPE_CHECKING:
    from tokenward import TokenSecret

__all__ = ["find_endpoint", "find_token", "hub_endpoint", "stored_token_path"]

_TRUE = {"1", "ON", "YES", "TRUE"}
# What a header can carry; anything else would be refused there, by an error that shows it.
_PRINTABLE = frozenset(string.ascii_letters + string.digits + string.punctuation)


def find_endpoint(endpoint: str | None = None) -> str:
    """The server's address: the argument, else `TOKENWARD_ENDPOINT`, else `HF_ENDPOINT`.

    There is no default: a token must not go to a server that nobody named.

    >>> find_endpoint("https://hub.example.org/")
    'https://hub.example.org'

    Raises:
        CredentialsError: there is none.
        ParseError: it is no `http` or `https` address, or holds a password.
    """
    named = ("endpoint", endpoint), *((name, os.environ.get(name)) for name in ("TOKENWARD_ENDPOINT", "HF_ENDPOINT"))
    for what, text in named:
        if text is not None and not isinstance(text, str):
            raise InvalidTypeError(what, "must be a string")
        if text and text.strip():
            return _checked_endpoint(what, text.strip().rstrip("/"))
    raise CredentialsError("no endpoint: pass `endpoint`, or set TOKENWARD_ENDPOINT or HF_ENDPOINT")


def hub_endpoint() -> str | None:
    """The hub that huggingface_hub calls, if the environment names one."""
    return os.environ.get("HF_ENDPOINT", "").strip().rstrip("/") or None


def find_token(token: str | TokenSecret | bool | None = None) -> TokenSecret | None:
    """The token to call with, as huggingface_hub's `token=` means it.

    A string is the token; `None` is the one of the environment or the one stored by `hf auth login`,
    if there is any and `HF_HUB_DISABLE_IMPLICIT_TOKEN` is not set; `True` insists on that one;
    `False` is none.

    >>> find_token(False) is None
    True

    Raises:
        CredentialsError: `True`, and there is none; or it cannot be sent.
        InvalidTypeError: it is something else.
    """
    from tokenward import TokenSecret

    if token is False:
        return None
    if isinstance(token, TokenSecret):
        return _sendable(token.reveal())
    if isinstance(token, str):
        return _sendable(token)
    if token is not None and token is not True:
        raise InvalidTypeError("token", "must be a string, a boolean or None")
    disabled = os.environ.get("HF_HUB_DISABLE_IMPLICIT_TOKEN", "").upper() in _TRUE
    found = None if token is None and disabled else _from_environment() or _from_file()
    if found is not None:
        return _sendable(found)
    if token is True:
        raise CredentialsError("no token: set HF_TOKEN, or log in with `hf auth login`")
    return None


def stored_token_path() -> str:
    """The file in which huggingface_hub keeps the token in use: `HF_TOKEN_PATH`, else `token` in `HF_HOME`."""
    environment = os.environ
    cache = environment.get("XDG_CACHE_HOME", os.path.join(os.path.expanduser("~"), ".cache"))
    home = _expanded(environment.get("HF_HOME", os.path.join(cache, "huggingface")))
    return _expanded(environment.get("HF_TOKEN_PATH", os.path.join(home, "token")))


def _checked_endpoint(what: str, text: str) -> str:
    # Never repeated in the message: it may hold a password.
    why = "must be an address like https://hub.example.org, without user, query or fragment"
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise ParseError(what, why) from None
    odd = parts.query or parts.fragment or "@" in parts.netloc or port == 0 or not set(text) <= _PRINTABLE
    if parts.scheme not in ("http", "https") or not parts.hostname or odd:
        raise ParseError(what, why)
    return text


def _expanded(path: str) -> str:
    return os.path.expandvars(os.path.expanduser(path))


def _from_environment() -> str | None:
    return _cleaned(os.environ.get("HF_TOKEN") or os.environ.get("HUGGING_FACE_HUB_TOKEN"))


def _from_file() -> str | None:
    path = stored_token_path()
    try:
        with open(path, encoding="utf-8") as file:
            return _cleaned(file.read())
    except FileNotFoundError:
        return None
    except (OSError, UnicodeError) as error:
        why = (getattr(error, "strerror", None) or "it is no text").lower()
        raise CredentialsError(f"cannot read the stored token in `{path}`: {why}") from None


def _cleaned(token: str | None) -> str | None:
    return (token or "").replace("\r", "").replace("\n", "").strip() or None


def _sendable(token: str) -> TokenSecret:
    from tokenward import parse_token

    if not token or not set(token) <= _PRINTABLE:
        raise CredentialsError("the token is empty, or holds characters that no token has")
    return parse_token(token)
