"""The `hf` command, the newest: its exit code and what it prints, in each state of a token.

Each command is a process of its own, as in a shell; a state's commands run in order, two states at a time.
"""

import json
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from expectations import BAD_CREDENTIALS, EXPIRED, STATES, Refusal
from hf_environment import HF, environment
from world import HELLO, OLD, ORGS, Case, World

UPLOADED = b"from the command line\n"


class Run:
    """Signs in with `hf auth login`; a token that cannot sign in is then given by the environment."""

    def __init__(self, world: World, state: str, home: Path):
        self.case: Case = world.case("cli", state)
        self.home = home
        case, upload = self.case, home / "upload.txt"
        upload.write_bytes(UPLOADED)
        self._environment = environment(world.hub.url, home)
        self.login = self._hf("auth", "login", "--token", case.token)
        if self.login.returncode:
            self._environment = environment(world.hub.url, home, case.token)
        self.whoami = self._hf("auth", "whoami", "--format", "json")
        self.list = self._hf("models", "list", "--author", case.org, "--quiet")
        self.upload = self._hf("upload", case.shelf, str(upload), upload.name)
        self.download = self._hf("download", case.shelf, HELLO, "--local-dir", str(home / "downloads"))
        self.create = self._hf("repos", "create", case.new, "--private")
        self.delete_files = self._hf("repos", "delete-files", case.shelf, OLD)
        self.delete = self._hf("repos", "delete", case.doomed, "--yes")

    def _hf(self, *arguments: str) -> subprocess.CompletedProcess:
        settings = {"stdin": subprocess.DEVNULL, "capture_output": True, "text": True, "timeout": 60}
        return subprocess.run([HF, *arguments], env=self._environment, **settings)


@pytest.fixture(scope="session")
def runs(world: World, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Run]:
    with ThreadPoolExecutor(2) as pool:
        done = pool.map(lambda state: Run(world, state, tmp_path_factory.mktemp(f"cli-{state}")), STATES)
        return dict(zip(STATES, done, strict=True))


@pytest.fixture(params=STATES)
def run(request: pytest.FixtureRequest, runs: dict[str, Run]) -> Run:
    return runs[request.param]


def assert_done(done: subprocess.CompletedProcess) -> None:
    assert done.returncode == 0, done.stderr


def assert_refused(done: subprocess.CompletedProcess, refusal: Refusal) -> None:
    assert done.returncode == 1
    assert done.stdout == ""
    for text in shown(refusal):
        assert text in done.stderr


def shown(refusal: Refusal) -> list[str]:
    """How the command words a refusal; a 404 gets its own sentence, which names the repository or says so at least."""
    if refusal.status == 404:
        return ["Error: ", "not found"]
    if refusal.status == 403:
        return [f"403 Forbidden: {refusal.header}."]
    expired = [EXPIRED] if refusal.body == EXPIRED else []
    return ["401 Unauthorized", BAD_CREDENTIALS, *expired]


def test_login_keeps_a_token_that_the_server_knows_and_no_other(run: Run):
    stored = run.home / "token"
    if refusal := run.case.expected.whoami:
        assert run.login.returncode == 1
        assert "Error: Invalid user token." in run.login.stderr
        assert (EXPIRED in run.login.stderr) == (refusal.body == EXPIRED)
        assert not stored.exists()
    else:
        assert_done(run.login)
        assert "Login successful." in run.login.stderr
        assert stored.read_text() == run.case.token


def test_whoami(run: Run):
    if run.case.expected.whoami:
        assert run.whoami.returncode == 1
        assert "Invalid user token. The token from HF_TOKEN environment variable is invalid." in run.whoami.stderr
        return
    assert_done(run.whoami)
    me = json.loads(run.whoami.stdout)
    assert me["user"] == World.owner_of(run.case.state)
    assert set((me["orgs"] or "").split(",")) == ({""} if run.case.state == "outsider" else set(ORGS))


def test_listing(run: Run):
    expected = run.case.expected
    if expected.whoami:
        return assert_refused(run.list, expected.read)
    assert_done(run.list)
    assert (run.case.shelf in run.list.stdout.split()) == (expected.read is None)


def test_upload(run: Run, world: World):
    expected, store = run.case.expected, world.hub.hub.store
    head = store.head("model", run.case.shelf, "main")
    sent = {file.path: file.oid for file in store.files("model", run.case.shelf, head)}.get("upload.txt")
    if expected.write is None:
        assert_done(run.upload)
        assert store.read("model", run.case.shelf, sent) == UPLOADED
        return
    # It tries to create the repository first, and takes a refusal of that back if it can read the repository.
    assert_refused(run.upload, expected.create if expected.read else expected.write)
    assert sent is None


def test_download(run: Run):
    target = run.home / "downloads" / HELLO
    if refusal := run.case.expected.read:
        assert_refused(run.download, refusal)
        assert not target.exists()
    else:
        assert_done(run.download)
        assert target.read_bytes() == run.case.content


def test_creating_a_repository(run: Run, world: World):
    if refusal := run.case.expected.create:
        assert_refused(run.create, refusal)
    else:
        assert_done(run.create)
    assert world.hub.hub.store.has("model", run.case.new) == (run.case.expected.create is None)


def test_deleting_a_file(run: Run, world: World):
    expected, store = run.case.expected, world.hub.hub.store
    if expected.write:
        assert_refused(run.delete_files, expected.read or expected.write)
    else:
        assert_done(run.delete_files)
    files = store.files("model", run.case.shelf, store.head("model", run.case.shelf, "main"))
    assert (OLD in [file.path for file in files]) == (expected.write is not None)


def test_deleting_a_repository(run: Run, world: World):
    if refusal := run.case.expected.delete:
        assert_refused(run.delete, refusal)
    else:
        assert_done(run.delete)
    assert world.hub.hub.store.has("model", run.case.doomed) == (run.case.expected.delete is not None)
