"""Where the stub hub keeps files: one bare git repository per repository.

So what a client commits over HTTP can be cloned with git, and what git pushes can be downloaded.
No access rules here; of a large file it keeps the pointer only.
"""

import os
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

# git as installed, untouched by the settings of whoever runs the tests.
GIT_ENV = {**os.environ, "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull}


@dataclass(frozen=True)
class File:
    path: str
    oid: str
    size: int


class Store:
    def __init__(self, folder: Path):
        self.folder = folder

    def folder_of(self, kind: str, name: str) -> Path:
        return self.folder / kind / f"{name}.git"

    def has(self, kind: str, name: str) -> bool:
        return self.folder_of(kind, name).is_dir()

    def names(self, kind: str) -> list[str]:
        root = self.folder / kind
        return sorted(str(path.relative_to(root))[: -len(".git")] for path in root.glob("*/*.git"))

    def create(self, kind: str, name: str, author: str, private: bool) -> None:
        folder = self.folder_of(kind, name)
        folder.parent.mkdir(parents=True, exist_ok=True)
        self._git(None, "init", "--quiet", "--bare", "--initial-branch=main", str(folder))
        self._git(folder, "config", "stub.private", str(private).lower())
        self.commit(kind, name, "main", author, "initial commit", {".gitattributes": b""}, [])

    def delete(self, kind: str, name: str) -> None:
        shutil.rmtree(self.folder_of(kind, name))

    def move(self, kind: str, name: str, to: str) -> None:
        self.folder_of(kind, to).parent.mkdir(parents=True, exist_ok=True)
        self.folder_of(kind, name).rename(self.folder_of(kind, to))

    def is_private(self, kind: str, name: str) -> bool:
        return self._git(self.folder_of(kind, name), "config", "stub.private").stdout == b"true\n"

    def head(self, kind: str, name: str, revision: str) -> str | None:
        """The commit that a branch, tag or hash names, or None."""
        asked = ["rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}"]
        done = self._git(self.folder_of(kind, name), *asked, check=False)
        return done.stdout.decode().strip() or None

    def files(self, kind: str, name: str, commit: str) -> list[File]:
        """All files of a commit, sorted by path."""
        listing = self._git(self.folder_of(kind, name), "ls-tree", "-r", "-l", "-z", commit).stdout.decode()
        rows = (row.split("\t", 1) for row in listing.split("\0") if row)
        parsed = ((path, meta.split()) for meta, path in rows)
        return [File(path, meta[2], int(meta[3])) for path, meta in parsed]

    def read(self, kind: str, name: str, oid: str) -> bytes:
        return self._git(self.folder_of(kind, name), "cat-file", "blob", oid).stdout

    def commit(
        self, kind: str, name: str, branch: str, author: str, message: str,
        added: dict[str, bytes], deleted: list[str],
    ) -> str:  # fmt: skip
        """Writes one commit and returns its hash."""
        folder = self.folder_of(kind, name)
        parent = self.head(kind, name, f"refs/heads/{branch}")
        stream = fast_import_stream(branch, parent, author, message, added, deleted)
        self._git(folder, "fast-import", "--quiet", "--date-format=raw", stdin=stream)
        written = self.head(kind, name, f"refs/heads/{branch}")
        assert written and written != parent, "fast-import wrote no commit"
        return written

    def author_of(self, kind: str, name: str, commit: str) -> str:
        return self._git(self.folder_of(kind, name), "log", "-1", "--format=%an", commit).stdout.decode().strip()

    @staticmethod
    def _git(folder: Path | None, *arguments: str, stdin: bytes | None = None, check: bool = True):
        where = ["-C", str(folder)] if folder else []
        done = subprocess.run(["git", *where, *arguments], input=stdin, capture_output=True, env=GIT_ENV)
        if check and done.returncode:
            raise RuntimeError(f"git {arguments[0]} failed: {done.stderr.decode()}")
        return done


def fast_import_stream(
    branch: str, parent: str | None, author: str, message: str, added: dict[str, bytes], deleted: list[str]
) -> bytes:
    """The commit in git's own import language: one process, no work tree, no index."""
    lines = [f"commit refs/heads/{branch}", f"committer {author} <{author}@example.org> {int(time.time())} +0000"]
    stream = "\n".join(lines).encode() + b"\n" + data(message.encode())
    if parent:
        stream += f"from {parent}\n".encode()
    for path, content in added.items():
        stream += f"M 100644 inline {path}\n".encode() + data(content)
    for path in deleted:
        stream += f"D {path}\n".encode()
    return stream + b"\n"


def data(content: bytes) -> bytes:
    return b"data %d\n%s\n" % (len(content), content)
