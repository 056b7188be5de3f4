"""Pages in Chromium: makes a world and runs `bindings-wasm/tests/browser/real.test.mjs` with node's own test runner."""

import json
import os
import re
import subprocess

import servers
from world import READ, WRITE, World, fine_grained

FOLDER = servers.REPOSITORY / "bindings-wasm"
TESTS = 5


def test_pages_in_a_browser(world: World):
    told = {
        "url": world.tokenward.url,
        "org": "acme",
        "admin": world.issue("ada", "page", fine_grained({"acme": ["org.tokens.read", "org.tokens.write"]}))["token"],
        "credential": world.issue_edge_credential("acme", "browser"),
        "token": {where: approved(world, where) for where in ("inPage", "inWorker")},
    }
    command = [servers.tool("node", "the browser's test"), "--test", "--test-reporter=tap", "tests/browser/real.test.mjs"]
    settings = {"cwd": FOLDER, "env": {**os.environ, "TOKENWARD_WORLD": json.dumps(told)}, "timeout": 300}
    done = subprocess.run(command, capture_output=True, text=True, **settings)
    assert done.returncode == 0, done.stdout + done.stderr
    # An exit code of 0 is also what a runner gives that found no test.
    assert int(re.search(r"^# pass (\d+)$", done.stdout, re.MULTILINE)[1]) == TESTS
    assert "# skipped 0" in done.stdout


def approved(world: World, name: str) -> str:
    made = world.issue("bob", f"browser-{name}", fine_grained({"acme": [READ, WRITE]}))
    world.approve(made["tokenInfo"]["id"])
    return made["token"]
