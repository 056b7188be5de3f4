"""The world that the clients meet: two organizations, their people, and a token in each state.

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
# Every state shows itself in the org that requires approval, but for this one, whose policy has its own org.
ORGS = {"acme": "require-approval", "strict": "fine-grained-only"}
READ, WRITE = "repo.content.read", "repo.write"


@dataclass(frozen=True)
class Case:
    """One client with one token: the repositories that are its own to use, and what must come of it."""

    state: str
    token: str
    org: str
    shelf: str
    doomed: str
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
        shelf, doomed, new = (f"{org}/{client}-{state}-{what}".replace("_", "-") for what in ("shelf", "doomed", "new"))
        content = f"kept for {client}, {state}\n".encode() * 50
        for name in (shelf, doomed):
            self.hub.hub.repos.add("model", name, "bob", private=True)
        self.hub.hub.store.commit("model", shelf, "main", "bob", "two files", {HELLO: content, OLD: b"old\n"}, [])
        expected = expectations.for_state(state, org, shelf, doomed)
        return Case(state, self.tokens[state], org, shelf, doomed, new, content, expected)

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
        admin = self._issue("ada", "admin", fine_grained({org: ["org.read", "org.write"] for org in ORGS}))
        self._issue_all()
        self._set_states(admin["token"])

    def _issue_all(self) -> None:
        """One token a state; those of one org name it, so that its policy applies to them."""
        expires = datetime.now(timezone.utc).replace(microsecond=0) + timedelta(seconds=2)
        both = fine_grained({"acme": [READ, WRITE]})
        read_only, elsewhere = fine_grained({"acme": [READ]}), fine_grained({}, {"acme/elsewhere": [READ, WRITE]})
        unscoped = {"role": "write"}
        self.hub.hub.repos.add("model", "acme/elsewhere", "bob", private=True)
        issued = {
            "expired": self._issue("bob", "expired", {**both, "expiresAt": expires.isoformat().replace("+00:00", "Z")}),
            **{state: self._issue("bob", state, both) for state in ("allowed", "pending", "denied", "revoked")},
            "read_only": self._issue("bob", "read_only", read_only),
            "out_of_scope": self._issue("bob", "out_of_scope", elsewhere),
            "reader": self._issue("rita", "reader", both),
            "fine_grained_only": self._issue("bob", "fine_grained_only", unscoped),
            "outsider": self._issue("eve", "outsider", unscoped),
        }
        self.tokens = {state: answer["token"] for state, answer in issued.items()} | {"unknown": UNKNOWN_TOKEN}
        self._ids = {state: answer["tokenInfo"]["id"] for state, answer in issued.items()}

    def _set_states(self, admin: str) -> None:
        """The policies and the decisions, each by the org admin's own token."""
        for org, policy in ORGS.items():
            self._as(admin, "PUT", f"/api/organizations/{org}/settings/token-policy", {"tokenPolicy": policy})
        tokens = "/api/organizations/acme/settings/tokens"
        for state in ("allowed", "revoked", "read_only", "reader", "out_of_scope", "expired"):
            self._as(admin, "POST", f"{tokens}/{self._ids[state]}/approve")
        self._as(admin, "POST", f"{tokens}/{self._ids['denied']}/deny")
        self._as(admin, "POST", f"{tokens}/revoke", {"token": self.tokens["revoked"]})
        self._wait_for_expiry()

    def _wait_for_expiry(self) -> None:
        deadline = time.monotonic() + 10
        while self._send(self.tokens["expired"], "GET", "/api/whoami-v2").status_code != 401:
            assert time.monotonic() < deadline, "the expired token still works"
            time.sleep(0.1)

    def _issue(self, owner: str, name: str, body: dict) -> dict:
        return self._site("POST", f"/api/users/{owner}/tokens", {"displayName": name, **body}, 201)

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
