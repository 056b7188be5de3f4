"""The doors that a client may come through: the hub itself, which asks; or a gateway that decides, and a hub that trusts it.

The gateways are the package's own examples: the worker in workerd, the middleware in Node.js, and Deno.
"""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import servers

EXAMPLES = servers.REPOSITORY / "bindings-wasm/examples"
COMMANDS = {
    "worker": ["node", str(EXAMPLES / "worker/dev.mjs"), "--built"],
    "middleware": ["node", str(EXAMPLES / "node/gateway.mjs")],
    "deno": [
        str(EXAMPLES / "deno/node_modules/.bin/deno"), "run", "--no-prompt", "--quiet", "--allow-net", "--allow-env",
        f"--allow-read={servers.REPOSITORY / 'bindings-wasm'}", str(EXAMPLES / "deno/gateway.ts"),
    ],
    "bun": [str(EXAMPLES / "bun/node_modules/.bin/bun"), str(EXAMPLES / "bun/gateway.ts")],
}
# Bun runs the same `serve` as Deno: what is its own is tested as an edge, and no client needs to come through it.
NAMES = ("hub", "worker", "middleware", "deno")


@dataclass
class Door:
    """Where clients come in; `process` is the gateway's, if there is one."""

    name: str
    url: str
    process: subprocess.Popen | None = None
    log: Path | None = None
    settings: dict[str, str] = field(default_factory=dict)

    def said(self) -> str:
        return self.log.read_text() if self.log else ""

    def stop(self) -> None:
        if self.process:
            self.process.terminate()
            self.process.wait(timeout=30)
            self.process.stdout.close()


@contextmanager
def gateway(name: str, folder: Path, **settings: str) -> Iterator[Door]:
    """A gateway of that kind with these settings; told to end, it has to have kept no token in its log."""
    door = start(name, folder, **settings)
    try:
        yield door
    finally:
        door.stop()
        assert not servers.TOKEN.search(door.log.read_bytes()), f"a token stands in {door.log}"


def start(name: str, folder: Path, **settings: str) -> Door:
    command = COMMANDS[name]
    program = servers.tool(command[0], f"the {name}")
    package = servers.REPOSITORY / "bindings-wasm/pkg/tokenward.wasm"
    assert package.is_file(), "the npm package is not built: run `cargo xtask wasm`"
    if name == "worker":
        build_worker()
    log = folder / f"{name}.log"
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("TOKENWARD_", "HUB_"))}
    with log.open("ab") as errors:
        process = subprocess.Popen(
            [program, *command[1:]], stdout=subprocess.PIPE, stderr=errors, text=True,
            env={**kept, "PORT": "0", **settings},
        )  # fmt: skip
    try:
        return Door(name, servers.announced_url(process, log), process, log, settings)
    except BaseException:
        process.kill()
        process.wait()
        raise


@cache
def build_worker() -> None:
    """Bundles it as it would be deployed, once for all tests."""
    command = [servers.tool("node", "the worker"), str(EXAMPLES / "worker/build.mjs")]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def settings_for(tokenward: servers.Tokenward, credentials: dict[str, str], origin: str, **more: str) -> dict[str, str]:
    """Of a gateway that follows these organizations, each with its own credential."""
    return {
        "TOKENWARD_ENDPOINT": tokenward.url,
        "TOKENWARD_ORGS": ",".join(credentials),
        "TOKENWARD_CREDENTIALS": ",".join(f"{org}={credential}" for org, credential in credentials.items()),
        "HUB_ORIGIN": origin,
        **more,
    }
