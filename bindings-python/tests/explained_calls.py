"""Runs huggingface_hub calls under `explained()`, and the preflight of each, and prints what came of them as JSON.

A program of its own, because the library reads its endpoint when it is imported.
It judges nothing: the tests compare.
"""

from __future__ import annotations

import asyncio
import json
import sys
import traceback
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import hub_calls
from huggingface_hub import HfApi
from tokenward.hub import ExplainedError, apreflight, explained, preflight


def main() -> None:
    job = json.load(sys.stdin)
    api = HfApi(token=job["token"])
    calls: dict[str, Callable[[], object]] = {} if job.get("only_more") else hub_calls.calls(job)
    for name, (method, arguments) in job.get("more", {}).items():
        calls[name] = partial(made, getattr(api, method), arguments)
    token = job["token"] if job["token"] is not None else False
    flights = {name: flight(token, *asked) for name, asked in job["preflights"].items()}
    print(json.dumps({"flights": flights, "calls": {name: outcome(call) for name, call in calls.items()}}))


def made(call: Callable[..., Any], arguments: dict[str, Any]) -> object:
    """What a call returns; listings are gone through to their end."""
    found = call(**arguments)
    return list(found) if isinstance(found, Iterator) else found


def outcome(call: Callable[[], object]) -> dict[str, Any]:
    try:
        with explained():
            return {"value": str(call())}
    except Exception as error:
        return described(error)


def described(error: Exception) -> dict[str, Any]:
    told: dict[str, Any] = {
        "explained": isinstance(error, ExplainedError),
        "classes": [kind.__name__ for kind in type(error).__mro__],
        "text": "".join(traceback.format_exception(error)),
        "notes": getattr(error, "__notes__", []),
    }
    if isinstance(error, ExplainedError):
        cause = error.__cause__
        told |= {name: getattr(error, name) for name in ("status", "reason", "message", "remedy")}
        told |= {"cause": type(cause).__name__, "of_the_same_kind": isinstance(error, type(cause)), "shown": str(error)}
        told["same_response"] = getattr(error, "response", None) is getattr(cause, "response", None)
        told["obstacles"] = listed(error.obstacles)
        told["about"] = [[explanation.action, explanation.resource] for explanation in error.explanations]
    return told


def flight(token: Any, resource: str, action: str) -> dict[str, Any]:
    found = preflight(resource, action, token=token)
    twin = asyncio.run(apreflight(resource, action, token=token))
    assert (str(twin), twin.obstacles, twin.decision.reason) == (str(found), found.obstacles, found.decision.reason)
    try:
        found.raise_for_denied()
        raised = None
    except ExplainedError as error:
        raised = error.reason
    told = {"allowed": bool(found), "reason": found.decision.reason, "text": str(found), "raised": raised}
    return {**told, "obstacles": listed(found.obstacles)}


def listed(obstacles: Any) -> list[dict[str, Any]]:
    return [
        {"check": one.check, "reason": one.reason, "message": one.message, "remedy": one.remedy.to_dict()} for one in obstacles
    ]


if __name__ == "__main__":
    main()
