"""How long a decision takes from Python: one at a time, and many at once, for random tokens of one organization.

    python decide.py [tokens]        with the wheel's release build
"""

from __future__ import annotations

import statistics
import sys
import time

import tokenward
import worlds

ROUNDS = 7
REQUESTS = 200_000


def main() -> None:
    tokens = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    world = worlds.world(tokens)
    start = time.perf_counter()
    authorizer = tokenward.Authorizer.from_document(world.document)
    print(f"document of {tokens:,} tokens: {time.perf_counter() - start:.1f} s")
    # Texts of their own, as they come from a request, and not those spread over the heap.
    batch = [("".join([*token]), action, "".join([*resource])) for token, action, resource in worlds.requests(world, REQUESTS)]
    mappings = [{"token": token, "action": action, "resource": resource} for token, action, resource in batch]
    floor, one, many = [], [], []
    for _ in range(ROUNDS):  # by turns, so that all meet the same machine
        floor.append(measured(lambda: nothing(batch)))
        one.append(measured(lambda: each(authorizer, batch)))
        many.append(measured(lambda: authorizer.decide_many(mappings, now=worlds.NOW)))
    empty = statistics.median(floor)
    print(f"decide       {statistics.median(one) - empty:6.3f} µs, without the loop's {empty:.3f}")
    print(f"decide_many  {statistics.median(many):6.3f} µs each")


def measured(call: object) -> float:
    start = time.perf_counter()
    call()  # type: ignore[operator]
    return (time.perf_counter() - start) / REQUESTS * 1e6


def nothing(batch: list[tuple[str, str, str]]) -> None:
    for _token, _action, _resource in batch:
        pass


def each(authorizer: tokenward.Authorizer, batch: list[tuple[str, str, str]]) -> None:
    decide, now = authorizer.decide, worlds.NOW
    for token, action, resource in batch:
        decide(token=token, action=action, resource=resource, now=now)


if __name__ == "__main__":
    main()
