"""Pages are asked for one by one, of the endpoint alone, whatever a link says."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import Any

import httpx
import pytest
from tokenward import Client, errors

from callers import CALLERS
from example_server import ENDPOINT, LISTED, OWN, TOKEN

Caller = Callable[..., Any]


@pytest.fixture(params=list(CALLERS.values()), ids=list(CALLERS))
def call(request: pytest.FixtureRequest) -> Caller:
    return lambda *args, **kwargs: request.param(ENDPOINT, TOKEN, *args, **kwargs)


def pages(asked: list[httpx.URL], link: str, last: int = 3) -> httpx.MockTransport:
    """A listing of pages of two, each with this link to the next."""

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url)
        number = int(request.url.params.get("cursor", "1"))
        headers = {"Link": link.format(number + 1)} if number < last else {}
        token = LISTED if "/organizations/" in request.url.path else OWN
        names = (str(number), str(-number))
        return httpx.Response(200, json=[{**token, "displayName": name} for name in names], headers=headers)

    return httpx.MockTransport(answer)


@pytest.mark.parametrize(
    "link",
    [
        '<https://hub.example.org/api/settings/tokens?limit=2&cursor={}>; rel="next"',
        '<https://elsewhere.example.org/api/settings/tokens?cursor={}>; rel="next"',
        '</other?cursor={}>; rel="next"',
        '<?cursor=9>; rel="prev", <?cursor={}>; rel="next"',
    ],
)
def test_all_pages_come_from_the_endpoint(call: Caller, link: str) -> None:
    asked: list[httpx.URL] = []
    found = call("list_tokens", page_size=2, transport=pages(asked, link))
    assert [item["displayName"] for item in found] == ["1", "-1", "2", "-2", "3", "-3"]
    assert {(url.scheme, url.host, url.path) for url in asked} == {("https", "hub.example.org", "/api/settings/tokens")}
    assert [dict(url.params) for url in asked] == [{"limit": "2"}, {"limit": "2", "cursor": "2"}, {"limit": "2", "cursor": "3"}]


def test_a_filter_stays_on_every_page(call: Caller) -> None:
    asked: list[httpx.URL] = []
    link = '<https://hub.example.org/?cursor={}>; rel="next"'
    call("list_org_tokens", "acme", "owner:bob -role:read", transport=pages(asked, link))
    assert {url.params["q"] for url in asked} == {"owner:bob -role:read"}


def test_no_page_is_asked_for_before_it_is_needed() -> None:
    asked: list[httpx.URL] = []
    with Client(ENDPOINT, TOKEN, transport=pages(asked, '<?cursor={}>; rel="next"')) as client:
        tokens = client.list_tokens()
        assert len(asked) == 0
        assert len(list(islice(tokens, 2))) == 2
        assert len(asked) == 1


@pytest.mark.parametrize("link", ["<?x=1>", "<?cursor=>", "<?cursor=same>"])
def test_a_next_page_that_leads_nowhere_is_an_error_and_no_endless_loop(call: Caller, link: str) -> None:
    answer = httpx.Response(200, json=[], headers={"Link": f'{link}; rel="next"'})
    with pytest.raises(errors.ServerError, match="leads nowhere"):
        call("list_tokens", transport=httpx.MockTransport(lambda request: answer))
