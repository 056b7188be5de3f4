"""The tree of commands, and the options of them all."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from tokenward.cli import ask, findings, policy, review, rotate, scan, tokens
from tokenward.cli.guard import Guarded
from tokenward.cli.options import Json
from tokenward.cli.output import line, version
from tokenward.cli.session import Session, session_of

__all__ = ["app"]

_HELP = """Tell whether access tokens of a Hugging Face-compatible hub will do, govern them, and find leaked ones.

Exit codes: 0 all is well; 1 denied, refused or something was found; 2 wrong usage or bad input;
3 the server could not be asked, or what answered is no Tokenward.
"""
_NO_TRACEBACKS: Any = {"pretty_exceptions_enable": False, "pretty_exceptions_show_locals": False}

app = typer.Typer(cls=Guarded, help=_HELP, no_args_is_help=True, rich_markup_mode="markdown", **_NO_TRACEBACKS)
_tokens = typer.Typer(help="List, approve, deny, revoke and rotate tokens.", no_args_is_help=True)
_policy = typer.Typer(help="Show, try and set the token policy of an organization.", no_args_is_help=True)

for command in (ask.whoami, ask.check, ask.explain):
    app.command()(command)
app.add_typer(_tokens, name="tokens")
app.add_typer(_policy, name="policy")
app.command()(findings.findings)
app.command()(scan.scan)

_tokens.command("list")(tokens.list_tokens)
for decide in (review.approve, review.deny, review.revoke, rotate.rotate):
    _tokens.command()(decide)
for about in (policy.show, policy.set_policy, policy.preview):
    _policy.command(about.__name__.removesuffix("_policy"))(about)


def _print_version(context: typer.Context, wanted: bool) -> None:
    if wanted and not context.resilient_parsing:
        line(f"tokenward {version()}")
        raise typer.Exit


@app.callback()
def everywhere(
    context: typer.Context,
    endpoint: Annotated[
        str | None,
        typer.Option("--endpoint", metavar="URL", help="The server; else TOKENWARD_ENDPOINT, else HF_ENDPOINT."),
    ] = None,
    token_file: Annotated[
        Path | None,
        typer.Option(
            "--token-file", metavar="FILE", help="A file with the token to use; else HF_TOKEN or the stored one."
        ),
    ] = None,
    as_json: Json = False,
    _: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    context.obj = Session(endpoint, token_file, as_json)


@_tokens.callback()
@_policy.callback()
def below(context: typer.Context, as_json: Json = False) -> None:
    context.obj = replace(session_of(context), as_json=as_json)


everywhere.__doc__ = _HELP
