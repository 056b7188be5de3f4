"""git over HTTP for the stub hub: hands the request to git's own `http-backend`.

Who may clone or push has been decided before this is reached.
"""

import json
import subprocess

from stub_store import GIT_ENV, Store
from stub_wire import Answer, Request


def serve(store: Store, kind: str, name: str, service_path: str, request: Request) -> Answer:
    environment = {
        **GIT_ENV,
        "GIT_PROJECT_ROOT": str(store.folder / kind),
        "GIT_HTTP_EXPORT_ALL": "1",
        "PATH_INFO": f"/{name}.git/{service_path}",
        "REQUEST_METHOD": request.method,
        "QUERY_STRING": request.target.partition("?")[2],
        "CONTENT_TYPE": request.headers.get("Content-Type", ""),
        "CONTENT_LENGTH": str(len(request.body)),
        "HTTP_CONTENT_ENCODING": request.headers.get("Content-Encoding", ""),
        "GIT_PROTOCOL": request.headers.get("Git-Protocol", ""),
        # http-backend takes pushes from a known user only.
        "REMOTE_USER": request.user,
        "REMOTE_ADDR": "127.0.0.1",
    }
    done = subprocess.run(["git", "http-backend"], input=request.body, capture_output=True, env=environment)
    if done.returncode:
        raise RuntimeError(f"git http-backend failed: {done.stderr.decode()}")
    return from_cgi(done.stdout)


def from_cgi(output: bytes) -> Answer:
    head, _, body = output.partition(b"\r\n\r\n")
    headers = [tuple(line.split(": ", 1)) for line in head.decode().split("\r\n") if line]
    status = next((int(value.split()[0]) for key, value in headers if key == "Status"), 200)
    return Answer(status, body, [pair for pair in headers if pair[0] != "Status"])


def as_plain_text(refusal: Answer) -> Answer:
    """git shows a refusal's body to its user only as text/plain; headers and JSON it drops."""
    message = json.loads(refusal.body)["error"]
    kept = [pair for pair in refusal.headers if pair[0].lower() != "content-type"]
    return Answer(refusal.status, message.encode(), [*kept, ("Content-Type", "text/plain; charset=utf-8")])
