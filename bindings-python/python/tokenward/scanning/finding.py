"""What a scan says: findings, and how much was looked at. No text made of these holds a token."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from tokenward._native import TokenSecret, parse_token
from tokenward.scanning.spots import Spot
from tokenward.scanning.wording import shown

__all__ = ["Commit", "Finding", "Report", "Skipped", "fingerprint"]

# The server looks tokens up by their plain SHA-256, so that one is nobody's business.
_DOMAIN = b"tokenward.scan/1\0"


@dataclass(frozen=True)
class Commit:
    """A commit that brought a token in, and the path that it had there."""

    id: str
    path: str | None = None

    def to_dict(self) -> dict[str, Any]:
        return {"commit": self.id, "path": self.path and shown(self.path)}


@dataclass(frozen=True)
class Finding:
    """A token at a place. The token itself is in `secret`, which does not print.

    Attributes:
        path: of the file; None in the message of a commit or tag.
        part: where in it: `content`, `name`, `commit message`, `tag message`.
        line, column: from 1; columns in characters. A name has line 1.
        ours: whether the checksum is that of a token that a Tokenward issued.
        object: the git object, in a history.
        commits: those that brought it in, in a history; oldest last.
    """

    path: str | None
    part: str
    line: int
    column: int
    ours: bool
    secret: TokenSecret = field(repr=False, compare=False)
    fingerprint: str = ""
    object: str | None = None
    commits: tuple[Commit, ...] = ()

    @classmethod
    def at(cls, spot: Spot, path: str | None, part: str = "content", object: str | None = None) -> Finding:
        """A finding from a token and its place."""
        secret = parse_token(spot.token)
        return cls(path, part, spot.line, spot.column, spot.ours, secret, fingerprint(spot.token), object)

    @property
    def last4(self) -> str:
        return self.secret.last4

    @property
    def end_column(self) -> int:
        return self.column + 37

    def to_dict(self) -> dict[str, Any]:
        """The finding as JSON."""
        fields: dict[str, Any] = {
            "path": None if self.path is None else shown(self.path),
            "part": self.part,
            "line": self.line,
            "column": self.column,
            "endColumn": self.end_column,
            "last4": self.last4,
            "ours": self.ours,
            "fingerprint": self.fingerprint,
        }
        if self.object is not None:
            fields["object"] = self.object
            fields["commits"] = [commit.to_dict() for commit in self.commits]
        return fields


def fingerprint(token: str) -> str:
    """The same for the same token wherever it is, and of no use to find it: 32 hex digits."""
    return hashlib.sha256(_DOMAIN + token.encode()).hexdigest()[:32]


@dataclass
class Skipped:
    """Files left out for one reason."""

    reason: str
    files: int = 0
    bytes: int = 0


@dataclass
class Report:
    """The findings of a scan, and what was and was not looked at."""

    findings: list[Finding] = field(default_factory=list)
    files: int = 0
    objects: int = 0
    bytes: int = 0
    accepted: int = 0
    skipped: dict[str, Skipped] = field(default_factory=dict)
    unreadable: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @classmethod
    def joined(cls, reports: Iterable[Report]) -> Report:
        """Several reports as one."""
        whole = cls()
        for report in reports:
            whole.findings += report.findings
            whole.files += report.files
            whole.objects += report.objects
            whole.bytes += report.bytes
            whole.unreadable += report.unreadable
            whole.notes += report.notes
            for entry in report.skipped.values():
                whole.skip(entry.reason, entry.bytes, entry.files)
        return whole

    @property
    def tokens(self) -> int:
        """How many different tokens were found."""
        return len({finding.fingerprint for finding in self.findings})

    @property
    def ours(self) -> list[TokenSecret]:
        """The different tokens whose checksum is right: those that a server may know."""
        secrets = {finding.fingerprint: finding.secret for finding in self.findings if finding.ours}
        return list(secrets.values())

    def skip(self, reason: str, size: int = 0, files: int = 1) -> None:
        """Notes that something was left out."""
        entry = self.skipped.setdefault(reason, Skipped(reason))
        entry.files += files
        entry.bytes += size

    def accept(self, known: Iterable[str]) -> None:
        """Takes out the findings with these fingerprints, and counts them."""
        known = frozenset(known)
        kept = [finding for finding in self.findings if finding.fingerprint not in known]
        self.accepted += len(self.findings) - len(kept)
        self.findings = kept

    def keep_ours(self) -> None:
        """Takes out the findings whose checksum is not ours."""
        self.findings = [finding for finding in self.findings if finding.ours]

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON."""
        return {
            "format": "tokenward.scan/1",
            "findings": [finding.to_dict() for finding in self.findings],
            "summary": {
                "findings": len(self.findings),
                "tokens": self.tokens,
                "ours": len(self.ours),
                "accepted": self.accepted,
                "files": self.files,
                "objects": self.objects,
                "bytes": self.bytes,
                "skipped": [vars(entry) for entry in self.skipped.values()],
                "unreadable": [{"path": shown(path), "why": why} for path, why in self.unreadable],
                "notes": self.notes,
            },
        }
