"""Arguments and options that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

__all__ = ["Action", "Json", "Org", "Reason", "Resource", "Yes"]

Json = Annotated[bool, typer.Option("--json", help="Print one JSON value instead of a table; errors too.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")]
Org = Annotated[str, typer.Option("--org", metavar="ORG", help="The organization.", show_default=False)]
Reason = Annotated[str | None, typer.Option("--reason", metavar="TEXT", help="Why; its owner is told.")]
Action = Annotated[str, typer.Argument(metavar="ACTION", help="What to do, like `repo.write`.", show_default=False)]
Resource = Annotated[
    str, typer.Argument(metavar="RESOURCE", help="To what: `model:acme/bert`, `org:acme`.", show_default=False)
]
