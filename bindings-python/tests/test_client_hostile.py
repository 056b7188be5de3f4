"""Servers that mean no good, or are none: documented errors, without a token, whatever they answer."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest
from tokenward import Client
from tokenward.errors import ApiError, ForbiddenError, ParseError, ServerError, UnreachableError
from tokenward.hub import explained

from example_server import ENDPOINT, TOKEN, WHOAMI, refused

FOREIGN = "oldstyle-Secret_1234567890"
Answer = Callable[[httpx.Request], httpx.Response]


def client(answer: Answer, token: str = TOKEN) -> Client:
    return Client(ENDPOINT, token, transport=httpx.MockTransport(answer))


@pytest.mark.parametrize("token", [TOKEN, FOREIGN])
def test_a_token_that_is_sent_back_is_in_no_error(token: str) -> None:
    def echo(request: httpx.Request) -> httpx.Response:
        told = request.headers["Authorization"]
        headers = {"X-Tokenward-Remedy": told, "X-Request-Id": told}
        return httpx.Response(403, json={"error": "x" * 1985 + told}, headers=headers)

    with pytest.raises(ForbiddenError) as raised:
        client(echo, token).whoami()
    error = raised.value
    told = f"{error} {error!r} {error.remedy} {error.request_id} {error.args}"
    assert token[:12] not in told


def test_a_value_that_is_reported_is_in_no_error() -> None:
    answer = client(lambda request: httpx.Response(400, json={"error": request.content.decode()}))
    with pytest.raises(ApiError) as raised:
        answer.revoke_token_value("acme", FOREIGN)
    assert FOREIGN not in str(raised.value)


@pytest.mark.parametrize("status", [200, 403])
def test_json_that_is_too_deep_is_an_odd_answer(status: int) -> None:
    with pytest.raises(ApiError):
        client(lambda _: httpx.Response(status, content=b"[" * 200_000)).whoami()


@pytest.mark.parametrize("header", [{"Retry-After": "9" * 5000}, {"Link": '<https://[evil?cursor=a>; rel="next"'}])
def test_headers_that_mean_nothing_break_nothing(header: dict[str, str]) -> None:
    with pytest.raises(ApiError):
        client(lambda _: httpx.Response(429, headers=header)).whoami()
    with pytest.raises((ServerError, StopIteration)):
        items = iter(client(lambda _: httpx.Response(200, json=[], headers=header)).list_tokens())
        next(items)


def test_cookies_of_one_token_do_not_go_along_with_another() -> None:
    sent: list[str | None] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request.headers.get("Cookie"))
        return httpx.Response(200, json=WHOAMI, headers={"Set-Cookie": "session=of-a; Path=/"})

    first = client(answer)
    first.whoami()
    first.with_token(FOREIGN).whoami()
    assert sent == [None, None]


def test_an_endpoint_that_is_no_address_is_bad_input() -> None:
    with pytest.raises(UnreachableError):
        Client("https://a..b", TOKEN).whoami()
    with pytest.raises(ParseError):
        list(client(lambda _: httpx.Response(200, json=[])).list_org_tokens("acme", "\udcff"))


ODD = [b'{"explanations": [{}]}', b'{"explanations": [{"resource": "model:a/b"}]}', b"[" * 200_000, b"", b"null"]


@pytest.mark.parametrize("answer", ODD, ids=lambda answer: answer[:40].decode())
def test_an_odd_answer_leaves_the_refusal_as_it_was(answer: bytes) -> None:
    original = HubError(refused("POST", "/api/models/acme/bert/commit/main"))
    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=answer))
    with pytest.raises(HubError) as raised, explained(endpoint=ENDPOINT, transport=transport):
        raise original
    assert raised.value is original


def test_a_response_without_its_request_leaves_the_refusal_as_it_was() -> None:
    original = HubError(httpx.Response(403))
    with pytest.raises(HubError) as raised, explained(endpoint=ENDPOINT):
        raise original
    assert raised.value is original


class HubError(OSError):
    """An error like the library's."""

    def __init__(self, response: httpx.Response) -> None:
        super().__init__("refused")
        self.response = response
