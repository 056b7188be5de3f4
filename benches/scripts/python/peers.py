"""The same decisions by tokenward, cedarpy, pycasbin and vakt, by turns in one run.

May a token write a model of its organization, which approves tokens? Its owner's role, the token's permission, the
approval and the revocation decide. tokenward gets the raw token; the others cannot look one up and get its facts.
Each prepares what can be prepared, and each must give the right answers before it is measured.

    python peers.py        needs `pip install cedarpy casbin vakt`
"""

from __future__ import annotations

import json
import logging
import random
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import casbin
import cedarpy
import tokenward
import vakt
from vakt import rules
from worlds import NOW, mint

ROUNDS = 9


@dataclass(frozen=True)
class Token:
    """A token as all of them see it, and whether it may write."""

    secret: str
    role: str
    permission: str
    approved: bool
    revoked: bool

    @property
    def may_write(self) -> bool:
        return self.role == "write" and self.permission == "repo.write" and self.approved and not self.revoked


def tokens() -> list[Token]:
    dice = random.Random(1)
    return [
        Token(mint(dice), role, permission, approved, revoked)
        for role in ("write", "read")
        for permission in ("repo.write", "repo.content.read")
        for approved in (True, False)
        for revoked in (False, True)
    ]


def by_tokenward(all_tokens: list[Token]) -> Callable[[Token], bool]:
    item = {"role": "fineGrained", "createdAt": "2026-01-01T00:00:00Z"}
    document = {
        "format": "tokenward.org/1",
        "organization": {"name": "acme", "tokenPolicy": "require-approval"},
        "members": [{"user": f"{role}r", "role": role} for role in ("write", "read")],
        "resources": [{"type": "model", "name": "acme/bert"}],
        "tokens": [
            {
                **item,
                "id": f"{at:024x}",
                "owner": f"{token.role}r",
                "digest": tokenward.parse_token(token.secret).digest,
                "fineGrained": {
                    "scoped": [{"entity": {"type": "org", "name": "acme"}, "permissions": [token.permission]}]
                },
                "authorization": {"status": "approved" if token.approved else "pending"},
                "revoked": {"at": "2026-02-01T00:00:00Z", "by": "ada"} if token.revoked else None,
            }
            for at, token in enumerate(all_tokens)
        ],
    }
    decide = tokenward.Authorizer.from_document(document).decide
    return lambda token: bool(decide(token=token.secret, action="repo.write", resource="model:acme/bert", now=NOW))


CEDAR = """
permit(principal, action == Action::"repo.write", resource) when {
    ["write", "admin"].contains(principal.role) && principal.permissions.contains("repo.write")
    && principal.approved && !principal.revoked && principal.org == resource.org
};
"""


def by_cedarpy(all_tokens: list[Token]) -> Callable[[Token], bool]:
    policies = cedarpy.PolicySet.from_str(CEDAR)
    requests = {}
    for at, token in enumerate(all_tokens):
        facts = {
            "role": token.role, "permissions": [token.permission], "approved": token.approved,
            "revoked": token.revoked, "org": "acme",
        }  # fmt: skip
        entities = [
            {"uid": {"type": "Token", "id": str(at)}, "attrs": facts, "parents": []},
            {"uid": {"type": "Model", "id": "acme/bert"}, "attrs": {"org": "acme"}, "parents": []},
        ]
        request = {
            "principal": f'Token::"{at}"', "action": 'Action::"repo.write"', "resource": 'Model::"acme/bert"', "context": {},
        }  # fmt: skip
        requests[token] = request, cedarpy.Entities.from_json_str(json.dumps(entities))
    return lambda token: cedarpy.is_authorized(requests[token][0], policies, requests[token][1]).allowed


CASBIN = """
[request_definition]
r = sub, obj, act
[policy_definition]
p = org, act, role
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = r.act == p.act && r.obj.org == p.org && r.sub.role == p.role && r.sub.permission == p.act && r.sub.approved && !r.sub.revoked
"""


def by_casbin(_: list[Token]) -> Callable[[Token], bool]:
    @dataclass(frozen=True)
    class Model:
        org: str

    model = casbin.Model()
    model.load_model_from_text(CASBIN)
    enforcer = casbin.Enforcer(model)
    for role in ("write", "admin"):
        enforcer.add_policy("acme", "repo.write", role)
    bert = Model("acme")
    return lambda token: enforcer.enforce(token, bert, "repo.write")


def by_vakt(all_tokens: list[Token]) -> Callable[[Token], bool]:
    storage = vakt.MemoryStorage()
    subject = {
        "role": rules.In("write", "admin"), "permission": rules.Eq("repo.write"),
        "approved": rules.Eq(True), "revoked": rules.Eq(False),
    }  # fmt: skip
    storage.add(
        vakt.Policy(
            1,
            actions=[rules.Eq("repo.write")],
            resources=[{"org": rules.Eq("acme")}],
            subjects=[subject],
            effect=vakt.ALLOW_ACCESS,
        )
    )
    guard = vakt.Guard(storage, vakt.RulesChecker())
    facts = {
        token: {name: getattr(token, name) for name in ("role", "permission", "approved", "revoked")}
        for token in all_tokens
    }
    resource = {"org": "acme", "name": "acme/bert"}
    return lambda token: guard.is_allowed(vakt.Inquiry(action="repo.write", resource=resource, subject=facts[token]))


PEERS = {"tokenward": by_tokenward, "vakt": by_vakt, "cedarpy": by_cedarpy, "pycasbin": by_casbin}


def main() -> None:
    logging.disable(logging.CRITICAL)
    asked = tokens()
    ready = {name: build(asked) for name, build in PEERS.items()}
    for name, allowed in ready.items():
        wrong = [token for token in asked if allowed(token) != token.may_write]
        assert not wrong, f"{name} decides otherwise about {len(wrong)} tokens"
    times: dict[str, list[float]] = {name: [] for name in ready}
    for _ in range(ROUNDS):
        for name, allowed in ready.items():
            times[name].append(measured(allowed, asked))
    ours = statistics.median(times["tokenward"])
    for name, taken in times.items():
        median = statistics.median(taken)
        print(f"{name:10} {median:8.2f} µs  {median / ours:6.1f} times tokenward's")


def measured(allowed: Callable[[Token], bool], asked: list[Token]) -> float:
    """Microseconds for one decision."""
    repeats = 40
    start = time.perf_counter()
    for _ in range(repeats):
        for token in asked:
            allowed(token)
    return (time.perf_counter() - start) / (repeats * len(asked)) * 1e6


if __name__ == "__main__":
    main()
