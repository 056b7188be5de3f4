"""Tokens to plant: made here, so that no file of this folder holds one. They were never issued."""

from __future__ import annotations

import random
import string
import zlib

__all__ = ["foreign_token", "our_token"]

_ALPHABET = string.ascii_uppercase + string.ascii_lowercase


def our_token(seed: object) -> str:
    """A token of the contract's form, its checksum right."""
    random_part = "hf_" + "".join(random.Random(f"ours {seed}").choices(_ALPHABET, k=28))
    return random_part + checksum(random_part)


def foreign_token(seed: object) -> str:
    """A Hub-shaped token with a wrong checksum."""
    token = our_token(f"foreign {seed}")
    return token[:-1] + ("A" if token[-1] != "A" else "B")


def checksum(random_part: str) -> str:
    """CRC-32 as six digits of base 52, most significant first."""
    rest, digits = zlib.crc32(random_part.encode()), ""
    for _ in range(6):
        rest, digit = divmod(rest, 52)
        digits = _ALPHABET[digit] + digits
    return digits
