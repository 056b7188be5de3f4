"""The commands that change something on a running server."""

from __future__ import annotations

import re
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cli_answers import answer, error
from planted import our_token

if TYPE_CHECKING:
    from cli_server import Server

pytest_plugins = ["cli_server"]
TOKEN = re.compile(r"hf_[A-Za-z]{34}")


def test_a_token_is_approved_denied_and_revoked_by_id(cli: Server) -> None:
    id = cli.issue("bob", "by id")["tokenInfo"]["id"]
    for command, status in (("approve", "approved"), ("deny", "denied")):
        result = cli.run(cli.admin, "tokens", command, id, "--org", "acme", "--reason", "as asked", "--json")
        assert answer(result)["authorization"]["status"] == status
    told = cli.run(cli.admin, "tokens", "revoke", id, "--org", "acme", "--yes")
    assert told.exit_code == 0 and told.stdout.startswith(f'revoked in acme: token {id} "by id" of bob')


def test_revoking_asks_first(cli: Server) -> None:
    id = cli.issue("bob", "asked")["tokenInfo"]["id"]
    revoke = ("tokens", "revoke", id, "--org", "acme")
    no = cli.run(cli.admin, *revoke, input="n\n")
    nobody = cli.run(cli.admin, *revoke, input="")
    assert (no.exit_code, nobody.exit_code) == (1, 2)
    assert "--yes" in nobody.stderr
    yes = cli.run(cli.admin, *revoke, "--json", input="y\n")
    assert answer(yes)["authorization"]["status"] == "revoked"


def test_a_token_is_revoked_by_its_value_from_standard_input(cli: Server) -> None:
    issued = cli.issue("bob", "by value")
    result = cli.run(
        cli.admin, "tokens", "revoke", "--value", "--org", "acme", "--yes", "--json", input=issued["token"] + "\n"
    )
    assert answer(result)["_id"] == issued["tokenInfo"]["id"]
    unknown = cli.run(cli.admin, "tokens", "revoke", "--value", "--org", "acme", "--yes", "--json", input=our_token(9))
    assert error(unknown, 1)["status"] == 404


@pytest.mark.parametrize("words", [(), ("some-id", "--value")])
def test_a_revocation_names_exactly_one_token(cli: Server, words: tuple[str, ...]) -> None:
    assert cli.run(cli.admin, "tokens", "revoke", "--org", "acme", *words).exit_code == 2


def test_a_rotated_token_goes_into_a_file_and_nowhere_else(cli: Server, tmp_path: Path) -> None:
    issued = cli.issue("bob", "rotated")
    file = tmp_path / "new"
    result = cli.run(issued["token"], "tokens", "rotate", issued["tokenInfo"]["id"], "--output", str(file), "--yes")
    assert result.exit_code == 0, result.output
    new = file.read_text()
    assert TOKEN.fullmatch(new) and new != issued["token"]
    assert not TOKEN.search(result.output) and stat.S_IMODE(file.stat().st_mode) == 0o600
    assert answer(cli.run(new, "whoami", "--json"))["name"] == "bob"
    assert cli.run(issued["token"], "whoami").exit_code == 1


def test_a_rotated_token_is_stored_for_huggingface_hub(cli: Server) -> None:
    issued = cli.issue("bob", "stored")
    stored = cli.folder / "token"
    stored.write_text(issued["token"])
    rotate = ("tokens", "rotate", issued["tokenInfo"]["id"], "--store", "--yes", "--json")
    assert error(cli.run(None, *rotate), 2)["remedy"] == "Use --overwrite to replace it."
    assert answer(cli.run(None, "whoami", "--json"))["name"] == "bob", "nothing was rotated"
    assert answer(cli.run(None, *rotate, "--overwrite"))["file"] == str(stored)
    assert stored.read_text() != issued["token"]
    assert answer(cli.run(None, "whoami", "--json"))["name"] == "bob", "the new one is in use"
    stored.unlink()


def test_nothing_is_rotated_when_the_file_cannot_be_written(cli: Server, tmp_path: Path) -> None:
    issued = cli.issue("bob", "kept")
    rotate = ("tokens", "rotate", issued["tokenInfo"]["id"], "--yes")
    for where in (
        ["--output", str(tmp_path / "no/folder")],
        ["--output", str(tmp_path)],
        [],
        ["--output", "/dev/stdout"],
    ):
        assert cli.run(issued["token"], *rotate, *where).exit_code == 2
    assert cli.run(issued["token"], "whoami").exit_code == 0


def test_a_refused_rotation_leaves_no_file(cli: Server, tmp_path: Path) -> None:
    result = cli.run(cli.tokens["reader"], "tokens", "rotate", "0" * 24, "--output", str(tmp_path / "t"), "--yes")
    assert (result.exit_code, list(tmp_path.iterdir())) == (1, [])


def test_the_policy_is_shown_previewed_and_set_after_a_look(cli: Server) -> None:
    assert answer(cli.run(cli.admin, "policy", "show", "changing", "--json"))["tokenPolicy"] == "default"
    cli.issue("bob", "in changing", "changing")
    preview = answer(cli.run(cli.admin, "policy", "preview", "changing", "require-approval", "--json"))
    assert preview["summary"]["blocked"] > 0
    refused = cli.run(cli.admin, "policy", "set", "changing", "require-approval", input="n\n")
    assert refused.exit_code == 1 and f"block {preview['summary']['blocked']} tokens" in refused.output
    assert cli.run(cli.admin, "policy", "show", "changing").stdout == "changing: default\n"
    done = cli.run(cli.admin, "policy", "set", "changing", "fine-grained-only", input="y\n")
    assert done.exit_code == 0 and done.stdout.endswith("changing: fine-grained-only\n")
    assert (
        answer(cli.run(cli.admin, "policy", "set", "changing", "default", "--yes", "--json"))["tokenPolicy"]
        == "default"
    )


def test_an_unknown_policy_is_bad_input_and_an_unknown_org_is_refused(cli: Server) -> None:
    assert cli.run(cli.admin, "policy", "set", "acme", "closed", "--yes").exit_code == 2
    assert error(cli.run(cli.admin, "policy", "show", "nowhere", "--json"), 1)["reason"] == "not_found"


def test_a_policy_that_blocks_the_token_in_use_needs_force(cli: Server) -> None:
    unscoped = cli.world.issue("ada", "unscoped", {"role": "write"})["token"]
    setting = ("policy", "set", "changing", "fine-grained-only", "--yes", "--json")
    assert error(cli.run(unscoped, *setting), 1)["status"] in (403, 409)


def test_leaked_tokens_are_reported_and_then_work_no_more(cli: Server, tmp_path: Path) -> None:
    leaked = cli.issue("bob", "leaked")["token"]
    (tmp_path / "code").write_text(f"{leaked} {our_token('unknown')}")
    words = ("scan", str(tmp_path / "code"), "--revoke")
    asked = cli.run(None, *words, input="n\n")
    assert asked.exit_code == 1 and "Report 2 tokens to http://" in asked.stderr
    assert cli.run(leaked, "whoami").exit_code == 0
    done = cli.run(None, *words, "--yes")
    assert done.exit_code == 1 and done.stderr.endswith("2 tokens reported, and taken by the server\n")
    assert leaked not in done.output
    assert cli.run(leaked, "whoami").exit_code == 1
