"""Whether an answer is what its type says, so that whoever uses it need not ask again.

Only what the type demands is looked for: fields that no type names may be there, and a word may be one that is not in
the lists yet, since servers are updated before their clients.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

if sys.version_info >= (3, 12):
    from typing import NotRequired, is_typeddict
else:
    from typing_extensions import NotRequired, is_typeddict

__all__ = ["many", "one"]

T = TypeVar("T")
Fits = Callable[[Any], bool]


def one(shape: type[T]) -> Callable[[Any], T]:
    """How an answer of a shape is read: as it is.

    >>> from tokenward.answers import GenerationDict, TokenPolicyDict
    >>> one(TokenPolicyDict)({"tokenPolicy": "default", "generation": 42, "newer": True})["generation"]
    42
    >>> one(TokenPolicyDict)({"tokenPolicy": "default", "generation": "42"})
    Traceback (most recent call last):
    TypeError: no TokenPolicyDict
    """

    kind: Any = shape

    def read(told: Any) -> T:
        if not _fits(kind)(told):
            raise TypeError(f"no {shape.__name__}")
        whole: T = told
        return whole

    return read


def many(shape: type[T]) -> Callable[[Any], list[T]]:
    """How a list of answers of a shape is read.

    >>> from tokenward.answers import EdgeDict
    >>> many(EdgeDict)([])
    []
    """
    read = one(shape)

    def read_all(told: Any) -> list[T]:
        if not isinstance(told, list):
            raise TypeError("no list")
        return [read(item) for item in told]

    return read_all


@cache
def _fits(kind: Any) -> Fits:
    """The test for one type of JSON."""
    origin, parts = get_origin(kind), get_args(kind)
    if kind is Any:
        return lambda told: True
    if is_typeddict(kind):
        return _fields(kind)
    if origin is NotRequired:
        return _fits(parts[0])
    if origin in (Union, UnionType):
        any_of = [_fits(part) for part in parts]
        return lambda told: any(fits(told) for fits in any_of)
    if origin is Literal:
        kinds = tuple({type(part) for part in parts})
        return lambda told: isinstance(told, kinds)
    if origin is list:
        item = _fits(parts[0])
        return lambda told: isinstance(told, list) and all(map(item, told))
    if kind is int:
        return lambda told: isinstance(told, int) and not isinstance(told, bool)
    plain = {str: str, bool: bool, NoneType: NoneType}.get(kind, dict if origin is dict else None)
    if plain is None:
        raise NotImplementedError(f"no answer has a {kind}")
    return lambda told: isinstance(told, plain)


def _fields(shape: Any) -> Fits:
    hints = get_type_hints(shape, include_extras=True)
    fields = [(name, get_origin(kind) is NotRequired, _fits(kind)) for name, kind in hints.items()]

    def fits(told: Any) -> bool:
        return isinstance(told, dict) and all(
            test(told[name]) if name in told else may_lack for name, may_lack, test in fields
        )

    return fits
