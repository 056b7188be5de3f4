"""No command prints a token, whatever it is asked and however it fails."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from planted import foreign_token, our_token

if TYPE_CHECKING:
    from cli_server import Server

pytest_plugins = ["cli_server"]
# Any piece of a token that is longer than what may be shown of it.
PIECE = 8


@pytest.fixture
def planted(tmp_path: Path) -> Path:
    """A folder that has tokens everywhere: in contents, names, a git history, documents and baselines."""
    folder = tmp_path / "planted"
    (folder / f"folder-{our_token('folder')}").mkdir(parents=True)
    (folder / f"folder-{our_token('folder')}" / f"{our_token('name')}.txt").write_text(our_token("inside"))
    (folder / "code.py").write_text(f"{our_token('code')}\n{foreign_token('code')}\n")
    (folder / "wide").write_bytes(our_token("wide").encode("utf-16"))
    (folder / "org.json").write_text(json.dumps({"format": our_token("format"), our_token("key"): 1}))
    (folder / "token").write_text(f"{our_token('one')} {our_token('two')}")
    identity = ("-c", f"user.name={our_token('author')}", "-c", "user.email=e")
    for words in (["init", "-q"], ["add", "."], [*identity, "commit", "-qm", our_token("message")]):
        subprocess.run(["git", "-C", str(folder), *words], check=True)
    return folder


def secrets(cli: Server) -> Iterator[str]:
    yield from cli.tokens.values()
    yield cli.admin
    yield cli.world.tokenward.admin_token
    for seed in (
        "folder",
        "name",
        "inside",
        "code",
        "wide",
        "format",
        "key",
        "one",
        "two",
        "author",
        "message",
        "argument",
    ):
        yield our_token(seed)
    yield foreign_token("code")


def commands(folder: Path, id: str) -> list[list[str]]:
    """Every command, in ways that work and ways that do not."""
    question, leaked = ["repo.write", "model:acme/elsewhere"], our_token("argument")
    return [
        ["whoami"],
        ["check", *question],
        ["check", leaked, f"model:acme/{leaked}"],
        ["explain", *question],
        ["explain", *question, "--id", id],
        ["explain", *question, "--id", id, "--org", "acme"],
        ["tokens", "list"],
        ["tokens", "list", "--org", "acme", "--status", "all"],
        ["tokens", "list", "--org", "acme", "--last4", leaked],
        ["tokens", "list", "--org", leaked],
        ["tokens", "approve", id, "--org", "acme"],
        ["tokens", "deny", id, "--org", "acme", "--reason", "why not"],
        ["tokens", "revoke", id, "--org", "acme"],
        ["tokens", "revoke", "--value", "--org", "acme", "--yes"],
        ["tokens", "revoke", leaked, "--org", "acme"],
        ["tokens", "rotate", id, "--output", str(folder / "token")],
        ["tokens", "rotate", id, "--output", str(folder / "nowhere" / leaked), "--yes"],
        ["policy", "show", "acme"],
        ["policy", "preview", "acme", "default"],
        ["policy", "set", "acme", leaked, "--yes"],
        ["findings", "acme"],
        ["findings", "--document", str(folder / "org.json")],
        ["findings", "--document", str(folder / "code.py")],
        ["--token-file", str(folder / "token"), "whoami"],
        ["--token-file", str(folder / "code.py"), "whoami"],
        ["--endpoint", "http://127.0.0.1:9", "whoami"],
        ["--endpoint", f"http://user:{leaked}@127.0.0.1:9/", "whoami"],
        ["scan", str(folder)],
        ["scan", str(folder), "--history"],
        ["scan", str(folder), "--sarif", "-"],
        ["scan", str(folder), "--sarif", str(folder / "out.sarif")],
        ["scan", str(folder), "--write-baseline", str(folder / "baseline")],
        ["scan", str(folder), "--baseline", str(folder / "code.py")],
        ["scan", str(folder), "--revoke"],
        ["scan", str(folder / leaked)],
        ["scan", "--nothing-like", leaked],
        [leaked],
        ["tokens", leaked],
    ]


@pytest.mark.parametrize("as_json", [False, True], ids=["text", "json"])
@pytest.mark.parametrize("state", ["admin", "allowed", "pending", "fine_grained_only", "unknown", "expired"])
def test_no_output_of_any_command_holds_a_token(cli: Server, planted: Path, state: str, as_json: bool) -> None:
    token = cli.admin if state == "admin" else cli.tokens[state]
    # One letter short: what the server stores must hold no token.
    displayed = our_token(f"displayed {state} {as_json}")[:-1]
    id = cli.issue("bob", f"named {displayed} here")["tokenInfo"]["id"]
    ends = set()
    for words in commands(planted, id):
        result = cli.run(token, *words, *(["--json"] if as_json else []), input=our_token("argument") + "\n")
        assert result.exit_code in (0, 1, 2, 3), (words, result.output, result.exception)
        assert "Traceback" not in result.output
        ends.add(result.exit_code)
        for secret in (*secrets(cli), displayed):
            assert secret[3 : 3 + PIECE] not in result.output, words
    assert {1, 2, 3} <= ends
    for made in ("out.sarif", "baseline"):
        assert not re.search("hf_[A-Za-z]{34}", (planted / made).read_text())


def test_a_defect_shows_neither_values_nor_a_traceback(cli: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        secret = our_token("defect")
        raise LookupError(secret)

    monkeypatch.setattr("tokenward.cli.session.Session.client", broken)
    result = cli.run(cli.admin, "whoami")
    assert result.exit_code == 70
    assert re.fullmatch(r"error: a defect of this program: LookupError in ask\.py:\d+\n", result.stderr), result.stderr
