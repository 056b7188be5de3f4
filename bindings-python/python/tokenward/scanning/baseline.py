"""Known findings: a file of fingerprints, so that a scan fails for new tokens only.

It holds nothing that a token could be found by, and can be committed.
"""

from __future__ import annotations

import json
import os
from typing import Any

from tokenward.scanning.errors import BaselineError
from tokenward.scanning.finding import Report
from tokenward.scanning.wording import shown

__all__ = ["read_baseline", "write_baseline"]

_FORMAT = "tokenward.baseline/1"


def read_baseline(path: str | os.PathLike[str]) -> frozenset[str]:
    """The fingerprints of the known findings.

    Raises:
        BaselineError: the file cannot be read, or is something else.
    """
    return frozenset(entry["fingerprint"] for entry in _entries(os.fspath(path)))


def write_baseline(
    path: str | os.PathLike[str], report: Report, keep: str | os.PathLike[str] | None = None
) -> int:
    """Writes the findings of a report as known, and with them those of a file to keep; says how many.

    Raises:
        BaselineError: the file cannot be written, or is there and is no such file.
    """
    path = os.fspath(path)
    if os.path.exists(path):
        _entries(path)
    kept = [] if keep is None else _entries(os.fspath(keep))
    entries: dict[str, dict[str, Any]] = {entry["fingerprint"]: entry for entry in kept}
    for finding in report.findings:
        place = None if finding.path is None else shown(finding.path)
        entries[finding.fingerprint] = {"fingerprint": finding.fingerprint, "ours": finding.ours, "path": place}
    document = {"format": _FORMAT, "findings": [entries[key] for key in sorted(entries)]}
    _replace(path, json.dumps(document, indent=2) + "\n")
    return len(entries)


def _entries(path: str) -> list[dict[str, Any]]:
    try:
        with open(path, encoding="utf-8") as file:
            document = json.load(file)
    except OSError as error:
        raise BaselineError(f"cannot read the baseline `{shown(path)}`: {error.strerror}") from None
    except ValueError:
        document = None
    entries = document.get("findings") if isinstance(document, dict) and document.get("format") == _FORMAT else None
    if not isinstance(entries, list) or not all(_is_entry(entry) for entry in entries):
        raise BaselineError(f"`{shown(path)}` is no baseline: --write-baseline makes one")
    return entries


def _is_entry(entry: object) -> bool:
    return isinstance(entry, dict) and isinstance(entry.get("fingerprint"), str)


def _replace(path: str, text: str) -> None:
    beside = f"{path}.{os.getpid()}.tmp"
    try:
        with open(beside, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(beside, path)
    except OSError as error:
        raise BaselineError(f"cannot write the baseline `{shown(path)}`: {error.strerror}") from None
