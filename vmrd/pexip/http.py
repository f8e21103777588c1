"""One HTTP upstream: a Conferencing Node, the Management Node or a sign-in service. The only module that imports httpx.

Requests, answers and errors are httpx's, its connection pool is not: that one's cost per request grows with the
connections and the queue behind it. aiohttp carries the bytes instead, with no limit on connections of its own, because
requests are bounded by our slots and every running conference needs a lasting stream. Nor does Pexip's part use httpx's
client, which is a third of the CPU of a request and whose every service we refuse: redirects are never followed (an
expired admin session is a redirect to a sign-in page), cookies never kept (a session cookie would make the Management
Node ask for CSRF tokens), the environment never read (a proxy variable must not reroute PINs).

What an error tells about the request:

| happened                                        | raised                    |
|-------------------------------------------------|---------------------------|
| name unknown, connection refused, TLS not valid | `Unreachable(sent=False)` |
| no connection, no slot or no budget in time     | `Unreachable(sent=False)` |
| no answer in time, or closed before the answer  | `Unreachable(sent=True)`  |
| something that is no HTTP                       | `Unreachable(sent=True)`  |
| an answer of any status                         | nothing: see `refusals`   |
| an answer without an end                        | `Malformed`               |
| a header that would begin another (never sent)  | `Malformed`               |

A slot is kept free for urgent requests, as in `budget`. Aliases stand in paths and tokens in headers: httpx's own log
lines, which carry the path, are therefore silenced here.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
import time
from base64 import b64encode
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Literal

import aiohttp
import httpx
from httpx_sse import EventSource, SSEError

from vmrd.pexip.budget import Budget, Priority, Slots
from vmrd.pexip.carried import Answer as Answer
from vmrd.pexip.carried import Carried
from vmrd.pexip.errors import Malformed, PexipError, Unreachable
from vmrd.pexip.last_look import Withheld, last_look

Method = Literal["GET", "POST", "PATCH", "DELETE"]
Json = Mapping[str, object]
Transport = httpx.AsyncBaseTransport
Request = httpx.Request
Response = httpx.Response
Report = Callable[[str, str, float], None]
"""Told of every exchange: operation, outcome and seconds; both words come from small fixed sets."""

CONNECT_WITHIN = 3.0
MAX_BODY = 16 * 1024 * 1024

logging.getLogger("httpx").addFilter(lambda _record: False)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A GET made once, to be asked again and again. It carries a token, so nothing of it is shown but its operation."""

    operation: str
    request: Request = field(repr=False)
    written: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class RawEvent:
    """One server-sent event, its data not yet looked at."""

    name: str
    data: str = field(repr=False)


def unreported(_operation: str, _outcome: str, _seconds: float) -> None:
    """The `Report` of a caller who keeps no metrics."""


def tls(verify: bool | ssl.SSLContext) -> ssl.SSLContext:
    """The TLS settings for an upstream."""
    return verify if isinstance(verify, ssl.SSLContext) else _trust(verify)


@cache
def _trust(verify: bool) -> ssl.SSLContext:
    """Made once for all upstreams, since loading the trust store takes tens of milliseconds."""
    return httpx.create_ssl_context(verify=verify, trust_env=False)


class PexipHttp:
    """Requests to one base URL. Close with `aclose`, or use as an async context manager."""

    def __init__(
        self,
        base_url: str,
        *,
        auth: tuple[str, str] | None = None,
        verify: bool | ssl.SSLContext = True,
        timeout: float = 5.0,
        concurrency: int = 16,
        kept: int = 4,
        budget: Budget | None = None,
        report: Report = unreported,
        transport: Transport | None = None,
    ) -> None:
        """`timeout` is in seconds and covers waiting for a slot as well as the exchange."""
        self._timeout = timeout
        self._slots = Slots(concurrency, kept)
        self._budget = budget
        self._report = report
        self._base = base_url.rstrip("/")
        self._headers = {"Accept": "application/json", **(basic(*auth) if auth is not None else {})}
        self._transport = transport or carried(tls(verify))

    async def __aenter__(self) -> PexipHttp:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close every connection."""
        await self._transport.aclose()

    async def request(
        self,
        method: Method,
        path: str,
        *,
        operation: str,
        json: Json | None = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        timeout: float | None = None,  # noqa: ASYNC109  # it must also cover the wait for a slot, and tell both apart
        priority: Priority = Priority.LOW,
    ) -> Answer:
        """Ask once and return the answer, whatever its status. Raises Unreachable, and Malformed as said above.

        `operation` names the request in metrics: one of a fixed set, never made from data.
        """
        limit = timeout or self._timeout

        phases = _phases(limit, limit)
        request = self._made(method, path, phases, headers=headers, json=json, form=form, params=params)
        return await self._asked(operation, limit, priority, lambda: self._exchange(request))

    def prepared(self, path: str, *, operation: str, headers: Mapping[str, str]) -> Prepared:
        """A GET for `ask`. Raises Malformed where a header would begin another."""
        request = self._made("GET", path, _phases(self._timeout, self._timeout), headers=headers)
        return Prepared(operation, request, _written(request))

    async def ask(self, prepared: Prepared) -> Answer:
        """As `request`, for a quarter of the CPU."""
        transport, within = self._transport, self._timeout

        def exchange() -> Awaitable[Answer]:
            if isinstance(transport, Carried):
                return transport.again(self._base, prepared.written, _connecting(within), MAX_BODY)
            return self._exchange(prepared.request)

        return await self._asked(prepared.operation, within, Priority.LOW, exchange)

    async def _asked(
        self, operation: str, limit: float, priority: Priority, exchange: Callable[[], Awaitable[Answer]]
    ) -> Answer:
        begun = time.monotonic()
        sent = False
        answer: Answer | None = None
        failure: PexipError | None = None
        try:
            async with asyncio.timeout(limit), self._slots.hold(priority):
                if self._budget is not None:
                    await self._budget.take(priority)
                last_look()
                sent = True
                answer = await exchange()
        except PexipError as error:
            failure = error
        except TimeoutError:
            failure = Unreachable(sent)
        except (httpx.HTTPError, aiohttp.ClientError, OSError) as error:
            failure = Unreachable(_may_have_arrived(error))
        self._report(operation, _outcome(answer, failure), time.monotonic() - begun)
        if answer is None:
            raise failure or Malformed("answer")
        if answer.status == 429 and self._budget is not None:
            self._budget.pause(retry_after(answer) or 1.0)
        return answer

    @asynccontextmanager
    async def stream(
        self,
        path: str,
        *,
        operation: str,
        headers: Mapping[str, str],
        silence: float,
        refusal: Callable[[Answer], PexipError],
    ) -> AsyncIterator[AsyncIterator[RawEvent]]:
        """An event stream, for as long as it lasts; it holds no slot.

        After `silence` seconds without a byte (comments count), or when the stream breaks or ends, the iterator raises
        Unreachable. An answer that is no stream raises what `refusal` makes of it.
        """
        headers = {**headers, "Accept": "text/event-stream", "Cache-Control": "no-store"}
        request = self._made("GET", path, _phases(self._timeout, silence), headers=headers)
        begun = time.monotonic()
        response: httpx.Response | None = None
        failure: PexipError | None = None
        async with AsyncExitStack() as cleanup:
            try:
                async with asyncio.timeout(self._timeout):
                    response = await self._transport.handle_async_request(request)
                    cleanup.push_async_callback(response.aclose)
                    if response.status_code != 200:
                        failure = refusal(await _read(response))
            except PexipError as error:
                failure = error
            except TimeoutError:
                failure = Unreachable(sent=True)
            except (httpx.HTTPError, aiohttp.ClientError, OSError) as error:
                failure = Unreachable(_may_have_arrived(error))
            self._report(operation, _stream_outcome(failure), time.monotonic() - begun)
            if failure is not None or response is None:
                raise failure or Malformed("stream")
            events = _events(response)
            cleanup.push_async_callback(events.aclose)
            yield events

    async def _exchange(self, request: httpx.Request) -> Answer:
        response = await self._transport.handle_async_request(request)
        try:
            return await _read(response)
        finally:
            await response.aclose()

    def _made(
        self,
        method: Method,
        path: str,
        timeout: httpx.Timeout,
        *,
        headers: Mapping[str, str] | None = None,
        json: Json | None = None,
        form: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
    ) -> httpx.Request:
        request = httpx.Request(
            method,
            f"{self._base}{path}",
            headers={**self._headers, **(headers or {})},
            json=json,
            data=form,
            params=params,
            extensions={"timeout": timeout.as_dict()},
        )
        if any(b"\r" in value or b"\n" in value for _, value in request.headers.raw):
            raise Malformed("header")
        return request


def retry_after(answer: Answer) -> float | None:
    """Seconds from a `Retry-After` header; None when there is none or it is a date."""
    told = answer.headers.get("retry-after", "")
    return float(told) if told.isdecimal() and len(told) < 6 else None


async def _events(response: httpx.Response) -> AsyncGenerator[RawEvent, None]:
    try:
        async for event in EventSource(response).aiter_sse():
            yield RawEvent(event.event, event.data)
    except SSEError:
        failure: PexipError = Malformed("stream")
    except (httpx.HTTPError, aiohttp.ClientError, OSError):
        failure = Unreachable(sent=True)
    else:
        failure = Unreachable(sent=True)
    raise failure


async def _read(response: httpx.Response) -> Answer:
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > MAX_BODY:
            raise Malformed("length of an answer")
    return Answer(response.status_code, bytes(body), {name.lower(): value for name, value in response.headers.items()})


def basic(user: str, password: str) -> dict[str, str]:
    """The header of a Basic sign-in."""
    return {"Authorization": f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}"}


def carried(context: ssl.SSLContext) -> Transport:
    """What carries requests to one upstream."""
    return Carried(context)


def _written(request: httpx.Request) -> bytes:
    """The request as it goes over the wire."""
    headers = [b"%s: %s" % header for header in request.headers.raw]
    return b"\r\n".join([b"GET %s HTTP/1.1" % request.url.raw_path, *headers, b"", b""])


def _phases(limit: float, silence: float) -> httpx.Timeout:
    connect = _connecting(limit)
    return httpx.Timeout(connect=connect, pool=connect, read=silence, write=limit)


def _connecting(limit: float) -> float:
    """Connecting must give up well before the whole, or a host that is down would look like an unknown outcome."""
    return min(CONNECT_WITHIN, limit / 2)


def _may_have_arrived(error: Exception) -> bool:
    """Whether the request may have reached Pexip. The transport reports a connection that Pexip closed as
    `ConnectTimeout`, which would read as "never sent" for a POST that was carried out: aiohttp's own error decides.
    """
    cause = error.__cause__ if isinstance(error.__cause__, aiohttp.ClientError) else error
    if isinstance(cause, aiohttp.ClientError):
        return not isinstance(cause, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError)
    return not isinstance(cause, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)


def _stream_outcome(failure: PexipError | None) -> str:
    if failure is None:
        return "ok"
    return _outcome(None, failure) if isinstance(failure, Unreachable) else "refused"


def _outcome(answer: Answer | None, failure: PexipError | None) -> str:
    if answer is None:
        never = isinstance(failure, Withheld) or (isinstance(failure, Unreachable) and not failure.sent)
        return "unsent" if never else "lost"
    if answer.status < 300:
        return "ok"
    return "busy" if answer.status in (429, 503) else "refused" if answer.status < 500 else "failed"
