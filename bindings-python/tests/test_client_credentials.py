"""Endpoint and token are found where huggingface_hub finds them; there is no endpoint that nobody named."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tokenward import AsyncClient, Client, InvalidTypeError, ParseError, errors, parse_token
from tokenward.credentials import find_endpoint, find_token

from example_server import TOKEN, transport

OTHER = TOKEN[:-1] + "k"
# Prints what each finds, one beside the other.
BOTH = """
import json
from huggingface_hub.utils._headers import get_token_to_send
from tokenward.credentials import find_token
ours = find_token(None)
print(json.dumps([get_token_to_send(None), ours and ours.reveal()]))
"""


@pytest.fixture(autouse=True)
def nothing_of_the_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.startswith(("HF_", "HUGGING", "TOKENWARD_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)


def test_the_endpoint_is_the_argument_else_tokenwards_else_the_hubs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "https://hub.example.org/")
    assert find_endpoint() == "https://hub.example.org"
    monkeypatch.setenv("TOKENWARD_ENDPOINT", " https://tokenward.example.org/below/ ")
    assert find_endpoint() == "https://tokenward.example.org/below"
    assert find_endpoint("http://[::1]:8080") == "http://[::1]:8080"


@pytest.mark.parametrize("value", [None, "", "  "])
def test_without_an_endpoint_nothing_is_called(monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
    if value is not None:
        monkeypatch.setenv("HF_ENDPOINT", value)
    for client in (Client, AsyncClient):
        with pytest.raises(errors.CredentialsError, match="no endpoint"):
            client(token=TOKEN)


@pytest.mark.parametrize(
    "text",
    [
        "hub.example.org", "//x", "ftp://x", "https://", "https://a b", "https://u:secret@x", "https://x?q", "https://x#f",
        "http://x:99999", "http://x:0", "http://[::1",
    ],
)  # fmt: skip
def test_an_endpoint_that_is_no_address_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(ParseError) as caught:
        find_endpoint(text)
    assert "secret" not in str(caught.value)
    with pytest.raises(InvalidTypeError):
        find_endpoint(5)  # type: ignore[arg-type]


def environments(tmp_path: Path) -> dict[str, dict[str, str]]:
    home, cache, file = tmp_path / "home", tmp_path / "cache", tmp_path / "file"
    stored = {home: f"  {TOKEN}\r\n", cache / "huggingface": f"{OTHER}\n", tmp_path / ".cache/huggingface": f"\n{TOKEN}\n\n"}
    for folder, text in stored.items():
        folder.mkdir(parents=True)
        (folder / "token").write_text(text)
    file.write_text("\n")
    in_home = {"HF_HOME": str(home)}
    return {
        "nothing named": {},
        "HF_HOME": in_home,
        "HF_HOME with a variable": {"HF_HOME": "$HERE/home", "HERE": str(tmp_path)},
        "HF_HOME below the user's": {"HF_HOME": "~/home"},
        "XDG_CACHE_HOME": {"XDG_CACHE_HOME": str(cache)},
        "HF_TOKEN_PATH": {**in_home, "HF_TOKEN_PATH": str(cache / "huggingface/token")},
        "an empty file": {"HF_TOKEN_PATH": str(file)},
        "a file that is not there": {"HF_TOKEN_PATH": str(tmp_path / "none")},
        "HF_TOKEN": {**in_home, "HF_TOKEN": f" {OTHER}\n"},
        "a blank HF_TOKEN": {**in_home, "HF_TOKEN": " \n"},
        "an empty HF_TOKEN": {"HF_HOME": str(home), "HF_TOKEN": "", "HUGGING_FACE_HUB_TOKEN": OTHER},
        "the older name": {**in_home, "HUGGING_FACE_HUB_TOKEN": OTHER},
        "both names": {"HF_TOKEN": TOKEN, "HUGGING_FACE_HUB_TOKEN": OTHER},
        "implicit use switched off": {**in_home, "HF_HUB_DISABLE_IMPLICIT_TOKEN": "yes"},
        "implicit use left on": {**in_home, "HF_HUB_DISABLE_IMPLICIT_TOKEN": "0"},
    }


def test_the_token_is_the_one_that_huggingface_hub_sends(tmp_path: Path) -> None:
    seen = {}
    for name, environment in environments(tmp_path).items():
        env = {**os.environ, **environment, "HF_HUB_DISABLE_TELEMETRY": "1"}
        done = subprocess.run([sys.executable, "-c", BOTH], env=env, capture_output=True, text=True)
        assert done.returncode == 0, (name, done.stderr)
        theirs, ours = json.loads(done.stdout)
        assert ours == theirs, name
        seen[name] = ours
    assert set(seen.values()) == {TOKEN, OTHER, None}


def test_true_insists_on_a_token_and_false_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    assert find_token(None) is None
    with pytest.raises(errors.CredentialsError, match="no token"):
        find_token(True)
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    monkeypatch.setenv("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1")
    found = find_token(True)
    assert found is not None and found.reveal() == TOKEN
    assert find_token(None) is None and find_token(False) is None


def test_a_secret_is_taken_as_it_is() -> None:
    found = find_token(parse_token(TOKEN))
    assert found is not None and found.reveal() == TOKEN


@pytest.mark.parametrize("text", ["", " ", "two words", f"{TOKEN}\n", "hf_é", "a\0b"])
def test_a_token_that_cannot_be_sent_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(errors.CredentialsError) as caught:
        find_token(text)
    assert text.strip() == "" or text not in str(caught.value)


def test_a_token_of_another_type_is_refused() -> None:
    with pytest.raises(InvalidTypeError):
        find_token(5)  # type: ignore[arg-type]


def test_a_stored_token_that_cannot_be_read_is_told_with_its_place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HF_TOKEN_PATH", str(tmp_path))
    with pytest.raises(errors.CredentialsError, match=str(tmp_path)):
        find_token()


def test_another_token_goes_over_the_same_connections() -> None:
    seen: list[Any] = []
    with Client("https://hub.example.org", TOKEN, transport=transport()) as client:
        other = client.with_token(OTHER)
        client._http.event_hooks = {"request": [lambda request: seen.append(request.headers.get("authorization"))]}
        client.whoami(), other.whoami(), client.with_token(False).check("repo.write", "org:acme")
    assert seen == [f"Bearer {TOKEN}", f"Bearer {OTHER}", None]
