"""The engine in Python is the engine: the shared corpus and the whole enumerated domain, field for field."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tokenward import Authorizer, InvalidTypeError, ParseError
from tokenward.errors import SnapshotError

REPOSITORY = Path(__file__).resolve().parents[2]
CORPUS = sorted((REPOSITORY / "core/corpus").glob("*.json"))


def arguments(request: dict[str, Any]) -> dict[str, Any]:
    """A request of the corpus as keyword arguments."""
    return {"token_id" if name == "tokenId" else name: value for name, value in request.items()}


@pytest.mark.parametrize("file", CORPUS, ids=lambda file: file.stem)
def test_the_corpus_is_decided_as_written(file: Path) -> None:
    corpus = json.loads(file.read_text())
    authorizer = Authorizer.from_document(corpus["document"])
    requests = [arguments(case["request"]) for case in corpus["cases"]]
    expected = [case["decision"] for case in corpus["cases"]]
    assert [authorizer.decide(**request).to_dict() for request in requests] == expected
    assert [decision.to_dict() for decision in authorizer.decide_many(requests)] == expected
    for request, decision in zip(requests, expected, strict=True):
        explanation = dict(authorizer.explain(**request))
        checks = explanation.pop("checks")
        assert explanation == decision
        assert len(checks) == 13  # type: ignore[arg-type]


@pytest.mark.parametrize("file", CORPUS, ids=lambda file: file.stem)
def test_a_snapshot_decides_as_the_document(file: Path, bundles: Path) -> None:
    corpus = json.loads(file.read_text())
    bundle, keys = (bundles / f"{file.stem}.bundle").read_bytes(), (bundles / "keys.json").read_text()
    authorizer = Authorizer.from_snapshot(bundle, keys, "2026-03-01T12:00:00Z")
    document = Authorizer.from_document(corpus["document"])
    assert (authorizer.org, authorizer.generation) == (document.org, document.generation)
    for case in corpus["cases"]:
        request = arguments(case["request"])
        assert authorizer.decide(**request).to_dict() == case["decision"]
        assert authorizer.explain(**request) == document.explain(**request)
    assert authorizer.preview("require-approval") == document.preview("require-approval")
    assert authorizer.findings(now="2026-03-01T12:00:00Z") == document.findings(now="2026-03-01T12:00:00Z")


def test_a_snapshot_that_is_too_old_decides_nothing(bundles: Path) -> None:
    bundle, keys = (bundles / "revocation.bundle").read_bytes(), json.loads((bundles / "keys.json").read_text())
    request: dict[str, Any] = {"action": "repo.content.read", "resource": "model:acme/x"}
    start, later = "2026-03-01T00:00:30Z", "2026-03-01T00:01:00Z"
    authorizer = Authorizer.from_snapshot(bundle, keys, start, max_age=60)
    assert authorizer.decide(**request, now=start).reason == "missing_token"
    stale = authorizer.decide(**request, now=later)
    assert (stale.reason, stale.status) == ("snapshot_stale", 503)
    assert [decision.reason for decision in authorizer.decide_many([request], now=later)] == ["snapshot_stale"]
    with pytest.raises(SnapshotError) as raised:
        Authorizer.from_snapshot(bundle, keys, "2037-01-01T00:00:00Z")
    assert raised.value.code == "expired"


def test_a_damaged_snapshot_is_refused(bundles: Path) -> None:
    bundle, keys = (bundles / "revocation.bundle").read_bytes(), (bundles / "keys.json").read_bytes()
    now, codes = "2026-03-01T12:00:00Z", set()
    damaged = [bundle[:at] + bytes([bundle[at] ^ 1]) + bundle[at + 1 :] for at in range(0, len(bundle), 7)]
    for bad in (b"", bundle[:-1], bundle + b"\0", *damaged):
        with pytest.raises(SnapshotError) as raised:
            Authorizer.from_snapshot(bad, keys, now)
        codes.add(raised.value.code)
    assert {"malformed", "bad_signature"} <= codes
    other = {"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}
    with pytest.raises(SnapshotError) as raised:
        Authorizer.from_snapshot(bundle, other, now)
    assert raised.value.code == "unknown_key"
    assert pickle.loads(pickle.dumps(raised.value)).code == "unknown_key"
    for keys in (None, "", "{}", b"\xff", {"keys": [{"kty": "RSA"}]}, {"keys": {1}}):  # type: ignore[assignment]
        with pytest.raises(ParseError):
            Authorizer.from_snapshot(bundle, keys, now)
    with pytest.raises(InvalidTypeError):
        Authorizer.from_snapshot("bundle", {}, now)  # type: ignore[arg-type]


def domain() -> Iterator[str]:
    """The lines that `cargo run -p tokenward-core --example domain` writes, from the file in the environment or anew."""
    if file := os.environ.get("TOKENWARD_DOMAIN"):
        with open(file, encoding="utf-8") as lines:
            yield from lines
        return
    command = ["cargo", "run", "--quiet", "--package", "tokenward-core", "--example", "domain"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=REPOSITORY) as process:
        assert process.stdout is not None
        yield from process.stdout
    assert process.returncode == 0


def test_the_whole_domain_is_decided_as_in_rust() -> None:
    lines = domain()
    decisions: list[dict[str, Any]] = json.loads(next(lines))["decisions"]
    # Equal decisions of one document are one object: compared once each.
    judged = 0
    for line in lines:
        cell = json.loads(line)
        authorizer = Authorizer.from_document(cell["document"])
        names = ("token", "token_id", "action", "resource")
        requests = [dict(zip(names, row, strict=True)) for row in cell["requests"]]
        answers = authorizer.decide_many(requests, now=cell["now"])
        seen: dict[Any, dict[str, Any]] = {}
        for request, answer, number in zip(requests, answers, cell["decisions"], strict=True):
            if answer not in seen:
                seen[answer] = answer.to_dict()
            assert seen[answer] == decisions[number], request
        judged += len(answers)
    assert judged > 400_000
