"""Long calls let other threads run; objects are shared by threads.

The switch interval is set so long that another thread runs only if the call lets it.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from tokenward import Authorizer, scan

from orgs import ACME, LAPTOP, NOW


@pytest.fixture
def no_switching() -> Iterator[None]:
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1000)
    yield
    sys.setswitchinterval(interval)


def large() -> str:
    token = ACME["tokens"][0]
    tokens = [
        {**token, "id": f"{at:024x}", "digest": f"{at:064x}", "displayName": f"t{at}", "authorization": None}
        for at in range(20_000)
    ]
    return json.dumps({**ACME, "tokens": tokens})


DOCUMENT = large()
AUTHORIZER = Authorizer.from_document(DOCUMENT)
TEXT = f"some words and {LAPTOP} é\n" * 400_000

PATIENCE = 60.0

CALLS: dict[str, Callable[[], object]] = {
    "from_document": lambda: Authorizer.from_document(DOCUMENT),
    "from_document of bytes": lambda: Authorizer.from_document(DOCUMENT.encode()),
    "preview": lambda: AUTHORIZER.preview("default"),
    "findings": lambda: AUTHORIZER.findings(now="2027-03-01T12:00:00Z"),
    "scan": lambda: scan(TEXT),
    "scan of bytes": lambda: scan(TEXT.encode()),
    "decide_many": lambda: AUTHORIZER.decide_many(
        [{"token": LAPTOP, "action": "repo.write", "resource": "model:acme/bert"}] * 20_000, now=NOW
    ),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())
@pytest.mark.usefixtures("no_switching")
def test_other_threads_run_during_a_long_call(call: Callable[[], object]) -> None:
    """The call is made again until another thread has run, which may not get a processor for a while."""
    started, ran, seen = threading.Event(), threading.Event(), list[bool]()

    def run() -> None:
        until = time.monotonic() + PATIENCE
        started.set()
        while not ran.is_set() and time.monotonic() < until:
            call()
        seen.append(ran.is_set())

    thread = threading.Thread(target=run)
    thread.start()
    started.wait()
    ran.set()
    thread.join()
    assert seen == [True]


def test_threads_share_an_authorizer() -> None:
    request: dict[str, Any] = {"token": LAPTOP, "action": "repo.write", "resource": "model:acme/bert", "now": NOW}
    acme = Authorizer.from_document(ACME)
    expected = acme.decide(**request)

    def ask(_: int) -> bool:
        return all(acme.decide(**request) == expected for _ in range(2000)) and bool(acme.findings(now=NOW))

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(ask, range(8)))


def test_decision_of_threads_outlives_its_authorizer() -> None:
    decision = Authorizer.from_document(ACME).decide(action="repo.write", resource="model:acme/bert", now=NOW)
    assert decision.reason == "missing_token"
