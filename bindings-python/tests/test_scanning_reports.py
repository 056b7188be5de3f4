"""What is made of a scan: SARIF that validates, baselines that hold no secret, JSON without tokens."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

import pytest
from planted import foreign_token, our_token

from tokenward.scanning import (
    BaselineError,
    Commit,
    Finding,
    Report,
    read_baseline,
    scan_bytes,
    scan_paths,
    to_sarif,
    write_baseline,
)
from tokenward.scanning.spots import Spot
from tokenward.scanning.wording import masked, shown

OURS, FOREIGN = our_token("report"), foreign_token("report")
# It has no type hints of its own.
jsonschema: Any = importlib.import_module("jsonschema")
SCHEMA = json.loads((Path(__file__).parent / "data/sarif-schema-2.1.0.json").read_text())


def full_report() -> Report:
    """A report with one of everything."""
    content = Finding.at(Spot(3, 7, OURS, True), "src/a b#ü%.py")
    absolute = Finding.at(Spot(1, 1, FOREIGN, False), "/var/log/x")
    name = Finding.at(Spot(1, 1, OURS, True), f"{OURS}.txt", "name")
    blob = Finding("key", "content", 1, 1, True, content.secret, content.fingerprint, "ab" * 20, (Commit("cd" * 20, "key"),))
    message = Finding(None, "commit message", 8, 5, True, content.secret, content.fingerprint, "ef" * 20, ())
    report = Report([content, absolute, name, blob, message], files=3, bytes=99, notes=["shallow"])
    report.unreadable.append((f"/{OURS}", "permission denied"))
    report.skip("symbolic link")
    return report


def results(report: Report) -> list[dict[str, Any]]:
    sarif = to_sarif(report, "1.2.3")
    jsonschema.Draft4Validator(SCHEMA).validate(sarif)
    found: list[dict[str, Any]] = sarif["runs"][0]["results"]
    return found


def test_sarif_is_valid_and_holds_no_token() -> None:
    assert len(results(full_report())) == 5
    text = json.dumps(to_sarif(full_report()))
    assert OURS[3:-4] not in text and FOREIGN[3:-4] not in text


def test_an_empty_report_is_valid_sarif_too() -> None:
    assert results(Report()) == []


def test_sarif_says_where_and_which_rule() -> None:
    first, second, *_ = results(full_report())
    assert first["ruleId"] == "tokenward/token" and second["ruleId"] == "tokenward/hub-shaped"
    assert [first["level"], second["level"]] == ["error", "warning"]
    place = first["locations"][0]["physicalLocation"]
    assert place["region"] == {"startLine": 3, "startColumn": 7, "endColumn": 44}
    assert place["artifactLocation"] == {"uri": "src/a%20b%23%C3%BC%25.py", "uriBaseId": "SRCROOT"}
    assert second["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "file:///var/log/x"
    assert first["message"]["text"].endswith(f"It ends in `{OURS[-4:]}`.")


def test_sarif_of_a_history_names_commits() -> None:
    blob = results(full_report())[3]
    assert blob["properties"]["commits"] == [{"commit": "cd" * 20, "path": "key"}]


def test_sarif_tells_what_could_not_be_read() -> None:
    [run] = to_sarif(full_report())["runs"]
    [invocation] = run["invocations"]
    assert not invocation["executionSuccessful"]
    levels = [notification["level"] for notification in invocation["toolExecutionNotifications"]]
    assert levels == ["error", "note", "warning"]


def test_a_baseline_accepts_the_known_tokens_wherever_they_are(tmp_path: Path) -> None:
    path = tmp_path / "baseline.json"
    assert write_baseline(path, scan_bytes(f"{OURS}\n{OURS}".encode(), "a.py")) == 1
    later = scan_bytes(f"moved\n{OURS}\n{FOREIGN}".encode(), "b.py")
    later.accept(read_baseline(path))
    assert ([finding.last4 for finding in later.findings], later.accepted) == ([FOREIGN[-4:]], 1)


def test_a_baseline_is_stable_and_reveals_nothing(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    write_baseline(one, scan_bytes(f"{OURS} {FOREIGN}".encode(), "a"))
    write_baseline(two, scan_bytes(f"{FOREIGN} {OURS}".encode(), "a"))
    assert one.read_text() == two.read_text()
    report = scan_paths([one])
    assert report.findings == []
    for token in (OURS, FOREIGN):
        assert token[-4:] not in one.read_text()


def test_a_baseline_can_grow(tmp_path: Path) -> None:
    path = tmp_path / "baseline"
    write_baseline(path, scan_bytes(OURS.encode(), "a"))
    assert write_baseline(path, scan_bytes(FOREIGN.encode(), "b"), keep=path) == 2
    assert [entry["path"] for entry in json.loads(path.read_text())["findings"]] in (["a", "b"], ["b", "a"])
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"format": "tokenward.baseline/1"}', '{"format": "tokenward.baseline/1", "findings": [1]}']
)
def test_no_other_file_is_read_or_overwritten_as_a_baseline(text: str, tmp_path: Path) -> None:
    path = tmp_path / "precious"
    path.write_text(text)
    with pytest.raises(BaselineError, match="is no baseline"):
        read_baseline(path)
    with pytest.raises(BaselineError, match="is no baseline"):
        write_baseline(path, Report())
    assert path.read_text() == text


def test_a_baseline_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BaselineError, match="cannot read the baseline"):
        read_baseline(tmp_path / "missing")
    with pytest.raises(BaselineError, match="cannot write the baseline"):
        write_baseline(tmp_path / "no/such/folder", Report())


def test_json_has_one_form() -> None:
    document = full_report().to_dict()
    assert document["format"] == "tokenward.scan/1"
    assert document["findings"][0] == {
        "path": "src/a b#ü%.py", "part": "content", "line": 3, "column": 7, "endColumn": 44,
        "last4": OURS[-4:], "ours": True, "fingerprint": full_report().findings[0].fingerprint,
    }  # fmt: skip
    assert document["summary"]["skipped"] == [{"reason": "symbolic link", "files": 1, "bytes": 0}]
    assert OURS not in json.dumps(document)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hf_hub_download", "hf_hub_download"),
        (f"x{OURS}_old", "xhf_…"),
        (f"{OURS}{OURS}", "hf_…"),
        ("api_org_" + "a" * 34, "api_org_…"),
        ("plain", "plain"),
    ],
)
def test_words_are_kept_and_tokens_masked(text: str, expected: str) -> None:
    assert masked(text) == expected


def test_control_characters_do_not_reach_the_screen() -> None:
    assert shown("a\x1b[2Jb\u202ec\n\udc80") == "a\\x1b[2Jb\\u202ec\\n\\udc80"
