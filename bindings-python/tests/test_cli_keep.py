"""Where a new token goes: its place is made sure of first, nobody else can read it, and it is never lost."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from planted import our_token

from tokenward.cli.guard import Failure
from tokenward.cli.keep import stored_token_path, token_place

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
    import subprocess
    import sys

    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("HF_TOKEN_PATH", "HF_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in settings.items():
        monkeypatch.setenv(name, value.format(home=tmp_path))
    assert stored_token_path() == expected.format(home=tmp_path)
    program = "from huggingface_hub import constants; print(constants.HF_TOKEN_PATH)"
    theirs = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.strip()
    assert stored_token_path() == theirs
