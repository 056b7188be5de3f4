"""What an edge asks of the server, and in which words. Nothing is verified here, and nothing kept."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import httpx

from tokenward.calls.call import Call, path
from tokenward.connection import OPTIONS, Connection
from tokenward.errors import ApiError, ForbiddenError, SnapshotError, UnreachableError
from tokenward.failures import error_of
from tokenward.snapshots.events import manifests

if TYPE_CHECKING:
    from tokenward import TokenSecret

__all__ = ["Link"]

# The server says something every 15 seconds; a stream that is silent for longer is dead.
SILENCE = 40.0
_MANIFEST, _BLOCK, _BUNDLE, _JSON = 4 << 20, 64 << 20, (4 << 30) - 1, 1 << 20


class Link(Connection[httpx.Client]):
    """The server, as one edge sees it. Threads share it."""

    def __init__(
        self,
        endpoint: str,
        token: TokenSecret | None,
        org: str,
        instance: str,
        *,
        timeout: float,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        super().__init__(endpoint, token, httpx.Client(timeout=timeout, transport=transport, **OPTIONS))
        self.org, self.instance, self.timeout, self._transport = org, instance, timeout, transport
        self._at = path("/api/organizations", ("org", org), "snapshot")
        self._closed = threading.Event()
        self._stream: httpx.Response | None = None

    def again(self, instance: str) -> Link:
        """The same link with connections of its own, for another process."""
        return Link(
            self.endpoint, self._token, self.org, instance, timeout=self.timeout, transport=self._transport
        )

    def keys(self) -> bytes:
        """The public keys, as a JWKS."""
        _, body = self._fetch(Call("GET", "/.well-known/tokenward-keys", public=True), _JSON)
        return body

    def manifest(self, tag: str | None, applied: int | None) -> tuple[str | None, bytes] | None:
        """The newest manifest and its tag; nothing when it is the one of this tag. Says what has been applied."""
        headers = {} if tag is None else {"If-None-Match": tag}
        headers |= {} if applied is None else {"X-Tokenward-Applied": str(applied)}
        response, body = self._fetch(Call("GET", self._at), _MANIFEST, headers)
        return None if response.status_code == 304 else (response.headers.get("etag"), body)

    def bundle(self, parts: str) -> tuple[str | None, bytes]:
        """The newest snapshot in one piece, and its tag."""
        response, body = self._fetch(Call("GET", f"{self._at}/bundle", query={"parts": parts}), _BUNDLE)
        return response.headers.get("etag"), body

    def block(self, name: str) -> bytes:
        """A page or a block."""
        _, body = self._fetch(Call("GET", path(f"{self._at}/blocks", ("block", name))), _BLOCK)
        return body

    def report(self, generation: int) -> bool:
        """Says what has been applied; false when the credential may not, or not any more."""
        body = {"generation": generation, "instance": self.instance}
        try:
            self._fetch(Call("POST", f"{self._at}/applied", body), _JSON)
        except ForbiddenError:
            return False
        return True

    @contextmanager
    def events(self) -> Iterator[Iterator[bytes | None]]:
        """Every manifest from the newest on; `None` now and then, as a sign of life."""
        call: Call[Any] = Call("GET", f"{self._at}/events")
        response = self._answer(call, {"Accept": "text/event-stream"}, read_timeout=SILENCE)
        self._stream = response
        try:
            if self._closed.is_set():
                raise UnreachableError("the client is closed")
            if response.status_code != 200:
                raise self._error(call, response, self._body(response, _JSON))
            yield manifests(self._chunks(response))
        finally:
            self._stream = None
            response.close()

    def interrupt(self) -> None:
        """Ends the stream, whoever waits for its next event."""
        self._closed.set()
        stream = self._stream
        network = stream.extensions.get("network_stream") if stream is not None else None
        connected = network.get_extra_info("socket") if network is not None else None
        if isinstance(connected, socket.socket):
            with suppress(OSError):
                # That of TLS would take its session away from whoever reads.
                socket.socket.shutdown(connected, socket.SHUT_RDWR)

    def close(self) -> None:
        """Closes the connections."""
        self._closed.set()
        self._http.close()

    def _fetch(
        self, call: Call[Any], longest: int, headers: Mapping[str, str] | None = None
    ) -> tuple[httpx.Response, bytes]:
        response = self._answer(call, headers or {})
        try:
            body = self._body(response, longest)
        finally:
            response.close()
        if response.is_success or response.status_code == 304:
            return response, body
        error, body = self._error(call, response, body), b""  # which may repeat what was sent
        raise error

    def _answer(
        self, call: Call[Any], headers: Mapping[str, str], read_timeout: float | None = None
    ) -> httpx.Response:
        request = self._request(call)
        request.headers.update({"Accept": "*/*", "Accept-Encoding": "identity", **headers})
        request.headers["X-Tokenward-Instance"] = self.instance
        if read_timeout is not None:
            request.extensions["timeout"] = httpx.Timeout(self.timeout, read=read_timeout).as_dict()
        # Keys are everybody's: they need no credential, and a bad one must not stand in their way.
        auth = None if call.public else self._auth()
        try:
            return self._http.send(request, auth=auth, stream=True)
        except (httpx.HTTPError, UnicodeError) as error:
            failure = self._unreachable(error)
        raise failure

    def _body(self, response: httpx.Response, longest: int) -> bytes:
        body = bytearray()
        for chunk in self._chunks(response):
            body += chunk
            if len(body) > longest:
                raise SnapshotError("too_large", "it is larger than the format allows")
        return bytes(body)

    def _chunks(self, response: httpx.Response) -> Iterator[bytes]:
        try:
            yield from response.iter_bytes()
            return
        except (httpx.HTTPError, httpx.StreamError) as error:
            failure = self._unreachable(error)
        raise failure

    def _error(self, call: Call[Any], response: httpx.Response, body: bytes) -> ApiError:
        coded = ("content-encoding", "content-length", "transfer-encoding")
        headers = [(name, value) for name, value in response.headers.multi_items() if name not in coded]
        whole = httpx.Response(response.status_code, headers=headers, content=body)
        return error_of(whole, self._secrets(call))
