"""`findings`: tokens that should be looked at, though nothing is denied for it."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, get_args

import typer

from tokenward._native import Authorizer
from tokenward.cli.guard import DENIED, UNREACHABLE, Failure
from tokenward.cli.options import Json
from tokenward.cli.output import day, line, print_json, table
from tokenward.cli.session import session_of
from tokenward.errors import ParseError
from tokenward.words import Finding

__all__ = ["findings"]

KINDS: tuple[str, ...] = get_args(Finding)
_DAYS: Any = {"metavar": "DAYS", "min": 0, "show_default": False}
Unused = Annotated[int | None, typer.Option("--unused-days", help="Never used for so long; else 30.", **_DAYS)]
Inactive = Annotated[int | None, typer.Option("--inactive-days", help="Last used so long ago; else 90.", **_DAYS)]
Unrotated = Annotated[int | None, typer.Option("--unrotated-days", help="Made so long ago; else 365.", **_DAYS)]
Expiring = Annotated[int | None, typer.Option("--expiring-days", help="Expires so soon; else 14.", **_DAYS)]


def findings(
    context: typer.Context,
    org: Annotated[str | None, typer.Argument(metavar="ORG", help="The organization.", show_default=False)] = None,
    document: Annotated[
        str | None,
        typer.Option(
            "--document", metavar="FILE", help="An org document in place of the server's; `-` is standard input."
        ),
    ] = None,
    kind: Annotated[
        list[str] | None,
        typer.Option("--kind", metavar="KIND", help=f"Only this kind: {', '.join(KINDS)}. Repeatable."),
    ] = None,
    unused_days: Unused = None,
    inactive_days: Inactive = None,
    unrotated_days: Unrotated = None,
    expiring_days: Expiring = None,
    exit_code: Annotated[bool, typer.Option("--exit-code", help="Exit with 1 when there are findings.")] = False,
    as_json: Json = False,
) -> None:
    """List tokens that are unused, too old, too powerful, without expiry, or left behind."""
    unknown = sorted(set(kind or ()) - set(KINDS))
    if unknown:
        raise Failure(f"`{unknown[0]}` is no kind of finding: use {', '.join(KINDS)}")
    authorizer = _authorizer(context, org, document)
    found: Sequence[Mapping[str, Any]] = authorizer.findings(
        unused_days=unused_days,
        inactive_days=inactive_days,
        unrotated_days=unrotated_days,
        expiring_days=expiring_days,
    )
    found = [one for one in found if not kind or one["finding"] in kind]
    if as_json:
        print_json(found)
    elif found:
        rows = [(one["token"], one["finding"], day(one.get("since")), one["text"]) for one in found]
        table(("TOKEN", "FINDING", "SINCE", ""), rows, whole=("TOKEN", "FINDING", "SINCE"))
    else:
        line(f"no findings in {authorizer.org}")
    if found and exit_code:
        raise typer.Exit(DENIED)


def _authorizer(context: typer.Context, org: str | None, file: str | None) -> Authorizer:
    if (org is None) == (file is None):
        raise Failure("name an organization, or a document with --document")
    if org is not None:
        return _from_server(context, org)
    if file == "-":
        return Authorizer.from_document(sys.stdin.buffer.read())
    with open(str(file), "rb") as stream:
        return Authorizer.from_document(stream.read())


def _from_server(context: typer.Context, org: str) -> Authorizer:
    with session_of(context).client() as client:
        document = client.document(org)
    try:
        return Authorizer.from_document(document)
    except ParseError as error:
        raise Failure(f"what answered is no Tokenward server, or a newer one: {error}", UNREACHABLE) from None
