"""git, as far as scanning needs it: what objects there are, what is in them, which commits brought them.

Only plumbing and `git log`, with everything off that a repository's own configuration could start.
"""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import IO

from tokenward.scanning.errors import GitError
from tokenward.scanning.wording import shown

__all__ = ["Git", "Listed"]

# Those that would lead git away from the repository that was asked for.
_ASTRAY = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR", "GIT_NAMESPACE")
_QUIET = {
    "LC_ALL": "C",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
}
_SETTINGS = ("core.fsmonitor=false", "core.quotePath=false", "log.showSignature=false", "log.showRoot=true")
# Every ref, HEAD, what the reflogs remember (older stashes too), and what is only staged.
_EVERYTHING = ("--all", "--reflog", "--indexed-objects")
_ENOUGH_AT_ONCE = 500


@dataclass(frozen=True)
class Listed:
    """An object: a blob with one of its paths, a commit, or a tag with its name."""

    kind: str
    id: str
    size: int
    name: str


class Git:
    """The git repository that a folder belongs to."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._environment = {key: value for key, value in os.environ.items() if key not in _ASTRAY} | _QUIET
        self.run("rev-parse", "--git-dir")

    def run(self, *arguments: str) -> bytes:
        """What a command prints.

        Raises:
            GitError: git is not there, or the command fails.
        """
        with TemporaryFile() as errors:
            with self._started(arguments, subprocess.DEVNULL, errors) as process:
                output = piped(process.stdout).read()
            if process.returncode:
                raise self._error(errors)
        return output

    def is_shallow(self) -> bool:
        """Whether a part of the history is elsewhere."""
        return self.run("rev-parse", "--is-shallow-repository").strip() == b"true"

    def objects(self) -> Iterator[Listed | str]:
        """Every blob, commit and tag that anything leads to, once; of a missing object its id."""
        every = ("rev-list", "--objects", "--missing=print", *_EVERYTHING)
        check = ("cat-file", "--buffer", "--batch-check=%(objecttype) %(objectsize) %(objectname) %(rest)")
        with TemporaryFile() as errors:
            with (
                self._started(every, subprocess.DEVNULL, errors) as ids,
                self._started(check, piped(ids.stdout), errors) as checked,
            ):
                piped(ids.stdout).close()
                for line in piped(checked.stdout):
                    listed = _listed(line.rstrip(b"\n"))
                    if listed is not None:
                        yield listed
            if ids.returncode or checked.returncode:
                raise self._error(errors)

    @contextmanager
    def contents(self, ids: Iterable[str]) -> Iterator[IO[bytes]]:
        """The objects one after the other: a line with id, kind and size, the content, a line feed."""
        batch = ("cat-file", "--batch", "--buffer")
        with self._started(batch, subprocess.PIPE, subprocess.DEVNULL) as process:
            asking = threading.Thread(target=_ask, args=(piped(process.stdin), ids), daemon=True)
            asking.start()
            try:
                yield piped(process.stdout)
            finally:
                # Whoever stops early must not leave git waiting for a reader.
                process.kill()
                asking.join()

    def commits_of(self, blobs: list[str]) -> Iterator[tuple[str, str, str]]:
        """Blob, commit and path wherever a commit brought one of the blobs in, newest first."""
        for start in range(0, len(blobs), _ENOUGH_AT_ONCE):
            some = blobs[start : start + _ENOUGH_AT_ONCE]
            raw = ("--raw", "--no-abbrev", "-z", "-c", "--no-renames", "--no-ext-diff", "--no-textconv")
            wanted = [f"--find-object={blob}" for blob in some]
            output = self.run("log", "--all", "--reflog", "--format=%x00%H", *raw, *wanted)
            yield from _brought_in(output, frozenset(some))

    def _started(
        self, arguments: Sequence[str], stdin: IO[bytes] | int, stderr: IO[bytes] | int
    ) -> subprocess.Popen[bytes]:
        settings = [word for setting in _SETTINGS for word in ("-c", setting)]
        command = ["git", "-C", self._folder, *settings, *arguments]
        environment, buffer = self._environment, 1 << 20
        try:
            return subprocess.Popen(
                command, buffer, stdin=stdin, stdout=subprocess.PIPE, stderr=stderr, env=environment
            )
        except OSError as error:
            raise GitError(f"cannot run git: {(error.strerror or '').lower()}") from None

    def _error(self, errors: IO[bytes]) -> GitError:
        errors.seek(0)
        lines = errors.read().decode("utf-8", "replace").strip().splitlines()
        return GitError(shown(f"git could not read `{self._folder}`: {lines[0] if lines else 'no reason given'}"))


def piped(stream: IO[bytes] | None) -> IO[bytes]:
    """A stream that was asked for when the process was started."""
    assert stream is not None
    return stream


def _ask(stdin: IO[bytes], ids: Iterable[str]) -> None:
    try:
        with stdin:
            for id in ids:
                stdin.write(id.encode() + b"\n")
    except (BrokenPipeError, ValueError):
        pass  # git has ended: whoever reads its output finds out


def _listed(line: bytes) -> Listed | str | None:
    """A line of the listing; trees are of no interest."""
    if line.endswith(b" missing"):
        return line[: -len(b" missing")].decode("utf-8", "replace").lstrip("?")
    kind, size, id, name = line.split(b" ", 3)
    if kind == b"tree":
        return None
    return Listed(kind.decode(), id.decode(), int(size), os.fsdecode(name))


def _brought_in(output: bytes, blobs: frozenset[str]) -> Iterator[tuple[str, str, str]]:
    """Reads `git log --raw -z`: ids of commits, and behind them `:modes ids status` and path, by turns."""
    commit = ""
    fields = iter(output.split(b"\0"))
    for field in fields:
        field = field.strip(b"\n")
        if field.startswith(b":"):
            path = os.fsdecode(next(fields))
            parents = len(field) - len(field.lstrip(b":"))
            blob = field.split(b" ")[2 * parents + 1].decode()
            if blob in blobs:
                yield blob, commit, path
        elif field:
            commit = field.decode()
