"""Files and folders: what there is to look at, and what is left out and why."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from tokenward.scanning.finding import Finding, Report
from tokenward.scanning.spots import spots_of_bytes, spots_of_file, spots_of_stream

__all__ = ["Entry", "scan_entry", "walk"]

_OPEN = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)


@dataclass(frozen=True)
class Entry:
    """A file to look at. `path` opens it, `name` is its path inside the folder that was asked for."""

    path: str
    name: str
    size: int


def walk(paths: Sequence[str], exclude: Sequence[str], report: Report) -> Iterator[Entry]:
    """The files under the paths, each once, in a fixed order; the report learns of the rest.

    A symbolic link is followed where it is itself asked for, and nowhere else. The object store of a git
    repository is left out: it is compressed, and `scan_history` reads it. Nothing else is left out.
    """
    seen: set[str] = set()
    for path in paths:
        try:
            found = os.stat(path)
        except OSError as error:
            report.unreadable.append((path, reason(error)))
            continue
        if stat.S_ISDIR(found.st_mode):
            yield from _folder(path, exclude, report, seen)
        elif os.path.abspath(path) not in seen:
            seen.add(os.path.abspath(path))
            size = found.st_size if stat.S_ISREG(found.st_mode) else 0
            entry = Entry(path, os.path.normpath(path), size)
            if not _excluded(entry.name, exclude, report, size):
                yield entry


def _folder(top: str, exclude: Sequence[str], report: Report, seen: set[str]) -> Iterator[Entry]:
    waiting = [top]
    while waiting:
        folder = waiting.pop()
        inside: list[str] = []
        for item in _listed(folder, report):
            name = os.path.relpath(item.path, top) if exclude else ""
            if item.is_dir(follow_symlinks=False):
                if _is_object_store(item):
                    report.skip("object store of git: see --history")
                elif not _excluded(name, exclude, report):
                    inside.append(item.path)
            else:
                yield from _file(item, name, exclude, report, seen)
        waiting.extend(reversed(inside))


def _file(item: os.DirEntry[str], name: str, exclude: Sequence[str], report: Report, seen: set[str]) -> Iterator[Entry]:
    try:
        found = item.stat(follow_symlinks=False)
    except OSError as error:
        report.unreadable.append((item.path, reason(error)))
        return
    if item.is_symlink():
        report.skip("symbolic link")
    elif not stat.S_ISREG(found.st_mode):
        report.skip("no regular file")
    elif os.path.abspath(item.path) not in seen and not _excluded(name, exclude, report, found.st_size):
        seen.add(os.path.abspath(item.path))
        yield Entry(item.path, os.path.normpath(item.path), found.st_size)


def _listed(folder: str, report: Report) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as items:
            return sorted(items, key=lambda item: item.name)
    except OSError as error:
        report.unreadable.append((folder, reason(error)))
        return []


def _is_object_store(item: os.DirEntry[str]) -> bool:
    """`objects` beside `HEAD` and `refs`: of a bare repository too."""
    beside = os.path.dirname(item.path)
    return item.name == "objects" and all(os.path.exists(os.path.join(beside, name)) for name in ("HEAD", "refs"))


def _excluded(name: str, exclude: Sequence[str], report: Report, size: int = 0) -> bool:
    """Whether a pattern fits the path, its last part, or (`docs/`) a folder."""
    name = name.replace(os.sep, "/")
    for pattern in exclude:
        bare = pattern.rstrip("/")
        if fnmatchcase(name, bare) or fnmatchcase(name.rpartition("/")[2], bare):
            report.skip(f"excluded by `{pattern}`", size)
            return True
    return False


def scan_entry(entry: Entry, report: Report) -> None:
    """Looks at one file: its content and its name."""
    try:
        fd = os.open(entry.path, _OPEN)
    except OSError as error:
        report.unreadable.append((entry.path, reason(error)))
        return
    try:
        plain = stat.S_ISREG(os.fstat(fd).st_mode)
        found = spots_of_file(fd) if plain else spots_of_stream(lambda size: os.read(fd, size))
        report.findings.extend(Finding.at(spot, entry.name) for spot in found)
    except OSError as error:
        report.unreadable.append((entry.path, reason(error)))
    finally:
        os.close(fd)
    name = spots_of_bytes(os.fsencode(entry.name))
    report.findings.extend(Finding.at(spot, entry.name, "name") for spot in name)
    report.files += 1
    report.bytes += entry.size


def reason(error: OSError) -> str:
    """Why a file could not be read, in the system's words and without its name."""
    return (error.strerror or type(error).__name__).lower()
