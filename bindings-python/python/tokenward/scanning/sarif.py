"""A report as SARIF 2.1.0, for code scanning."""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import quote

from tokenward.scanning.finding import Finding, Report
from tokenward.scanning.wording import shown

__all__ = ["to_sarif"]

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_HELP = "Revoke the token, make a new one, and keep it out of files. Taking it out of the file is not enough."
# Rule, what it means, how bad it is.
_RULES = {
    True: ("tokenward/token", "An access token whose checksum is right: a Tokenward issued it.", "error"),
    False: ("tokenward/hub-shaped", "A text of the form of a Hub's access token, issued elsewhere.", "warning"),
}


def to_sarif(report: Report, version: str = "0") -> dict[str, Any]:
    """The report as a SARIF log with one run.

    >>> from tokenward.scanning import scan_bytes
    >>> to_sarif(scan_bytes(b"nothing", "a.txt"))["runs"][0]["results"]
    []
    """
    rules = [_rule(*rule) for rule in _RULES.values()]
    driver = {"name": "tokenward", "version": version, "rules": rules}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {"SRCROOT": {"description": {"text": "The folder in which the scan was started."}}},
        "invocations": [_invocation(report)],
        "results": [_result(finding) for finding in report.findings],
        "properties": {"accepted": report.accepted, "bytes": report.bytes, "files": report.files},
    }
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(id: str, text: str, level: str) -> dict[str, Any]:
    return {
        "id": id,
        "shortDescription": {"text": text},
        "help": {"text": _HELP},
        "defaultConfiguration": {"level": level},
        "properties": {"tags": ["security", "secret"], "security-severity": "9.0" if level == "error" else "6.0"},
    }


def _invocation(report: Report) -> dict[str, Any]:
    """What could not be looked at is told too: a clean result must not hide it."""
    problems = [(f"{shown(path)} could not be read: {why}", "error") for path, why in report.unreadable]
    problems += [(f"{entry.files} left out: {entry.reason}", "note") for entry in report.skipped.values()]
    problems += [(note, "warning") for note in report.notes]
    return {
        "executionSuccessful": not report.unreadable,
        "toolExecutionNotifications": [{"message": {"text": text}, "level": level} for text, level in problems],
    }


def _result(finding: Finding) -> dict[str, Any]:
    id, text, level = _RULES[finding.ours]
    where = f" In the {finding.part}." if finding.part != "content" else ""
    result: dict[str, Any] = {
        "ruleId": id,
        "ruleIndex": 0 if finding.ours else 1,
        "level": level,
        "message": {"text": f"{text} It ends in `{finding.last4}`.{where}"},
        "locations": [_location(finding)],
        "partialFingerprints": {"tokenward/v1": finding.fingerprint},
    }
    if finding.object is not None:
        commits = [commit.to_dict() for commit in finding.commits]
        result["properties"] = {"object": finding.object, "commits": commits}
    return result


def _location(finding: Finding) -> dict[str, Any]:
    region = {"startLine": finding.line, "startColumn": finding.column, "endColumn": finding.end_column}
    physical: dict[str, Any] = {"artifactLocation": _artifact(finding)}
    if finding.part != "name":
        physical["region"] = region
    return {"physicalLocation": physical}


def _artifact(finding: Finding) -> dict[str, str]:
    """Where readers insist on a file, a message is in the one that git would keep it in."""
    if finding.part in ("commit message", "tag message") and finding.object:
        return {"uri": f".git/objects/{finding.object[:2]}/{finding.object[2:]}", "uriBaseId": "SRCROOT"}
    path = shown(finding.path or "-").replace(os.sep, "/")
    if os.path.isabs(finding.path or ""):
        return {"uri": "file://" + quote(path)}
    return {"uri": quote(path), "uriBaseId": "SRCROOT"}
