"""What both clients do when the answer is not what was meant, and that no error, value or frame shows a token."""

from __future__ import annotations

import io
import pickle
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx
import pytest
import tokenward
from rich.console import Console
from rich.traceback import Traceback
from tokenward import Client, InvalidTypeError, ParseError, errors
from tokenward.calls.call import Call, path

from callers import CALLERS
from example_server import ENDPOINT, TOKEN, transport

Caller = Callable[..., Any]
ID = "65f0c0ffee0000000000000a"


@pytest.fixture(params=list(CALLERS.values()), ids=list(CALLERS))
def call(request: pytest.FixtureRequest) -> Caller:
    return lambda *args, **kwargs: request.param(ENDPOINT, *args, **kwargs)


def answering(*args: Any, **kwargs: Any) -> httpx.MockTransport:
    return httpx.MockTransport(lambda request: httpx.Response(*args, **kwargs))


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (307, errors.ServerError), (400, errors.BadRequestError), (401, errors.AuthenticationError),
        (402, errors.PlanRequiredError), (403, errors.ForbiddenError), (404, errors.NotFoundError),
        (405, errors.BadRequestError), (409, errors.ConflictError), (413, errors.BadRequestError),
        (415, errors.BadRequestError), (418, errors.ApiError), (429, errors.RateLimitedError),
        (500, errors.ServerError), (503, errors.ServerError),
    ],
)  # fmt: skip
def test_each_status_has_its_class(call: Caller, status: int, kind: type[errors.ApiError]) -> None:
    with pytest.raises(errors.ApiError) as caught:
        call(TOKEN, "whoami", transport=answering(status, json={"error": "No."}))
    assert type(caught.value) is kind and caught.value.status == status


def test_an_error_tells_reason_message_remedy_and_request_id(call: Caller) -> None:
    headers = {"X-Tokenward-Reason": "token_scope", "X-Request-Id": "0af1", "X-Tokenward-Remedy": "Give it more."}
    with pytest.raises(errors.ForbiddenError) as caught:
        call(TOKEN, "whoami", transport=answering(403, json={"error": "No."}, headers=headers))
    error = caught.value
    assert (error.reason, error.message, error.remedy, error.request_id) == ("token_scope", "No.", "Give it more.", "0af1")
    assert str(error) == "No. (403, token_scope, request id 0af1) Give it more."


def test_a_rate_limit_says_how_long_to_wait(call: Caller) -> None:
    for header, seconds in (("17", 17), ("soon", None)):
        with pytest.raises(errors.RateLimitedError) as caught:
            call(TOKEN, "whoami", transport=answering(429, headers={"Retry-After": header}))
        assert caught.value.retry_after == seconds


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"error": 5}', b"\xff", b'{"error": null}'])
def test_an_error_without_a_text_of_its_own_is_told_all_the_same(call: Caller, body: bytes) -> None:
    with pytest.raises(errors.NotFoundError, match="Not Found"):
        call(TOKEN, "whoami", transport=answering(404, content=body))


@pytest.mark.parametrize(
    ("method", "body"),
    [
        ("whoami", b"<html>"), ("whoami", b"[]"), ("whoami", b""), ("list_tokens", b"{}"), ("list_tokens", b"[5]"),
        ("check", b"{}"), ("check", b"[]"), ("filter", b'{"allowed": 5}'), ("explain", b'{"explanations": []}'),
    ],
)  # fmt: skip
def test_an_answer_that_no_tokenward_gives_is_an_error_of_the_server(call: Caller, method: str, body: bytes) -> None:
    about = ("repo.write", "org:acme")
    arguments = {"check": about, "explain": about, "filter": ("repo.write", ["org:acme"])}.get(method, ())
    with pytest.raises(errors.ServerError, match="no Tokenward server"):
        call(TOKEN, method, *arguments, transport=answering(200, content=body))


def test_a_new_token_that_cannot_be_read_is_not_shown(call: Caller) -> None:
    with pytest.raises(errors.ServerError) as caught:
        call(TOKEN, "rotate_token", ID, transport=answering(200, json={"token": TOKEN}))
    assert not shows_token(caught.value)


@pytest.mark.parametrize("error", [httpx.ConnectError, httpx.ReadTimeout, httpx.RemoteProtocolError, httpx.DecodingError])
def test_a_server_that_cannot_be_reached_is_a_connection_error(call: Caller, error: type[httpx.HTTPError]) -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        header = request.headers["Authorization"]
        raise error(f"broke after {header}")

    with pytest.raises(errors.UnreachableError, match=ENDPOINT) as caught:
        call(TOKEN, "whoami", transport=httpx.MockTransport(fail))
    assert isinstance(caught.value, ConnectionError) and not shows_token(caught.value)


def test_nobody_listening_is_a_connection_error() -> None:
    with Client("http://127.0.0.1:9", TOKEN) as client, pytest.raises(errors.UnreachableError):
        client.whoami()


def test_what_a_server_echoes_is_masked(call: Caller) -> None:
    headers = {"X-Request-Id": TOKEN, "X-Tokenward-Reason": TOKEN}
    with pytest.raises(errors.BadRequestError) as caught:
        call(TOKEN, "whoami", transport=answering(400, json={"error": f"what is {TOKEN}?"}, headers=headers))
    assert caught.value.message == "what is hf_…?" and not shows_token(caught.value)


def test_a_redirect_is_not_followed(call: Caller) -> None:
    asked = []

    def redirect(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.host)
        return httpx.Response(307, headers={"Location": "https://elsewhere.example.org/api/whoami-v2"})

    with pytest.raises(errors.ServerError, match="redirects elsewhere"):
        call(TOKEN, "whoami", transport=httpx.MockTransport(redirect))
    assert asked == ["hub.example.org"]


def test_errors_survive_pickling() -> None:
    error = errors.RateLimitedError(429, "Wait.", reason="x", remedy="y", request_id="z", retry_after=17)
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), str(copy), vars(copy)) == (type(error), str(error), vars(error))
    others = errors.UnreachableError("gone"), errors.CredentialsError("none"), ParseError("a", "b"), InvalidTypeError("a", "b")
    for other in others:
        copied = pickle.loads(pickle.dumps(other))
        assert (type(copied), str(copied)) == (type(other), str(other))


def test_a_client_does_not_show_its_token() -> None:
    with Client(ENDPOINT, TOKEN, transport=transport()) as client:
        seen = [repr(client), str(vars(client)), repr(vars(client._http)), repr(client._http.headers)]
        issued = client.rotate_token(ID)
        call: Call[Any] = Call("POST", "/x", {"token": TOKEN})
        seen += [repr(issued), str(issued), repr(call), repr(client._request(call))]
    assert not any("hf_" in text for text in seen)


@pytest.mark.parametrize("name", ["", ".", "..", TOKEN])
def test_a_path_is_made_of_names_only(call: Caller, name: str) -> None:
    with pytest.raises(ParseError) as caught:
        call(TOKEN, "delete_token", name, transport=transport())
    assert "hf_" not in str(caught.value)
    with pytest.raises(InvalidTypeError):
        call(TOKEN, "delete_token", 5, transport=transport())


def test_names_are_encoded_in_paths() -> None:
    assert path("/api", ("org", "a/b?c#d%é")) == "/api/a%2Fb%3Fc%23d%25%C3%A9"
    with pytest.raises(ParseError):
        path("/api", ("org", "\ud800"))


@pytest.mark.parametrize("bad", [{1}, float("nan"), b"x", object()])
def test_arguments_that_json_cannot_say_are_refused_before_anything_is_sent(call: Caller, bad: object) -> None:
    with pytest.raises(InvalidTypeError):
        call(TOKEN, "check", bad, "org:acme", transport=answering(500))


@pytest.mark.parametrize("tokens", [[""], ["x" * 201], [TOKEN, ""]])
def test_a_report_with_a_token_that_cannot_be_one_reports_nothing(call: Caller, tokens: list[str]) -> None:
    with pytest.raises(ParseError, match=r"tokens\[\d\]: must have 1 to 200 characters"):
        call(TOKEN, "report_credentials", tokens, transport=answering(500))
    with pytest.raises(InvalidTypeError):
        call(TOKEN, "report_credentials", [5], transport=answering(500))


def test_reports_go_out_in_batches_and_each_token_once(call: Caller) -> None:
    sizes = []

    def count(request: httpx.Request) -> httpx.Response:
        sizes.append(request.read().count(b'"t'))
        return httpx.Response(202)

    call(False, "report_credentials", [f"t{n}" for n in range(2100)] * 2, transport=httpx.MockTransport(count))
    assert sizes == [1000, 1000, 100]
    call(False, "report_credentials", [], transport=answering(500))


def shows_token(error: BaseException) -> bool:
    """Whether an error shows the token: in its text, its traceback, or a traceback with the variables of our frames."""
    package = str(Path(tokenward.__file__).parent)
    frames = [trace for trace in walk(error) if trace.tb_frame.f_code.co_filename.startswith(package)]
    told = Traceback.from_exception(type(error), error, frames[0], show_locals=True, locals_max_string=10_000)
    output = io.StringIO()
    Console(file=output, width=300).print(told)
    return any(TOKEN in text for text in (str(error), repr(error), output.getvalue(), *traceback.format_exception(error)))


def walk(error: BaseException) -> Iterator[TracebackType]:
    trace = error.__traceback__
    while trace is not None:
        yield trace
        trace = trace.tb_next
