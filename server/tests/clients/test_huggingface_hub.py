"""huggingface_hub, the newest, against a governed hub: what its user sees in each state of a token.

The class, the server's message, the status and the reason of each refusal; the bytes of each success.
"""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from expectations import STATES, Refusal
from hf_environment import environment
from world import Case, World

UPLOADED = "---\nlicense: apache-2.0\n---\n# Uploaded\n"
DRIVER = Path(__file__).with_name("hub_calls.py")


class Run:
    def __init__(self, case: Case, done: subprocess.CompletedProcess):
        assert done.returncode == 0, done.stderr
        self.case = case
        self.stderr = done.stderr
        self.outcomes = json.loads(done.stdout)

    def value(self, call: str) -> object:
        outcome = self.outcomes[call]
        assert "value" in outcome, f"{call} raised: {outcome['raised']}"
        return outcome["value"]

    def raised(self, call: str) -> list[dict]:
        outcome = self.outcomes[call]
        assert "raised" in outcome, f"{call} came through: {outcome['value']}"
        return outcome["raised"]


@pytest.fixture(scope="session")
def runs(world: World, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Run]:
    """One process a state, two at a time, each making all calls."""

    def run(state: str) -> Run:
        case = world.case("lib", state)
        home = tmp_path_factory.mktemp(f"lib-{state}")
        (home / "caches").mkdir()
        job = {"token": case.token, "org": case.org, "shelf": case.shelf, "doomed": case.doomed, "new": case.new}
        job |= {"caches": str(home / "caches"), "upload": UPLOADED}
        settings = {"input": json.dumps(job), "capture_output": True, "text": True, "timeout": 120}
        return Run(case, subprocess.run([sys.executable, str(DRIVER)], env=environment(world.hub.url, home), **settings))

    with ThreadPoolExecutor(2) as pool:
        return dict(zip(STATES, pool.map(run, STATES)))


@pytest.fixture(params=STATES)
def run(request: pytest.FixtureRequest, runs: dict[str, Run]) -> Run:
    return runs[request.param]


def assert_refused(error: dict, refusal: Refusal) -> None:
    seen = {key: error[key] for key in ("class", "status", "reason", "code", "server_message")}
    assert seen == {
        "class": refusal.exception, "status": refusal.status, "reason": refusal.reason,
        "code": refusal.code, "server_message": refusal.server_message,
    }  # fmt: skip
    assert error["request_id"] and error["request_id"] in error["text"]
    # The library leaves out a sentence that its own text has in other letters ("Repository Not Found").
    assert refusal.body.lower() in error["text"].lower()


def test_whoami_answers_even_a_blocked_token_and_says_where_it_is_blocked(run: Run):
    refusal = run.case.expected.whoami
    if refusal is None:
        me = run.value("whoami")
        assert me["name"] == World.owner_of(run.case.state)
        restriction = run.case.expected.restriction
        assert me["orgs"].get(run.case.org, []) == ([restriction] if restriction else [])
        return
    shown, cause = run.raised("whoami")[:2]
    assert shown["text"].startswith("Invalid user token.")
    assert_refused(cause, refusal)


def test_an_expired_token_is_named_as_such_on_standard_error(runs: dict[str, Run]):
    assert "Your token has expired." in runs["expired"].stderr
    assert "Your token has expired." not in runs["unknown"].stderr


@pytest.mark.parametrize("call", ["list_repo_files", "model_info"])
def test_reading_a_repository(run: Run, call: str):
    if refusal := run.case.expected.read:
        return assert_refused(run.raised(call)[0], refusal)
    shown = {"model_info": run.case.shelf, "list_repo_files": [".gitattributes", "hello.txt", "old.txt"]}
    assert run.value(call) == shown[call]


def test_a_download_brings_the_bytes_or_the_refusal(run: Run):
    if (refusal := run.case.expected.read) is None:
        assert run.value("hf_hub_download").encode() == run.case.content
        return
    errors = run.raised("hf_hub_download")
    if refusal.status == 403:
        # The library turns a 403 on HEAD into its own "not in the cache" and keeps the refusal as the cause.
        assert errors[0]["class"] == "LocalEntryNotFoundError"
        errors = errors[1:]
    # HEAD has no body: the header's text is all there is.
    header_only = Refusal(refusal.status, refusal.reason, *[refusal.header] * 2, refusal.exception, refusal.code)
    assert_refused(errors[0], header_only)


def test_a_listing_shows_what_the_token_may_read_and_refuses_a_bad_token(run: Run):
    expected = run.case.expected
    if expected.whoami:
        return assert_refused(run.raised("list_models")[0], expected.read)
    listed = run.value("list_models")
    assert (run.case.shelf in listed) == (expected.read is None)
    if run.case.state == "out_of_scope":
        assert listed == ["acme/elsewhere"]
    elif expected.read:
        assert listed == []


def test_creating_a_repository(run: Run, world: World):
    exists = world.hub.hub.store.has("model", run.case.new)
    if refusal := run.case.expected.create:
        assert_refused(run.raised("create_repo")[0], refusal)
        assert not exists
    else:
        assert run.value("create_repo") == run.case.new
        assert exists


def test_uploading_a_file(run: Run, world: World):
    store = world.hub.hub.store
    head = store.head("model", run.case.shelf, "main")
    if refusal := run.case.expected.write:
        assert_refused(run.raised("upload_file")[0], refusal)
        assert "README.md" not in [file.path for file in store.files("model", run.case.shelf, head)]
    else:
        assert run.value("upload_file") == UPLOADED
        assert store.author_of("model", run.case.shelf, head) == "bob"


def test_deleting_a_file(run: Run):
    if refusal := run.case.expected.write:
        return assert_refused(run.raised("delete_file")[0], refusal)
    assert run.value("delete_file") == [".gitattributes", "README.md", "hello.txt"]


def test_deleting_a_repository(run: Run, world: World):
    exists = world.hub.hub.store.has("model", run.case.doomed)
    if refusal := run.case.expected.delete:
        assert_refused(run.raised("delete_repo")[0], refusal)
        assert exists
    else:
        assert run.value("delete_repo") is False
        assert not exists
