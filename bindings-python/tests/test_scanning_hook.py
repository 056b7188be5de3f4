"""The hook for pre-commit, with the real pre-commit and real commits."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from planted import our_token

HOOKS = Path(__file__).resolve().parents[2] / ".pre-commit-hooks.yaml"
PROGRAMS = Path(sys.executable).parent
TOKEN = our_token("hook")


class Project:
    """A repository that uses the hooks of another, as a user's would."""

    def __init__(self, folder: Path) -> None:
        self.folder, hooks = folder / "project", folder / "hooks"
        self.environment = os.environ | {
            "PATH": f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}",
            "PRE_COMMIT_HOME": str(folder / "home"),
            "GIT_CONFIG_GLOBAL": os.devnull,
            **{f"GIT_{who}_{what}": "a@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
        }
        for place in (self.folder, hooks):
            self.run("git", "init", "-q", str(place), cwd=folder)
        shutil.copy(HOOKS, hooks)
        self.run("git", "add", ".", cwd=hooks)
        self.run("git", "commit", "-qm", "hooks", cwd=hooks)
        revision = self.run("git", "rev-parse", "HEAD", cwd=hooks).stdout.strip()
        config = f"repos:\n- repo: {hooks}\n  rev: {revision}\n  hooks:\n  - id: tokenward-scan\n"
        (self.folder / ".pre-commit-config.yaml").write_text(config)
        for kind in ("pre-commit", "commit-msg"):
            self.run(sys.executable, "-m", "pre_commit", "install", "--hook-type", kind)

    def run(self, *command: str, cwd: Path | None = None, check: bool = True) -> subprocess.CompletedProcess[str]:
        where = cwd or self.folder
        return subprocess.run(command, cwd=where, env=self.environment, check=check, capture_output=True, text=True)

    def commit(self, message: str = "a message", **files: str) -> subprocess.CompletedProcess[str]:
        for name, text in files.items():
            (self.folder / name).write_text(text)
        self.run("git", "add", ".")
        return self.run("git", "commit", "-m", message, check=False)

    def commits(self) -> int:
        return int(self.run("git", "rev-list", "--all", "--count").stdout)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project(tmp_path_factory.mktemp("hook"))
    done = project.commit(clean="nothing to see\n")
    assert done.returncode == 0, done.stdout + done.stderr
    return project


def test_a_commit_with_a_token_is_refused_and_the_token_not_shown(project: Project) -> None:
    before = project.commits()
    done = project.commit(settings=f"first\nkey = {TOKEN}\n")
    told = done.stdout + done.stderr
    assert (done.returncode, project.commits()) == (1, before)
    assert f"settings:2:7: token …{TOKEN[-4:]}, ours" in told
    assert TOKEN not in told
    project.run("git", "rm", "-qf", "settings")


@pytest.mark.parametrize("name", ["--exit-zero", "--sarif=main.py", "-"])
def test_file_names_are_no_options(project: Project, name: str) -> None:
    before = project.commits()
    files = {"settings": f"key = {TOKEN}\n", "main.py": "print()\n", name: "nothing\n"}
    done = project.commit(**files)
    assert (done.returncode, project.commits()) == (1, before), done.stdout
    assert (project.folder / "main.py").read_text() == "print()\n"
    project.run("git", "rm", "-qf", "--", *files)


def test_a_clean_commit_passes(project: Project) -> None:
    before = project.commits()
    done = project.commit(other="still nothing\n")
    assert (done.returncode, project.commits()) == (0, before + 1)
    assert "Passed" in done.stdout + done.stderr


def test_a_token_in_the_message_is_refused(project: Project) -> None:
    before = project.commits()
    done = project.commit(f"use {TOKEN}", third="clean\n")
    assert (done.returncode, project.commits()) == (1, before)
    assert TOKEN not in done.stdout + done.stderr
    project.run("git", "rm", "-qf", "third")


def test_binary_files_are_scanned_too(project: Project) -> None:
    before = project.commits()
    (project.folder / "weights.bin").write_bytes(b"\0\1\2" + TOKEN.encode() + b"\0")
    assert (project.commit().returncode, project.commits()) == (1, before)
    project.run("git", "rm", "-qf", "weights.bin")
