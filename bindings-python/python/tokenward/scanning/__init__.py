"""Finds tokens in files, folders, streams and the history of git repositories.

>>> from tokenward.scanning import scan_bytes
>>> report = scan_bytes(b"token = hf_AAAAAAAAAAAAAAAAAAAAAAAAAAAAIwOvtj", "settings.ini")
>>> [(finding.path, finding.line, finding.column, finding.last4, finding.ours) for finding in report.findings]
[('settings.ini', 1, 9, 'Ovtj', True)]

No finding prints its token: `finding.secret.reveal()` is the only way to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from os import PathLike, fspath
from typing import BinaryIO

from tokenward.scanning.baseline import read_baseline, write_baseline
from tokenward.scanning.errors import BaselineError, GitError, ScanError
from tokenward.scanning.files import scan_entry, walk
from tokenward.scanning.finding import Commit, Finding, Report, Skipped, fingerprint
from tokenward.scanning.history import scan_history
from tokenward.scanning.sarif import to_sarif
from tokenward.scanning.spots import spots_of_bytes, spots_of_stream

__all__ = [
    "BaselineError",
    "Commit",
    "Finding",
    "GitError",
    "Report",
    "ScanError",
    "Skipped",
    "fingerprint",
    "read_baseline",
    "scan_bytes",
    "scan_history",
    "scan_paths",
    "scan_stream",
    "to_sarif",
    "write_baseline",
]

Progress = Callable[[int, int], None]


def scan_paths(
    paths: Iterable[str | PathLike[str]],
    *,
    exclude: Sequence[str] = (),
    progress: Progress | None = None,
) -> Report:
    """Looks at files, and at all files in folders.

    Args:
        paths: files and folders.
        exclude: patterns like `*.lock`, `docs/`: for a path inside the folder, or its last part.
        progress: called with the bytes done and the bytes in all.

    A file that cannot be read is in `report.unreadable`; nothing is raised for it.

    >>> import tempfile, pathlib
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = pathlib.Path(folder, "notes.txt").write_text("nothing here")
    ...     report = scan_paths([folder])
    >>> report.files, report.bytes, report.findings
    (1, 12, [])
    """
    report = Report()
    entries = walk([fspath(path) for path in paths], exclude, report)
    if progress is None:
        for entry in entries:
            scan_entry(entry, report)
        return report
    listed = list(entries)
    total = sum(entry.size for entry in listed)
    for entry in listed:
        scan_entry(entry, report)
        progress(report.bytes, total)
    return report


def scan_stream(stream: BinaryIO, name: str = "-") -> Report:
    """Looks at what can be read only once, like standard input.

    >>> import io
    >>> scan_stream(io.BytesIO(b"nothing here")).findings
    []
    """
    report = Report(files=1)
    raw_read = getattr(stream, "read1", stream.read)

    def read(size: int) -> bytes:
        data: bytes = raw_read(size)
        report.bytes += len(data)
        return data

    report.findings.extend(Finding.at(spot, name) for spot in spots_of_stream(read))
    return report


def scan_bytes(data: bytes, name: str) -> Report:
    """Looks at bytes in memory."""
    report = Report(files=1, bytes=len(data))
    report.findings.extend(Finding.at(spot, name) for spot in spots_of_bytes(data))
    return report
