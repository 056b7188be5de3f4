"""The world that the clients meet: three organizations, their people, and a token in each state.

Built over HTTP only, by the site administrator and by an org admin's own token.
The repositories are made in the stub hub, which tells tokenward of them with its own credential.
"""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

import httpx

import expectations
from expectations import Expected
from servers import Tokenward
from stub_hub import StubHub

HELLO = "hello.txt"
OLD = "old.txt"
# Of the contract's form, its checksum right, and never issued.
UNKNOWN_TOKEN = "hf_" + "A" * 28 + "IwOvtj"
# Every state shows itself in acme, but for `fine_grained_only`, which is strict's; `changing` is for tests of change.
ORGS = {"acme": "require-approval", "strict": "fine-grained-only", "changing": "default"}
READ, WRITE = "repo.content.read", "repo.write"


@dataclass(frozen=True)
class Case:
    """One client with one token: the repositories that are its own to use, and what must come of it."""

    state: str
    token: str
    org: str
    shelf: str
    doomed: str
    movable: str
    new: str
    content: bytes
    expected: Expected


class World:
    def __init__(self, tokenward: Tokenward, hub: StubHub):
        self.tokenward = tokenward
        self.hub = hub
        self._client = httpx.Client(base_url=tokenward.url, timeout=30)
        self._build()

    def case(self, client: str, state: str) -> Case:
        """Repositories for this client and state, and the state's token."""
        org = org_of(state)
        stem = f"{org}/{client}-{state}".replace("_", "-")
        shelf, doomed, movable, new = (f"{stem}-{what}" for what in ("shelf", "doomed", "movable", "new"))
        content = f"kept for {client}, {state}\n".encode() * 50
        for name in (shelf, doomed, movable):
            self.hub.hub.repos.add("model", name, "bob", private=True)
        self.hub.hub.store.commit("model", shelf, "main", "bob", "two files", {HELLO: content, OLD: b"old\n"}, [])
        expected = expectations.for_state(state, org, shelf, doomed, movable)
        return Case(state, self.tokens[state], org, shelf, doomed, movable, new, content, expected)

    def issue(self, owner: str, name: str, body: dict) -> dict:
        """A new token, made as if in its owner's session."""
        return self._site("POST", f"/api/users/{owner}/tokens", {"displayName": name, **body}, 201)

    def set_policy(self, org: str, policy: str) -> None:
        """This and the decisions below: by the org admin's own token."""
        self._as(self._admin, "PUT", f"/api/organizations/{org}/settings/token-policy", {"tokenPolicy": policy})

    def approve(self, token_id: str) -> None:
        self._as(self._admin, "POST", f"/api/organizations/acme/settings/tokens/{token_id}/approve")

    def deny(self, token_id: str) -> None:
        self._as(self._admin, "POST", f"/api/organizations/acme/settings/tokens/{token_id}/deny")

    def revoke(self, token: str) -> None:
        """By the value, as the Hub's own documentation has it."""
        self._as(self._admin, "POST", "/api/organizations/acme/settings/tokens/revoke", {"token": token})

    def issue_edge_credential(self, org: str, name: str) -> str:
        path = f"/api/organizations/{org}/snapshot/edge-credentials"
        return self._as(self._admin, "POST", path, {"name": name}, 201)["credential"]

    def withdraw_edge_credential(self, org: str, name: str) -> None:
        self._as(self._admin, "DELETE", f"/api/organizations/{org}/snapshot/edge-credentials/{name}", status=204)

    def admin_call(self, method: str, path: str, body: dict | None = None) -> httpx.Response:
        """Any call of the org admin's, and its whole answer."""
        return self._send(self._admin, method, path, body)

    @staticmethod
    def owner_of(state: str) -> str:
        return {"reader": "rita", "outsider": "eve"}.get(state, "bob")

    def close(self) -> None:
        self._client.close()

    def _build(self) -> None:
        for org in ORGS:
            self._site("POST", "/api/organizations", {"name": org, "plan": "enterprise"}, 201)
        for user, role in (("ada", "admin"), ("bob", "write"), ("rita", "read"), ("eve", None)):
            self._site("POST", "/api/users", {"name": user, "email": f"{user}@example.org"}, 201)
            for org in ORGS if role else ():
                self._site("PUT", f"/api/organizations/{org}/members/{user}", {"role": role}, 2)
        rights = fine_grained({org: ["org.read", "org.write"] for org in ORGS})
        self._admin = self.issue("ada", "admin", rights)["token"]
        for name, private in (("acme/elsewhere", True), ("acme/open", False), ("strict/open", False)):
            self.hub.hub.repos.add("model", name, "bob", private)
        self._issue_all()
        self._set_states()

    def _issue_all(self) -> None:
        """One token a state; those of one org name it, so that its policy applies to them."""
        expires = datetime.now(timezone.utc).replace(microsecond=0) + timedelta(seconds=2)
        both = fine_grained({"acme": [READ, WRITE]})
        read_only, elsewhere = fine_grained({"acme": [READ]}), fine_grained({}, {"acme/elsewhere": [READ, WRITE]})
        unscoped = {"role": "write"}
        issued = {
            "expired": self.issue("bob", "expired", {**both, "expiresAt": expires.isoformat().replace("+00:00", "Z")}),
            **{state: self.issue("bob", state, both) for state in ("allowed", "pending", "denied", "revoked")},
            "read_only": self.issue("bob", "read_only", read_only),
            "out_of_scope": self.issue("bob", "out_of_scope", elsewhere),
            "reader": self.issue("rita", "reader", both),
            "fine_grained_only": self.issue("bob", "fine_grained_only", unscoped),
            "outsider": self.issue("eve", "outsider", unscoped),
        }
        self.tokens = {state: answer["token"] for state, answer in issued.items()} | {"unknown": UNKNOWN_TOKEN}
        self._ids = {state: answer["tokenInfo"]["id"] for state, answer in issued.items()}

    def _set_states(self) -> None:
        for org, policy in ORGS.items():
            self.set_policy(org, policy)
        for state in ("allowed", "revoked", "read_only", "reader", "out_of_scope", "expired"):
            self.approve(self._ids[state])
        self.deny(self._ids["denied"])
        self.revoke(self.tokens["revoked"])
        self._wait_for_expiry()

    def _wait_for_expiry(self) -> None:
        deadline = time.monotonic() + 60
        while self._send(self.tokens["expired"], "GET", "/api/whoami-v2").status_code != 401:
            assert time.monotonic() < deadline, "the expired token still works"
            time.sleep(0.1)

    def _site(self, method: str, path: str, body: dict, status: int) -> dict:
        return self._as(self.tokenward.admin_token, method, path, body, status)

    def _as(self, token: str, method: str, path: str, body: dict | None = None, status: int = 200) -> dict:
        answer = self._send(token, method, path, body)
        met = status in (answer.status_code, answer.status_code // 100)
        assert met, f"{method} {path}: {answer.status_code} {answer.text}, not {status}"
        return answer.json() if answer.content else {}

    def _send(self, token: str, method: str, path: str, body: dict | None = None) -> httpx.Response:
        return self._client.request(method, path, json=body, headers={"Authorization": f"Bearer {token}"})


def org_of(state: str) -> str:
    return "strict" if state == "fine_grained_only" else "acme"


def fine_grained(orgs: dict[str, list[str]], models: dict[str, list[str]] | None = None) -> dict:
    entities = [("org", name, permissions) for name, permissions in orgs.items()]
    entities += [("model", name, permissions) for name, permissions in (models or {}).items()]
    scoped = [{"entity": {"type": kind, "name": name}, "permissions": listed} for kind, name, listed in entities]
    return {"role": "fineGrained", "fineGrained": {"scoped": scoped}}
