"""Where a new token goes: its place is made sure of first, nobody else can read it, and it is never lost."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from tokenward.cli.guard import Failure
from tokenward.cli.keep import stored_place, token_place

from planted import our_token

TOKEN = our_token("keep")


def put(path: Path, *, overwrite: bool = False) -> None:
    with token_place(str(path), overwrite=overwrite) as place:
        place.write(TOKEN)


def test_a_new_file_holds_the_token_alone_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    put(tmp_path / "token")
    assert (tmp_path / "token").read_text() == TOKEN
    assert stat.S_IMODE((tmp_path / "token").stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [tmp_path / "token"]


def test_an_existing_file_is_never_touched_unless_asked(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("precious")
    with pytest.raises(Failure, match="is there already"):
        put(path)
    assert path.read_text() == "precious"
    put(path, overwrite=True)
    assert path.read_text() == TOKEN
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_file_that_comes_up_in_the_meantime_is_kept_and_so_is_the_token(tmp_path: Path) -> None:
    path = tmp_path / "token"
    with pytest.raises(Failure, match="the new token is in") as told, token_place(str(path), overwrite=False) as place:
        path.write_text("somebody else's")
        place.write(TOKEN)
    assert path.read_text() == "somebody else's"
    [beside] = [other for other in tmp_path.iterdir() if other != path]
    assert (beside.read_text(), stat.S_IMODE(beside.stat().st_mode)) == (TOKEN, 0o600)
    assert str(beside) in told.value.message and TOKEN not in told.value.message


def test_when_the_server_refuses_nothing_is_left_and_nothing_replaced(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("old")
    with pytest.raises(RuntimeError), token_place(str(path), overwrite=True):
        raise RuntimeError("the server says no")
    assert {other.name: other.read_text() for other in tmp_path.iterdir()} == {"token": "old"}


@pytest.mark.parametrize("where", ["missing/token", ".", "/dev/null", "/proc/token"])
def test_a_place_where_nothing_can_be_written_is_refused_before_the_server_is_asked(where: str, tmp_path: Path) -> None:
    asked = False
    with pytest.raises(Failure), token_place(str(tmp_path / where), overwrite=True):
        asked = True
    assert not asked


def test_a_full_disk_is_noticed_before_the_server_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "pwrite", full)
    with pytest.raises(Failure, match="no space left"), token_place(str(tmp_path / "token"), overwrite=False):
        raise AssertionError("the server was asked")
    assert list(tmp_path.iterdir()) == []


def test_a_link_is_followed_and_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("old")
    (tmp_path / "link").symlink_to("real")
    put(tmp_path / "link", overwrite=True)
    assert (tmp_path / "link").is_symlink() and (tmp_path / "real").read_text() == TOKEN


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"HF_TOKEN_PATH": "{home}/x/tok"}, "{home}/x/tok"),
        ({"HF_HOME": "{home}/hf"}, "{home}/hf/token"),
        ({"XDG_CACHE_HOME": "{home}/c"}, "{home}/c/huggingface/token"),
        ({}, "{home}/.cache/huggingface/token"),
    ],
)
def test_the_stored_token_is_where_huggingface_hub_has_it(
    settings: dict[str, str], expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("HF_TOKEN_PATH", "HF_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in settings.items():
        monkeypatch.setenv(name, value.format(home=tmp_path))
    assert stored_place() == expected.format(home=tmp_path)
    program = "from huggingface_hub import constants; print(constants.HF_TOKEN_PATH)"
    theirs = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.strip()
    assert stored_place() == theirs


class OddServer:
    """Takes one request and then does as it is told: answers, or hangs up in the middle."""

    def __init__(self, answer: bytes, signalled: int | None = None) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self.caller: subprocess.Popen[str] | None = None
        self._answer, self._signalled = answer, signalled
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def call(self, *words: str) -> tuple[int, str]:
        """The command, with this server as its own: how it ended, and what it said."""
        environment = os.environ | {"HF_ENDPOINT": self.url, "HF_TOKEN": TOKEN}
        command = [sys.executable, "-m", "tokenward", *words]
        with subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as caller:
            self.caller = caller
            self._ready.set()
            said, _ = caller.communicate(timeout=120)
        self._thread.join(timeout=120)
        return caller.returncode, said

    def _serve(self) -> None:
        with self._listening, self._listening.accept()[0] as connection:
            connection.recv(65536)
            self._ready.wait()
            if self._signalled is not None and self.caller is not None:
                self.caller.send_signal(self._signalled)
            connection.sendall(self._answer)


def rotated(token: str) -> bytes:
    body = json.dumps({"token": token, "tokenInfo": {"id": "0" * 24}}).encode()
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


def test_when_the_answer_does_not_come_the_doubt_is_told(tmp_path: Path) -> None:
    server = OddServer(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
    code, said = server.call("tokens", "rotate", "0" * 24, "--output", str(tmp_path / "new"), "--yes")
    assert code == 3 and "may have been rotated all the same" in said
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("signalled", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_no_signal_loses_a_token_that_is_on_its_way(signalled: int, tmp_path: Path) -> None:
    server = OddServer(rotated(our_token("new")), signalled)
    code, said = server.call("tokens", "rotate", "0" * 24, "--output", str(tmp_path / "new"), "--yes")
    assert (code, (tmp_path / "new").read_text()) == (0, our_token("new")), said
    assert our_token("new") not in said
