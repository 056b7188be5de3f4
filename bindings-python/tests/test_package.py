"""The package as it is installed: quick to import, documented, typed as it is."""

from __future__ import annotations

import doctest
import importlib
import inspect
import pkgutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
import tokenward

from example_server import example_names
from orgs import ACME, LAPTOP, NOW, authorizer_of

PACKAGE = Path(tokenward.__file__).parent
MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages([str(PACKAGE)], "tokenward.")
    if not module.name.endswith(("__main__", "_native"))
)
# What `import tokenward` alone must not pull in.
HEAVY = {"asyncio", "httpx", "huggingface_hub", "json", "ssl", "typer", "typing"}


def python(program: str) -> str:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return done.stdout


def test_importing_the_package_loads_nothing_heavy() -> None:
    loaded = set(python("import sys, tokenward; print(*sys.modules)").split())
    assert loaded & HEAVY == set()


def test_clients_are_loaded_when_used_and_without_huggingface_hub() -> None:
    program = "import sys, tokenward; tokenward.Client, tokenward.hub; print(*sys.modules)"
    loaded = set(python(program).split())
    # Rich comes with httpx, which looks for it to have a command of its own.
    assert "httpx" in loaded and not loaded & {"huggingface_hub", "typer"}


def documented() -> list[doctest.DocTest]:
    """The examples of all modules, and of what is compiled, which the standard finder does not look into."""
    finder, parser = doctest.DocTestFinder(exclude_empty=True), doctest.DocTestParser()
    found = [test for name in MODULES for test in finder.find(importlib.import_module(name), name)]
    native = importlib.import_module("tokenward._native")
    for name, value in vars(native).items():
        members = [(name, value)]
        if inspect.isclass(value):
            members += [(f"{name}.{member}", part) for member, part in vars(value).items()]
        for path, part in members:
            if text := inspect.getdoc(part):
                found.append(parser.get_doctest(text, {}, f"tokenward.{path}", None, 0))
    return [test for test in found if test.examples]


def names() -> dict[str, object]:
    """What examples of the compiled part may use without making it."""
    acme = {**ACME, "generation": 0, "tokens": ACME["tokens"][:1]}
    authorizer = tokenward.Authorizer.from_document(acme)
    decision = authorizer.decide(token=LAPTOP, action="repo.write", resource="model:acme/bert", now=NOW)
    given = {"acme": acme, "authorizer": authorizer, "decision": decision, "token": LAPTOP}
    return {name: getattr(tokenward, name) for name in tokenward.__all__} | example_names() | given


@pytest.mark.parametrize("test", documented(), ids=lambda test: test.name)
def test_examples_are_true(test: doctest.DocTest) -> None:
    test.globs = {**names(), **test.globs}
    told: list[str] = []
    options = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE | doctest.IGNORE_EXCEPTION_DETAIL * 0
    result = doctest.DocTestRunner(optionflags=options).run(test, out=told.append)
    assert result.failed == 0, "".join(told)


def public(module: ModuleType) -> list[tuple[str, object]]:
    names = getattr(module, "__all__", [name for name in vars(module) if not name.startswith("_")])
    own = [(name, getattr(module, name)) for name in names]
    return [(name, value) for name, value in own if getattr(value, "__module__", "") == module.__name__]


def test_everything_public_is_documented() -> None:
    bare = []
    for name in [*MODULES, "tokenward._native"]:
        module = importlib.import_module(name)
        bare += [name] if not module.__doc__ else []
        for path, value in public(module):
            if (inspect.isclass(value) or inspect.isroutine(value)) and not inspect.getdoc(value):
                bare.append(f"{name}.{path}")
    assert bare == []


@pytest.mark.parametrize("name", ["Authorizer", "Decision", "TokenSecret", "parse_token", "scan"])
def test_the_doors_have_an_example(name: str) -> None:
    assert ">>>" in (inspect.getdoc(getattr(tokenward, name)) or "")


def check(folder: Path, *arguments: str) -> None:
    """Runs a checker in a folder that has nothing of its own to be found."""
    done = subprocess.run([sys.executable, "-m", *arguments], capture_output=True, text=True, cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_package_is_typed_strictly(tmp_path: Path) -> None:
    assert (PACKAGE / "py.typed").is_file()
    check(tmp_path, "mypy", "--strict", "--no-incremental", "--python-version", "3.10", "-p", "tokenward")


def test_the_stubs_are_those_of_the_built_module(tmp_path: Path) -> None:
    check(tmp_path, "mypy.stubtest", "tokenward._native")


def test_a_program_that_uses_the_package_is_checked_strictly(tmp_path: Path) -> None:
    """A program of a user: what is right passes, what is wrong is found."""
    right = tmp_path / "right.py"
    right.write_text(
        "from tokenward import Authorizer, Decision\n"
        "def reasons(authorizer: Authorizer, tokens: list[str]) -> list[str]:\n"
        '    asked = [authorizer.decide(token=t, action="repo.write", resource="org:acme") for t in tokens]\n'
        "    return [d.remedy.text if d.remedy else d.reason for d in asked]\n"
        'def blocked(authorizer: Authorizer) -> int:\n    return authorizer.preview("require-approval")["summary"]["blocked"]\n'
    )
    check(tmp_path, "mypy", "--strict", "--no-incremental", str(right))
    wrong = tmp_path / "wrong.py"
    wrong.write_text(
        'from tokenward import Authorizer, scan\nauthorizer = Authorizer.from_document("{}")\n'
        'authorizer.preview("strict")\nauthorizer.decide(token=5, action="repo.write", resource="org:acme")\n'
        'scan("")[0]["stop"]\nauthorizer.decide(action="repo.write", resource="org:acme").status = 5\n'
    )
    command = [sys.executable, "-m", "mypy", "--strict", "--no-incremental", str(wrong)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    found = [line.split(":")[1] for line in done.stdout.splitlines() if ": error:" in line]
    assert found == ["3", "4", "5", "6"], done.stdout


def test_an_authorizer_of_the_examples_waits_for_approval() -> None:
    assert authorizer_of().decide(token=LAPTOP, action="repo.write", resource="model:acme/x").reason == "token_pending"
