"""`docs/python.md` is true: its blocks run from top to bottom, and what they give is what it says.

In a program of its own, as a user's, since huggingface_hub reads its endpoint when it is imported.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import typer
from tokenward import Client
from tokenward.cli.app import app

GUIDE = Path(__file__).resolve().parents[2] / "docs/python.md"
BLOCK = re.compile(r"^```python\n(.*?)^```\n(?:\n^```text\n(.*?)^```\n)?", re.MULTILINE | re.DOTALL)

# Runs blocks in one namespace; of each, tells what it prints and the value of its last line.
RUNNER = """
import ast, contextlib, io, json, sys
job = json.load(sys.stdin)
names, told = {"admin_token": job["admin_token"]}, []
for block in job["blocks"]:
    tree = ast.parse(block)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(tree, "guide", "exec"), names)
        value = eval(compile(ast.Expression(last.value), "guide", "eval"), names) if last else None
    told.append(printed.getvalue() + ("" if value is None else repr(value) + "\\n"))
json.dump(told, sys.stdout)
"""


@pytest.fixture
def notebook(tmp_path: Path) -> Iterator[Notebook]:
    """A server and a hub of its own, where bob's token waits for ada's approval."""
    import servers
    from stub_hub import Hub, StubHub

    (files := tmp_path / "hub").mkdir()
    with servers.running_tokenward("sqlite", tmp_path) as tokenward:
        hub = Hub(files, tokenward.url, tokenward.hub_token)
        with StubHub(hub) as running:
            notebook = Notebook(running.url, tokenward.url, *people(tokenward.url, tokenward.admin_token))
            for name, private in (("acme/bert", True), ("acme/open", False)):
                hub.repos.add("model", name, "bob", private=private)
            yield notebook


@dataclass
class Notebook:
    """What the reader of the guide has."""

    endpoint: str
    tokenward: str
    admin_token: str
    token: str


def people(url: str, site: str) -> tuple[str, str]:
    """`acme`, which approves tokens, with its administrator ada and the writer bob; a token of each."""
    with Client(url, site) as client:
        client.create_organization("acme", policy="require-approval")
        for user, role in (("ada", "admin"), ("bob", "write")):
            client.create_user(user)
            client.put_member("acme", user, role)  # type: ignore[arg-type]
        tokens = []
        for user, name, permissions in (
            ("ada", "console", ["org.read", "org.write"]),
            ("bob", "notebook", ["repo.content.read", "repo.write"]),
        ):
            scoped = [{"entity": {"type": "org", "name": "acme"}, "permissions": permissions}]
            made = client.create_user_token(user, name, "fineGrained", fine_grained={"scoped": scoped})  # type: ignore[typeddict-item]
            tokens.append(made.token.reveal())
    return tokens[0], tokens[1]


def test_the_guide_runs_as_written(notebook: Notebook, tmp_path: Path) -> None:
    from hf_environment import environment

    # The hub of these tests does not hand the keys of snapshots through.
    env = environment(notebook.endpoint, tmp_path / "home", notebook.token) | {"TOKENWARD_ENDPOINT": notebook.tokenward}
    blocks = BLOCK.findall(GUIDE.read_text(encoding="utf-8"))
    assert len(blocks) > 12
    job = json.dumps({"blocks": [code for code, _ in blocks], "admin_token": notebook.admin_token})
    command = [sys.executable, "-c", RUNNER]
    done = subprocess.run(command, input=job, env=env, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    for (code, expected), told in zip(blocks, json.loads(done.stdout), strict=True):
        assert told == expected, code


def test_the_guide_has_every_command() -> None:
    guide = GUIDE.read_text(encoding="utf-8")
    for name in typer.main.get_group(app).commands:
        assert f"`tokenward {name}" in guide
