"""The asynchronous client has the calls of the other, by the same names and with the same arguments."""

from __future__ import annotations

import inspect
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import httpx
import pytest
from tokenward import AsyncClient, Client

from example_server import ENDPOINT, TOKEN, WHOAMI, transport
from shapes import SHAPES

CALLS = sorted(name for name in vars(Client) if not name.startswith("_"))


def test_both_have_the_same_calls() -> None:
    assert sorted(name for name in vars(AsyncClient) if not name.startswith("_")) == CALLS
    assert set(CALLS) == {*SHAPES, "close", "send", "with_token"}


@pytest.mark.parametrize("name", CALLS)
def test_a_call_takes_the_same_arguments_in_both_and_is_documented(name: str) -> None:
    one, twin = getattr(Client, name), getattr(AsyncClient, name)
    assert list(inspect.signature(one).parameters.values()) == list(inspect.signature(twin).parameters.values())
    assert next(iter(inspect.signature(one).parameters)) == "self"
    assert inspect.getdoc(one) and inspect.getdoc(twin)
    assert name in ("close",) or ">>>" in str(inspect.getdoc(one))
    assert (one.__name__, twin.__qualname__) == (name, f"AsyncClient.{name}")


def test_threads_share_a_client() -> None:
    names: list[Any] = []
    with Client(ENDPOINT, TOKEN, transport=transport()) as client:
        threads = [threading.Thread(target=lambda: names.append(client.whoami()["name"])) for _ in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert names == ["bob"] * 16


def test_a_client_can_be_called_below_a_path() -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(200, json=WHOAMI)

    with Client("https://example.org/hub/", TOKEN, transport=httpx.MockTransport(answer)) as client:
        client.whoami()
    assert asked == ["https://example.org/hub/api/whoami-v2"]


def test_a_type_checker_knows_what_calls_take_and_return(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(
        "import asyncio\nfrom tokenward import AsyncClient, Client\n"
        "def waiting(client: Client) -> list[str]:\n"
        '    return [token["owner"]["name"] for token in client.list_org_tokens("acme", q="status:pending")]\n'
        "async def rotated(client: AsyncClient) -> str:\n"
        '    issued = await asyncio.create_task(client.rotate_token("x"))\n'
        '    async for token in client.list_tokens():\n        print(token["displayName"])\n'
        "    return issued.token.reveal()\n"
        'Client().approve_token("acme", 5)\nClient().approve_token(org="acme", token="x")\n'
        'Client().whoami()["nam"]\nClient().token_policy("acme").policy\n'
    )
    command = [sys.executable, "-m", "mypy", "--strict", "--no-incremental", str(program)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    found = sorted({int(line.split(":")[1]) for line in done.stdout.splitlines() if ": error:" in line})
    assert found == [10, 11, 12, 13], done.stdout
