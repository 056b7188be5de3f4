"""The API of a Tokenward server, in the manner of `HfApi`: `Client`; its asynchronous twin is `AsyncClient`.

What is sent and how answers are read is in `tokenward.calls`; here it is sent, and each call gets its method.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

import httpx

from tokenward.async_client import AsyncClient
from tokenward.calls import edges, org_tokens, organizations, own_tokens, questions, users
from tokenward.calls.call import Call, Steps
from tokenward.connection import OPTIONS, Connection, as_method, next_page
from tokenward.credentials import find_endpoint, find_token

if TYPE_CHECKING:
    from tokenward import TokenSecret

__all__ = ["AsyncClient", "Client"]

P = ParamSpec("P")
T = TypeVar("T")


# How methods of `Client` are made: of one call, of several steps, of pages.


def _one(build: Callable[P, Call[T]]) -> Callable[Concatenate[Client, P], T]:
    def method(self: Client, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return self.send(build(*args, **kwargs))

    return as_method("Client", method, build)


def _steps(build: Callable[P, Steps[T]]) -> Callable[Concatenate[Client, P], T]:
    def method(self: Client, /, *args: P.args, **kwargs: P.kwargs) -> T:
        steps, answer = build(*args, **kwargs), None
        while True:
            try:
                call = steps.send(answer)
            except StopIteration as done:
                result: T = done.value
                return result
            answer = self.send(call)

    return as_method("Client", method, build)


def _pages(build: Callable[P, Call[list[T]]]) -> Callable[Concatenate[Client, P], Iterator[T]]:
    def method(self: Client, /, *args: P.args, **kwargs: P.kwargs) -> Iterator[T]:
        return self._items(build(*args, **kwargs))

    return as_method("Client", method, build)


class Client(Connection[httpx.Client]):
    """A Tokenward server, as one token sees it. Threads can share it.

    The endpoint is the argument, else `TOKENWARD_ENDPOINT`, else `HF_ENDPOINT`; there is no default.
    The token is the argument, else what huggingface_hub would use: `HF_TOKEN`, or the one stored by
    `hf auth login`; `False` is none. `timeout` is in seconds, for each of connecting, sending and
    receiving. Redirects are not followed. `transport` takes the place of the network, in tests;
    `httpx.HTTPTransport` has what else a connection may need, and `SSL_CERT_FILE` names certificates.

    >>> with Client("https://hub.example.org", token=False, transport=transport) as client:
    ...     print(client.check("repo.content.read", "model:acme/open").reason)
    public

    Every call can raise `UnreachableError`, `AuthenticationError` (the token is no good),
    `RateLimitedError`, `ServerError`, and `CredentialsError` where it needs a token and there is none.

    Raises:
        CredentialsError: there is no endpoint, or the token cannot be sent.
        ParseError: the endpoint is no address.
    """

    def __init__(
        self,
        endpoint: str | None = None,
        token: str | TokenSecret | bool | None = None,
        *,
        timeout: float = 30,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        http = httpx.Client(timeout=timeout, transport=transport, **OPTIONS)
        super().__init__(find_endpoint(endpoint), find_token(token), http)

    def with_token(self, token: str | TokenSecret | bool | None) -> Client:
        """The same server with another token, over the same connections: closing one closes both.

        >>> client.with_token("hf_AAAAAAAAAAAAAAAAAAAAAAAAAAAAIwOvtj").whoami()["name"]
        'bob'
        """
        other = Client.__new__(Client)
        Connection.__init__(other, self.endpoint, find_token(token), self._http)
        return other

    def send(self, call: Call[T]) -> T:
        """Sends a call of `tokenward.calls` and reads its answer.

        >>> client.send(Call("GET", "/healthz", public=True))
        {'status': 'ok'}
        """
        return self._read(call, self._answer(call))

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _answer(self, call: Call[Any]) -> httpx.Response:
        request = self._request(call)
        try:
            return self._http.send(request, auth=self._auth())
        except (httpx.HTTPError, UnicodeError) as error:
            failure = self._unreachable(error)
        raise failure

    def _items(self, call: Call[list[T]]) -> Iterator[T]:
        page: Call[list[T]] | None = call
        while page is not None:
            response = self._answer(page)
            yield from self._read(page, response)
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
