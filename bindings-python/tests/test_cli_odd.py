"""The command in front of a server that is none, its `--version`, and where `--json` may stand."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import tokenward
from tokenward.cli.app import app
from typer.testing import CliRunner, Result

from cli_answers import answer, error
from example_server import TOKEN, WHOAMI

ID, ODD = "65f0c0ffee0000000000000a", {"no": "such"}
COMMANDS = [
    ["whoami"], ["check", "repo.write", "org:acme"], ["explain", "repo.write", "org:acme"],
    ["explain", "repo.write", "org:acme", "--id", ID], ["tokens", "list"], ["tokens", "list", "--org", "acme"],
    ["tokens", "approve", ID, "--org", "acme"], ["tokens", "revoke", ID, "--org", "acme", "--yes"],
    ["policy", "show", "acme"], ["policy", "preview", "acme", "default"], ["policy", "set", "acme", "default", "--yes"],
    ["policy", "set", "acme", "default"], ["findings", "acme"],
]  # fmt: skip
ANSWERS = [b"[]", b"{}", b"null", b"5", b'"x"', b"", b"<html>", b"\xff", b"[5]", b'[{"no": "such"}]', b'{"no": "such"}']
ANSWERS += [b'{"tokens": 5, "summary": [], "generation": "x", "tokenPolicy": {}, "explanations": [{}], "decision": 1}', b"[" * 100_000]


class Odd(ThreadingHTTPServer):
    """A server that answers every call with the same."""

    told: bytes = b""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Odd

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.server.told)))
        self.end_headers()
        self.wfile.write(self.server.told)

    do_POST = do_PUT = do_GET

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def odd() -> Iterator[Odd]:
    with Odd(("127.0.0.1", 0), _Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def run(server: Odd, told: bytes, *words: str) -> Result:
    server.told = told
    environment: dict[str, Any] = {key: None for key in os.environ if key.startswith(("HF_", "HUGGING", "TOKENWARD_"))}
    return CliRunner(env={**environment, "HF_ENDPOINT": server.url, "HF_TOKEN": TOKEN}).invoke(app, list(words))


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_an_answer_that_is_none_is_told_and_ends_with_its_own_code(odd: Odd, command: list[str]) -> None:
    # What says little of its own may be enough: a list of no tokens, an empty page.
    listing, enough = command[:2] == ["tokens", "list"], (b"[]",)
    for told in ANSWERS:
        result = run(odd, told, *command)
        if listing and told in enough:
            assert result.exit_code == 0
            continue
        assert (result.exit_code, result.stdout) == (3, ""), (told[:60], result.output)
        assert result.stderr.startswith("error: what answered is no Tokenward server"), (told[:60], result.stderr)
        assert TOKEN not in result.output


def test_programs_are_told_in_json(odd: Odd) -> None:
    told = error(run(odd, b"{}", "whoami", "--json"), 3)
    assert (told["status"], told["exitCode"]) == (200, 3) and "no Tokenward server" in told["message"]


def test_json_may_stand_before_the_command_and_behind_it(odd: Odd) -> None:
    good, policy = json.dumps(WHOAMI).encode(), b'{"tokenPolicy": "default", "generation": 42}'
    for words in (["whoami", "--json"], ["--json", "whoami"], ["--json", "whoami", "--json"]):
        assert answer(run(odd, good, *words))["name"] == "bob"
    for words in (["policy", "show", "acme", "--json"], ["policy", "--json", "show", "acme"], ["--json", "policy", "show", "acme"]):
        assert answer(run(odd, policy, *words)) == {"tokenPolicy": "default", "generation": 42}
        assert error(run(odd, b"{}", *words), 3)["exitCode"] == 3
    assert answer(run(odd, b"[]", "tokens", "--json", "list")) == []
    assert run(odd, policy, "policy", "show", "acme").stdout == "acme: default\n"


def test_the_version_is_told() -> None:
    for words in (["--version"], ["--version", "whoami"], ["--json", "--version"]):
        result = CliRunner().invoke(app, words)
        assert (result.exit_code, result.stdout) == (0, f"tokenward {tokenward.__version__}\n")
