"""A small organization to decide about, and variations of it."""

from __future__ import annotations

from typing import Any

from tokenward import Authorizer, parse_token

NOW = "2026-03-02T12:00:00Z"
# The contract's test vector: its checksum is right.
LAPTOP = "hf_AAAAAAAAAAAAAAAAAAAAAAAAAAAAIwOvtj"
LAPTOP_ID = "65f0c0ffee0000000000000a"

_ORG_WIDE = [{"entity": {"type": "org", "name": "acme"}, "permissions": ["repo.content.read", "repo.write"]}]

ACME: dict[str, Any] = {
    "format": "tokenward.org/1",
    "organization": {"name": "acme", "plan": "enterprise", "tokenPolicy": "require-approval"},
    "generation": 42,
    "members": [{"user": "ada", "role": "admin"}, {"user": "bob", "role": "write"}],
    "resources": [
        {"type": "model", "name": "acme/open", "visibility": "public"},
        {"type": "model", "name": "acme/bert"},
    ],
    "tokens": [
        {
            "id": LAPTOP_ID,
            "owner": "bob",
            "role": "fineGrained",
            "displayName": "laptop",
            "digest": parse_token(LAPTOP).digest,
            "last4": "Ovtj",
            "createdAt": "2026-03-01T12:00:00Z",
            "fineGrained": {"scoped": _ORG_WIDE},
        },
        {
            "id": "65f0c0ffee0000000000000b",
            "owner": "ada",
            "role": "fineGrained",
            "displayName": "console",
            "createdAt": "2026-03-01T12:00:00Z",
            "expiresAt": "2026-12-01T12:00:00Z",
            "lastUsedAt": "2026-03-19T12:00:00Z",
            "fineGrained": {"scoped": [{"entity": {"type": "org", "name": "acme"}, "permissions": ["org.write"]}]},
            "authorization": {"status": "approved"},
        },
    ],
}


def authorizer_of(**changes: Any) -> Authorizer:
    """The same with another laptop's token."""
    laptop, *others = ACME["tokens"]
    return Authorizer.from_document({**ACME, "tokens": [{**laptop, **changes}, *others]})
