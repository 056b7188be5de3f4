"""What the stub hub's parts hand each other: one request, one answer.

No routes and no sockets: `stub_hub` has those.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit


@dataclass
class Request:
    """One request as it arrived; `user` is whom tokenward named, empty for nobody."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    base_url: str
    user: str = ""
    whole_orgs: frozenset[str] = frozenset()

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(urlsplit(self.target).query).items()}

    def json(self) -> dict:
        return json.loads(self.body)


@dataclass
class Answer:
    """One answer; headers are pairs, because WWW-Authenticate may come twice."""

    status: int = 200
    body: bytes = b""
    headers: list[tuple[str, str]] = field(default_factory=list)

    def header(self, name: str) -> str:
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), "")


def json_answer(value: object, status: int = 200) -> Answer:
    return Answer(status, json.dumps(value).encode(), [("Content-Type", "application/json; charset=utf-8")])


def error(status: int, message: str, code: str | None = None, **more: object) -> Answer:
    """A refusal of the hub itself, in the two forms that clients read: header and JSON."""
    answer = json_answer({"error": message, **more}, status)
    answer.headers.append(("X-Error-Message", message))
    if code:
        answer.headers.append(("X-Error-Code", code))
    return answer
