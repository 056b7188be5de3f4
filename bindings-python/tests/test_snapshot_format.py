"""What a second reader of snapshots, written from their description, finds in them is what was written."""

from __future__ import annotations

import functools
import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from second_reader import TYPES, Refused, Snapshot, digest_of, read_bundle

ROOT = Path(__file__).resolve().parents[2]
NAMES = [file.stem for file in sorted((ROOT / "core/corpus").glob("*.json"))] + ["large"]


def permissions() -> list[str]:
    table = (ROOT / "docs/semantics.md").read_text().split("<!-- generated:permissions -->")[1].split("<!-- end -->")[0]
    return re.findall(r"^\| `(\S+)` \|", table, re.MULTILINE)


@functools.cache
def read(bundles: Path, name: str) -> Snapshot:
    keys = json.loads((bundles / "keys.json").read_text())
    return read_bundle((bundles / f"{name}.bundle").read_bytes(), keys, permissions())


def document(bundles: Path, name: str) -> dict[str, Any]:
    if name == "large":
        return json.loads((bundles / "large.json").read_text())
    return json.loads((ROOT / f"core/corpus/{name}.json").read_text())["document"]


@pytest.mark.parametrize("name", NAMES)
def test_the_organization_is_read_back(bundles: Path, name: str) -> None:
    written, snapshot = document(bundles, name), read(bundles, name)
    organization = written["organization"]
    assert (snapshot.org, snapshot.generation) == (organization["name"], written.get("generation", 0))
    assert (snapshot.policy, snapshot.plan) == (
        organization.get("tokenPolicy", "default"),
        organization.get("plan", "enterprise"),
    )
    assert snapshot.grouped == bool(written.get("resourceGroups"))
    assert snapshot.issued == millis("2026-03-01T00:00:00Z") < snapshot.expires


@pytest.mark.parametrize("name", NAMES)
def test_members_and_their_groups_are_read_back(bundles: Path, name: str) -> None:
    written, snapshot = document(bundles, name), read(bundles, name)
    groups: dict[str, dict[str, str]] = {}
    for group in written.get("resourceGroups", []):
        for member in group.get("members", []):
            if member["role"] != "no_access":
                groups.setdefault(member["user"], {})[hashed(group["name"])] = member["role"]
    members = {it["name"]: it["role"] for it in snapshot.owners if it["role"] is not None}
    assert members == {it["user"]: it["role"] for it in written.get("members", [])}
    assert {it["name"]: it["groups"] for it in snapshot.owners if it["groups"]} == groups
    accounts = {it["name"] for it in snapshot.owners if it["is"] == "service account"}
    assert accounts == {it["name"] for it in written.get("serviceAccounts", [])}


@pytest.mark.parametrize("name", NAMES)
def test_repositories_are_read_back(bundles: Path, name: str) -> None:
    written, snapshot = document(bundles, name), read(bundles, name)
    expected = [
        {
            "type": it["type"],
            "name": it["name"].split("/")[1],
            "public": it.get("visibility") == "public",
            "gated": it.get("gated", False),
            "group": hashed(it["resourceGroup"]) if it.get("resourceGroup") else None,
            "createdBy": it.get("createdBy"),
            "gatedUsers": sorted(it.get("gatedUsers", [])),
        }
        for it in written.get("resources", [])
    ]
    assert by_name(snapshot.repositories) == by_name(expected)


@pytest.mark.parametrize("name", NAMES)
def test_tokens_are_read_back(bundles: Path, name: str) -> None:
    written, snapshot = document(bundles, name), read(bundles, name)
    read_back = {it["id"]: it for it in snapshot.tokens}
    assert sorted(read_back) == sorted(it["id"] for it in written["tokens"])
    org, known = written["organization"]["name"], permissions()
    approval = snapshot.policy == "require-approval"
    for token in written["tokens"]:
        found = read_back[token["id"]]
        digest = token.get("digest")
        assert found["known"] == (digest is not None)
        assert found["digest"] == (digest[:32] if digest else digest_of("token", bytes.fromhex(token["id"])))
        assert (found["owner"], found["role"]) == (token["owner"], token["role"])
        assert found["revoked"] == (token.get("revoked") is not None)
        assert found["exchanged"] == (token.get("issuedBy") == "token-exchange")
        assert found["expires"] == (millis(token["expiresAt"]) if token.get("expiresAt") else None)
        assert found["createdAt"] == millis(token["createdAt"])
        if approval:
            assert found["status"] == (token.get("authorization") or {"status": "pending"})["status"]
        assert sorted_grants(found["grants"]) == grants(token, org, known)


def test_a_large_one_is_cut_into_many_blocks_and_pages(bundles: Path) -> None:
    snapshot = read(bundles, "large")
    assert snapshot.pages[1] > 1 and all(number > 1 for number in snapshot.blocks.values())


@pytest.mark.parametrize("name", ["resource-groups", "revocation"])
def test_no_byte_can_be_changed(bundles: Path, name: str) -> None:
    data, keys = (bundles / f"{name}.bundle").read_bytes(), json.loads((bundles / "keys.json").read_text())
    for place in range(len(data)):
        other = bytearray(data)
        other[place] ^= 1
        with pytest.raises((Refused, IndexError, UnicodeDecodeError)):
            read_bundle(bytes(other), keys, permissions())


def hashed(group: str) -> str:
    return digest_of("group", group.encode())


def millis(time: str) -> int:
    return round(datetime.fromisoformat(time.replace("Z", "+00:00")).timestamp() * 1000)


def by_name(repositories: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(repositories, key=lambda it: (it["type"], it["name"]))


def sorted_grants(found: dict[str, Any]) -> dict[str, Any]:
    scoped = sorted(found["scoped"], key=lambda it: (it["namespace"], it["type"], it["name"]))
    return {**found, "scoped": scoped}


def grants(token: dict[str, Any], org: str, known: list[str]) -> dict[str, Any]:
    """A token's grants in the terms of the format: the permissions that are known, in their order."""
    written = token.get("fineGrained") or {}

    def those(granted: list[str]) -> list[str]:
        return [name for name in known if name in granted]

    scoped = []
    for grant in written.get("scoped", []):
        kind, name = grant["entity"]["type"], grant["entity"]["name"]
        if kind not in TYPES:
            continue
        namespace, _, rest = name.partition("/")
        place = {org: "the org", token["owner"]: "the owner"}.get(namespace, "/" + namespace)
        scoped.append({"type": kind, "namespace": place, "name": rest, "permissions": those(grant["permissions"])})
    return sorted_grants(
        {
            "canReadGatedRepos": written.get("canReadGatedRepos", False),
            "global": those(written.get("global", [])),
            "scoped": scoped,
        }
    )


