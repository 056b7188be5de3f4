"""How fast a large text is searched for tokens, reading included, on one core; and that exactly the planted are found.

    python scan.py [megabytes] [tokens]        with the wheel's release build

Beside the tokens of ours there are as many Hub-shaped ones of others, and twice as many near misses.
"""

from __future__ import annotations

import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from worlds import LETTERS, mint

from tokenward.scanning import Report, scan_paths

ROUNDS = 5
BLOCK = 1 << 24
WORDS = "def return self hf_hub token import for in if not None config model_id = == ( ) [ ] : , 'utf-8' 0.5 # hf_ → é".split()


def main() -> None:
    megabytes = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    tokens = int(sys.argv[2]) if len(sys.argv) > 2 else 1000
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    dice = random.Random(1)
    ours = [mint(dice) for _ in range(tokens)]
    others = [other(dice) for _ in range(tokens)]
    with tempfile.TemporaryDirectory() as folder:
        planted, bare = Path(folder, "planted.py"), Path(folder, "bare.py")
        write(planted, megabytes, dice, [*ours, *others, *(near_miss(dice) for _ in range(2 * tokens))])
        write(bare, megabytes, dice, [])
        for name, path, expected in (("planted", planted, (ours, others)), ("no token", bare, ([], []))):
            tell(name, path, expected)


def tell(name: str, path: Path, expected: tuple[list[str], list[str]]) -> None:
    walls, cores = [], []
    for _ in range(ROUNDS):
        wall, core = time.perf_counter(), time.process_time()
        report = scan_paths([path])
        walls.append(report.bytes / 1e6 / (time.perf_counter() - wall))
        cores.append(report.bytes / 1e6 / (time.process_time() - core))
        check(report, *expected)
    print(f"{name:9} {statistics.median(walls):6.0f} MB/s, {statistics.median(cores):6.0f} MB per second of the core")


def check(report: Report, ours: list[str], others: list[str]) -> None:
    found: dict[bool, list[str]] = {True: [], False: []}
    for finding in report.findings:
        found[finding.ours].append(finding.secret.reveal())
    assert sorted(found[True]) == sorted(ours), "a token of ours is missing, or one is no token of ours"
    assert sorted(found[False]) == sorted(others), "a Hub-shaped token is missing, or one is none"


def other(dice: random.Random) -> str:
    """Hub-shaped, and its checksum wrong."""
    token = mint(dice)
    return token[:-1] + dice.choice(LETTERS.replace(token[-1], ""))


def near_miss(dice: random.Random) -> str:
    """One letter too many or too few, a digit in it, a word around it, another prefix."""
    token = mint(dice)
    ways: list[Callable[[], str]] = [
        lambda: token + "A",
        lambda: token[:-1],
        lambda: token[:20] + "7" + token[21:],
        lambda: "x" + token,
        lambda: token + "_",
        lambda: token + "é",
        lambda: "é" + token,
        lambda: "HF_" + token[3:],
        lambda: "hf-" + token[3:],
    ]
    return dice.choice(ways)()


def write(path: Path, megabytes: int, dice: random.Random, planted: list[str]) -> None:
    """Lines as of a program, and the planted texts between them at random places."""
    block = b"".join(line(dice) for _ in range(BLOCK // 60))
    planted = dice.sample(planted, len(planted))
    places = sorted(dice.randrange(megabytes * 1_000_000) for _ in planted)
    with path.open("wb") as file:
        while file.tell() < megabytes * 1_000_000 or planted:
            start = block.find(b"\n", dice.randrange(BLOCK // 2)) + 1
            here = file.tell()
            reach = min(places[0] - here if places else BLOCK, BLOCK // 2)
            end = block.find(b"\n", start + max(reach, 0)) + 1
            file.write(block[start:end])
            if places and places[0] <= file.tell():
                places.pop(0)
                file.write(f"    token = '{planted.pop()}'\n".encode())


def line(dice: random.Random) -> bytes:
    return ("    " * dice.randrange(4) + " ".join(dice.choices(WORDS, k=dice.randrange(1, 20))) + "\n").encode()


if __name__ == "__main__":
    main()
