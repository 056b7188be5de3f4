"""The history of a repository: nothing that git still knows hides a token."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from planted import foreign_token, our_token

from tokenward.scanning import Finding, GitError, Report, scan_history
from tokenward.scanning.git import Git

IDENTITY = {
    "GIT_AUTHOR_NAME": "n", "GIT_AUTHOR_EMAIL": "n@example.org", "GIT_COMMITTER_NAME": "n",
    "GIT_COMMITTER_EMAIL": "n@example.org", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1",
}  # fmt: skip


class Repository:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.git("init", "-q", "-b", "main")
        self.commit("base", base="base\n")

    def git(self, *arguments: str) -> str:
        command = ["git", "-C", str(self.folder), *arguments]
        done = subprocess.run(command, env=os.environ | IDENTITY, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        self.git("--literal-pathspecs", "add", name)

    def commit(self, message: str, **files: str) -> str:
        for name, text in files.items():
            self.write(name, text)
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "repository")


def only(report: Report) -> Finding:
    [finding] = report.findings
    return finding


def brought_in(finding: Finding) -> list[tuple[str, str | None]]:
    return [(commit.id, commit.path) for commit in finding.commits]


def test_a_deleted_file_is_found_with_the_commit_that_brought_it(repository: Repository) -> None:
    commit = repository.commit("add", env=f"a\nKEY={our_token(1)}\n")
    repository.git("rm", "-q", "env")
    repository.commit("remove")
    finding = only(scan_history(repository.folder))
    assert (finding.path, finding.part, finding.line, finding.column, finding.ours) == ("env", "content", 2, 5, True)
    assert brought_in(finding) == [(commit, "env")]
    assert finding.object == repository.git("rev-parse", f"{commit}:env")


def test_a_renamed_file_is_found_once_with_both_its_commits(repository: Repository) -> None:
    first = repository.commit("add", old=our_token(1))
    repository.git("mv", "old", "new name")
    second = repository.commit("rename")
    assert brought_in(only(scan_history(repository.folder))) == [(second, "new name"), (first, "old")]


def test_the_root_commit_counts_too(tmp_path: Path) -> None:
    (tmp_path / "r").mkdir()
    repository = Repository.__new__(Repository)
    repository.folder = tmp_path / "r"
    repository.git("init", "-q")
    commit = repository.commit("root", key=our_token(1))
    assert brought_in(only(scan_history(tmp_path / "r"))) == [(commit, "key")]


def test_a_merge_is_named_only_where_it_brought_the_token_itself(repository: Repository) -> None:
    repository.git("checkout", "-q", "-b", "side")
    side = repository.commit("side", side=our_token("side"))
    repository.git("checkout", "-q", "main")
    repository.commit("main", main="x")
    repository.git("merge", "-q", "--no-commit", "side")
    merge = repository.commit("merge", evil=our_token("evil"))
    commits = {finding.path: brought_in(finding) for finding in scan_history(repository.folder).findings}
    assert commits == {"side": [(side, "side")], "evil": [(merge, "evil")]}


def test_stashes_are_found_older_ones_and_untracked_files_too(repository: Repository) -> None:
    for number in range(2):
        (repository.folder / "base").write_text(f"base\n{our_token(number)}\n")
        (repository.folder / "untracked").write_text(our_token(f"untracked {number}"))
        repository.git("stash", "-q", "--include-untracked")
    report = scan_history(repository.folder)
    assert sorted(finding.path or "" for finding in report.findings) == ["base", "base", "untracked", "untracked"]
    assert all(finding.commits for finding in report.findings)


def test_commits_that_only_the_reflog_knows_are_found(repository: Repository) -> None:
    commit = repository.commit("oops", key=our_token(1))
    repository.git("reset", "-q", "--hard", "HEAD~1")
    assert brought_in(only(scan_history(repository.folder))) == [(commit, "key")]


def test_a_file_that_is_only_staged_is_found_without_a_commit(repository: Repository) -> None:
    repository.write("staged", our_token(1))
    (repository.folder / "staged").unlink()
    finding = only(scan_history(repository.folder))
    assert (finding.path, finding.commits) == ("staged", ())


def test_messages_of_commits_and_tags_and_notes_are_read(repository: Repository) -> None:
    commit = repository.commit(f"subject\n\nsee {our_token('message')}")
    repository.git("tag", "-a", "v1", "-m", f"tag with {foreign_token('tag')}")
    repository.git("notes", "add", "-m", our_token("note"), commit)
    found = {finding.part: finding for finding in scan_history(repository.folder).findings}
    message, tag = found["commit message"], found["tag message"]
    assert (message.path, message.object, brought_in(message)) == (None, commit, [(commit, None)])
    assert (tag.path, tag.ours, tag.object) == ("v1", False, repository.git("rev-parse", "v1"))
    assert found["content"].ours
    assert message.line == 8, "the line is the one of `git cat-file -p`"


def test_one_content_in_many_places_is_scanned_once(repository: Repository) -> None:
    for number in range(5):
        repository.commit(f"copy {number}", **{f"copy{number}": our_token(1)})
    finding = only(scan_history(repository.folder))
    assert sorted(path or "" for _, path in brought_in(finding)) == [f"copy{number}" for number in range(5)]


@pytest.mark.parametrize("name", ["with\nline feed", "tab\t", "ünïcode", "  spaces  ", ":colon", "f" * 40])
def test_paths_of_any_kind_are_told(repository: Repository, name: str) -> None:
    commit = repository.commit("add", **{name: our_token(1)})
    assert brought_in(only(scan_history(repository.folder))) == [(commit, name)]


def test_large_objects_are_read_in_pieces(repository: Repository) -> None:
    text = "some line\n" * 300_000
    repository.commit("large", large=text + our_token("end"), small=our_token("small"), last=text)
    places = {finding.path: (finding.line, finding.column) for finding in scan_history(repository.folder).findings}
    assert places == {"large": (300_001, 1), "small": (1, 1)}


def test_wide_texts_are_read_in_a_history_too(repository: Repository) -> None:
    (repository.folder / "wide").write_bytes(f"x\r\n{our_token(1)}".encode("utf-16"))
    repository.git("add", "wide")
    repository.commit("wide")
    assert only(scan_history(repository.folder)).line == 2


def test_a_bare_repository_and_a_folder_inside_one_will_do(repository: Repository, tmp_path: Path) -> None:
    repository.commit("add", **{"sub/key": our_token(1)})
    subprocess.run(["git", "clone", "-q", "--bare", repository.folder, tmp_path / "bare"], check=True)
    for folder in (tmp_path / "bare", repository.folder / "sub"):
        assert only(scan_history(folder)).path == "sub/key"


def test_a_shallow_repository_is_told(repository: Repository, tmp_path: Path) -> None:
    repository.commit("second", other="x")
    source = f"file://{repository.folder}"
    subprocess.run(["git", "clone", "-q", "--depth", "1", source, tmp_path / "shallow"], check=True)
    assert scan_history(tmp_path / "shallow").notes == [
        "the repository is shallow: only a part of its history is here"
    ]
    assert scan_history(repository.folder).notes == []


def test_a_missing_object_is_told(repository: Repository) -> None:
    commit = repository.commit("add", key="soon gone")
    blob = repository.git("rev-parse", f"{commit}:key")
    (repository.folder / ".git/objects" / blob[:2] / blob[2:]).unlink()
    assert scan_history(repository.folder).unreadable == [(f"object {blob}", "not in this repository")]


def test_an_empty_repository_has_no_findings(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    assert scan_history(tmp_path).objects == 0


def test_a_repository_is_the_one_asked_for_even_inside_a_hook(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Repository(tmp_path / "other")
    other.commit("add", key=our_token(1))
    monkeypatch.setenv("GIT_DIR", str(other.folder / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other.folder / ".git/index"))
    assert scan_history(repository.folder).findings == []


def test_no_repository_and_no_git_are_errors_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(GitError, match=r"^git could not read `.*`: fatal: not a git repository.*$"):
        scan_history(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(GitError, match="^cannot run git: no such file or directory$"):
        scan_history(tmp_path)


def test_a_reader_that_stops_early_leaves_no_process(repository: Repository) -> None:
    ids = [repository.git("rev-parse", "HEAD")] * 20_000
    with Git(str(repository.folder)).contents(ids) as stream:
        stream.readline()
    assert stream.closed


def test_progress_counts_the_bytes_of_all_objects(repository: Repository) -> None:
    told: list[tuple[int, int]] = []
    report = scan_history(repository.folder, progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (report.bytes, report.bytes) and report.objects == 2
