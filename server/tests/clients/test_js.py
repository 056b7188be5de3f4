"""@huggingface/hub, the newest: builds its world and runs `js/clients.test.mjs` with node's own test runner."""

import json
import os
import re
import subprocess
from pathlib import Path

import servers
from expectations import STATES, as_json
from world import Case, World

FOLDER = Path(__file__).with_name("js")
CALLS = 9


def test_the_javascript_client(world: World, tmp_path: Path):
    assert (FOLDER / "node_modules/@huggingface/hub").is_dir(), f"@huggingface/hub is missing: run `npm ci` in {FOLDER}"
    cases = tmp_path / "cases.json"
    told = [described(world.case("js", state), world.owner_of(state)) for state in STATES]
    cases.write_text(json.dumps({"hubUrl": world.hub.url, "cases": told}))
    command = [servers.tool("node", "the JavaScript client test"), "--test", "--test-reporter=tap", "clients.test.mjs"]
    settings = {"cwd": FOLDER, "env": {**os.environ, "TOKENWARD_CASES": str(cases)}, "timeout": 120}
    done = subprocess.run(command, capture_output=True, text=True, **settings)
    assert done.returncode == 0, done.stdout + done.stderr
    # An exit code of 0 is also what a runner gives that found no test.
    assert int(re.search(r"^# pass (\d+)$", done.stdout, re.MULTILINE)[1]) == len(STATES) * CALLS
    assert "# skipped 0" in done.stdout


def described(case: Case, owner: str) -> dict:
    told = {name: getattr(case, name) for name in ("state", "token", "org", "shelf", "doomed", "new")}
    return {**told, "owner": owner, "content": case.content.decode(), "expected": as_json(case.expected)}
