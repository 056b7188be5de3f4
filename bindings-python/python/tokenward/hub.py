"""Beside huggingface_hub: may the token do this, and if not, what stands in its way?

* `preflight` asks before a call; `apreflight` is its asynchronous twin.
* `explained` turns the refusal of a call into an error that says why.

huggingface_hub is not imported, and need not be there.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, get_args

from tokenward.calls.call import Call
from tokenward.calls.questions import explain_request, explanations_of
from tokenward.client import AsyncClient, Client
from tokenward.errors import InvalidTypeError, ParseError
from tokenward.explained import explained
from tokenward.explanations import ExplainedError, Explanation, Obstacle, Preflight
from tokenward.words import Action, ResourceType

if TYPE_CHECKING:
    from tokenward import TokenSecret
    from tokenward.types import FullExplanationDict

__all__ = ["ExplainedError", "Explanation", "Obstacle", "Preflight", "apreflight", "explained", "preflight"]

# What people call the things that they do to repositories.
_ACTIONS = {
    "read": "repo.content.read",
    "download": "repo.content.read",
    "write": "repo.write",
    "upload": "repo.write",
    "push": "repo.write",
    "commit": "repo.write",
    "create": "repo.create",
    "delete": "repo.admin",
    "settings": "repo.admin",
    "discuss": "discussion.write",
    "access-requests": "repo.access.read",
}
_TYPES = get_args(ResourceType)
_REPO_TYPES = tuple(kind for kind in _TYPES if kind not in ("org", "user"))
_CREATE = "repo.create"


def preflight(
    resource: str | Mapping[str, str],
    action: str = "write",
    *,
    repo_type: str | None = None,
    token: str | TokenSecret | bool | None = None,
    endpoint: str | None = None,
    client: Client | None = None,
) -> Preflight:
    """Whether the token may do this, and if not, everything that stands in its way.

    The resource is a repository as huggingface_hub names it, `acme/bert` with `repo_type` (else a
    model) or `datasets/acme/squad`, or any resource as `type:name`, like `org:acme`. The action is
    `read`, `write` (or `upload`, `push`, `commit`), `create` (in the namespace of the repository),
    `delete`, `settings`, `discuss`, `access-requests`, or an action by its full name. Token and
    endpoint are found as by `Client`; with a `client`, they are its own.

    >>> flight = preflight("acme/bert", "write", client=client)
    >>> bool(flight), [obstacle.reason for obstacle in flight.obstacles]
    (False, ['token_pending'])
    >>> print(flight)
    `repo.write` on model:acme/bert is denied
    - token_pending: Due to the organization token policy, your token needs to be approved by the
      organization before you can access this resource.
        Ask an administrator of acme to approve the token "laptop".

    Raises:
        ParseError: the action or the resource is none.
        CredentialsError: there is no endpoint, or the token cannot be sent.
        UnreachableError: the server cannot be reached.
        ApiError: it gives no answer to this.
    """
    question = _question(resource, action, repo_type)
    if client is not None:
        return Preflight.from_dict(client.send(question)[0])
    with Client(endpoint, token) as own:
        return Preflight.from_dict(own.send(question)[0])


async def apreflight(
    resource: str | Mapping[str, str],
    action: str = "write",
    *,
    repo_type: str | None = None,
    token: str | TokenSecret | bool | None = None,
    endpoint: str | None = None,
    client: AsyncClient | None = None,
) -> Preflight:
    """The asynchronous twin of `preflight`."""
    question = _question(resource, action, repo_type)
    if client is not None:
        return Preflight.from_dict((await client.send(question))[0])
    async with AsyncClient(endpoint, token) as own:
        return Preflight.from_dict((await own.send(question))[0])


def _question(resource: str | Mapping[str, str], action: str, repo_type: str | None) -> Call[list[FullExplanationDict]]:
    action = _ACTIONS.get(action, action)
    if action not in get_args(Action):
        raise ParseError("action", f"must be one of {', '.join(_ACTIONS)}, or an action by its full name")
    kind, name = _parsed(resource, repo_type)
    if action == _CREATE and kind in _REPO_TYPES:
        return _creation(kind, name)
    return explanations_of({"action": action, "resource": {"type": kind, "name": name}})


def _creation(kind: str, name: str) -> Call[list[FullExplanationDict]]:
    """Asked as the request that creates it: only the server knows whether the namespace is an organization or a user."""
    namespace, _, repo = name.partition("/")
    body = {"type": kind, "organization": namespace, "name": repo}
    return explain_request("POST", "/api/repos/create", json.dumps(body))


def _parsed(resource: str | Mapping[str, str], repo_type: str | None) -> tuple[str, str]:
    """The type and the name of a resource."""
    if repo_type is not None and repo_type not in _REPO_TYPES:
        raise ParseError("repo_type", f"must be one of {', '.join(_REPO_TYPES)}")
    if isinstance(resource, Mapping):
        kind, name = str(resource.get("type")), str(resource.get("name"))
    elif isinstance(resource, str):
        kind, name = _split(resource, repo_type or "model")
    else:
        raise InvalidTypeError("resource", "must be a string or a mapping")
    if kind not in _TYPES or name.count("/") != (kind in _REPO_TYPES) or "" in name.split("/"):
        raise ParseError("resource", "must be like `acme/bert`, `datasets/acme/squad` or `org:acme`")
    return kind, name


def _split(text: str, repo_type: str) -> tuple[str, str]:
    if ":" in text:
        kind, _, name = text.partition(":")
        return kind, name
    first, _, rest = text.partition("/")
    if rest.count("/") == 1 and first.endswith("s"):
        return first.removesuffix("s"), rest
    return repo_type, text
