"""`tokens list`: one's own tokens, or those that reach into an organization."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from tokenward.cli.guard import Failure
from tokenward.cli.options import Json
from tokenward.cli.output import day, print_json, table
from tokenward.cli.progress import counted
from tokenward.cli.session import session_of

__all__ = ["list_tokens"]

_OWN = ("ID", "NAME", "KIND", "LAST4", "EXPIRES", "ORGANIZATIONS")
_ORG = ("ID", "OWNER", "KIND", "LAST4", "STATUS", "LAST USED")
# Options that become a term of the listing's filter.
_TERMS = ("owner", "role", "status", "token")


def list_tokens(
    context: typer.Context,
    org: Annotated[
        str | None, typer.Option("--org", metavar="ORG", help="The tokens that reach into this organization.")
    ] = None,
    owner: Annotated[str | None, typer.Option("--owner", metavar="USER", help="With --org: this owner's.")] = None,
    kind: Annotated[
        str | None, typer.Option("--kind", metavar="KIND", help="With --org: `read`, `write` or `fineGrained`.")
    ] = None,
    status: Annotated[
        str | None,
        typer.Option("--status", metavar="STATUS", help="With --org: `pending`, `approved`, `denied`, `revoked`, `all`."),
    ] = None,
    last4: Annotated[str | None, typer.Option("--last4", metavar="XXXX", help="With --org: ends in these.")] = None,
    query: Annotated[str, typer.Option("--filter", metavar="TERMS", help="With --org: more terms, like `-role:read`.")] = "",
    as_json: Json = False,
) -> None:
    """List one's own tokens, or with --org those of an organization."""
    given = zip(_TERMS, (owner, kind, status, last4), strict=True)
    terms = " ".join([*(_term(key, value) for key, value in given if value), *query.split()])
    if org is None and terms:
        raise Failure("filters go with --org only")
    with session_of(context).client() as client:
        found = client.list_tokens() if org is None else client.list_org_tokens(org, terms or None)
        listed = list(counted(found, "tokens"))
    if as_json:
        print_json(listed)
    elif org is None:
        table(_OWN, map(_own_row, listed), whole=("ID", "KIND", "LAST4", "EXPIRES"))
    else:
        named = any("displayName" in token for token in listed)
        columns = (*_ORG[:2], "NAME", *_ORG[2:]) if named else _ORG
        rows = (_org_row(token, named) for token in listed)
        table(columns, rows, whole=("ID", "LAST4", "KIND", "LAST USED"))


def _term(key: str, value: str) -> str:
    if any(c.isspace() for c in value):
        raise Failure(f"`{value}` must be one word")
    return f"{key}:{value}"


def _own_row(token: Mapping[str, Any]) -> tuple[str | None, ...]:
    orgs = ", ".join(f"{org['name']}: {org['status']}" for org in token["organizations"])
    expires = day(token.get("expiresAt"))
    return (token["id"], token["displayName"], token["role"], token.get("last4"), expires, orgs or None)


def _org_row(token: Mapping[str, Any], named: bool) -> tuple[str | None, ...]:
    status = token.get("authorization", {}).get("status")
    row = (token["role"], token.get("last4"), status, day(token.get("lastUsedAt")))
    name = (token.get("displayName"),) if named else ()
    return (token["_id"], token["owner"]["name"], *name, *row)
