"""`policy show`, `set`, `preview`: the token policy of an organization."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from tokenward.cli.options import Json, Yes
from tokenward.cli.output import line, print_json, table
from tokenward.cli.session import confirm, session_of

__all__ = ["preview", "set_policy", "show"]

Organization = Annotated[str, typer.Argument(metavar="ORG", help="The organization.", show_default=False)]
Policy = Annotated[
    str,
    typer.Argument(metavar="POLICY", help="`default`, `fine-grained-only` or `require-approval`.", show_default=False),
]


def show(context: typer.Context, org: Organization, as_json: Json = False) -> None:
    """Show the token policy of an organization."""
    with session_of(context).client() as client:
        _tell(client.token_policy(org), org, as_json)


def preview(context: typer.Context, org: Organization, policy: Policy, as_json: Json = False) -> None:
    """Show which tokens another policy would block or let in again."""
    with session_of(context).client() as client:
        answer = client.preview_policy(org, policy)
    if as_json:
        print_json(answer)
    else:
        _tell_preview(answer, policy)


def set_policy(
    context: typer.Context,
    org: Organization,
    policy: Policy,
    force: Annotated[bool, typer.Option("--force", help="Even if it blocks the token in use.")] = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Set the token policy, once what it would block has been shown and confirmed.

    If anything in the organization changes in between, nothing is set.
    """
    with session_of(context).client() as client:
        generation = None
        if not yes:
            answer = client.preview_policy(org, policy)
            generation = answer["generation"]
            if not as_json:
                _tell_preview(answer, policy)
            confirm(f"{_summary(answer, policy)} Set it in {org}?", yes=False)
        done = client.set_token_policy(org, policy, force=force, if_generation=generation)
    _tell(done, org, as_json)


def _tell(answer: Mapping[str, Any], org: str, as_json: bool) -> None:
    if as_json:
        print_json(answer)
    else:
        line(f"{org}: {answer['tokenPolicy']}")


def _tell_preview(answer: Mapping[str, Any], policy: str) -> None:
    rows = [(token["id"], token["before"], token["after"]) for token in answer["tokens"]]
    if rows:
        table(("TOKEN", "NOW", f"UNDER {policy.upper()}"), rows, whole=("TOKEN",))
        line("")
    line(_summary(answer, policy))


def _summary(answer: Mapping[str, Any], policy: str) -> str:
    counts = answer["summary"]
    text = "`{}` would block {blocked} tokens, let {unblocked} in again and leave {unchanged} as they are."
    return text.format(policy, **counts)
