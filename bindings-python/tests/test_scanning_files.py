"""Folders: what is looked at, what is left out, and that nothing is left out without a word."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from planted import foreign_token, our_token

from tokenward.scanning import Report, scan_paths, scan_stream

TOKEN = our_token("files")


def plant(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"x = {TOKEN}\n")


def names(report: Report, top: Path) -> list[str]:
    return [str(Path(finding.path or "").relative_to(top)) for finding in report.findings]


def left_out(report: Report) -> dict[str, int]:
    return {entry.reason: entry.files for entry in report.skipped.values()}


def test_every_file_is_read_in_a_fixed_order(tmp_path: Path) -> None:
    plant(tmp_path, "b.py", "a.bin", ".env", "node_modules/x/y.js", "deep/er/z", "build/.cache/c")
    report = scan_paths([tmp_path])
    assert names(report, tmp_path) == [
        ".env", "a.bin", "b.py", "build/.cache/c", "deep/er/z", "node_modules/x/y.js",
    ]  # fmt: skip
    assert (report.files, left_out(report), report.unreadable) == (6, {}, [])
    assert report.bytes == sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file())


def test_of_a_git_folder_only_the_object_store_is_left_out(tmp_path: Path) -> None:
    plant(tmp_path, ".git/config", ".git/objects/ab/cd", ".git/HEAD", ".git/refs/x", ".git/lfs/objects/ab", "objects/o")
    report = scan_paths([tmp_path])
    assert names(report, tmp_path) == [".git/HEAD", ".git/config", ".git/lfs/objects/ab", ".git/refs/x", "objects/o"]
    assert left_out(report) == {"object store of git: see --history": 1}


def test_what_is_excluded_is_counted_by_pattern(tmp_path: Path) -> None:
    plant(tmp_path, "a.lock", "b/c.lock", "docs/x", "src/docs/y", "src/z", "docs.py")
    report = scan_paths([tmp_path], exclude=["*.lock", "docs/", "never"])
    assert names(report, tmp_path) == ["docs.py", "src/z"]
    assert left_out(report) == {"excluded by `*.lock`": 2, "excluded by `docs/`": 2}
    assert report.skipped["excluded by `*.lock`"].bytes == 2 * len(f"x = {TOKEN}\n")


def test_a_pattern_with_a_path_fits_that_path_only(tmp_path: Path) -> None:
    plant(tmp_path, "src/a", "a", "other/src/a")
    assert names(scan_paths([tmp_path], exclude=["src/a"]), tmp_path) == ["a", "other/src/a"]


def test_links_in_a_folder_are_not_followed_but_told(tmp_path: Path) -> None:
    outside, inside = tmp_path / "outside", tmp_path / "inside"
    plant(outside, "secret")
    plant(inside, "real")
    (inside / "file").symlink_to(outside / "secret")
    (inside / "folder").symlink_to(outside)
    (inside / "loop").symlink_to(inside)
    (inside / "broken").symlink_to("nowhere")
    report = scan_paths([inside])
    assert names(report, inside) == ["real"]
    assert left_out(report) == {"symbolic link": 4}


def test_a_link_that_is_asked_for_is_followed(tmp_path: Path) -> None:
    plant(tmp_path, "real/file")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert names(scan_paths([tmp_path / "link"]), tmp_path) == ["link/file"]


def test_a_file_that_is_named_twice_is_read_once(tmp_path: Path) -> None:
    plant(tmp_path, "a/b")
    report = scan_paths([tmp_path, tmp_path / "a", tmp_path / "a/b", tmp_path / "a/../a/b"])
    assert (report.files, len(report.findings)) == (1, 1)


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    plant(tmp_path, "good")
    report = scan_paths([tmp_path / "missing", tmp_path / "good", tmp_path / "good/below"])
    assert report.unreadable == [
        (str(tmp_path / "missing"), "no such file or directory"),
        (str(tmp_path / "good/below"), "not a directory"),
    ]
    assert report.files == 1


def test_a_file_that_goes_away_during_the_scan_is_told(tmp_path: Path) -> None:
    plant(tmp_path, "a", "b", "c")
    report = scan_paths([tmp_path], progress=lambda done, total: (tmp_path / "b").unlink(missing_ok=True))
    assert names(report, tmp_path) == ["a", "c"]
    assert report.unreadable == [(str(tmp_path / "b"), "no such file or directory")]


def test_pipes_and_sockets_in_a_folder_hold_nobody_up(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(tmp_path / "socket"))
        assert left_out(scan_paths([tmp_path])) == {"no regular file": 2}


def test_a_pipe_that_is_asked_for_is_read(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.write(writing, f"x {TOKEN}".encode())
    os.close(writing)
    report = scan_paths([f"/dev/fd/{reading}"])
    os.close(reading)
    assert [(finding.line, finding.column) for finding in report.findings] == [(1, 3)]


def test_a_token_in_a_name_is_found_and_not_shown(tmp_path: Path) -> None:
    (tmp_path / f"{TOKEN}.txt").write_text("nothing")
    report = scan_paths([tmp_path])
    assert [(finding.part, finding.ours) for finding in report.findings] == [("name", True)]
    assert TOKEN not in str(report.to_dict())


def test_names_that_are_no_text_are_read_and_told(tmp_path: Path) -> None:
    path = os.fsencode(tmp_path) + b"/\xff\x1b[31m\n"
    with open(path, "w") as file:
        file.write(TOKEN)
    [finding] = scan_paths([tmp_path]).to_dict()["findings"]
    assert finding["path"].endswith("/\\udcff\\x1b[31m\\n")


def test_progress_reaches_the_total(tmp_path: Path) -> None:
    plant(tmp_path, "a", "b", "c")
    told: list[tuple[int, int]] = []
    report = scan_paths([tmp_path], progress=lambda done, total: told.append((done, total)))
    assert len(told) == 3 and told[-1] == (report.bytes, report.bytes)


def test_standard_input_is_counted_and_named(tmp_path: Path) -> None:
    plant(tmp_path, "a")
    with (tmp_path / "a").open("rb") as stream:
        report = scan_stream(stream)
    assert [finding.path for finding in report.findings] == ["-"]
    assert (report.files, report.bytes) == (1, len(TOKEN) + 5)


def test_tokens_are_counted_once_however_often_they_stand() -> None:
    from tokenward.scanning import scan_bytes

    report = scan_bytes(f"{TOKEN} {TOKEN} {foreign_token(1)}".encode(), "t")
    assert (len(report.findings), report.tokens) == (3, 2)
    assert [secret.reveal() for secret in report.ours] == [TOKEN]
