"""`tokens rotate`: a new value for a token, from the server into a file and nowhere else."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tokenward.cli.guard import UNREACHABLE, Failure
from tokenward.cli.keep import stored_place, token_place, uninterrupted
from tokenward.cli.options import Json, Yes
from tokenward.cli.output import line, print_json
from tokenward.cli.session import confirm, session_of
from tokenward.errors import ServerError, UnreachableError

if TYPE_CHECKING:
    from tokenward.client import Client
    from tokenward.results import IssuedToken

__all__ = ["rotate"]


def rotate(
    context: typer.Context,
    token_id: Annotated[
        str, typer.Argument(metavar="ID", help="The token's id: see `tokens list`.", show_default=False)
    ],
    output: Annotated[
        Path | None, typer.Option("--output", metavar="FILE", help="Write the new value to this file, of mode 0600.")
    ] = None,
    store: Annotated[
        bool, typer.Option("--store", help="Write it where huggingface_hub keeps the token in use.")
    ] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a file that is there.")] = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Give a token of one's own a new value. The earlier one stops working at once.

    The new value is never printed. That its file can be written is made sure of before the server is asked.
    """
    if (output is None) != store:
        raise Failure("say where the new value goes: --output FILE or --store")
    path = stored_place() if output is None else str(output)
    with token_place(path, overwrite=overwrite) as place, session_of(context).client() as client:
        confirm(f"Rotate token {token_id}? Its present value stops working at once.", yes=yes)
        with uninterrupted():
            new = _rotated(client, token_id)
            place.write(new.token.reveal())
    if as_json:
        print_json({"file": place.path, "tokenInfo": new.info})
    else:
        line(f"the new value of token {token_id} is in {place.path}")


def _rotated(client: Client, token_id: str) -> IssuedToken:
    try:
        return client.rotate_token(token_id)
    except (UnreachableError, ServerError) as error:
        message = f"{error}; the token may have been rotated all the same, and its new value is lost then"
        raise Failure(message, UNREACHABLE, remedy="See whether the earlier value still works.") from None
