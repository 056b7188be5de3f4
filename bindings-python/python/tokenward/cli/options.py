"""Arguments and options that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

from tokenward.cli.session import session_of

__all__ = ["Action", "Json", "Org", "Reason", "Resource", "Yes"]



def _or_before(context: typer.Context, given: bool) -> bool:
    """It may stand before the command too."""
    return given or session_of(context).as_json


Json = Annotated[
    bool, typer.Option("--json", callback=_or_before, help="Print one JSON value instead of a table; errors too.")
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")]
Org = Annotated[str, typer.Option("--org", metavar="ORG", help="The organization.", show_default=False)]
Reason = Annotated[str | None, typer.Option("--reason", metavar="TEXT", help="Why; its owner is told.")]
Action = Annotated[str, typer.Argument(metavar="ACTION", help="What to do, like `repo.write`.", show_default=False)]
Resource = Annotated[
    str, typer.Argument(metavar="RESOURCE", help="To what: `model:acme/bert`, `org:acme`.", show_default=False)
]
