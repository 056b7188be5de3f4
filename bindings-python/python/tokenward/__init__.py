"""Access tokens of a Hugging Face-compatible hub: decide, explain, preview and scan, with the engine of the server.

* `Authorizer` decides about one organization, from its document.
* `scan` and `parse_token` know what a raw token looks like.
* `Client` and `AsyncClient` call a Tokenward server.
* `SnapshotClient` follows its signed snapshots, and decides without asking it.
* `tokenward.hub` says beside huggingface_hub what a token may do, and why not.

Clients and `hub` are loaded when they are first used, so that importing this alone stays quick.
"""

from __future__ import annotations

from importlib import import_module

from tokenward._native import Authorizer, Decision, Found, Remedy, TokenSecret, parse_token, scan
from tokenward.errors import InvalidTypeError, ParseError, TokenwardError

TYPE_CHECKING = False  # as in `typing`, which takes longer to load than everything here
if TYPE_CHECKING:
    from tokenward import errors, hub
    from tokenward.client import AsyncClient, Client
    from tokenward.snapshots import SnapshotClient

__all__ = [
    "AsyncClient",
    "Authorizer",
    "Client",
    "Decision",
    "Found",
    "InvalidTypeError",
    "ParseError",
    "Remedy",
    "SnapshotClient",
    "TokenSecret",
    "TokenwardError",
    "errors",
    "hub",
    "parse_token",
    "scan",
]

_LATER = {
    "AsyncClient": "tokenward.client",
    "Client": "tokenward.client",
    "SnapshotClient": "tokenward.snapshots",
}


def __getattr__(name: str) -> object:
    if name == "hub":
        return import_module("tokenward.hub")
    if name == "__version__":
        return import_module("importlib.metadata").version("tokenward")
    if name in _LATER:
        return getattr(import_module(_LATER[name]), name)
    raise AttributeError(f"module 'tokenward' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, "__version__"})
