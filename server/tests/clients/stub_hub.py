"""A small hub that the real clients can talk to, governed by tokenward.

Before it answers anything it asks tokenward's `/authz`, and passes refusals on as they are.
It is for tests and for trying things out: no xet storage, no pull requests, no web pages, no caching.

    python stub_hub.py --tokenward http://127.0.0.1:8080 --hub-token-file hub.token --folder repos --port 8081
"""

import argparse
import logging
import re
import ssl
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote

import stub_git
from stub_files import Files
from stub_gate import Gate
from stub_lfs import UPLOAD, LargeFiles
from stub_repos import Repos
from stub_store import Store
from stub_wire import Answer, Request, error, json_answer

KINDS = {"models": "model", "datasets": "dataset", "spaces": "space", None: "model"}
ID = r"(?P<name>[^/]+/[^/]+)"
API = r"/api/(?P<kind>models|datasets|spaces)"
WEB = r"/(?:(?P<kind>datasets|spaces)/)?"
# As in a deployment, where one host serves the hub and tokenward.
TOKENWARDS = re.compile(r"/api/(whoami-v2|authz/\w+|credentials/revoke|(settings|organizations|users)(/.+)?)")
GIT = re.compile(rf"{WEB}(?P<name>[^/]+/[^/]+?)(?:\.git)?/(?P<service_path>info/refs|git-(?:upload|receive)-pack)")


class Hub:
    """The hub behind the server: its table of calls."""

    def __init__(self, folder: Path, tokenward_url: str, hub_token: str, gate: type[Gate] = Gate):
        self.gate = gate(tokenward_url, hub_token)
        self.store = Store(folder)
        self.repos = Repos(self.store, self.gate)
        self.large = LargeFiles(folder / "large")
        self.files = Files(self.store, self.large)
        rows: list[tuple[str, str, Callable[..., Answer]]] = [
            ("GET", r"/api/agent-harnesses", lambda request: json_answer({"standardEnvVars": [], "harnesses": {}})),
            ("POST", r"/api/validate-yaml", lambda request: json_answer({"errors": [], "warnings": []})),
            ("POST", r"/api/repos/create", self.repos.create),
            ("DELETE", r"/api/repos/delete", self.repos.delete),
            ("POST", r"/api/repos/move", self.repos.move),
            ("GET", API, self.repos.list),
            ("GET", rf"{API}/{ID}", self.repos.info),
            ("GET", rf"{API}/{ID}/revision/(?P<revision>[^/]+)", self.repos.info),
            ("GET", rf"{API}/{ID}/tree/(?P<revision>[^/]+)(?:/(?P<folder>.+))?", self.files.tree),
            ("POST", rf"{API}/{ID}/preupload/(?P<revision>[^/]+)", self.files.preupload),
            ("POST", rf"{API}/{ID}/commit/(?P<revision>[^/]+)", self.files.commit),
            ("GET", rf"{WEB}{ID}/resolve/(?P<revision>[^/]+)/(?P<path>.+)", self.files.resolve),
            ("POST", rf"{WEB}{ID}\.git/info/lfs/objects/batch", self.large.batch),
            ("GET POST", GIT.pattern, lambda request, **found: stub_git.serve(self.store, request=request, **found)),
        ]
        self._table = [(methods.split(), re.compile(pattern), call) for methods, pattern, call in rows]

    def answer(self, request: Request) -> Answer:
        if TOKENWARDS.fullmatch(request.path):
            return self.gate.pass_through(request)
        if request.method == "PUT" and UPLOAD.fullmatch(request.path):
            return self.large.receive(request)
        verdict = self.gate.judge(request)
        if verdict.status != 200:
            return stub_git.as_plain_text(verdict) if GIT.fullmatch(request.path) else verdict
        request.user = verdict.header("X-Tokenward-User")
        orgs = verdict.header("X-Tokenward-Orgs").split(",")
        request.whole_orgs = frozenset(org.strip() for org in orgs if org.strip())
        return self._serve(request)

    def _serve(self, request: Request) -> Answer:
        method = "GET" if request.method == "HEAD" else request.method
        for methods, pattern, call in self._table:
            if method in methods and (found := pattern.fullmatch(request.path)):
                parts = {key: unquote(value) for key, value in found.groupdict().items() if value and key != "kind"}
                if "kind" in pattern.groupindex:
                    parts["kind"] = KINDS[found["kind"]]
                return call(request=request, **parts)
        return error(404, f"this hub does not serve {request.method} {request.path}")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: Hub
    base_url: str

    def handle_any(self) -> None:
        request = Request(self.command, self.path, self.headers, self._body(), self.base_url)
        try:
            answer = self.hub.answer(request)
        except Exception:
            logging.exception("%s %s", self.command, self.path)
            answer = error(500, "the stub hub failed")
        self.send_response(answer.status)
        for name, value in answer.headers:
            self.send_header(name, value)
        # A refusal of HEAD comes without a body; a file's length is said all the same.
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = handle_any

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            return b"".join(iter(self._chunk, b""))
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def _chunk(self) -> bytes:
        size = int(self.rfile.readline().split(b";")[0], 16)
        chunk = self.rfile.read(size)
        self.rfile.readline()
        return chunk

    def log_message(self, format: str, *arguments: object) -> None:
        logging.debug(format, *arguments)


class StubHub:
    """The hub on a port of this machine, for the length of a `with`; with a certificate, over TLS."""

    def __init__(self, hub: Hub, port: int = 0, tls: ssl.SSLContext | None = None):
        self.hub = hub
        handler = type("BoundHandler", (Handler,), {"hub": hub})
        self.server = ThreadingHTTPServer(("127.0.0.1", port), handler)
        if tls:
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True)
        self.url = handler.base_url = f"{'https' if tls else 'http'}://127.0.0.1:{self.server.server_port}"

    def __enter__(self) -> "StubHub":
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()


def main() -> None:
    parser = argparse.ArgumentParser(description="a small hub governed by tokenward")
    parser.add_argument("--tokenward", required=True, help="address of tokenward-server")
    parser.add_argument("--hub-token-file", required=True, type=Path, help="file with a hub credential")
    parser.add_argument("--folder", required=True, type=Path, help="where the repositories are kept")
    parser.add_argument("--port", type=int, default=0)
    options = parser.parse_args()
    hub = Hub(options.folder, options.tokenward, options.hub_token_file.read_text().strip())
    with StubHub(hub, options.port) as stub:
        print(f"listening on {stub.url}", flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main()
