"""Large files for the stub hub: git LFS's batch call, the upload behind it, and the pointers that stand in git.

The batch call is where tokenward decides, by the `operation` in its body.
The links that it gives out are good for one object and carry their own key, as a hub's storage has it: no token there.
"""

import hashlib
import re
import secrets
from pathlib import Path

from stub_wire import Answer, Request, error, json_answer

POINTER = re.compile(rb"version https://git-lfs\.github\.com/spec/v1\noid sha256:([0-9a-f]{64})\nsize (\d+)\n")
UPLOAD = re.compile(r"/lfs/([0-9a-f]{64})")


class LargeFiles:
    def __init__(self, folder: Path):
        self.folder = folder
        self._keys: dict[str, str] = {}

    def batch(self, request: Request, kind: str, name: str) -> Answer:
        asked = request.json()
        if asked["operation"] != "upload":
            return error(422, "this hub hands out large files by their `resolve` address only")
        objects = [{**item, **self._upload_link(request, item["oid"])} for item in asked["objects"]]
        return json_answer({"transfer": "basic", "objects": objects})

    def receive(self, request: Request) -> Answer:
        """The upload itself; the key in the link is what lets it in."""
        oid = UPLOAD.fullmatch(request.path)[1]
        if self._keys.pop(oid, None) != request.query.get("key"):
            return error(403, "this link is not good for that upload")
        if hashlib.sha256(request.body).hexdigest() != oid:
            return error(400, "these bytes are not the ones announced")
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / oid).write_bytes(request.body)
        return Answer(200)

    def pointed_at(self, content: bytes) -> bytes:
        """The large file that a pointer stands for; any other content is itself."""
        pointer = POINTER.fullmatch(content)
        return (self.folder / pointer[1].decode()).read_bytes() if pointer else content

    def _upload_link(self, request: Request, oid: str) -> dict:
        if (self.folder / oid).exists():
            return {}
        key = self._keys[oid] = secrets.token_urlsafe(16)
        return {"actions": {"upload": {"href": f"{request.base_url}/lfs/{oid}?key={key}"}}}


def pointer_to(oid: str, size: int) -> bytes:
    return f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {size}\n".encode()
