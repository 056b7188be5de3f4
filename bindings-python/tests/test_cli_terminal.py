"""The command on a terminal of 80 columns: tables fit, bars go to standard error, prompts do not echo."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from planted import our_token

if TYPE_CHECKING:
    from cli_server import Server

pytest_plugins = ["cli_server"]
ESCAPES = re.compile(rb"\x1b\[[0-9;?]*[A-Za-z]")


def on_terminal(
    words: Sequence[str], environment: dict[str, str], typed: Sequence[tuple[bytes, bytes]] = ()
) -> tuple[int, bytes]:
    """Runs the command on a terminal; whenever a prompt has come, its answer is typed."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    environment = {**environment, "TERM": "xterm-256color"}
    environment.pop("COLUMNS", None)
    command = [sys.executable, "-m", "tokenward", *words]
    process = subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment, start_new_session=True
    )
    os.close(theirs)
    seen, waiting = b"", list(typed)
    while select.select([ours], [], [], 120)[0]:
        try:
            piece = os.read(ours, 65536)
        except OSError:
            break  # the terminal's other side is closed: all is said
        seen += piece
        if waiting and waiting[0][0] in seen:
            os.write(ours, waiting.pop(0)[1])
    code = process.wait(timeout=120)
    os.close(ours)
    assert not waiting, seen
    return code, seen


def lines(seen: bytes) -> list[str]:
    return ESCAPES.sub(b"", seen).decode().replace("\r\n", "\n").splitlines()


def fits(seen: bytes) -> list[str]:
    shown = lines(seen)
    assert all(len(line) <= 80 for line in shown), shown
    return shown


@pytest.mark.parametrize(
    "words",
    [
        ["whoami"],
        ["tokens", "list"],
        ["tokens", "list", "--org", "acme", "--status", "all"],
        ["tokens", "list", "--org", "strict"],
        ["explain", "repo.write", "model:acme/elsewhere"],
        ["policy", "preview", "acme", "default"],
        ["findings", "acme"],
        ["--help"],
        ["scan", "--help"],
        ["tokens", "rotate", "--help"],
    ],
    ids=lambda words: "-".join(word.strip("-") for word in words).replace("/", "-"),
)
def test_every_table_fits_a_terminal_of_80_columns(cli: Server, words: list[str]) -> None:
    code, seen = on_terminal(words, cli.environment(cli.admin))
    assert code in (0, 1) and len(fits(seen)) > 2


def test_ids_are_never_broken_so_that_they_can_be_copied(cli: Server) -> None:
    long = cli.issue("bob", "a display name that is as long as a display name may well be, and longer")
    _, seen = on_terminal(["tokens", "list", "--org", "acme"], cli.environment(cli.admin))
    assert any(line.startswith(long["tokenInfo"]["id"]) for line in fits(seen))


def test_colors_show_on_terminals_only(cli: Server) -> None:
    words = ["check", "repo.write", "model:acme/elsewhere"]
    _, seen = on_terminal(words, cli.environment(cli.tokens["pending"]))
    assert ESCAPES.search(seen)
    assert "\x1b" not in cli.process(cli.tokens["pending"], *words).stdout


def test_a_display_name_with_markup_is_shown_as_it_is(cli: Server) -> None:
    name = "[red]not markup[/red] :smile: [/]"
    token = cli.issue("rita", name)["token"]
    _, seen = on_terminal(["whoami"], cli.environment(token))
    assert name in "\n".join(lines(seen))


def test_a_token_that_is_typed_does_not_echo(cli: Server) -> None:
    issued = cli.issue("bob", "typed")
    typed = [(b"Token to revoke: ", issued["token"].encode() + b"\n"), (b"[y/N] ", b"y\n")]
    code, seen = on_terminal(["tokens", "revoke", "--value", "--org", "acme"], cli.environment(cli.admin), typed)
    assert code == 0 and issued["token"].encode() not in seen
    assert f"revoked in acme: token {issued['tokenInfo']['id']}" in "\n".join(lines(seen))


def test_a_no_on_the_terminal_changes_nothing(cli: Server, tmp_path: Path) -> None:
    issued = cli.issue("bob", "spared")
    words = ["tokens", "rotate", issued["tokenInfo"]["id"], "--output", str(tmp_path / "new")]
    code, _ = on_terminal(words, cli.environment(issued["token"]), [(b"[y/N] ", b"n\n")])
    assert (code, list(tmp_path.iterdir())) == (1, [])
    assert cli.run(issued["token"], "whoami").exit_code == 0


def test_a_long_scan_shows_a_bar_and_leaves_none(cli: Server, tmp_path: Path) -> None:
    for number in range(30):
        (tmp_path / f"file{number}").write_bytes(b"a line\n" * 500_000)
    (tmp_path / "last").write_text(our_token("bar"))
    code, seen = on_terminal(["scan", str(tmp_path)], cli.environment(None))
    assert code == 1 and b"scanning" in seen
    # Rich moves up and clears the line of a bar that is done.
    assert lines(seen)[-1].startswith("1 token in 1 place")
    quiet = cli.process(None, "scan", str(tmp_path))
    assert "scanning" not in quiet.stderr
