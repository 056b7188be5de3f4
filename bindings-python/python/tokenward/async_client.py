"""The asynchronous twin of `Client`: the same calls, awaited."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

import httpx

from tokenward.calls import edges, org_tokens, organizations, own_tokens, questions, users
from tokenward.calls.call import Call, Steps
from tokenward.connection import OPTIONS, Connection, as_method, next_page
from tokenward.credentials import find_endpoint, find_token

if TYPE_CHECKING:
    from tokenward import TokenSecret

__all__ = ["AsyncClient"]

P = ParamSpec("P")
T = TypeVar("T")


# How methods of `AsyncClient` are made: of one call, of several steps, of pages.


def _one(build: Callable[P, Call[T]]) -> Callable[Concatenate[AsyncClient, P], Coroutine[Any, Any, T]]:
    async def method(self: AsyncClient, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self.send(build(*args, **kwargs))

    return as_method("AsyncClient", method, build)


def _steps(build: Callable[P, Steps[T]]) -> Callable[Concatenate[AsyncClient, P], Coroutine[Any, Any, T]]:
    async def method(self: AsyncClient, /, *args: P.args, **kwargs: P.kwargs) -> T:
        steps, answer = build(*args, **kwargs), None
        while True:
            try:
                call = steps.send(answer)
            except StopIteration as done:
                result: T = done.value
                return result
            answer = await self.send(call)

    return as_method("AsyncClient", method, build)


def _pages(build: Callable[P, Call[list[T]]]) -> Callable[Concatenate[AsyncClient, P], AsyncIterator[T]]:
    def method(self: AsyncClient, /, *args: P.args, **kwargs: P.kwargs) -> AsyncIterator[T]:
        return self._items(build(*args, **kwargs))

    return as_method("AsyncClient", method, build)


class AsyncClient(Connection[httpx.AsyncClient]):
    """A Tokenward server, as one token sees it; everything is as for `Client`, and awaited. Tasks can share it.

    >>> async def reason():
    ...     async with AsyncClient("https://hub.example.org", token=False, transport=transport) as client:
    ...         return (await client.check("repo.content.read", "model:acme/open")).reason
    >>> asyncio.run(reason())
    'public'

    Listings are iterated with `async for`.
    """

    def __init__(
        self,
        endpoint: str | None = None,
        token: str | TokenSecret | bool | None = None,
        *,
        timeout: float = 30,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        http = httpx.AsyncClient(timeout=timeout, transport=transport, **OPTIONS)
        super().__init__(find_endpoint(endpoint), find_token(token), http)

    def with_token(self, token: str | TokenSecret | bool | None) -> AsyncClient:
        """The same server with another token, over the same connections: closing one closes both."""
        other = AsyncClient.__new__(AsyncClient)
        Connection.__init__(other, self.endpoint, find_token(token), self._http)
        return other

    async def send(self, call: Call[T]) -> T:
        """Sends a call of `tokenward.calls` and reads its answer."""
        return self._read(call, await self._answer(call))

    async def close(self) -> None:
        """Closes the connections."""
        await self._http.aclose()

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _answer(self, call: Call[Any]) -> httpx.Response:
        request = self._request(call)
        try:
            return await self._http.send(request, auth=self._auth())
        except (httpx.HTTPError, UnicodeError) as error:
            failure = self._unreachable(error)
        raise failure

    async def _items(self, call: Call[list[T]]) -> AsyncIterator[T]:
        page: Call[list[T]] | None = call
        while page is not None:
            response = await self._answer(page)
            for item in self._read(page, response):
                yield item
            page = next_page(page, response)

    whoami = _one(own_tokens.whoami)
    list_tokens = _pages(own_tokens.list_tokens)
    create_token = _one(own_tokens.create_token)
    show_token = _one(own_tokens.show_token)
    update_token = _one(own_tokens.update_token)
    delete_token = _one(own_tokens.delete_token)
    rotate_token = _one(own_tokens.rotate_token)

    check = _one(questions.check)
    explain = _one(questions.explain)
    explain_request = _one(questions.explain_request)
    filter = _steps(questions.filter)
    report_credentials = _steps(questions.report_credentials)

    list_org_tokens = _pages(org_tokens.list_org_tokens)
    approve_token = _one(org_tokens.approve_token)
    deny_token = _one(org_tokens.deny_token)
    revoke_token = _one(org_tokens.revoke_token)
    revoke_token_value = _one(org_tokens.revoke_token_value)
    token_policy = _one(org_tokens.token_policy)
    set_token_policy = _one(org_tokens.set_token_policy)
    preview_policy = _one(org_tokens.preview_policy)

    document = _one(organizations.document)
    audit_log = _one(organizations.audit_log)
    list_members = _pages(organizations.list_members)
    put_member = _one(organizations.put_member)
    remove_member = _one(organizations.remove_member)
    put_group = _one(organizations.put_group)
    delete_group = _one(organizations.delete_group)
    put_repository = _one(organizations.put_repository)
    delete_repository = _one(organizations.delete_repository)
    create_organization = _one(organizations.create_organization)
    set_plan = _one(organizations.set_plan)

    list_edge_credentials = _one(edges.list_edge_credentials)
    issue_edge_credential = _one(edges.issue_edge_credential)
    withdraw_edge_credential = _one(edges.withdraw_edge_credential)
    list_edges = _one(edges.list_edges)
    wait_for_generation = _one(edges.wait_for_generation)

    create_user = _one(users.create_user)
    update_user = _one(users.update_user)
    list_user_tokens = _pages(users.list_user_tokens)
    create_user_token = _one(users.create_user_token)
    delete_user_token = _one(users.delete_user_token)
