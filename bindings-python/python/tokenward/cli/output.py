"""What is printed: tables for people, one JSON value for programs. Nothing leaves here unmasked."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tokenward.scanning.wording import masked, shown

__all__ = ["clean", "day", "facts", "json_text", "line", "paragraph", "print_json", "say", "table", "version"]

Cell = str | int | None


def clean(text: str) -> str:
    """A text for one line of the screen."""
    return shown(text)


def json_text(value: object, indent: int | None = 2) -> str:
    """A value as JSON, with everything that may be a token cut down."""
    return masked(json.dumps(value, indent=indent, default=_plain))


def print_json(value: object) -> None:
    """Prints the one JSON value of a command."""
    print(json_text(value))


def line(text: str, style: str = "") -> None:
    """Prints one line, however long; a style shows on terminals only."""
    if style:
        _print(_text(text, style), soft_wrap=True)
    else:
        print(clean(text))


def paragraph(text: str) -> None:
    """Prints an indented sentence that breaks where the screen ends."""
    from rich.padding import Padding

    _print(Padding(_text(text), (0, 0, 0, 2), expand=False))


def say(text: str) -> None:
    """Tells a person something beside the output, on standard error."""
    print(clean(text), file=sys.stderr)


def table(columns: Sequence[str], rows: Iterable[Sequence[Cell]], whole: Sequence[str] = ()) -> None:
    """Prints a table that fits the screen; cells of `whole` columns are never broken."""
    from rich.table import Table

    made = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for column in columns:
        made.add_column(_text(column, "bold"), overflow="fold", no_wrap=column in whole)
    for row in rows:
        made.add_row(*(_text("–" if cell is None else str(cell)) for cell in row))
    _print(made)


def facts(pairs: Mapping[str, Cell]) -> None:
    """Prints names and values below each other."""
    from rich.table import Table

    made = Table(box=None, show_header=False, pad_edge=False)
    made.add_column(no_wrap=True)
    made.add_column(overflow="fold")
    for name, value in pairs.items():
        if value is not None:
            made.add_row(_text(name, "bold"), _text(str(value)))
    _print(made)


def day(moment: str | None) -> str | None:
    """The day of a time, for tables."""
    return moment[:10] if moment else None


def version() -> str:
    """The version of this package; of one that runs without being installed, none is known."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("tokenward")
    except PackageNotFoundError:
        return "0"


def _text(text: str, style: str = "") -> Any:
    from rich.text import Text

    return Text(clean(text), style=style)


def _print(made: Any, **options: Any) -> None:
    from rich.console import Console

    Console(highlight=False, markup=False, emoji=False).print(made, **options)


def _plain(value: Any) -> Any:
    """Answers that have a JSON form of their own."""
    for way in ("to_dict", "isoformat"):
        if hasattr(value, way):
            return getattr(value, way)()
    return str(value)
