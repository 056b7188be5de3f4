"""What an administrator decides reaches the next call of a real client: `hf download`, tried after each change."""

import subprocess
from pathlib import Path

from expectations import NEEDS_APPROVAL, NEEDS_FINE_GRAINED, REVOKED
from hf_environment import HF, environment
from world import HELLO, READ, World, fine_grained

PASSED = "passed"


class Downloads:
    """One repository, one token, and a home of its own for each try: a file once cached is never asked for again."""

    def __init__(self, world: World, folder: Path, repo: str, token: str):
        self.world, self.folder, self.repo, self.token = world, folder, repo, token
        world.hub.hub.repos.add("model", repo, "bob", private=True)
        world.hub.hub.store.commit("model", repo, "main", "bob", "one file", {HELLO: b"hello\n"}, [])
        self.tries = 0

    def tried(self) -> str:
        """`PASSED`, or what the command said on standard error."""
        self.tries += 1
        env = environment(self.world.hub.url, self._home(), self.token)
        command = [HF, "download", self.repo, HELLO, "--local-dir", str(self._home() / "files")]
        done = subprocess.run(command, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
        target = self._home() / "files" / HELLO
        arrived = target.exists() and target.read_bytes() == b"hello\n"
        assert (done.returncode, arrived) in ((0, True), (1, False)), done.stderr
        return PASSED if arrived else done.stderr

    def _home(self) -> Path:
        return self.folder / str(self.tries)


def test_a_token_is_approved_denied_approved_again_and_revoked_for_good(world: World, tmp_path: Path):
    made = world.issue("bob", "changing", fine_grained({"acme": [READ]}))
    token_id = made["tokenInfo"]["id"]
    downloads = Downloads(world, tmp_path, "acme/changing", made["token"])
    assert NEEDS_APPROVAL in downloads.tried()
    world.approve(token_id)
    assert downloads.tried() == PASSED
    world.deny(token_id)
    assert NEEDS_APPROVAL in downloads.tried()
    world.approve(token_id)
    assert downloads.tried() == PASSED
    world.revoke(made["token"])
    assert REVOKED in downloads.tried()


def test_a_policy_blocks_an_unscoped_token_in_its_org_only_and_as_long_as_it_stands(world: World, tmp_path: Path):
    unscoped = world.tokens["fine_grained_only"]
    downloads = Downloads(world, tmp_path, "changing/box", unscoped)
    assert downloads.tried() == PASSED
    world.set_policy("changing", "fine-grained-only")
    assert NEEDS_FINE_GRAINED in downloads.tried()
    world.set_policy("changing", "default")
    assert downloads.tried() == PASSED
