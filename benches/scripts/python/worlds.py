"""Large organizations for the benches, the same in every run: the document, and the raw tokens that go with it."""

from __future__ import annotations

import hashlib
import json
import random
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
NOW = "2026-03-01T12:00:00Z"
MEMBERS = 10_000
REPOSITORIES = 20_000
ROLES = ("read", "contributor", "write", "write", "admin")


@dataclass(frozen=True)
class World:
    """An org document as JSON text, its raw tokens and its repositories."""

    document: str
    tokens: list[str]
    repositories: list[str]


def mint(random_: random.Random) -> str:
    """A token of the contract's form, its checksum right."""
    body = "hf_" + "".join(random_.choices(LETTERS, k=28))
    rest, digits = zlib.crc32(body.encode()), ""
    for _ in range(6):
        rest, digit = divmod(rest, 52)
        digits = LETTERS[digit] + digits
    return body + digits


def world(tokens: int, seed: int = 1) -> World:
    """One organization under `require-approval`: a tenth of its tokens waits, most are fine-grained and approved."""
    dice = random.Random(seed)
    raw = [mint(dice) for _ in range(tokens)]
    members = [f"user-{at}x" for at in range(MEMBERS)]
    repositories = [f"acme/repo-{at}" for at in range(REPOSITORIES)]
    head = {
        "format": "tokenward.org/1",
        "organization": {"name": "acme", "tokenPolicy": "require-approval"},
        "generation": 42,
        "members": [{"user": user, "role": dice.choice(ROLES)} for user in members],
        "resources": [{"type": "model", "name": name} for name in repositories],
    }
    items = (json.dumps(token(at, value, dice, members)) for at, value in enumerate(raw))
    document = json.dumps(head)[:-1] + ', "tokens": [' + ",".join(items) + "]}"
    return World(document, raw, repositories)


def token(at: int, value: str, dice: random.Random, members: list[str]) -> dict[str, object]:
    grants = [{"entity": {"type": "org", "name": "acme"}, "permissions": ["repo.content.read", "repo.write"]}]
    status = "pending" if dice.random() < 0.1 else "approved"
    return {
        "id": f"{at:024x}",
        "owner": dice.choice(members),
        "role": "fineGrained",
        "displayName": f"token {at}",
        "digest": hashlib.sha256(value.encode()).hexdigest(),
        "last4": value[-4:],
        "createdAt": "2026-01-01T00:00:00Z",
        "fineGrained": {"scoped": grants},
        "authorization": {"status": status},
    }


def requests(world: World, count: int, seed: int = 2) -> Iterator[tuple[str, str, str]]:
    """Random tokens and repositories: token, action, resource."""
    dice = random.Random(seed)
    for _ in range(count):
        action = "repo.write" if dice.random() < 0.5 else "repo.content.read"
        yield dice.choice(world.tokens), action, f"model:{dice.choice(world.repositories)}"
