"""What carries requests to one upstream: aiohttp, as httpx's transport, and beside it a short way for what is asked
every few seconds.

Every running meeting is asked twice every three seconds, with the same bytes each time. By way of httpx and aiohttp's
client such a request costs 150 us of CPU, most of it spent on making the same request again; aiohttp's connections and
its parser alone, handed bytes that were made once, cost 20, and our slots, time limit and report another 10. They are
the same connections, with the same TLS, the same look before the first byte and the same errors.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

import aiohttp
from aiohttp.connector import Connection
from aiohttp.http import HttpProcessingError
from aiohttp.tracing import Trace
from httpx_aiohttp import AiohttpTransport
from yarl import URL

from vmrd.pexip.errors import Malformed, Unreachable
from vmrd.pexip.last_look import Withheld, last_look

KEEP_IDLE = 5.0  # shorter than any server's own limit, so that a POST rarely meets a connection just closed


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. Headers are found by their names in lower case; the body may be personal, so it is not shown."""

    status: int
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)


class Carried(AiohttpTransport):
    """Connections to one upstream, kept for a while and without a limit of their own."""

    def __init__(self, context: ssl.SSLContext) -> None:
        def session() -> aiohttp.ClientSession:
            return aiohttp.ClientSession(
                connector=_Connector(limit=0, keepalive_timeout=KEEP_IDLE, ssl=context),
                cookie_jar=aiohttp.DummyCookieJar(),
            )

        super().__init__(verify=context, trust_env=False, client=session)
        self._there: dict[str, aiohttp.ClientRequest] = {}

    async def again(self, base: str, request: bytes, connect_within: float, at_most: int) -> Answer:
        """Send a GET that is ready to be written, and read its answer. Raises what aiohttp raises, Unreachable where no
        connection came in time or what came is no HTTP, and Malformed for what is longer than `at_most` bytes.

        As aiohttp's client does, it is sent once more where a kept connection turns out to be closed.
        """
        try:
            return await self._once(base, request, connect_within, at_most)
        except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError) as error:
            if isinstance(error, aiohttp.ClientConnectorError):
                raise
        return await self._once(base, request, connect_within, at_most)

    async def _once(self, base: str, request: bytes, connect_within: float, at_most: int) -> Answer:
        connection = await self._connection(base, connect_within)
        protocol, transport = connection.protocol, connection.transport
        try:
            if protocol is None or transport is None:
                raise aiohttp.ServerDisconnectedError
            protocol.set_response_params(read_until_eof=True)
            transport.write(request)
            message, payload = await protocol.read()
            while message.code < 200:
                message, payload = await protocol.read()
            body = b""
            while not payload.at_eof():
                body += await payload.readany()
                if len(body) > at_most:
                    raise Malformed("length of an answer")
        except HttpProcessingError:
            connection.close()
        except BaseException:
            connection.close()
            raise
        else:
            connection.release()
            return Answer(message.code, body, message.headers)
        raise Unreachable(sent=True)

    async def _connection(self, base: str, connect_within: float) -> Connection:
        if not isinstance(self.client, aiohttp.ClientSession):
            self.client = self.get_client()
        connector = self.client.connector
        if connector is None:
            raise Unreachable(sent=False)
        there = self._there.get(base)
        if there is None:
            there = self._there[base] = aiohttp.ClientRequest("GET", URL(base), loop=asyncio.get_running_loop())
        try:
            return await connector.connect(there, [], _within(connect_within))
        except TimeoutError:
            pass
        raise Unreachable(sent=False)


@cache
def _within(seconds: float) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(connect=seconds)


class _Connector(aiohttp.TCPConnector):
    """Looks once more when the connection is there: making one may have taken seconds."""

    async def connect(
        self,
        req: aiohttp.ClientRequest,
        traces: list[Trace],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109  # aiohttp's own
    ) -> Connection:
        connection = await super().connect(req, traces, timeout)
        try:
            last_look()
        except Withheld:
            connection.release()
            raise
        return connection
