"""The stub hub's one question: may this request pass?

Asks tokenward's `/authz` about every request and passes a refusal on as it came.
It holds no rule of its own: what a token may do is tokenward's business alone.
"""

import http.client
import json
import re
from urllib.parse import quote, urlsplit

from stub_wire import Answer, Request

# Requests whose target or direction stands in the body: tokenward has to see it.
BODY_DECIDES = re.compile(r"^/api/repos/(create|delete|move)$|/info/lfs/objects/batch$")
# Of a refusal, everything that a client reads; the connection's own headers are not passed on.
HOP_BY_HOP = {"connection", "content-length", "date", "keep-alive", "server", "transfer-encoding"}


class Gate:
    """Tokenward as the hub sees it: forward authorization, filtering, and the list of repositories."""

    def __init__(self, tokenward_url: str, hub_token: str):
        parts = urlsplit(tokenward_url)
        self._host, self._port = parts.hostname, parts.port
        self._hub_token = hub_token

    def judge(self, request: Request) -> Answer:
        """`/authz`'s answer about this request; status 200 means that it may pass."""
        headers = {"X-Original-Method": request.method, "X-Original-URI": request.target}
        if "Authorization" in request.headers:
            headers["Authorization"] = request.headers["Authorization"]
        if BODY_DECIDES.search(request.path):
            headers["Content-Type"] = "application/json"
            return self._call("POST", "/authz", headers, request.body)
        return self._call("HEAD" if request.method == "HEAD" else "GET", "/authz", headers)

    def pass_through(self, request: Request) -> Answer:
        """The answer of tokenward's own endpoint of the same path."""
        passed = ("Authorization", "Content-Type")
        headers = {name: value for name in passed if (value := request.headers.get(name))}
        return self._call(request.method, request.target, headers, request.body or None)

    def readable(self, request: Request, resources: list[str]) -> set[str]:
        """Those of the `type:namespace/name` resources that the caller may read."""
        if not resources:
            return set()
        body = json.dumps({"action": "repo.content.read", "resources": resources}).encode()
        headers = {"Content-Type": "application/json"}
        if "Authorization" in request.headers:
            headers["Authorization"] = request.headers["Authorization"]
        answer = self._expect(200, self._call("POST", "/api/authz/filter", headers, body))
        return {f"{resource['type']}:{resource['name']}" for resource in json.loads(answer.body)["allowed"]}

    def register(self, kind: str, name: str, facts: dict) -> None:
        """Tells tokenward of a repository; the hub's own credential may do nothing else."""
        headers = {"Authorization": f"Bearer {self._hub_token}", "Content-Type": "application/json"}
        self._expect(2, self._call("PUT", resource_url(kind, name), headers, json.dumps(facts).encode()))

    def forget(self, kind: str, name: str) -> None:
        headers = {"Authorization": f"Bearer {self._hub_token}"}
        self._expect(204, self._call("DELETE", resource_url(kind, name), headers))

    def _call(self, method: str, target: str, headers: dict[str, str], body: bytes | None = None) -> Answer:
        connection = http.client.HTTPConnection(self._host, self._port, timeout=30)
        try:
            connection.request(method, target, body=body, headers=headers)
            response = connection.getresponse()
            kept = [(key, value) for key, value in response.getheaders() if key.lower() not in HOP_BY_HOP]
            return Answer(response.status, response.read(), kept)
        finally:
            connection.close()

    @staticmethod
    def _expect(status: int, answer: Answer) -> Answer:
        """Holds tokenward to a status, or to a class of them (2 for any 2xx)."""
        if status not in (answer.status, answer.status // 100):
            raise RuntimeError(f"tokenward answered {answer.status}, not {status}: {answer.body.decode()}")
        return answer


class TrustingGate(Gate):
    """Behind a gateway that lets nobody else through: who calls stands in the request, and nothing is asked."""

    def judge(self, request: Request) -> Answer:
        told = [(name, value) for name, value in request.headers.items() if name.lower().startswith("x-tokenward-")]
        names = [name.lower() for name, _ in told]
        # Always sent, once each: a gateway that forgets one would let a client's own through.
        if any(names.count(name) != 1 for name in ("x-tokenward-user", "x-tokenward-token-id")):
            raise RuntimeError(f"the gateway says of the caller: {sorted(names)}")
        return Answer(200, b"", told)


def resource_url(kind: str, name: str) -> str:
    return f"/api/organizations/{quote(name.split('/')[0])}/resources/{kind}/{quote(name)}"
