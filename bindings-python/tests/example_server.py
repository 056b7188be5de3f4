"""What the examples of the documentation stand on: a server of canned answers, and a refused upload."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import httpx
from tokenward import Client

__all__ = ["ENDPOINT", "LISTED", "OWN", "TOKEN", "WHOAMI", "example_names", "refused", "transport"]

ENDPOINT = "https://hub.example.org"
# The contract's test vector.
TOKEN = "hf_AAAAAAAAAAAAAAAAAAAAAAAAAAAAIwOvtj"
NEW = "hf_" + "B" * 30 + "vtjx"
ID = "65f0c0ffee0000000000000a"
ACME, TOKENS = "/api/organizations/acme", "/api/settings/tokens"
TIME = "2026-03-01T12:00:00Z"
SCOPED = [{"entity": {"type": "org", "name": "acme"}, "permissions": ["repo.write"]}]
MESSAGE = (
    "Due to the organization token policy, your token needs to be approved by the organization "
    "before you can access this resource."
)
REMEDY = {"who": "org_admin", "do": "approve_token", "text": 'Ask an administrator of acme to approve the token "laptop".'}
ALLOW = {"decision": "allow", "reason": "public", "status": 200, "message": None, "generation": None, "remedy": None}
DENY = {**ALLOW, "decision": "deny", "reason": "token_pending", "status": 403, "message": MESSAGE, "remedy": REMEDY}
BOB = {"_id": ID, "user": "bob", "name": "bob", "fullname": "bob", "avatarUrl": "/avatars/default.svg", "type": "user"}
OWN = {
    "id": ID, "displayName": "laptop", "role": "fineGrained", "last4": "vtjx", "createdAt": TIME, "expiresAt": None,
    "lastUsedAt": None, "organizations": [{"name": "acme", "status": "pending"}], "fineGrained": {"scoped": SCOPED},
}  # fmt: skip
_ACCESS = {"displayName": "laptop", "role": "fineGrained", "createdAt": TIME}
WHOAMI = {
    "type": "user", "id": ID, "name": "bob", "fullname": "bob", "email": None, "emailVerified": False, "canPay": False,
    "billingMode": "prepaid", "periodEnd": None, "isPro": False, "avatarUrl": "/avatars/default.svg", "orgs": [],
    "auth": {"type": "access_token", "accessToken": _ACCESS},
}  # fmt: skip
LISTED = {"_id": ID, "displayName": "laptop", "role": "fineGrained", "last4": "vtjx", "createdAt": TIME, "owner": BOB}
DOCUMENT = {"format": "tokenward.org/1", "organization": {"name": "acme"}, "generation": 42}


def transport() -> httpx.MockTransport:
    """The network of the examples, for both kinds of clients."""
    return httpx.MockTransport(_answer)


def refused(
    method: str, path: str, body: Mapping[str, Any] | None = None, *, status: int = 403, endpoint: str = ENDPOINT
) -> httpx.Response:
    """The answer of a hub that refused a request."""
    request = httpx.Request(method, endpoint + path, json=body, headers={"Authorization": f"Bearer {TOKEN}"})
    return httpx.Response(status, request=request, headers={"X-Tokenward-Reason": "token_pending"}, json={"error": MESSAGE})


class HubError(OSError):
    """An error like the library's, without the library."""

    def __init__(self, message: str, *, response: httpx.Response) -> None:
        super().__init__(message)
        self.response = response


def upload() -> None:
    """A call of the library that is refused."""
    raise HubError("403 Forbidden", response=refused("POST", "/api/models/acme/bert/commit/main"))


def example_names() -> dict[str, object]:
    """What the examples may use without making it."""
    from tokenward.calls.call import Call

    client = Client(ENDPOINT, TOKEN, transport=transport())
    given = {"Call": Call, "HfHubHTTPError": HubError, "asyncio": asyncio, "transport": transport(), "upload": upload}
    return {"client": client, **given}


def _answer(request: httpx.Request) -> httpx.Response:
    path, body = request.url.path, json.loads(request.content or b"{}")
    answer = _FIXED.get((request.method, path)) or _FIXED.get((request.method, path.replace(ID, "{id}")))
    if path.startswith("/api/authz/"):
        answer = (200, _judged(path.rpartition("/")[2], body))
    if answer is None:
        return httpx.Response(404, json={"error": f"no example answers {request.method} {path}"})
    status, told = answer
    if isinstance(told, dict):
        told = {**told, **{key: value for key, value in body.items() if key in told and key != "fineGrained"}}
    return httpx.Response(status, json=told) if told is not None else httpx.Response(status)


def _judged(question: str, body: dict[str, Any]) -> dict[str, Any]:
    if question == "filter":
        return {"allowed": [{"type": "model", "name": "acme/open"}]}
    if question == "check":
        return ALLOW if body["resource"] == "model:acme/open" else DENY
    action = body.get("action", "repo.write" if body.get("request", {}).get("method") == "POST" else "repo.content.read")
    obstacle = {"check": "approval", "reason": "token_pending", "message": MESSAGE, "remedy": REMEDY}
    checks = [{"check": "approval", "outcome": "fail", "detail": MESSAGE}]
    about = {"action": action, "resource": {"type": "model", "name": "acme/bert"}}
    return {"explanations": [{**about, **DENY, "checks": checks, "obstacles": [obstacle]}]}


def _reviewed(status: str) -> tuple[int, object]:
    return 200, {**LISTED, "authorization": {"status": status, "authorizedAt": TIME, "authorizer": BOB}}


def _issued(status: int) -> tuple[int, object]:
    return status, {"token": NEW, "tokenInfo": OWN}


def _member(user: str, role: str) -> dict[str, object]:
    known = {"fullname": user, "avatarUrl": "/avatars/default.svg", "isPro": False, "type": "user"}
    return {"_id": ID, "user": user, "role": role, "resourceGroups": [], **known}


_AUDIT = {
    "_id": ID, "createdAt": TIME, "type": "org.token_approval.authorized", "message": "approved", "generation": 42,
    "author": {"_id": ID, "user": "ada", "avatarUrl": "/avatars/default.svg", "type": "user"},
}  # fmt: skip
_USER = {"id": ID, "name": "bob", "fullname": None, "email": None, "emailConfirmed": False, "suspended": False, "createdAt": TIME}
_ORG = {"id": ID, "name": "acme", "plan": "enterprise", "tokenPolicy": "default", "generation": 42}
_REPO = {"type": "model", "name": "acme/bert", "visibility": "private", "gated": False}
_EDGE = {"id": ID, "name": "eu-1", "last4": "vtjx", "createdAt": TIME, "createdBy": "ada"}
_FAR = {
    "edge": "eu-1", "token": None, "instance": "default", "generation": 42,
    "appliedAt": TIME, "seenAt": TIME, "live": True, "withdrawn": False,
}  # fmt: skip
_FIXED: dict[tuple[str, str], tuple[int, Any]] = {
    ("GET", "/healthz"): (200, {"status": "ok"}),
    ("GET", "/api/whoami-v2"): (200, WHOAMI),
    ("GET", TOKENS): (200, [OWN]),
    ("POST", TOKENS): _issued(201),
    ("GET", f"{TOKENS}/{{id}}"): (200, OWN),
    ("PATCH", f"{TOKENS}/{{id}}"): (200, OWN),
    ("DELETE", f"{TOKENS}/{{id}}"): (204, None),
    ("POST", f"{TOKENS}/{{id}}/rotate"): _issued(200),
    ("POST", "/api/credentials/revoke"): (202, None),
    ("GET", f"{ACME}/settings/tokens"): (200, [LISTED]),
    ("POST", f"{ACME}/settings/tokens/{{id}}/approve"): _reviewed("approved"),
    ("POST", f"{ACME}/settings/tokens/{{id}}/deny"): _reviewed("denied"),
    ("POST", f"{ACME}/settings/tokens/{{id}}/revoke"): _reviewed("revoked"),
    ("POST", f"{ACME}/settings/tokens/revoke"): _reviewed("revoked"),
    ("POST", f"{ACME}/settings/tokens/preview"): (
        200, {"generation": 42, "summary": {"unchanged": 3, "blocked": 0, "unblocked": 1}, "tokens": []},
    ),
    ("GET", f"{ACME}/settings/token-policy"): (200, {"tokenPolicy": "require-approval", "generation": 42}),
    ("PUT", f"{ACME}/settings/token-policy"): (200, {"tokenPolicy": "require-approval", "generation": 43}),
    ("GET", f"{ACME}/document"): (200, DOCUMENT),
    ("GET", f"{ACME}/audit-log/export"): (200, [_AUDIT]),
    ("GET", f"{ACME}/members"): (200, [_member("ada", "admin"), _member("bob", "write")]),
    ("PUT", f"{ACME}/members/bob"): (200, {"success": True, "user": "bob", "role": "write"}),
    ("DELETE", f"{ACME}/members/bob"): (204, None),
    ("PUT", f"{ACME}/resource-groups/secret-lab"): (200, {"id": ID, "name": "secret-lab", "members": []}),
    ("DELETE", f"{ACME}/resource-groups/secret-lab"): (204, None),
    ("PUT", f"{ACME}/resources/model/acme/bert"): (200, _REPO),
    ("DELETE", f"{ACME}/resources/model/acme/bert"): (204, None),
    ("GET", f"{ACME}/snapshot/edge-credentials"): (200, [_EDGE]),
    ("POST", f"{ACME}/snapshot/edge-credentials"): (201, {"credential": NEW, "edge": _EDGE}),
    ("DELETE", f"{ACME}/snapshot/edge-credentials/eu-1"): (204, None),
    ("GET", f"{ACME}/snapshot/edges"): (200, {"generation": 42, "maximumAge": 300, "edges": [_FAR]}),
    ("GET", f"{ACME}/generations/42/wait"): (200, {"generation": 42, "complete": True, "applied": 1, "waiting": []}),
    ("POST", "/api/organizations"): (201, _ORG),
    ("PATCH", ACME): (200, _ORG),
    ("POST", "/api/users"): (201, _USER),
    ("PATCH", "/api/users/bob"): (200, _USER),
    ("GET", "/api/users/bob/tokens"): (200, [OWN]),
    ("POST", "/api/users/bob/tokens"): _issued(201),
    ("DELETE", "/api/users/bob/tokens/{id}"): (204, None),
}  # fmt: skip
