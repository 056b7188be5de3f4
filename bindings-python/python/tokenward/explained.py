"""`explained()`: the refusals that huggingface_hub calls raise, with their explanations.

The server that governs the hub is asked about the very request that was refused, with the token of
that request.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from contextlib import ContextDecorator
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

from tokenward.client import AsyncClient, Client
from tokenward.credentials import find_endpoint, hub_endpoint
from tokenward.errors import TokenwardError
from tokenward.explanations import ExplainedError, Explanation
from tokenward.refusals import Refused, refused

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

    from tokenward.types import FullExplanationDict

__all__ = ["explained"]

Function = TypeVar("Function", bound=Callable[..., Any])

_ALLOWED = "tokenward: the token may do this; what is in the way is something else"


class explained(ContextDecorator):
    """Turns a refusal of any huggingface_hub call into an `ExplainedError`: why, and what would help.

    For a `with` or `async with` block, or as a decorator of a function of either kind. The error is
    also of the class of the original, has its attributes, and has it as `__cause__`. If the server
    cannot be asked, or says that the token may do it, the original goes through, with a note from
    Python 3.11 on. Listings call when they are gone through: do that within the block.

    >>> try:
    ...     with explained(endpoint="https://hub.example.org", transport=transport):
    ...         upload()
    ... except HfHubHTTPError as error:
    ...     print(error)
    `repo.write` on model:acme/bert is denied
    - token_pending: Due to the organization token policy, your token needs to be approved by the
      organization before you can access this resource.
        Ask an administrator of acme to approve the token "laptop".

    The token is that of the refused request. It is sent to `endpoint` (else `TOKENWARD_ENDPOINT`, else
    `HF_ENDPOINT`) and nowhere else, and only if the request went to one of these or its answer is
    Tokenward's. `timeout` is in seconds; `transport` takes the place of the network, in tests.

    Raises:
        ParseError: the endpoint is no address.
    """

    def __init__(self, *, endpoint: str | None = None, timeout: float = 10, transport: Any = None) -> None:
        self._endpoint = None if endpoint is None else find_endpoint(endpoint)
        self._options: dict[str, Any] = {"timeout": timeout, "transport": transport}

    def __call__(self, function: Function) -> Function:
        """The function, with its refusals explained."""
        if not inspect.iscoroutinefunction(function):
            return super().__call__(function)

        @wraps(function)
        async def inner(*args: Any, **kwargs: Any) -> Any:
            async with self:
                return await function(*args, **kwargs)

        return inner  # type: ignore[return-value]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: TracebackType | None) -> None:
        if not isinstance(error, Exception):
            return
        answer: list[Explanation] | None = None
        try:
            if asked := self._refused(error):
                with Client(self._endpoint, asked.token, **self._options) as client:
                    answer = _read(client.send(asked.question))
        except Exception as failure:  # whatever it is: the caller's own error matters more
            _note(error, f"tokenward could not be asked: {_told(failure)}")
        _explain(error, answer)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: object, error: BaseException | None, trace: TracebackType | None) -> None:
        if not isinstance(error, Exception):
            return
        answer: list[Explanation] | None = None
        try:
            if asked := self._refused(error):
                async with AsyncClient(self._endpoint, asked.token, **self._options) as client:
                    answer = _read(await client.send(asked.question))
        except Exception as failure:  # whatever it is: the caller's own error matters more
            _note(error, f"tokenward could not be asked: {_told(failure)}")
        _explain(error, answer)

    def _refused(self, error: Exception) -> Refused | None:
        if isinstance(error, TokenwardError):
            return None  # explained already, or our own
        hub = hub_endpoint()
        return refused(error, [find_endpoint(self._endpoint), *([hub] if hub else [])])


def _read(answer: list[FullExplanationDict]) -> list[Explanation]:
    return [Explanation.from_dict(told) for told in answer]


def _told(failure: Exception) -> str:
    """Our own errors hold no token; of others only the kind is told."""
    return str(failure) if isinstance(failure, TokenwardError) else type(failure).__name__


def _explain(error: Exception, answer: list[Explanation] | None) -> None:
    """Raises the explained error where something is denied."""
    if answer is None:
        return
    denied = [told for told in answer if not told]
    if denied:
        raise _explained_as(type(error))._of(denied, error) from error
    _note(error, _ALLOWED)


def _note(error: Exception, text: str) -> None:
    if hasattr(error, "add_note"):  # from Python 3.11 on
        error.add_note(text)


def _explained_as(kind: type[Exception]) -> type[_Explained]:
    """`ExplainedError` as one of the originals' kind, where that is a class that can be mixed in."""
    try:
        return type("ExplainedError", (_Explained, kind), {"__module__": ExplainedError.__module__, "__doc__": kind.__doc__})
    except TypeError:
        return _Explained


class _Explained(ExplainedError):
    """An explained error with the attributes of the original."""

    @classmethod
    def _of(cls, denied: list[Explanation], original: Exception) -> _Explained:
        error = cls.__new__(cls)
        error.__dict__.update(vars(original))
        error.__dict__.pop("__notes__", None)
        ExplainedError.__init__(error, denied)
        error.args = (ExplainedError.__str__(error),)
        return error

    def __str__(self) -> str:
        return str(self.args[0])

    def __reduce_ex__(self, protocol: object) -> tuple[type[ExplainedError], tuple[tuple[Explanation, ...]]]:
        """In another process it is an `ExplainedError` alone: the original's class would want its response."""
        return ExplainedError, (self.explanations,)
