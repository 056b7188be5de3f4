"""Every state of a token, met by real huggingface_hub calls: the explanation names the true obstacle, and preflight agrees."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from explained_run import REMEDIES, run_calls

sys.path.append(str(Path(__file__).resolve().parents[2] / "server/tests/clients"))
from expectations import STATES  # noqa: E402

# What each call is refused with, as a field of the expectations, and the preflight that asks the same.
CALLS: dict[str, tuple[str, tuple[str, str] | None]] = {
    "whoami": ("whoami", None),
    "list_models": ("whoami", None),
    "list_repo_files": ("read", ("shelf", "read")),
    "model_info": ("read", ("shelf", "repo.content.read")),
    "hf_hub_download": ("read", ("shelf", "download")),
    "create_repo": ("create", ("new", "create")),
    "upload_file": ("write", ("shelf", "upload")),
    "upload_large_file": ("write", ("shelf", "write")),
    "delete_file": ("write", ("shelf", "commit")),
    "delete_repo": ("delete", ("doomed", "delete")),
    "move_repo": ("move", ("movable", "settings")),
}


@pytest.fixture(scope="module")
def runs(world: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """One process a state, two at a time, each making all calls; half of them find Tokenward at an address of its own."""

    def run(state: str) -> Any:
        case = world.case("py", state)
        job = {name: getattr(case, name) for name in ("token", "org", "shelf", "doomed", "movable", "new")}
        asked = {call: [getattr(case, of[0]), of[1]] for call, (_, of) in CALLS.items() if of}
        own = {"TOKENWARD_ENDPOINT": world.tokenward.url} if STATES.index(state) % 2 else {}
        home = tmp_path_factory.mktemp(f"explained-{state}")
        return case.expected, run_calls(world.hub.url, home, {**job, "preflights": asked}, **own)

    with ThreadPoolExecutor(2) as pool:
        return dict(zip(STATES, pool.map(run, STATES), strict=True))


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("state", STATES)
def test_a_refused_call_is_explained_by_its_true_obstacle(runs: dict[str, Any], state: str, call: str) -> None:
    expected, found = runs[state]
    refusal, outcome = getattr(expected, CALLS[call][0]), found["calls"][call]
    if refusal is None:
        assert "value" in outcome, outcome
        return
    assert outcome.get("explained"), outcome
    assert (outcome["reason"], outcome["status"]) == (refusal.reason, refusal.status)
    first = outcome["obstacles"][0]
    assert first["reason"] == refusal.reason
    for obstacle in outcome["obstacles"]:
        assert (obstacle["remedy"]["who"], obstacle["remedy"]["do"]) == REMEDIES[obstacle["reason"]]
        assert obstacle["remedy"]["text"] in outcome["shown"] and obstacle["reason"] in outcome["shown"]
    assert outcome["remedy"] == first["remedy"]["text"]
    if refusal.status == 403:
        assert outcome["message"] == refusal.body


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("state", STATES)
def test_an_explained_error_is_of_the_class_of_its_cause(runs: dict[str, Any], state: str, call: str) -> None:
    expected, found = runs[state]
    if getattr(expected, CALLS[call][0]) is not None:
        outcome = found["calls"][call]
        assert outcome["of_the_same_kind"] and outcome["same_response"]
        assert outcome["cause"] in outcome["classes"] and "TokenwardError" in outcome["classes"]
        assert {"HfHubHTTPError", "LocalEntryNotFoundError"} & set(outcome["classes"])


@pytest.mark.parametrize("call", [call for call, (_, asked) in CALLS.items() if asked])
@pytest.mark.parametrize("state", STATES)
def test_preflight_foretells_what_the_call_meets(runs: dict[str, Any], state: str, call: str) -> None:
    expected, found = runs[state]
    refusal, flight = getattr(expected, CALLS[call][0]), found["flights"][call]
    assert flight["allowed"] == (refusal is None)
    assert flight["raised"] == (refusal and refusal.reason)
    if refusal is not None:
        assert flight["reason"] == refusal.reason == flight["obstacles"][0]["reason"]
        assert all(obstacle["remedy"]["text"] in flight["text"] for obstacle in flight["obstacles"])
        if call != "move_repo":  # which needs more than one thing
            assert flight["obstacles"] == found["calls"][call]["obstacles"]


def test_a_move_is_explained_by_both_things_that_it_needs(runs: dict[str, Any]) -> None:
    _, found = runs["reader"]
    about = found["calls"]["move_repo"]["about"]
    assert [action for action, _ in about] == ["repo.admin", "repo.create"]
    assert [resource.partition(":")[0] for _, resource in about] == ["model", "org"]


def test_all_obstacles_are_told_and_not_only_the_first(runs: dict[str, Any]) -> None:
    _, found = runs["denied"]
    assert [one["reason"] for one in found["calls"]["upload_file"]["obstacles"]] == ["token_denied"]
    _, found = runs["read_only"]
    assert [one["reason"] for one in found["calls"]["upload_file"]["obstacles"]] == ["token_scope"]
