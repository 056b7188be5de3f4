"""The commands that ask a running server and change nothing."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cli_answers import answer, error
from planted import our_token

if TYPE_CHECKING:
    from cli_server import Server

pytest_plugins = ["cli_server"]


def test_whoami_says_who_and_what_restricts(cli: Server) -> None:
    told = answer(cli.run(cli.tokens["pending"], "whoami", "--json"))
    assert told["name"] == "bob"
    text = cli.run(cli.tokens["pending"], "whoami").stdout
    assert "bob" in text and re.search(r"acme +write +enterprise +token-policy", text)


def test_a_token_file_is_used_in_place_of_the_environment(cli: Server, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(cli.tokens["reader"] + "\n")
    assert answer(cli.run(cli.admin, "--token-file", str(file), "whoami", "--json"))["name"] == "rita"


@pytest.mark.parametrize("text", ["", "two words", "\n\n"])
def test_a_token_file_that_holds_no_token_is_bad_input(cli: Server, tmp_path: Path, text: str) -> None:
    (tmp_path / "token").write_text(text)
    for file in ("token", "missing"):
        result = cli.run(None, "--token-file", str(tmp_path / file), "whoami")
        assert result.exit_code == 2 and "token file" in result.stderr


def test_the_endpoint_can_be_given(cli: Server) -> None:
    result = cli.run(cli.admin, "--endpoint", "http://127.0.0.1:9", "whoami", "--json")
    assert error(result, 3)["exitCode"] == 3


def test_no_token_at_all_is_wrong_usage_or_denied_but_no_defect(cli: Server) -> None:
    assert cli.run(None, "tokens", "list").exit_code in (1, 2)


@pytest.mark.parametrize(
    ("state", "reason", "code"),
    [
        ("allowed", "granted", 0),
        ("pending", "token_pending", 1),
        ("revoked", "token_revoked", 1),
        ("expired", "expired_token", 1),
    ],
)
def test_check_tells_the_decision_by_its_exit_code(cli: Server, state: str, reason: str, code: int) -> None:
    words = ("check", "repo.content.read", "model:acme/elsewhere")
    assert answer(cli.run(cli.tokens[state], *words, "--json"), code)["reason"] == reason
    text = cli.run(cli.tokens[state], *words)
    assert text.exit_code == code and reason in text.stdout


def test_explain_tells_all_obstacles_with_their_remedies(cli: Server) -> None:
    result = cli.run(cli.tokens["pending"], "explain", "repo.admin", "model:acme/elsewhere")
    assert result.exit_code == 1
    assert "denied, 403: token_pending" in result.stdout and "approve the token" in result.stdout
    assert re.search(r"approval +FAILS", result.stdout)


def test_explain_of_ones_own_other_token_and_of_any_token_by_an_admin(cli: Server) -> None:
    issued = cli.issue("bob", "explained")
    id, question = issued["tokenInfo"]["id"], ("explain", "repo.write", "model:acme/elsewhere")
    own = answer(cli.run(issued["token"], *question, "--id", id, "--json"), 1)
    admins = answer(cli.run(cli.admin, *question, "--id", id, "--org", "acme", "--json"), 1)
    assert own["reason"] == admins["reason"] == "token_pending"
    assert error(cli.run(cli.tokens["reader"], *question, "--id", id, "--json"), 1)["status"] in (403, 404)
    assert cli.run(cli.admin, *question, "--org", "acme").exit_code == 2


def test_ones_own_tokens_are_listed(cli: Server) -> None:
    listed = answer(cli.run(cli.tokens["fine_grained_only"], "tokens", "list", "--json"))
    assert {"allowed", "pending", "denied"} <= {token["displayName"] for token in listed}
    text = cli.run(cli.tokens["fine_grained_only"], "tokens", "list").stdout
    assert "acme: pending" in " ".join(text.split())


def test_the_tokens_of_an_organization_are_listed_with_filters(cli: Server) -> None:
    listing = ("tokens", "list", "--org", "acme")
    everything = answer(cli.run(cli.admin, *listing, "--status", "all", "--json"))
    revoked = answer(cli.run(cli.admin, *listing, "--status", "revoked", "--owner", "bob", "--json"))
    assert [token["authorization"]["status"] for token in revoked] == ["revoked"] * len(revoked) != []
    assert len(everything) > len(revoked)
    writes = answer(cli.run(cli.admin, *listing, "--kind", "write", "--json"))
    assert {token["role"] for token in writes} == {"write"}
    last4 = cli.tokens["denied"][-4:]
    denied = answer(cli.run(cli.admin, *listing, "--last4", last4, "--filter", "-status:approved", "--json"))
    assert [token["last4"] for token in denied] == [last4]
    text = cli.run(cli.admin, *listing, "--status", "denied").stdout
    assert last4 in text and "denied" in text


def test_bad_filters_are_bad_input(cli: Server) -> None:
    assert cli.run(cli.admin, "tokens", "list", "--owner", "bob").exit_code == 2
    assert error(cli.run(cli.admin, "tokens", "list", "--org", "acme", "--kind", "odd", "--json"), 2)["status"] == 400


def test_whoever_may_not_list_is_told_why_in_one_line(cli: Server) -> None:
    result = cli.run(cli.tokens["allowed"], "tokens", "list", "--org", "acme")
    assert (result.exit_code, result.stdout) == (1, "")
    assert re.fullmatch(r"error: .*\(token_scope\).* [Rr]equest id: \S+\n", result.stderr)


def test_a_token_as_an_argument_is_refused_and_not_repeated(cli: Server) -> None:
    for words in (
        ("tokens", "revoke", our_token(1), "--org", "acme"),
        ("whoami", f"--endpoint=http://x/{our_token(1)}"),
    ):
        result = cli.run(cli.admin, *words)
        assert result.exit_code == 2 and "given as an argument" in result.stderr
        assert our_token(1) not in result.output


def test_findings_come_from_the_server_or_from_a_document(cli: Server, tmp_path: Path) -> None:
    found = answer(cli.run(cli.admin, "findings", "acme", "--json"))
    assert {"no_expiry", "unscoped"} <= {one["finding"] for one in found}
    only = answer(cli.run(cli.admin, "findings", "acme", "--kind", "unscoped", "--json"))
    assert {one["finding"] for one in only} == {"unscoped"}
    assert cli.run(cli.admin, "findings", "acme", "--kind", "unscoped", "--exit-code").exit_code == 1
    assert cli.run(cli.admin, "findings", "acme", "--kind", "unused").stdout == "no findings in acme\n"
    unused = cli.run(cli.admin, "findings", "acme", "--kind", "unused", "--unused-days", "0", "--exit-code")
    assert unused.exit_code == 1


def test_findings_of_a_file_need_no_server(tmp_path: Path) -> None:
    document = {"format": "tokenward.org/1", "organization": {"name": "acme"}}
    (tmp_path / "org.json").write_text(json.dumps(document))
    from tokenward.cli.app import app
    from typer.testing import CliRunner

    runner = CliRunner(env={"HF_ENDPOINT": "http://127.0.0.1:9"})
    assert runner.invoke(app, ["findings", "--document", str(tmp_path / "org.json")]).stdout == "no findings in acme\n"
    assert runner.invoke(app, ["findings", "--document", "-", "--json"], input=json.dumps(document)).stdout == "[]\n"
    for words in (["--document", "-"], [], ["acme", "--document", "-"], ["--document", str(tmp_path / "none")]):
        assert runner.invoke(app, ["findings", *words], input="{}").exit_code == 2
