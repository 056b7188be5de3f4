"""`tokenward scan` as people and programs use it: what it prints, where, and how it ends."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tokenward.cli.app import app
from typer.testing import CliRunner, Result

from planted import foreign_token, our_token

OURS, FOREIGN = our_token("cli"), foreign_token("cli")
COMMAND = [str(Path(sys.executable).parent / "tokenward")]
MODULE = [sys.executable, "-m", "tokenward"]


@pytest.fixture(autouse=True)
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "code").mkdir()
    (tmp_path / "code/a.py").write_text(f"x = 1\nkey = '{OURS}'\n")
    (tmp_path / "code/b.py").write_text(f"{FOREIGN}\n")
    (tmp_path / "clean").write_text("nothing\n")
    return tmp_path


def run(*words: str, input: str | bytes | None = None) -> Result:
    result = CliRunner().invoke(app, ["scan", *words], input=input)
    for token in (OURS, FOREIGN):
        assert token[:-4] not in result.output and token[3:-4] not in result.output
    return result


def test_findings_are_lines_on_standard_output_and_the_summary_is_beside_it() -> None:
    result = run("code")
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        f"code/a.py:2:8: token …{OURS[-4:]}, ours",
        f"code/b.py:1:1: token …{FOREIGN[-4:]}, not ours",
    ]
    assert result.stderr == "2 tokens in 2 places, 1 of ours; 2 files read, 90 bytes\n"


def test_nothing_found_is_success_and_silence_on_standard_output() -> None:
    result = run("clean")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "0 tokens in 0 places, 0 of ours; 1 file read, 8 bytes\n"


def test_json_is_one_value() -> None:
    result = run("code", "--json")
    document = json.loads(result.stdout)
    assert result.exit_code == 1
    assert [finding["path"] for finding in document["findings"]] == ["code/a.py", "code/b.py"]
    assert document["summary"]["files"] == 2


def test_only_ours_leaves_out_the_others() -> None:
    assert run("code/b.py", "--only-ours").exit_code == 0
    assert len(run("code", "--only-ours").stdout.splitlines()) == 1


def test_standard_input_is_scanned_beside_files() -> None:
    result = run("-", "clean", input=f"x {OURS}")
    assert result.stdout == f"-:1:3: token …{OURS[-4:]}, ours\n"
    assert "2 files read" in result.stderr


def test_bytes_on_standard_input_need_be_no_text() -> None:
    assert run("-", input=b"\xff\xfe\x00" + OURS.encode() + b"\xff").exit_code == 1


def test_a_file_that_is_called_like_standard_input_is_a_file(in_folder: Path) -> None:
    (in_folder / "-").write_text(f"{OURS}\n")
    result = run("-", input="nothing\n")
    assert result.exit_code == 1
    assert result.stdout.startswith("-:1:1: ")


def test_exclusions_are_told() -> None:
    result = run(".", "--exclude", "code/", "--exclude", "*.none")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr.endswith("1 file read, 8 bytes; 1 left out: excluded by `code/`\n")


@pytest.mark.parametrize("more", [[], ["--exit-zero"], ["--json"]])
def test_what_cannot_be_read_is_told_and_fails(more: list[str]) -> None:
    result = run("missing", "clean", *more)
    assert result.exit_code == 2
    assert "cannot read missing: no such file or directory\n" in result.stderr
    assert result.stderr.endswith("1 could not be read\n")


def test_findings_weigh_more_than_what_cannot_be_read() -> None:
    assert run("missing", "code").exit_code == 1
    assert run("missing", "code", "--exit-zero").exit_code == 2


def test_exit_zero_is_zero() -> None:
    assert run("code", "--exit-zero").exit_code == 0


def test_sarif_goes_to_a_file_beside_the_lines_or_to_standard_output() -> None:
    result = run("code", "--sarif", "out.sarif")
    assert len(result.stdout.splitlines()) == 2
    in_file = json.loads(Path("out.sarif").read_text())
    assert in_file == json.loads(run("code", "--sarif", "-").stdout)
    assert len(in_file["runs"][0]["results"]) == 2


def test_json_and_sarif_cannot_both_have_standard_output() -> None:
    assert run("code", "--sarif", "-", "--json").exit_code == 2


def test_a_baseline_accepts_what_it_was_written_from() -> None:
    written = run("code", "--write-baseline", "known.json")
    assert (written.exit_code, written.stderr.splitlines()[-1]) == (0, "2 findings are accepted in known.json")
    accepted = run("code", "--baseline", "known.json")
    assert (accepted.exit_code, accepted.stdout) == (0, "")
    assert "2 places accepted by the baseline" in accepted.stderr
    Path("code/c").write_text(our_token("new"))
    assert len(run("code", "--baseline", "known.json").stdout.splitlines()) == 1


def test_a_baseline_that_is_none_is_bad_input() -> None:
    result = run("code", "--baseline", "clean")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == "error: `clean` is no baseline: --write-baseline makes one\n"


def test_errors_are_json_when_output_is() -> None:
    result = run("code", "--baseline", "clean", "--json")
    assert (result.exit_code, result.stdout) == (2, "")
    assert json.loads(result.stderr)["error"]["exitCode"] == 2


def test_a_history_is_scanned_with_its_commits() -> None:
    for words in (
        ["init", "-q"],
        ["add", "code/a.py"],
        ["-c", "user.name=n", "-c", "user.email=e", "commit", "-qm", "m"],
    ):
        subprocess.run(["git", *words], check=True)
    commit = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True).stdout[:12]
    result = run(".", "--history")
    assert result.stdout == f"code/a.py:2:8: token …{OURS[-4:]}, ours, commit {commit}\n"
    assert "2 git objects read" in result.stderr
    assert run(".", "--git").stdout == result.stdout


def test_a_folder_without_a_history_is_bad_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(Path.cwd().parent))
    result = run("code", "--history")
    assert result.exit_code == 2 and result.stderr.startswith("error: git could not read `code`: fatal: not a git")


def test_a_path_with_control_characters_is_one_harmless_line(tmp_path: Path) -> None:
    Path("x\x1b[2J\ny").write_text(OURS)
    assert run(".", "--only-ours", "--exclude", "code").stdout == f"x\\x1b[2J\\ny:1:1: token …{OURS[-4:]}, ours\n"


def test_a_token_in_a_path_is_masked_everywhere() -> None:
    Path(f"{OURS}.txt").write_text("x")
    for more in ([], ["--json"], ["--sarif", "-"], ["--write-baseline", "b"]):
        assert run(f"{OURS}.txt", *more).exit_code in (0, 1)
    assert OURS not in Path("b").read_text()
    assert run(f"missing-{OURS}").exit_code == 2


def test_no_path_is_wrong_usage() -> None:
    result = run()
    assert (result.exit_code, result.stderr) == (2, "error: missing argument 'PATH...'\n")


@pytest.mark.parametrize("command", [COMMAND, MODULE], ids=["script", "module"])
def test_the_real_process_does_the_same(command: list[str]) -> None:
    done = subprocess.run([*command, "scan", "code"], capture_output=True, text=True)
    assert (done.returncode, len(done.stdout.splitlines())) == (1, 2)
    assert OURS not in done.stdout + done.stderr


def test_a_reader_that_goes_away_is_no_finding_and_no_traceback() -> None:
    Path("many").write_text(f"{OURS}\n" * 20_000)
    reading, writing = os.pipe()
    process = subprocess.Popen([*MODULE, "scan", "many"], stdout=writing, stderr=subprocess.PIPE)
    os.close(writing)
    os.close(reading)
    _, errors = process.communicate()
    assert (process.returncode, b"Traceback" in errors) == (141, False)


def loaded(module: str, *unwanted: str) -> str:
    """Which of the modules are loaded with this one."""
    program = f"import sys, {module}; print(*sorted({set(unwanted)} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_scanning_alone_loads_neither_the_screen_nor_the_network() -> None:
    assert loaded("tokenward.scanning", "typer", "rich", "click", "httpx", "tokenward.client") == ""


def test_the_scan_command_loads_no_network() -> None:
    assert loaded("tokenward.cli.app", "httpx", "huggingface_hub", "tokenward.client") == ""
