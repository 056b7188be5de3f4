"""The whole history of a git repository: every blob, and the messages of commits and tags, once each."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import IO

from tokenward.scanning.errors import GitError
from tokenward.scanning.finding import Commit, Finding, Report
from tokenward.scanning.git import Git, Listed
from tokenward.scanning.spots import Spot, spots_of_bytes, spots_of_stream
from tokenward.scanning.windows import SIZE

__all__ = ["scan_history"]

_PARTS = {"blob": "content", "commit": "commit message", "tag": "tag message"}


def scan_history(
    repository: str | os.PathLike[str] = ".", *, progress: Callable[[int, int], None] | None = None
) -> Report:
    """Looks at everything that a ref, a reflog, a stash or the index of a repository leads to.

    Args:
        repository: the repository, or a folder in it.
        progress: called with the bytes done and the bytes in all.

    Raises:
        GitError: there is no git, or no repository.

    Example: `[(finding.path, finding.commits) for finding in scan_history("my/clone").findings]`
    """
    report = Report()
    git = Git(os.fspath(repository))
    listed = _known(git, report)
    total = sum(one.size for one in listed)
    with git.contents(one.id for one in listed) as stream:
        for one in listed:
            report.findings.extend(_findings(one, stream))
            report.objects += 1
            report.bytes += one.size
            if progress is not None:
                progress(report.bytes, total)
    report.findings = _with_commits(git, report.findings)
    if git.is_shallow():
        report.notes.append("the repository is shallow: only a part of its history is here")
    return report


def _known(git: Git, report: Report) -> list[Listed]:
    listed = []
    for one in git.objects():
        if isinstance(one, Listed):
            listed.append(one)
        else:
            report.unreadable.append((f"object {one}", "not in this repository"))
    return listed


def _findings(one: Listed, stream: IO[bytes]) -> Iterator[Finding]:
    path = None if one.kind == "commit" else one.name or None
    commits = (Commit(one.id),) if one.kind == "commit" else ()
    for spot in _spots(one, stream):
        finding = Finding.at(spot, path, _PARTS[one.kind], one.id)
        yield replace(finding, commits=commits) if commits else finding
    if "hf_" in one.name:
        for spot in spots_of_bytes(os.fsencode(one.name)):
            yield Finding.at(spot, path, "name", one.id)


def _spots(one: Listed, stream: IO[bytes]) -> Iterator[Spot]:
    """The tokens of the object that comes next."""
    header = stream.readline().split()
    if header[:1] != [one.id.encode()] or len(header) != 3:
        raise GitError(f"git could not read the object {one.id}")
    if one.size <= SIZE:
        data = stream.read(one.size)
        yield from spots_of_bytes(data)
    else:
        yield from spots_of_stream(_limited(stream, one.size))
    stream.read(1)


def _limited(stream: IO[bytes], size: int) -> Callable[[int], bytes]:
    left = size

    def read(size: int) -> bytes:
        nonlocal left
        data = stream.read(min(size, left))
        left -= len(data)
        return data

    return read


def _with_commits(git: Git, findings: list[Finding]) -> list[Finding]:
    """Each finding in a blob with the commits that brought it in; none, if it is only staged."""
    blobs = sorted({finding.object for finding in findings if finding.object and not finding.commits})
    commits: dict[str, dict[Commit, None]] = {}
    for blob, commit, path in git.commits_of(blobs):
        commits.setdefault(blob, {})[Commit(commit, path)] = None
    return [
        replace(finding, commits=tuple(commits[finding.object])) if finding.object in commits else finding
        for finding in findings
    ]
