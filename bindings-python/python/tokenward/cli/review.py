"""`tokens approve`, `deny`, `revoke`: what an organization says to a token."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from tokenward.cli.guard import Failure
from tokenward.cli.options import Json, Org, Reason, Yes
from tokenward.cli.output import line, print_json
from tokenward.cli.session import confirm, read_secret, session_of

__all__ = ["approve", "deny", "revoke"]

TokenId = Annotated[str, typer.Argument(metavar="ID", help="The token's id.", show_default=False)]


def approve(context: typer.Context, token_id: TokenId, org: Org, reason: Reason = None, as_json: Json = False) -> None:
    """Approve a token in an organization."""
    with session_of(context).client() as client:
        _tell(client.approve_token(org, token_id, reason=reason), org, as_json)


def deny(context: typer.Context, token_id: TokenId, org: Org, reason: Reason = None, as_json: Json = False) -> None:
    """Deny a token in an organization. It can be approved later."""
    with session_of(context).client() as client:
        _tell(client.deny_token(org, token_id, reason=reason), org, as_json)


def revoke(
    context: typer.Context,
    org: Org,
    token_id: Annotated[
        str | None, typer.Argument(metavar="ID", help="The token's id.", show_default=False)
    ] = None,
    by_value: Annotated[
        bool, typer.Option("--value", help="Read the token itself, from a prompt or from standard input.")
    ] = False,
    reason: Reason = None,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Revoke a token in an organization, by id or by value. There is no way back.

    The value is never an argument: arguments show in the list of processes and in the shell's history.
    """
    if (token_id is None) != by_value:
        raise Failure("name the token by its id, or use --value to be asked for the token itself")
    what = f"token {token_id}" if token_id else "the token given"
    value = read_secret("Token to revoke") if by_value else None
    confirm(f"Revoke {what} in {org}, for good?", yes=yes)
    with session_of(context).client() as client:
        if value is not None:
            answer = client.revoke_token_value(org, value, reason=reason)
        else:
            answer = client.revoke_token(org, str(token_id), reason=reason)
    _tell(answer, org, as_json)


def _tell(token: Mapping[str, Any], org: str, as_json: bool) -> None:
    if as_json:
        print_json(token)
        return
    status = token.get("authorization", {}).get("status", "without a status")
    name = f" \"{token['displayName']}\"" if token.get("displayName") else ""
    line(f"{status} in {org}: token {token['_id']}{name} of {token['owner']['name']}, ending in {token.get('last4')}")
