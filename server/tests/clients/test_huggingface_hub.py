"""huggingface_hub, the newest, against a governed hub, through every door: what its user sees in each state of a token.

The class, the server's message, the status and the reason of each refusal; the bytes of each success.
"""

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from doors import Door
from expectations import STATES, Refusal
from library_run import LibraryRun, assert_refused
from world import World


@pytest.fixture(scope="session")
def runs(world: World, door: Door, tmp_path_factory: pytest.TempPathFactory) -> dict[str, LibraryRun]:
    """One process a state, two at a time, each making all calls through a door."""

    def run(state: str) -> LibraryRun:
        case, home = world.case(f"lib-{door.name}", state), tmp_path_factory.mktemp(f"lib-{door.name}-{state}")
        return LibraryRun(case, door.url, home)

    with ThreadPoolExecutor(2) as pool:
        return dict(zip(STATES, pool.map(run, STATES), strict=True))


@pytest.fixture(params=STATES)
def run(request: pytest.FixtureRequest, runs: dict[str, LibraryRun]) -> LibraryRun:
    return runs[request.param]


def test_whoami_answers_even_a_blocked_token_and_says_where_it_is_blocked(run: LibraryRun):
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


def test_an_expired_token_is_named_as_such_on_standard_error(runs: dict[str, LibraryRun]):
    assert "Your token has expired." in runs["expired"].stderr
    assert "Your token has expired." not in runs["unknown"].stderr


@pytest.mark.parametrize("call", ["list_repo_files", "model_info"])
def test_reading_a_repository(run: LibraryRun, call: str):
    if refusal := run.case.expected.read:
        return assert_refused(run.raised(call)[0], refusal)
    shown = {"model_info": run.case.shelf, "list_repo_files": [".gitattributes", "hello.txt", "old.txt"]}
    assert run.value(call) == shown[call]


def test_a_download_brings_the_bytes_or_the_refusal(run: LibraryRun):
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


def test_a_public_repository_is_read_with_any_token_but_a_bad_one(run: LibraryRun):
    if run.case.expected.whoami:
        return assert_refused(run.raised("public_model_info")[0], run.case.expected.read)
    assert run.value("public_model_info") == f"{run.case.org}/open"


def test_a_listing_shows_what_the_token_may_read_and_refuses_a_bad_token(run: LibraryRun):
    expected = run.case.expected
    if expected.whoami:
        return assert_refused(run.raised("list_models")[0], expected.read)
    listed = run.value("list_models")
    assert (run.case.shelf in listed) == (expected.read is None)
    if expected.read:
        named = ["acme/elsewhere"] if run.case.state == "out_of_scope" else []
        assert listed == [*named, f"{run.case.org}/open"]


def test_without_a_token_a_listing_shows_what_is_public(door: Door):
    listed = httpx.get(f"{door.url}/api/models", params={"author": "acme"}).json()
    assert [model["id"] for model in listed] == ["acme/open"]


def test_creating_a_repository(run: LibraryRun, world: World):
    exists = world.hub.hub.store.has("model", run.case.new)
    if refusal := run.case.expected.create:
        assert_refused(run.raised("create_repo")[0], refusal)
        assert not exists
    else:
        assert run.value("create_repo") == run.case.new
        assert exists


def test_uploading_a_file_and_a_large_one(run: LibraryRun, world: World):
    store = world.hub.hub.store
    head = store.head("model", run.case.shelf, "main")
    kept = {file.path for file in store.files("model", run.case.shelf, head)}
    sent = {"upload_file": "README.md", "upload_large_file": "model.safetensors"}
    if refusal := run.case.expected.write:
        for call in sent:
            assert_refused(run.raised(call)[0], refusal)
        assert kept.isdisjoint(sent.values())
    else:
        assert [run.value(call) for call in sent] == [True, True]
        assert kept.issuperset(sent.values())
        assert store.author_of("model", run.case.shelf, head) == "bob"


def test_deleting_a_file(run: LibraryRun):
    if refusal := run.case.expected.write:
        return assert_refused(run.raised("delete_file")[0], refusal)
    assert run.value("delete_file") == [".gitattributes", "README.md", "hello.txt", "model.safetensors"]


def test_deleting_a_repository(run: LibraryRun, world: World):
    exists = world.hub.hub.store.has("model", run.case.doomed)
    if refusal := run.case.expected.delete:
        assert_refused(run.raised("delete_repo")[0], refusal)
        assert exists
    else:
        assert run.value("delete_repo") is False
        assert not exists


def test_moving_a_repository(run: LibraryRun, world: World):
    if refusal := run.case.expected.move:
        assert_refused(run.raised("move_repo")[0], refusal)
    else:
        assert run.value("move_repo") == f"{run.case.movable}-moved"
    assert world.hub.hub.store.has("model", run.case.movable) == (run.case.expected.move is not None)


def test_the_direction_of_a_large_file_batch_is_judged(world: World, door: Door):
    """Only its body says whether it reads or writes; this hub answers a download with 422, behind the gate."""
    case = world.case(f"batch-{door.name}", "read_only")
    url = f"{door.url}/{case.shelf}.git/info/lfs/objects/batch"

    def batch(operation: str) -> httpx.Response:
        body = {"operation": operation, "objects": [{"oid": "0" * 64, "size": 1}]}
        return httpx.post(url, json=body, headers={"Authorization": f"Bearer {case.token}"})

    assert batch("download").status_code == 422
    refused = batch("upload")
    assert (refused.status_code, refused.json()["error"]) == (403, case.expected.write.body)
