"""Both clients behind one face, so that each test shows the same of both."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

from tokenward import AsyncClient, Client

__all__ = ["CALLERS", "call_async", "call_sync"]


def call_sync(endpoint: str, token: Any, method: str, *args: Any, transport: Any = None, **kwargs: Any) -> Any:
    """What a call of `Client` returns; pages as a list."""
    with Client(endpoint, token, transport=transport) as client:
        found = getattr(client, method)(*args, **kwargs)
        return list(found) if isinstance(found, Iterator) else found


def call_async(endpoint: str, token: Any, method: str, *args: Any, transport: Any = None, **kwargs: Any) -> Any:
    """What a call of `AsyncClient` returns; pages as a list."""

    async def call() -> Any:
        async with AsyncClient(endpoint, token, transport=transport) as client:
            found = getattr(client, method)(*args, **kwargs)
            return [item async for item in found] if isinstance(found, AsyncIterator) else await found

    return asyncio.run(call())


CALLERS = {"Client": call_sync, "AsyncClient": call_async}
