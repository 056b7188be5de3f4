"""`scan`: tokens in files, folders, standard input and git histories."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from tokenward.cli.guard import BAD_INPUT, DENIED, Failure
from tokenward.cli.options import Json, Yes
from tokenward.cli.output import json_text, line, print_json, say, version
from tokenward.cli.progress import bytes_done
from tokenward.cli.session import confirm, session_of
from tokenward.scanning import (
    Finding,
    Report,
    read_baseline,
    scan_history,
    scan_paths,
    scan_stream,
    to_sarif,
    write_baseline,
)

__all__ = ["scan"]


def scan(
    context: typer.Context,
    paths: Annotated[
        list[str],
        typer.Argument(metavar="PATH...", help="Files and folders; `-` is standard input.", show_default=False),
    ],
    exclude: Annotated[
        list[str] | None,
        typer.Option("--exclude", metavar="GLOB", help="Leave out, like `*.lock` or `docs/`. Repeatable."),
    ] = None,
    history: Annotated[
        bool, typer.Option("--history", "--git", help="The whole git history of each PATH, in place of its files.")
    ] = False,
    only_ours: Annotated[bool, typer.Option("--only-ours", help="Only tokens whose checksum is right.")] = False,
    baseline: Annotated[
        Path | None, typer.Option("--baseline", metavar="FILE", help="Accept the findings of this file.")
    ] = None,
    new_baseline: Annotated[
        Path | None,
        typer.Option("--write-baseline", metavar="FILE", help="Write the findings as accepted; exit with 0."),
    ] = None,
    revoke: Annotated[
        bool, typer.Option("--revoke", help="Report what is ours to the server, which deletes it everywhere.")
    ] = False,
    sarif: Annotated[
        Path | None, typer.Option("--sarif", metavar="FILE", help="Write SARIF 2.1.0; `-` is standard output.")
    ] = None,
    exit_zero: Annotated[bool, typer.Option("--exit-zero", help="Exit with 0 also when something is found.")] = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Find leaked tokens. Exit code 1 when there are any, 2 when something could not be read.

    Every file is read, binary ones and those in hidden folders too; only the object store of a git
    repository is left to --history. What is left out is told. At most four characters are printed.
    """
    if as_json and str(sarif) == "-":
        raise Failure("--json and --sarif - both want standard output")
    report = _looked_at(paths, exclude or (), history)
    if only_ours:
        report.keep_ours()
    written = write_baseline(new_baseline, report, keep=baseline) if new_baseline else None
    if baseline:
        report.accept(read_baseline(baseline))
    _tell(report, sarif, as_json)
    if written is not None:
        say(f"{written} findings are accepted in {new_baseline}")
    if revoke:
        _revoke(context, report, yes)
    _end(report, exit_zero or written is not None)


def _looked_at(paths: Sequence[str], exclude: Sequence[str], history: bool) -> Report:
    with bytes_done("scanning") as progress:
        if history:
            if exclude:
                raise Failure("--exclude goes with files: a history is read whole")
            return Report.joined(scan_history(path, progress=progress) for path in paths)
        # A file of that name is a file: a hook hands over whatever a repository calls its files.
        piped = "-" in paths and not os.path.lexists("-")
        reports = [scan_stream(sys.stdin.buffer)] if piped else []
        files = [os.path.join(".", path) if path == "-" else path for path in paths if not (piped and path == "-")]
        if files:
            reports.append(scan_paths(files, exclude=exclude, progress=progress))
        return Report.joined(reports)


def _tell(report: Report, sarif: Path | None, as_json: bool) -> None:
    if sarif is not None:
        text = json_text(to_sarif(report, version()))
        if str(sarif) == "-":
            print(text)
        else:
            sarif.write_text(text + "\n", encoding="utf-8")
    if as_json:
        print_json(report.to_dict())
    elif str(sarif) != "-":
        for finding in report.findings:
            line(_sentence(finding))
    for path, why in report.unreadable:
        say(f"cannot read {path}: {why}")
    say(summary(report))


def _sentence(finding: Finding) -> str:
    """Like a compiler's: place, and what is there."""
    whose = "ours" if finding.ours else "not ours"
    place = f"{finding.path}:{finding.line}:{finding.column}"
    if finding.part.endswith("message"):
        place = f"{finding.part} {(finding.object or '')[:12]}:{finding.line}:{finding.column}"
    elif finding.part == "name":
        place = f"{finding.path}: in the name"
    text = f"{place}: token …{finding.last4}, {whose}"
    if finding.object and finding.part != "commit message":
        commits = [commit.id[:12] for commit in finding.commits]
        more = f" and {len(commits) - 3} more" if len(commits) > 3 else ""
        text += f", commit {', '.join(commits[:3])}{more}" if commits else ", in no commit"
    return text


def summary(report: Report) -> str:
    """How much was found, looked at and left out, in one line."""
    looked = [count(report.files, "file")] if report.files or not report.objects else []
    looked += [count(report.objects, "git object")] if report.objects else []
    found = f"{count(report.tokens, 'token')} in {count(len(report.findings), 'place')}, {len(report.ours)} of ours"
    parts = [f"{found}; {' and '.join(looked)} read, {size(report.bytes)}"]
    if report.accepted:
        parts.append(f"{count(report.accepted, 'place')} accepted by the baseline")
    parts += [f"{entry.files} left out: {entry.reason}" for entry in report.skipped.values()]
    if report.unreadable:
        parts.append(f"{len(report.unreadable)} could not be read")
    return "; ".join([*parts, *report.notes])


def count(number: int, what: str) -> str:
    """A number of things."""
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def size(number: float) -> str:
    """Bytes as people say them."""
    for unit in ("bytes", "kB", "MB"):
        if number < 1000:
            return f"{number:.0f} {unit}" if unit == "bytes" else f"{number:.1f} {unit}"
        number /= 1000
    return f"{number:.1f} GB"


def _revoke(context: typer.Context, report: Report, yes: bool) -> None:
    if not report.ours:
        say("nothing to report: none of the tokens found is ours")
        return
    tokens = count(len(report.ours), "token")
    with session_of(context).client() as client:
        question = f"Report {tokens} to {client.endpoint}? What it knows of them is deleted everywhere, for good."
        confirm(question, yes=yes)
        client.report_credentials([secret.reveal() for secret in report.ours])
    say(f"{tokens} reported, and taken by the server")


def _end(report: Report, exit_zero: bool) -> None:
    if report.findings and not exit_zero:
        raise typer.Exit(DENIED)
    if report.unreadable:
        raise typer.Exit(BAD_INPUT)
