"""`whoami`, `check`, `explain`: what a token is, what it may do, and why not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from tokenward.cli.guard import DENIED, Failure
from tokenward.cli.options import Action, Json, Resource
from tokenward.cli.output import day, facts, line, paragraph, print_json, table
from tokenward.cli.session import session_of

__all__ = ["check", "explain", "whoami"]

_MARKS = {"pass": "ok", "fail": "FAILS", "skip": "–"}


def whoami(context: typer.Context, as_json: Json = False) -> None:
    """Say whose token is in use, and what restricts it."""
    with session_of(context).client() as client:
        answer = client.whoami()
    if as_json:
        print_json(answer)
        return
    token = answer.get("auth", {}).get("accessToken", {})
    names = {"user": answer["name"], "full name": answer.get("fullname"), "token": token.get("displayName")}
    facts({**names, "kind": token.get("role"), "expires": day(answer.get("auth", {}).get("expiresAt"))})
    rows = [
        (org["name"], org.get("roleInOrg"), org.get("plan"), ", ".join(org.get("securityRestrictions", [])) or None)
        for org in answer.get("orgs", [])
    ]
    if rows:
        line("")
        table(("ORGANIZATION", "ROLE", "PLAN", "RESTRICTED BY"), rows)


def check(context: typer.Context, action: Action, resource: Resource, as_json: Json = False) -> None:
    """Say whether the token may do something. Exit code 1 when it may not."""
    with session_of(context).client() as client:
        decision = client.check(action, resource).to_dict()
    if as_json:
        print_json(decision)
    else:
        headline(decision)
    _end(decision)


def explain(
    context: typer.Context,
    action: Action,
    resource: Resource,
    token_id: Annotated[str | None, typer.Option("--id", metavar="ID", help="Another token of one's own.")] = None,
    org: Annotated[
        str | None, typer.Option("--org", metavar="ORG", help="With --id: any token of this organization, for admins.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Say everything that stands in a token's way, and what would help. Exit code 1 when it is denied."""
    if org is not None and token_id is None:
        raise Failure("--org goes with --id")
    with session_of(context).client() as client:
        answer = client.explain(action, resource, token_id=token_id, org=org)
    if as_json:
        print_json(answer)
    else:
        headline(answer)
        obstacles(answer)
        checks(answer["checks"])
    _end(answer)


def headline(decision: Mapping[str, Any]) -> None:
    """The decision in one line, and below it what is said and what would help."""
    allowed = decision["decision"] == "allow"
    word = "allowed" if allowed else f"denied, {decision['status']}"
    line(f"{word}: {decision['reason']}", "bold green" if allowed else "bold red")
    if not allowed:
        _advice(decision)


def obstacles(answer: Mapping[str, Any]) -> None:
    """Those behind the first, where the answer names them and they say something new."""
    told = [(answer["message"], answer["remedy"])]
    for obstacle in answer.get("obstacles", []):
        if (says := (obstacle["message"], obstacle["remedy"])) in told:
            continue
        told.append(says)
        line(f"then: {obstacle['reason']}", "bold red")
        _advice(obstacle)


def checks(listed: Sequence[Mapping[str, Any]]) -> None:
    """All thirteen, in their order."""
    line("")
    rows = [(one["check"], _MARKS.get(one["outcome"], one["outcome"]), one.get("detail")) for one in listed]
    table(("CHECK", "", "DETAIL"), rows, whole=("CHECK", ""))


def _advice(told: Mapping[str, Any]) -> None:
    if told.get("message"):
        paragraph(told["message"])
    if told.get("remedy"):
        paragraph(told["remedy"]["text"])


def _end(decision: Mapping[str, Any]) -> None:
    if decision["decision"] != "allow":
        raise typer.Exit(DENIED)
