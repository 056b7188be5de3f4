"""What `explained()` asks, of whom, and what becomes of errors; without a network."""

from __future__ import annotations

import asyncio
import json
import pickle
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from example_server import ENDPOINT, TOKEN, HubError, refused, transport, upload
from tokenward import errors
from tokenward.hub import ExplainedError, explained

ELSEWHERE = "https://elsewhere.example.org"
ALLOWED: dict[str, Any] = {"explanations": []}


@pytest.fixture(autouse=True)
def nothing_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TOKENWARD_ENDPOINT", "HF_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)


class Server:
    """A server that keeps what it is asked."""

    def __init__(self) -> None:
        self.asked: list[httpx.Request] = []
        self._canned = transport()

    def explained(self, endpoint: str | None = ENDPOINT) -> Any:
        return explained(endpoint=endpoint, transport=httpx.MockTransport(self._answer))

    def questions(self) -> list[Any]:
        return [json.loads(request.content)["request"] for request in self.asked]

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        return self._canned.handle_request(request)


def error_of(response: Any) -> HubError:
    return HubError("refused", response=response)


def test_the_question_is_the_refused_request_with_its_own_token() -> None:
    server = Server()
    with pytest.raises(ExplainedError), server.explained():
        raise error_of(refused("GET", "/api/models/acme/bert/tree/main/a%20b?recursive=true&expand=false"))
    [request] = server.asked
    assert str(request.url) == f"{ENDPOINT}/api/authz/explain"
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    assert server.questions() == [{"method": "GET", "uri": "/api/models/acme/bert/tree/main/a%20b?recursive=true&expand=false"}]


@pytest.mark.parametrize(
    ("path", "body", "sent"),
    [
        ("/api/repos/create", {"name": "x", "organization": "acme", "secrets": ["s3cret"]}, {"name": "x", "organization": "acme"}),
        ("/api/repos/move", {"fromRepo": "a/b", "toRepo": "a/c", "x": "s3cret"}, {"fromRepo": "a/b", "toRepo": "a/c"}),
        ("/acme/x.git/info/lfs/objects/batch", {"operation": "upload", "objects": [{"oid": "0"}]}, {"operation": "upload"}),
        ("/api/models/acme/x/preupload/main", {"files": [{"sample": "s3cret"}]}, None),
        ("/api/models/acme/x/commit/main", {"name": "s3cret"}, None),
    ],
)
def test_of_a_body_only_what_says_what_the_request_is_about_is_sent(path: str, body: Any, sent: Any) -> None:
    server = Server()
    with pytest.raises(ExplainedError), server.explained():
        raise error_of(refused("POST", path, body))
    [question] = server.questions()
    assert (json.loads(question["body"]) if "body" in question else None) == sent
    assert b"s3cret" not in server.asked[0].content


def test_a_request_that_went_elsewhere_is_not_asked_about() -> None:
    server = Server()
    response = refused("GET", "/api/models/acme/bert", endpoint=ELSEWHERE)
    del response.headers["x-tokenward-reason"]
    with pytest.raises(HubError) as caught, server.explained():
        raise error_of(response)
    assert type(caught.value) is HubError and server.asked == []


@pytest.mark.parametrize(
    ("hub", "url", "uri"),
    [
        ("https://gate.example.org", "https://gate.example.org:443/api/models/a/b", "/api/models/a/b"),
        ("https://gate.example.org/hub/", "https://gate.example.org/hub/api/models/a/b?x=1", "/api/models/a/b?x=1"),
    ],
)
def test_the_hub_of_the_environment_is_asked_about(monkeypatch: pytest.MonkeyPatch, hub: str, url: str, uri: str) -> None:
    monkeypatch.setenv("HF_ENDPOINT", hub)
    server, request = Server(), httpx.Request("GET", url)
    with pytest.raises(ExplainedError), server.explained():
        raise error_of(httpx.Response(404, request=request))
    assert [question["uri"] for question in server.questions()] == [uri]
    assert server.asked[0].url.host == "hub.example.org" and "authorization" not in server.asked[0].headers


def test_an_answer_of_tokenward_is_asked_about_wherever_it_came_from() -> None:
    server = Server()
    with pytest.raises(ExplainedError), server.explained():
        raise error_of(refused("GET", "/api/models/acme/bert", endpoint=ELSEWHERE))
    assert [request.url.host for request in server.asked] == ["hub.example.org"]


@pytest.mark.parametrize("status", [200, 400, 409, 429, 500])
def test_what_is_no_refusal_is_not_asked_about(status: int) -> None:
    server = Server()
    with pytest.raises(HubError), server.explained():
        raise error_of(refused("GET", "/api/models/acme/bert", status=status))
    assert server.asked == []


def test_a_wrapped_refusal_is_found_behind_its_causes() -> None:
    with pytest.raises(ExplainedError) as caught, Server().explained():
        try:
            upload()
        except HubError as error:
            raise FileNotFoundError(2, "not in the cache", "x") from error
    assert isinstance(caught.value, FileNotFoundError) and isinstance(caught.value.__cause__, FileNotFoundError)


def test_an_error_of_the_program_that_came_up_while_it_handled_a_refusal_stays_what_it_is() -> None:
    with pytest.raises(KeyError) as caught, Server().explained():
        try:
            upload()
        except HubError:
            raise KeyError("missing")
    assert type(caught.value) is KeyError


def test_a_server_that_cannot_be_asked_leaves_the_original_with_a_note() -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    for answer in (fail, lambda request: httpx.Response(500), lambda request: httpx.Response(200, text="<html>")):
        with pytest.raises(HubError) as caught, explained(endpoint=ENDPOINT, transport=httpx.MockTransport(answer)):
            upload()
        assert type(caught.value) is HubError
        assert "tokenward could not be asked" in getattr(caught.value, "__notes__", ["tokenward could not be asked"])[0]


def test_without_an_endpoint_the_original_goes_through() -> None:
    with pytest.raises(HubError) as caught, Server().explained(None):
        upload()
    assert type(caught.value) is HubError
    with pytest.raises(errors.ParseError):
        explained(endpoint="hub")


def test_what_is_allowed_leaves_the_original() -> None:
    answer = httpx.MockTransport(lambda request: httpx.Response(200, json=ALLOWED))
    with pytest.raises(HubError) as caught, explained(endpoint=ENDPOINT, transport=answer):
        upload()
    assert type(caught.value) is HubError


def test_an_explained_error_has_the_attributes_of_the_original() -> None:
    with pytest.raises(HubError) as caught, Server().explained():
        upload()
    error = caught.value
    assert isinstance(error, ExplainedError) and isinstance(error.__cause__, HubError)
    assert error.response is error.__cause__.response
    assert (error.reason, error.status) == ("token_pending", 403) and "laptop" in (error.remedy or "")
    assert str(error) == str(error.args[0])


def test_an_explained_error_survives_pickling_as_an_explanation() -> None:
    with pytest.raises(ExplainedError) as caught, Server().explained():
        upload()
    copy = pickle.loads(pickle.dumps(caught.value))
    assert type(copy) is ExplainedError
    assert (str(copy), copy.explanations) == (str(caught.value), caught.value.explanations)
    assert TOKEN.encode() not in pickle.dumps(caught.value)


def test_an_error_whose_class_cannot_be_mixed_in_is_explained_all_the_same() -> None:
    class Closed(Exception):
        response = refused("GET", "/api/models/acme/bert")

        def __init_subclass__(cls) -> None:
            raise TypeError("closed")

    with pytest.raises(ExplainedError) as caught, Server().explained():
        raise Closed
    assert isinstance(caught.value.__cause__, Closed)


def test_blocks_within_each_other_explain_once() -> None:
    outer, inner = Server(), Server()
    with pytest.raises(ExplainedError), outer.explained(), inner.explained():
        upload()
    assert (len(outer.asked), len(inner.asked)) == (0, 1)


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(1), errors.ParseError("a", "b"), ValueError("x")])
def test_other_errors_go_through(error: BaseException) -> None:
    with pytest.raises(type(error)) as caught, Server().explained():
        raise error
    assert caught.value is error


def test_functions_of_both_kinds_can_be_decorated_and_blocks_be_awaited() -> None:
    @Server().explained()  # type: ignore[untyped-decorator]
    def plain() -> None:
        upload()

    @Server().explained()  # type: ignore[untyped-decorator]
    async def awaited() -> None:
        upload()

    async def block() -> None:
        async with Server().explained():
            upload()

    for call in (plain, lambda: asyncio.run(awaited()), lambda: asyncio.run(block())):
        for _ in range(2):
            with pytest.raises(ExplainedError):
                call()


def test_a_decorated_function_returns_what_it_returns() -> None:
    @explained()
    def five() -> int:
        return 5

    @explained()
    async def six() -> int:
        return 6

    assert (five(), asyncio.run(six()), five.__name__) == (5, 6, "five")


def test_responses_of_the_library_requests_are_understood_too() -> None:
    """As huggingface_hub had them before 1.0: false when refused, and a body that is bytes."""

    class Response(SimpleNamespace):
        def __bool__(self) -> bool:
            return False

    server = Server()
    url, headers = f"{ENDPOINT}/api/repos/create", {"authorization": f"Bearer {TOKEN}"}
    request = SimpleNamespace(method="POST", url=url, headers=headers, body=b'{"name": "x"}')
    with pytest.raises(ExplainedError), server.explained():
        raise error_of(Response(status_code=403, headers={}, request=request))
    assert server.questions() == [{"method": "POST", "uri": "/api/repos/create", "body": '{"name": "x"}'}]
