"""The stub hub's calls about files: tree, download, pre-upload, commit.

Every function here is reached only after tokenward has let the request pass.
A file whose name says weights goes by large-file storage, any other within the commit.
"""

import base64
import json
import re

from stub_lfs import LargeFiles, pointer_to
from stub_repos import missing_repo, missing_revision
from stub_store import File, Store
from stub_wire import Answer, Request, error, json_answer

LARGE = re.compile(r".*\.(bin|safetensors)")


class Files:
    def __init__(self, store: Store, large: LargeFiles):
        self.store = store
        self.large = large

    def tree(self, request: Request, kind: str, name: str, revision: str, folder: str = "") -> Answer:
        found = self._at(kind, name, revision)
        if isinstance(found, Answer):
            return found
        _, files = found
        inside = [file for file in files if file.path.startswith(f"{folder}/" if folder else "")]
        rows = [{"type": "file", "path": file.path, "oid": file.oid, "size": file.size} for file in inside]
        return json_answer(rows)

    def resolve(self, request: Request, kind: str, name: str, revision: str, path: str) -> Answer:
        found = self._at(kind, name, revision)
        if isinstance(found, Answer):
            return found
        commit, files = found
        file = next((file for file in files if file.path == path), None)
        if file is None:
            return error(404, "Entry not found", "EntryNotFound")
        answer = ranged(self.large.pointed_at(self.store.read(kind, name, file.oid)), request.headers.get("Range"))
        answer.headers += [("X-Repo-Commit", commit), ("ETag", f'"{file.oid}"'), ("Accept-Ranges", "bytes")]
        return answer

    def preupload(self, request: Request, kind: str, name: str, revision: str) -> Answer:
        found = self._at(kind, name, revision)
        if isinstance(found, Answer):
            return found
        known = {file.path: file.oid for file in found[1]}
        paths = [file["path"] for file in request.json()["files"]]
        modes = {path: "lfs" if LARGE.fullmatch(path) else "regular" for path in paths}
        told = [
            {"path": path, "uploadMode": modes[path], "shouldIgnore": False, "oid": known.get(path)} for path in paths
        ]
        return json_answer({"files": told})

    def commit(self, request: Request, kind: str, name: str, revision: str) -> Answer:
        """One commit from lines of JSON: a header, then files (base64), large files and deletions."""
        found = self._at(kind, name, revision)
        if isinstance(found, Answer):
            return found
        lines = [json.loads(line) for line in request.body.splitlines() if line.strip()]
        valued = [(line["key"], line["value"]) for line in lines]
        added = {v["path"]: base64.b64decode(v["content"]) for key, v in valued if key == "file"}
        added |= {v["path"]: pointer_to(v["oid"], v["size"]) for key, v in valued if key == "lfsFile"}
        deleted = [v["path"] for key, v in valued if key in ("deletedFile", "deletedEntry")]
        if missing := set(deleted) - {file.path for file in found[1]}:
            return error(404, f"A file with this name doesn't exist: {sorted(missing)[0]}", "EntryNotFound")
        summary = next((v.get("summary", "") for key, v in valued if key == "header"), "")
        commit = self.store.commit(kind, name, revision, request.user, summary, added, deleted)
        url = f"{request.base_url}/{name}/commit/{commit}"
        return json_answer({"success": True, "commitOid": commit, "commitUrl": url, "hookOutput": ""})

    def _at(self, kind: str, name: str, revision: str) -> tuple[str, list[File]] | Answer:
        if not self.store.has(kind, name):
            return missing_repo()
        commit = self.store.head(kind, name, revision)
        return (commit, self.store.files(kind, name, commit)) if commit else missing_revision(revision)


def ranged(content: bytes, asked: str | None) -> Answer:
    """The bytes asked for: @huggingface/hub learns a file's size from `Content-Range`."""
    plain = [("Content-Type", "application/octet-stream")]
    wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", asked or "")
    if not wanted or int(wanted[1]) >= len(content):
        return Answer(200, content, plain)
    first, last = int(wanted[1]), min(int(wanted[2] or len(content) - 1), len(content) - 1)
    return Answer(206, content[first : last + 1], [*plain, ("Content-Range", f"bytes {first}-{last}/{len(content)}")])
