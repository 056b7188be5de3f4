"""Obstacles beyond the states of a token: gates, hidden repositories, no token, an organization's token, unlisted requests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from explained_run import REMEDIES, run_calls

READ = "repo.content.read"


@pytest.fixture(scope="module")
def tokens(world: Any) -> dict[str, str | None]:
    """Tokens for the cases, and what they meet: a gated repository, and one that a resource group hides."""
    for name, private in (("changing/gated", False), ("changing/hidden", True)):
        world.hub.hub.repos.add("model", name, "ada", private)
    admin = world._admin
    group = "/api/organizations/changing/resource-groups/lab"
    world._as(world.tokenward.admin_token, "PUT", group, {"members": [{"user": "ada", "role": "write"}]}, 2)
    at = "/api/organizations/changing/resources/model/changing"
    world._as(admin, "PUT", f"{at}/gated", {"gated": True}, 2)
    world._as(admin, "PUT", f"{at}/hidden", {"resourceGroup": "lab"}, 2)
    world._as(admin, "PUT", f"{at}/gated", {"gatedUsers": ["eve"]}, 2)

    def issue(owner: str, name: str, **body: Any) -> str:
        return str(world.issue(owner, name, body)["token"])

    elsewhere = {"scoped": [{"entity": {"type": "user", "name": "eve"}, "permissions": [READ]}]}
    world._as(world.tokenward.admin_token, "POST", "/api/users", {"name": "mallory"}, 201)
    return {
        "gated_token": issue("eve", "gates closed", role="fineGrained", fineGrained=elsewhere),
        "gated_user": issue("mallory", "not let in", role="read"),
        "both": issue("mallory", "neither", role="fineGrained", fineGrained={}),
        "not_found": issue("bob", "not in the group", role="write"),
        "missing_token": None,
        "organization_token": "api_org_" + "x" * 34,
        "allowed": world.tokens["allowed"],
        "pending": world.tokens["pending"],
    }


@pytest.fixture
def run(world: Any, tokens: dict[str, str | None], tmp_path: Path) -> Any:
    """What came of calls with one of the tokens."""

    def run(token: str, more: dict[str, Any], preflights: dict[str, Any] | None = None) -> Any:
        job = {"token": tokens[token] or False, "only_more": True, "more": more, "preflights": preflights or {}}
        return run_calls(world.hub.url, tmp_path / token, job)

    return run


@pytest.mark.parametrize(
    ("case", "repo", "reasons", "kind"),
    [
        ("gated_token", "changing/gated", ["gated_token"], "HfHubHTTPError"),
        ("gated_user", "changing/gated", ["gated_user"], "GatedRepoError"),
        ("both", "changing/gated", ["gated_token", "gated_user"], "HfHubHTTPError"),
        ("not_found", "changing/hidden", ["not_found"], "RepositoryNotFoundError"),
        ("not_found", "changing/never-was", ["not_found"], "RepositoryNotFoundError"),
        ("missing_token", "acme/elsewhere", ["missing_token"], "HfHubHTTPError"),
        ("missing_token", "changing/gated", ["missing_token"], "GatedRepoError"),
        ("organization_token", "acme/elsewhere", ["organization_token"], "HfHubHTTPError"),
    ],
)
def test_the_true_obstacle_is_named(run: Any, case: str, repo: str, reasons: list[str], kind: str) -> None:
    more = {"info": ["model_info", {"repo_id": repo}], "file": ["hf_hub_download", {"repo_id": repo, "filename": "x"}]}
    found = run(case, more, {"read": [repo, "read"]})
    for outcome in (found["calls"]["info"], found["calls"]["file"], found["flights"]["read"]):
        assert [one["reason"] for one in outcome["obstacles"]] == reasons, outcome
        for one in outcome["obstacles"]:
            assert (one["remedy"]["who"], one["remedy"]["do"]) == REMEDIES[one["reason"]]
    assert kind in found["calls"]["info"]["classes"]


def test_any_call_that_is_refused_is_explained(run: Any) -> None:
    repo = {"repo_id": "acme/elsewhere"}
    calls = {
        "auth_check": repo,
        "create_branch": {**repo, "branch": "b"},
        "create_collection": {"title": "c", "namespace": "acme"},
        "create_discussion": {**repo, "title": "t"},
        "create_tag": {**repo, "tag": "t"},
        "get_paths_info": {**repo, "paths": ["x"]},
        "list_organization_members": {"organization": "acme"},
        "list_repo_refs": repo,
        "snapshot_download": repo,
        "super_squash_history": repo,
        "update_repo_settings": {**repo, "private": True},
        "upload_folder": {**repo, "folder_path": str(Path(__file__).parent / "data")},
    }
    found = run("pending", {name: [name, arguments] for name, arguments in calls.items()})["calls"]
    for name, outcome in found.items():
        assert outcome.get("reason") == "token_pending", (name, outcome)
        assert outcome["obstacles"][0]["remedy"]["do"] == "approve_token"


def test_a_hidden_repository_is_told_like_one_that_never_was(run: Any) -> None:
    calls = {name: ["model_info", {"repo_id": f"changing/{name}"}] for name in ("hidden", "never-was")}
    found = run("not_found", calls)["calls"]
    hidden, never = (found[name]["shown"].replace(name, "x") for name in calls)
    assert hidden == never


def test_a_request_that_no_row_lists_is_told_to_be_allowed_to_nobody(run: Any) -> None:
    upload = {"path_or_fileobj": str(Path(__file__)), "path_in_repo": "x", "repo_id": "acme/elsewhere"}
    outcome = run("allowed", {"upload": ["upload_file", {**upload, "revision": "refs/pr/1"}]})["calls"]["upload"]
    assert (outcome["reason"], outcome["about"]) == ("unknown_action", [[None, None]])
    assert [(one["check"], one["remedy"]["who"]) for one in outcome["obstacles"]] == [("action", "nobody")]


def test_what_is_missing_for_another_reason_goes_through_as_it_is_with_a_note(run: Any) -> None:
    calls = {
        "file": ["hf_hub_download", {"repo_id": "acme/elsewhere", "filename": "missing.txt"}],
        "revision": ["model_info", {"repo_id": "acme/elsewhere", "revision": "missing"}],
        "local": ["upload_file", {"path_or_fileobj": "/no/such/file", "path_in_repo": "x", "repo_id": "acme/elsewhere"}],
    }
    found = run("allowed", calls)["calls"]
    assert [outcome["explained"] for outcome in found.values()] == [False, False, False]
    assert found["file"]["classes"][0] == "RemoteEntryNotFoundError"
    assert found["revision"]["classes"][0] == "RevisionNotFoundError"
    assert "what is in the way is something else" in found["file"]["notes"][0]
    assert found["local"]["notes"] == []


def test_a_traceback_shows_the_refusal_and_its_explanation(run: Any) -> None:
    text = run("not_found", {"info": ["model_info", {"repo_id": "changing/hidden"}]})["calls"]["info"]["text"]
    assert "RepositoryNotFoundError: 404 Client Error" in text
    assert "The above exception was the direct cause" in text
    assert "ExplainedError: `repo.content.read` on model:changing/hidden is denied\n- not_found: Repository not found\n" in text
