"""A second reader of snapshots, written from `docs/snapshot-format.md` alone.

It shares nothing with the engine but that page, and refuses whatever the page does not allow. It is made to be read, not
to be fast.
"""

from __future__ import annotations

import base64
import hashlib
import json
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

TOKENS, DETAILS, USES, OWNERS, GRANTS, REPOSITORIES = range(1, 7)
POLICIES = ["default", "fine-grained-only", "require-approval"]
PLANS = ["free", "team", "enterprise", "plus"]
ROLES = ["no_access", "read", "contributor", "write", "admin"]
KINDS = ["read", "write", "fineGrained"]
STATUSES = ["pending", "approved", "denied"]
TYPES = ["model", "dataset", "space", "kernel", "bucket", "org", "user"]
SPAN = 1 << 16
NEVER = -(1 << 63)
LONGEST_LIFE = 24 * 60 * 60 * 1000


class Refused(Exception):
    """What the format does not allow."""


def demand(condition: bool, what: str) -> None:
    if not condition:
        raise Refused(what)


class Bytes:
    """Bytes that are read from the front to the end."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def take(self, count: int) -> bytes:
        demand(self.at + count <= len(self.data), "cut off")
        self.at += count
        return self.data[self.at - count : self.at]

    def number(self, form: str) -> int:
        (number,) = struct.unpack("<" + form, self.take(struct.calcsize("<" + form)))
        return int(number)

    def text(self) -> str:
        return self.take(self.number("B")).decode("utf-8", "strict")

    def rest(self) -> bytes:
        return self.take(len(self.data) - self.at)

    def more(self) -> bool:
        return self.at < len(self.data)

    def ended(self) -> None:
        demand(not self.more(), "too long")


@dataclass
class Node:
    """A block: what it says of itself, and its rows."""

    kind: int
    depth: int
    prefix: int
    layout: int
    count: int
    rows: Bytes

    @property
    def width(self) -> int:
        return 1 << (16 - self.depth)


@dataclass
class Snapshot:
    generation: int
    revision: int
    issued: int
    expires: int
    policy: str
    plan: str
    grouped: bool
    org: str
    count: int
    pages: dict[int, int] = field(default_factory=dict)
    blocks: dict[int, int] = field(default_factory=dict)
    tokens: list[dict[str, Any]] = field(default_factory=list)
    owners: list[dict[str, Any]] = field(default_factory=list)
    repositories: list[dict[str, Any]] = field(default_factory=list)


def read_bundle(data: bytes, keys: dict[str, Any], permissions: list[str]) -> Snapshot:
    """The snapshot of a bundle; `permissions` are the names of the bits."""
    file = Bytes(data)
    demand(file.take(8) == b"TWBUND01", "not a bundle")
    parts = file.number("B")
    demand(parts in (0, 1), "parts")
    snapshot, tables = read_manifest(verified(file.take(file.number("I")), keys))
    nodes: dict[int, list[Node]] = {kind: [] for kind in range(1, 7)}
    for kind in sorted(tables):
        if parts == 0 and kind in (DETAILS, USES):
            continue
        snapshot.pages[kind] = len(tables[kind])
        for start, depth, hash in tiled(tables[kind], 0, SPAN):
            page = Bytes(named(file, hash))
            demand(page.number("B") == 0x80 + kind, "not a page of this table")
            demand((page.number("B"), page.number("H")) == (depth, start), "a page in another's place")
            for place, inner, name in tiled(listed(page), start, SPAN >> depth):
                node = read_block(named(file, name))
                demand((node.kind, node.depth, node.prefix) == (kind, inner, place), "a block in another's place")
                nodes[kind].append(node)
        snapshot.blocks[kind] = len(nodes[kind])
    file.ended()
    fill(snapshot, nodes, permissions)
    return snapshot


def verified(sealed: bytes, keys: dict[str, Any]) -> bytes:
    name, signature, manifest = sealed[:32], sealed[32:96], sealed[96:]
    for key in keys["keys"]:
        public = key["x"]
        canonical = json.dumps({"crv": key["crv"], "kty": key["kty"], "x": public}, separators=(",", ":"), sort_keys=True)
        if hashlib.sha256(canonical.encode()).digest() == name:
            raw = base64.urlsafe_b64decode(public + "=" * (-len(public) % 4))
            try:
                Ed25519PublicKey.from_public_bytes(raw).verify(signature, manifest)
            except InvalidSignature:
                raise Refused("signature") from None
            return manifest
    raise Refused("unknown key")


Listed = list[tuple[int, bytes]]


def read_manifest(data: bytes) -> tuple[Snapshot, dict[int, Listed]]:
    file = Bytes(data)
    demand(file.take(8) == b"TWSNAP01", "not a manifest")
    snapshot = Snapshot(
        generation=file.number("Q"),
        revision=file.number("Q"),
        issued=file.number("q"),
        expires=file.number("q"),
        policy=POLICIES[file.number("B")],
        plan=PLANS[file.number("B")],
        grouped=bool(file.number("B")),
        org=file.text(),
        count=file.number("I"),
    )
    demand(snapshot.expires - snapshot.issued <= LONGEST_LIFE, "lasts too long")
    tables: dict[int, Listed] = {}
    while file.more():
        kind, pages = file.number("B"), file.number("I")
        demand(1 <= kind <= 6 and kind > max(tables, default=0), "tables in order")
        tables[kind] = [(file.number("B"), file.take(32)) for _ in range(pages)]
    demand({TOKENS, OWNERS, GRANTS, REPOSITORIES} <= set(tables), "a table is not there")
    return snapshot, tables


def listed(page: Bytes) -> Listed:
    entries = []
    while page.more():
        entries.append((page.number("B"), page.take(32)))
    return entries


def tiled(entries: Listed, start: int, width: int) -> Iterator[tuple[int, int, bytes]]:
    """Each entry with where it begins; together they cover the whole."""
    at = start
    for depth, hash in entries:
        demand(depth <= 16 and at % (SPAN >> depth) == 0, "not at a multiple of its width")
        yield at, depth, hash
        at += SPAN >> depth
    demand(at == start + width, "a gap, or too much")


def named(file: Bytes, hash: bytes) -> bytes:
    data = file.take(file.number("I"))
    demand(hashlib.sha256(data).digest() == hash, "another's hash")
    return data


def read_block(data: bytes) -> Node:
    file = Bytes(data)
    kind, depth, prefix = file.number("B"), file.number("B"), file.number("H")
    count, layout = file.number("I"), file.number("B")
    return Node(kind, depth, prefix, layout, count, file)


def spread(data: bytes) -> int:
    hash = 0x811C9DC5
    for byte in data:
        hash = (hash ^ byte) * 0x01000193 & 0xFFFFFFFF
    hash = (hash ^ hash >> 16) * 0x85EBCA6B & 0xFFFFFFFF
    hash = (hash ^ hash >> 13) * 0xC2B2AE35 & 0xFFFFFFFF
    return hash ^ hash >> 16


def digest_of(what: str, rest: bytes) -> str:
    """What stands in the place of a group's name, or of a digest that a token has not got."""
    return hashlib.sha256(f"tokenward {what} ".encode() + rest).digest()[:16].hex()


def fill(snapshot: Snapshot, nodes: dict[int, list[Node]], permissions: list[str]) -> None:
    owners = [read_owner(key, contents) for key, contents in keyed(nodes[OWNERS], lambda it: spread(text_in(it, 1)))]
    grants = [(key, read_grants(contents, permissions)) for key, contents in keyed(nodes[GRANTS], spread)]
    snapshot.owners = owners
    snapshot.repositories = [read_repository(it) for _, it in keyed(nodes[REPOSITORIES], repository_key)]
    owner_of, grants_of = ranked([(it["key"], it) for it in owners]), ranked(grants)
    for node in nodes[TOKENS]:
        snapshot.tokens += read_tokens(node, owner_of, grants_of)
    digests = [token["digest"] for token in snapshot.tokens]
    demand(digests == sorted(set(digests)), "tokens in order, each once")
    demand(len(digests) == snapshot.count, "so many tokens")
    for kind, column in ((DETAILS, read_details), (USES, read_uses)):
        if nodes[kind]:
            same = [(node.depth, node.prefix, node.count) for node in nodes[kind]]
            demand(same == [(node.depth, node.prefix, node.count) for node in nodes[TOKENS]], "nodes as the tokens'")
            rows = [row for node in nodes[kind] for row in column(node)]
            for token, row in zip(snapshot.tokens, rows, strict=True):
                token.update(row)


def ranked(rows: list[tuple[int, Any]]) -> dict[tuple[int, int], Any]:
    """Each row under its key, and which one it is of those with that key."""
    found: dict[tuple[int, int], Any] = {}
    seen: dict[int, int] = {}
    for key, row in rows:
        rank = seen.get(key, 0)
        seen[key], found[key, rank] = rank + 1, row
    return found


def within(node: Node, key: int) -> None:
    """A row stands where its cut key says."""
    demand(node.prefix <= key >> 16 < node.prefix + node.width, "a row in another node's place")


def keyed(nodes: list[Node], key_of: Callable[[bytes], int]) -> list[tuple[int, bytes]]:
    """The rows of owners, grants or repositories: keys and ends first, then the contents."""
    rows: list[tuple[int, bytes]] = []
    for node in nodes:
        demand(node.layout in (0, 1), "layout")
        heads = [(node.rows.number("I"), node.rows.number("HI"[node.layout])) for _ in range(node.count)]
        start = 0
        for key, end in heads:
            contents = node.rows.take(end - start)
            demand(key_of(contents) == key, "a key that is not the row's")
            within(node, key)
            rows.append((key, contents))
            start = end
        node.rows.ended()
    demand([key for key, _ in rows] == sorted(key for key, _ in rows), "rows in order")
    return rows


def text_in(contents: bytes, at: int) -> bytes:
    return contents[at + 1 : at + 1 + contents[at]]


def repository_key(contents: bytes) -> int:
    name = text_in(contents, 2).decode()
    lower = "".join(letter.lower() if letter.isascii() else letter for letter in name)
    return spread(contents[:1] + lower.encode())


def read_owner(key: int, contents: bytes) -> dict[str, Any]:
    file = Bytes(contents)
    flags, name = file.number("B"), file.text()
    groups = {}
    while file.more():
        group = file.take(16).hex()
        groups[group] = ROLES[file.number("B")]
    return {
        "key": key,
        "name": name,
        "role": ROLES[(flags & 7) - 1] if flags & 7 else None,
        "is": ["user", "service account", "other"][flags >> 3 & 3],
        "suspended": bool(flags & 32),
        "grouped": bool(flags & 64),
        "groups": groups,
    }


def read_grants(contents: bytes, permissions: list[str]) -> dict[str, Any]:
    file = Bytes(contents)
    gated, everywhere = file.number("B"), names(file.number("I"), permissions)
    scoped = []
    while file.more():
        kind = file.number("B")
        demand(kind < 0x40 and kind & 15 < len(TYPES) and kind >> 4 < 3, "a kind of grant")
        granted, name = names(file.number("I"), permissions), file.text()
        namespace = ["the org", "the owner", None][kind >> 4] or "/" + file.text()
        scoped.append({"type": TYPES[kind & 15], "namespace": namespace, "name": name, "permissions": granted})
    demand(gated in (0, 1), "a flag")
    return {"canReadGatedRepos": bool(gated), "global": everywhere, "scoped": scoped}


def names(bits: int, permissions: list[str]) -> list[str]:
    demand(bits >> len(permissions) == 0, "a permission that nobody knows")
    return [name for place, name in enumerate(permissions) if bits >> place & 1]


def read_repository(contents: bytes) -> dict[str, Any]:
    file = Bytes(contents)
    kind, flags, name = file.number("B"), file.number("B"), file.text()
    demand(flags < 16, "flags")
    group = file.take(16).hex() if flags & 4 else None
    maker = file.text() if flags & 8 else None
    users: list[str] = []
    if file.more():
        tail = Bytes(file.rest())
        count = struct.unpack("<I", tail.data[-4:])[0]
        ends = [tail.number("I") for _ in range(count)]
        users = [tail.take(end - start).decode() for start, end in zip([0, *ends], ends, strict=False)]
        demand(count > 0 and tail.number("I") == count, "the number of those let in")
        tail.ended()
    return {
        "type": TYPES[kind],
        "name": name,
        "public": bool(flags & 1),
        "gated": bool(flags & 2),
        "group": group,
        "createdBy": maker,
        "gatedUsers": users,
    }


def read_tokens(
    node: Node, owners: dict[tuple[int, int], Any], grants: dict[tuple[int, int], Any]
) -> Iterator[dict[str, Any]]:
    expiries, owner_ranks, grants_ranks = (node.layout >> shift & 3 for shift in (0, 2, 4))
    demand(node.layout < 64 and 3 not in (expiries, owner_ranks, grants_ranks), "layout")
    known = node.depth // 8
    for _ in range(node.count):
        digest = struct.pack(">H", node.prefix)[:known] + node.rows.take(16 - known)
        within(node, int.from_bytes(digest[:4], "big"))
        flags, owner, granted = node.rows.number("B"), node.rows.number("I"), node.rows.number("I")
        demand(flags < 128, "flags")
        rank = [0, 0]
        for place, form in enumerate((owner_ranks, grants_ranks)):
            rank[place] = node.rows.number(" BI"[form]) if form else 0
        demand((owner, rank[0]) in owners and (granted, rank[1]) in grants, "a row that is not there")
        yield {
            "digest": digest.hex(),
            "known": not flags & 64,
            "role": KINDS[flags & 3],
            "status": STATUSES[flags >> 2 & 3],
            "revoked": bool(flags & 16),
            "exchanged": bool(flags & 32),
            "owner": owners[owner, rank[0]]["name"],
            "grants": grants[granted, rank[1]],
            "expires": read_expiry(node.rows, expiries),
        }
    node.rows.ended()


def read_expiry(rows: Bytes, form: int) -> int | None:
    """Milliseconds since 1970."""
    if form == 0:
        return None
    value = rows.number(" Iq"[form])
    if form == 1:
        return None if value == 0xFFFFFFFF else value * 1000
    return None if value == NEVER else value


def read_details(node: Node) -> Iterator[dict[str, Any]]:
    demand(node.layout in (0, 1), "layout")
    ids = [node.rows.take(12).hex() for _ in range(node.count)]
    made = [node.rows.number("q") for _ in range(node.count)]
    ends = [node.rows.number("HI"[node.layout]) for _ in range(node.count)]
    for id, at, start, end in zip(ids, made, [0, *ends], ends, strict=False):
        yield {"id": id, "createdAt": at, "displayName": node.rows.take(end - start).decode() or None}
    node.rows.ended()


def read_uses(node: Node) -> Iterator[dict[str, Any]]:
    demand(node.layout == 0, "layout")
    for _ in range(node.count):
        at = node.rows.number("q")
        yield {"lastUsedAt": None if at == NEVER else at}
    node.rows.ended()
