"""The engine in Python is the engine: the shared corpus and the whole enumerated domain, field for field."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tokenward import Authorizer

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
