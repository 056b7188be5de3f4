"""The words of the core are the words of the types."""

from __future__ import annotations

import os
from pathlib import Path

from tokenward import words as module
from tokenward._native import words

WRITTEN = Path(module.__file__)
HEAD = '''"""The closed lists of words on the wire (contract §1, §4, §5, §9), as types.

Written by a test from the core's own lists: UPDATE=1 rewrites it.
"""

from __future__ import annotations

from typing import Literal, TypeAlias
'''


def text() -> str:
    aliases = [
        f"\n{name}: TypeAlias = Literal[\n" + "".join(f'    "{word}",\n' for word in listed) + "]\n"
        for name, listed in sorted(words().items())
    ]
    return HEAD + "".join(aliases)


def test_the_types_list_the_words_of_the_core() -> None:
    if os.environ.get("UPDATE") == "1":
        WRITTEN.write_text(text(), encoding="utf-8")
    assert WRITTEN.read_text(encoding="utf-8") == text()
