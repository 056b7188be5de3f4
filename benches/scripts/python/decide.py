"""How long a decision takes from Python: one at a time, and many at once, for random tokens of one organization.

    python decide.py [tokens] [NAME=FILE...]        with the wheel's release build

Each FILE is the compiled module of another version (`_native.abi3.so`), which is measured by turns with the installed
one, so that both meet the same machine. What is told is the least of several times on a processor: waiting for one is
left out, and what other programs do to the caches and the core's other half only adds to it.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from importlib.machinery import ExtensionFileLoader
from importlib.util import module_from_spec, spec_from_loader
from typing import Any

import tokenward
import worlds

ROUNDS = 9
REQUESTS = 200_000


def main() -> None:
    others = dict(argument.split("=", 1) for argument in sys.argv[1:] if "=" in argument)
    sizes = [int(argument) for argument in sys.argv[1:] if "=" not in argument]
    world = worlds.world(sizes[0] if sizes else 1_000_000)
    modules: dict[str, Any] = {"installed": tokenward} | {name: module(file) for name, file in others.items()}
    authorizers = {name: loaded.Authorizer.from_document(world.document) for name, loaded in modules.items()}
    # Texts of their own, as they come from a request, and not those spread over the heap.
    batch = [("".join([*token]), action, "".join([*resource])) for token, action, resource in worlds.requests(world, REQUESTS)]
    mappings = [{"token": token, "action": action, "resource": resource} for token, action, resource in batch]
    least: dict[tuple[str, str], float] = {}
    for _ in range(ROUNDS):  # by turns, so that all meet the same machine
        for name, authorizer in authorizers.items():
            for what, call in calls(authorizer, batch, mappings).items():
                least[name, what] = min(least.get((name, what), 1e9), measured(call))
    for name in authorizers:
        empty = least[name, "loop"]
        print(f"{name}: decide {least[name, 'decide'] - empty:.3f} µs, without the loop's {empty:.3f};", end=" ")
        print(f"decide_many {least[name, 'tuples']:.3f} µs each as tuples, {least[name, 'mappings']:.3f} as mappings")


def module(file: str) -> Any:
    """The compiled part of another version, beside the installed one."""
    loader = ExtensionFileLoader("tokenward._native", file)
    spec = spec_from_loader("tokenward._native", loader, origin=file)
    assert spec is not None
    loaded = module_from_spec(spec)
    loader.exec_module(loaded)
    return loaded


def calls(authorizer: Any, batch: list[tuple[str, str, str]], mappings: list[dict[str, str]]) -> dict[str, Callable[[], object]]:
    return {
        "loop": lambda: nothing(batch),
        "decide": lambda: each(authorizer, batch),
        "tuples": lambda: authorizer.decide_many(batch, now=worlds.NOW),
        "mappings": lambda: authorizer.decide_many(mappings, now=worlds.NOW),
    }


def measured(call: Callable[[], object]) -> float:
    """Microseconds for one request; what is answered is dropped within."""
    start = time.thread_time()
    call()
    return (time.thread_time() - start) / REQUESTS * 1e6


def nothing(batch: list[tuple[str, str, str]]) -> None:
    for _token, _action, _resource in batch:
        pass


def each(authorizer: Any, batch: list[tuple[str, str, str]]) -> None:
    decide, now = authorizer.decide, worlds.NOW
    for token, action, resource in batch:
        decide(token=token, action=action, resource=resource, now=now)


if __name__ == "__main__":
    main()
