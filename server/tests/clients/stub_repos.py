"""The stub hub's calls about repositories as such: create, delete, move, list, describe.

Every function here is reached only after tokenward has let the request pass.
"""

import re

from stub_gate import Gate
from stub_store import Store
from stub_wire import Answer, Request, error, json_answer

REPO_NAME = re.compile(r"[A-Za-z0-9._-]+/[A-Za-z0-9._-]+")
URL_PREFIX = {"model": "", "dataset": "datasets/", "space": "spaces/"}


class Repos:
    def __init__(self, store: Store, gate: Gate):
        self.store = store
        self.gate = gate

    def add(self, kind: str, name: str, creator: str, private: bool) -> None:
        """Makes the repository and tells tokenward whose it is."""
        self.store.create(kind, name, creator, private)
        self._register(kind, name, creator)

    def create(self, request: Request) -> Answer:
        asked = request.json()
        kind = asked.get("type") or "model"
        name = f"{asked.get('organization') or request.user}/{asked['name']}"
        if kind not in URL_PREFIX or not REPO_NAME.fullmatch(name):
            return error(400, f"cannot create {kind} {name}")
        url = f"{request.base_url}/{URL_PREFIX[kind]}{name}"
        if self.store.has(kind, name):
            return error(409, f"You already created this {kind} repo", url=url)
        self.add(kind, name, request.user, is_private(asked))
        return json_answer({"url": url, "name": name, "id": name})

    def delete(self, request: Request) -> Answer:
        asked = request.json()
        kind, name = asked.get("type") or "model", f"{asked.get('organization') or request.user}/{asked['name']}"
        if not self.store.has(kind, name):
            return missing_repo()
        self.store.delete(kind, name)
        self.gate.forget(kind, name)
        return json_answer({})

    def move(self, request: Request) -> Answer:
        asked = request.json()
        kind, name, to = asked["type"], asked["fromRepo"], asked["toRepo"]
        if not self.store.has(kind, name):
            return missing_repo()
        if self.store.has(kind, to) or not REPO_NAME.fullmatch(to):
            return error(409, f"cannot move {kind} {name} to {to}")
        self.store.move(kind, name, to)
        self._register(kind, to, request.user)
        self.gate.forget(kind, name)
        return json_answer({})

    def list(self, request: Request, kind: str) -> Answer:
        """The listing, cut to what the caller may read: whole orgs as `/authz` said, the rest one by one."""
        author = request.query.get("author")
        names = [name for name in self.store.names(kind) if author in (None, name.split("/")[0])]
        asked = [f"{kind}:{name}" for name in names if name.split("/")[0] not in request.whole_orgs]
        readable = self.gate.readable(request, asked)
        shown = [name for name in names if f"{kind}:{name}" in readable or f"{kind}:{name}" not in asked]
        return json_answer([self._described(kind, name) for name in shown])

    def info(self, request: Request, kind: str, name: str, revision: str = "main") -> Answer:
        if not self.store.has(kind, name):
            return missing_repo()
        commit = self.store.head(kind, name, revision)
        if commit is None:
            return missing_revision(revision)
        siblings = [{"rfilename": file.path} for file in self.store.files(kind, name, commit)]
        return json_answer({**self._described(kind, name), "sha": commit, "siblings": siblings})

    def _register(self, kind: str, name: str, creator: str) -> None:
        visibility = "private" if self.store.is_private(kind, name) else "public"
        self.gate.register(kind, name, {"visibility": visibility, "createdBy": creator})

    def _described(self, kind: str, name: str) -> dict:
        return {
            "_id": name, "id": name, "modelId": name, "author": name.split("/")[0],
            "private": self.store.is_private(kind, name), "gated": False, "disabled": False,
            "likes": 0, "downloads": 0, "tags": [],
            "createdAt": "2026-01-01T00:00:00.000Z", "lastModified": "2026-01-01T00:00:00.000Z",
        }  # fmt: skip


def is_private(asked: dict) -> bool:
    return asked.get("visibility", "private" if asked.get("private") else "public") == "private"


def missing_repo() -> Answer:
    return error(404, "Repository not found", "RepoNotFound")


def missing_revision(revision: str) -> Answer:
    return error(404, f"Invalid rev id: {revision}", "RevisionNotFound")
