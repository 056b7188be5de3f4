"""git with a token as its password: clone and push in each state, exit code and what git prints.

git sends what stands in the URL only after a 401 that offers Basic, so each of these runs also shows that offer.
"""

import random
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

import servers
from doors import Door
from expectations import STATES, Refusal
from stub_store import GIT_ENV
from world import HELLO, Case, World

REFUSED = 128
# Above git's post buffer (1 MiB), so that the push comes in chunks; random, so that it does not shrink.
BIG = random.Random(1).randbytes(1_500_000)


class Run:
    """A clone, then a commit and a push of it; without a clone, the push of a history of one's own."""

    def __init__(self, world: World, door: Door, state: str, home: Path):
        self.case: Case = world.case(f"git-{door.name}", state)
        self.folder = home / "clone"
        self._environment = {**GIT_ENV, "HOME": str(home), "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C", "NO_PROXY": "*"}
        url = f"{door.url}/{self.case.shelf}".replace("http://", f"http://anyone:{self.case.token}@")
        self.clone = self._git("clone", url, str(self.folder))
        if self.clone.returncode:
            self._git("init", "--quiet", "--initial-branch=main", str(self.folder))
        (self.folder / "pushed.bin").write_bytes(BIG)
        author = ["-c", "user.name=Bob", "-c", "user.email=bob@example.org"]
        self._git("-C", str(self.folder), "add", "pushed.bin")
        self._git("-C", str(self.folder), *author, "commit", "--quiet", "--message=from git")
        self.push = self._git("-C", str(self.folder), "push", url, "HEAD:main")

    def _git(self, *arguments: str) -> subprocess.CompletedProcess:
        command = [servers.tool("git", "the git client test"), *arguments]
        return subprocess.run(command, env=self._environment, capture_output=True, text=True, timeout=60)


@pytest.fixture(scope="session")
def runs(world: World, door: Door, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Run]:
    def run(state: str) -> Run:
        return Run(world, door, state, tmp_path_factory.mktemp(f"git-{door.name}-{state}"))

    with ThreadPoolExecutor(2) as pool:
        done = pool.map(run, STATES)
        return dict(zip(STATES, done, strict=True))


@pytest.fixture(params=STATES)
def run(request: pytest.FixtureRequest, runs: dict[str, Run]) -> Run:
    return runs[request.param]


def assert_refused(done: subprocess.CompletedProcess, refusal: Refusal) -> None:
    assert done.returncode == REFUSED
    assert f"remote: {refusal.body}" in done.stderr.splitlines()
    ends = {401: "Authentication failed for", 403: "The requested URL returned error: 403", 404: "not found"}
    assert ends[refusal.status] in done.stderr.splitlines()[-1]


def test_clone_brings_the_files_or_the_refusal(run: Run):
    if refusal := run.case.expected.read:
        return assert_refused(run.clone, refusal)
    assert run.clone.returncode == 0, run.clone.stderr
    assert (run.folder / HELLO).read_bytes() == run.case.content


def test_push_arrives_or_is_refused(run: Run, world: World):
    store = world.hub.hub.store
    head = store.head("model", run.case.shelf, "main")
    pushed = {file.path: file.oid for file in store.files("model", run.case.shelf, head)}.get("pushed.bin")
    if refusal := run.case.expected.write:
        assert_refused(run.push, refusal)
        assert pushed is None
    else:
        assert run.push.returncode == 0, run.push.stderr
        assert store.read("model", run.case.shelf, pushed) == BIG


def test_git_prints_no_token(run: Run):
    assert run.case.token not in run.clone.stderr + run.push.stderr


def test_without_credentials_git_is_asked_for_them(door: Door):
    url = f"{door.url}/acme/elsewhere/info/refs?service=git-upload-pack"
    answer = httpx.get(url)
    assert answer.status_code == 401
    assert answer.headers["X-Tokenward-Reason"] == "missing_token"
    # Workers join headers of one name.
    assert ", ".join(answer.headers.get_list("WWW-Authenticate")) == (
        'Basic realm="Tokenward", Bearer realm="Authentication required", charset="UTF-8"'
    )
