"""Posting a callback: one address, one try, a bounded time, and of the answer only its status and when to come again.

The address is judged on the socket about to connect, after names were resolved: an answer of DNS that changes between
a check and the connection cannot get past it, nor can any way of writing an address. Redirects are not followed: a
callback goes where the configuration says and nowhere else. Certificates are always checked.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
from aiohttp import hdrs

from vmrd.outward import public

_WITHIN = 10.0
"""Seconds a receiver has to take a callback, names and connection included."""


class Forbidden(OSError):
    """The name leads into a private network, and callbacks there are not allowed."""

    def __init__(self) -> None:
        super().__init__("the address is not public")


@dataclass(frozen=True, slots=True)
class Reply:
    """All that counts of an answer. `retry_after`: that header, as it came."""

    status: int
    retry_after: str | None = None


class Poster:
    """Posts signed bodies to booking systems; use as an async context manager."""

    def __init__(self, *, allow_private: bool, within: float = _WITHIN) -> None:
        """`within`: seconds a receiver has."""
        self._allow_private = allow_private
        self._within = within

    async def __aenter__(self) -> Poster:
        self._http = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(socket_factory=self._socket),
            timeout=aiohttp.ClientTimeout(total=self._within),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.close()

    def _socket(self, found: tuple[Any, ...]) -> socket.socket:
        family, kind, protocol, _, address = found
        if not (self._allow_private or public(address[0])):
            raise Forbidden
        return socket.socket(family, kind, protocol)

    async def __call__(self, url: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        """What the receiver answered.

        Raises `Forbidden` for an address callbacks may not go to, and OSError when there is no answer; neither has any
        text of the receiver's.
        """
        forbidden = False
        try:
            async with self._http.post(url, data=body, headers=headers, allow_redirects=False) as answer:
                reply = Reply(answer.status, answer.headers.get(hdrs.RETRY_AFTER))
                answer.close()  # what it says beside that is of no interest, however long
                return reply
        except aiohttp.ClientConnectorError as failed:
            forbidden = isinstance(failed.os_error, Forbidden)
        except (aiohttp.ClientError, OSError):
            pass
        raise Forbidden if forbidden else OSError("the booking system did not answer")
