"""Starts what the tests stand on: a fresh database and a tokenward-server process over it.

Nothing here is skipped: a missing binary, database or tool is an error that says what is missing.
"""

import os
import queue
import re
import secrets
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

REPOSITORY = Path(__file__).resolve().parents[3]
START_SECONDS = 60
TOKEN = re.compile(rb"hf_[A-Za-z]{34}")
LISTENING = re.compile(r"listening on (http://\S+)")


@dataclass(frozen=True)
class Tokenward:
    """A running server, and what only its own machine has."""

    url: str
    database: str
    admin_token: str
    hub_token: str


def tool(name: str, needed_for: str) -> str:
    """The path of a program that has to be there."""
    # Debian keeps nginx where only root's PATH leads.
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if found is None:
        raise RuntimeError(f"`{name}` is not installed: {needed_for} needs it")
    return found


def server_binary() -> str:
    path = Path(os.environ.get("TOKENWARD_SERVER", REPOSITORY / "target/debug/tokenward-server")).resolve()
    if not path.is_file():
        raise RuntimeError(f"no server binary at `{path}`: build it, or name it in TOKENWARD_SERVER")
    return str(path)


def database_kinds() -> list[str]:
    return ["sqlite", "postgres"] if os.environ.get("TOKENWARD_TEST_POSTGRES") else ["sqlite"]


@contextmanager
def fresh_database(kind: str, folder: Path) -> Iterator[str]:
    """The URL of an empty database: a file, or one made beside the PostgreSQL database that the environment names."""
    if kind == "sqlite":
        yield f"sqlite:{folder / 't.db'}"
        return
    admin_url = os.environ["TOKENWARD_TEST_POSTGRES"]
    name = f"tokenward_clients_{secrets.token_hex(6)}"
    psql(admin_url, f'create database "{name}"')
    try:
        yield urlunsplit(urlsplit(admin_url)._replace(path=f"/{name}"))
    finally:
        psql(admin_url, f'drop database "{name}" with (force)')


def psql(url: str, statement: str) -> None:
    command = [tool("psql", "the run on PostgreSQL"), url, "--no-psqlrc", "--quiet", "--command", statement]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"psql could not run `{statement}`: {done.stderr.strip()}")


@contextmanager
def running_tokenward(kind: str, folder: Path, *more: str) -> Iterator[Tokenward]:
    """tokenward-server on a free port; told to end, it has to end with 0 and to have kept no token anywhere."""
    admin_file, log = folder / "admin", folder / "server.log"
    with fresh_database(kind, folder) as database, log.open("wb") as errors:
        options = ["--listen", "127.0.0.1:0", "--database", database, "--admin-token-file", str(admin_file)]
        command = [server_binary(), "serve", *options, *more]
        env = {**os.environ, "TOKENWARD_LOG": "trace"}
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True, env=env)
        try:
            url = announced_url(process, log)
            yield Tokenward(url, database, admin_file.read_text().strip(), hub_token(database))
        finally:
            process.terminate()
            code = process.wait(timeout=30)
            process.stdout.close()
        assert code == 0, f"tokenward-server ended with {code}:\n{log.read_text()}"
        assert "/api/whoami-v2" in log.read_text(), "the log tells nothing"
        for file in (log, *folder.glob("t.db*")):
            assert not TOKEN.search(file.read_bytes()), f"a token stands in {file.name}"


def announced_url(process: subprocess.Popen, log: Path) -> str:
    """Waits for the one line that says that the server is ready."""
    lines: queue.Queue[str | None] = queue.Queue()

    def pump() -> None:
        for line in process.stdout:
            lines.put(line)
        lines.put(None)

    threading.Thread(target=pump, daemon=True).start()
    while True:
        try:
            line = lines.get(timeout=START_SECONDS)
        except queue.Empty:
            raise RuntimeError(f"the server said nothing for {START_SECONDS} s:\n{log.read_text()}") from None
        if line is None:
            raise RuntimeError(f"the server ended while starting:\n{log.read_text()}")
        if ready := LISTENING.match(line):
            return ready[1]


def hub_token(database: str) -> str:
    """A credential for the hub itself, as its operator would make one."""
    command = [server_binary(), "hub-token", "--database", database]
    done = subprocess.run(command, capture_output=True)
    found = TOKEN.search(done.stdout)
    if done.returncode or not found:
        raise RuntimeError(f"`tokenward-server hub-token` gave no token: {done.stderr.decode()}")
    return found[0].decode()


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for this machine, and its key."""
    cert, key = folder / "cert.pem", folder / "key.pem"
    command = [tool("openssl", "the test over TLS"), "req", "-x509", "-nodes", "-days", "2"]
    command += ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-subj", "/CN=127.0.0.1"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(cert)]
    subprocess.run(command, check=True, capture_output=True)
    return cert, key
