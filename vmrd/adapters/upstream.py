"""Asking a booking system for one booking: client-credentials OAuth, bounded in time, size and tries.

A token is kept until shortly before it expires, and made anew once when the system refuses it. What may pass by itself
(429, a 5xx, silence) is asked again a few times within the deadline. What is still unanswered then is not kept here:
the caller answers its queue with 503, and the queue sends the event again. That is the one place that already keeps
events durably, retries for days and shows what it gave up on; a second queue of ours could only disagree with it.

Redirects are never followed, so neither token nor secret goes anywhere but where the configuration says.
"""

from __future__ import annotations

import asyncio
import time
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated
from urllib.parse import quote

import aiohttp
from aiohttp import hdrs
from pydantic import BaseModel, ConfigDict, Field, ValidationError

MAX_ANSWER = 256 * 1024
"""Bytes of an answer at most; a booking is a few kilobytes."""
DEADLINE = 10.0
"""Seconds for one booking, tries and tokens included: SNS itself waits fifteen."""
TRIES = 3
_TOKEN_AT_MOST = 3_600.0
_RENEW_BEFORE = 30.0


class NotThere(Exception):
    """The system has no such booking."""


class NotAnswered(Exception):
    """There is no answer to go by; ask again later. `code` says why and holds nothing of the answer."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class _Passing(Exception):
    """May work at once when tried again."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class _Refused(Exception):
    """The token is not taken."""


class _TokenIn(BaseModel):
    model_config = ConfigDict(hide_input_in_errors=True)

    access_token: Annotated[str, Field(min_length=1, max_length=20_000, pattern=r"^[\x21-\x7e]+$")]
    expires_in: Annotated[float, Field(ge=0)] = 0.0


@dataclass(frozen=True, slots=True)
class Access:
    """Where to ask and as whom. `timeout`: seconds for one request."""

    base_url: str
    token_url: str
    client_id: str
    client_secret: str = field(repr=False)
    timeout: float = 5.0


@dataclass(frozen=True, slots=True)
class _Token:
    text: str = field(repr=False)
    until: float


class Upstream:
    """One booking system's API; use as an async context manager."""

    def __init__(self, access: Access, *, pause: float = 0.2, now: Callable[[], float] = time.monotonic) -> None:
        """`pause`: seconds before a second try, doubled for each further one."""
        self.pause = pause
        self._access = access
        self._now = now
        self._token: _Token | None = None
        self._signing_in = asyncio.Lock()
        self._http: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Upstream:
        self._http = aiohttp.ClientSession(
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=self._access.timeout),
            headers={hdrs.ACCEPT_ENCODING: "identity"},  # an answer is as large as it looks
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._http is not None:
            await self._http.close()

    async def read(self, path: str) -> bytes:
        """The JSON of one booking. Raises `NotThere` and `NotAnswered`."""
        try:
            async with asyncio.timeout(DEADLINE):
                return await self._persist(path)
        except TimeoutError:
            pass
        raise NotAnswered("deadline")

    async def confirm(self, address: str) -> bool:
        """Whether SNS confirmed the subscription when asked at its own address. Raises `NotAnswered`."""
        try:
            status, _ = await self._exchange(hdrs.METH_GET, address, {}, None)
        except _Passing as passing:
            code = passing.code
        else:
            return status == 200
        raise NotAnswered(code)

    async def _persist(self, path: str) -> bytes:
        code = ""
        for attempt in range(TRIES):
            if attempt:
                await asyncio.sleep(self.pause * 2 ** (attempt - 1))
            try:
                return await self._signed_in(path)
            except _Passing as passing:
                code = passing.code
        raise NotAnswered(code)

    async def _signed_in(self, path: str) -> bytes:
        token = await self._signed()
        try:
            return await self._get(path, token)
        except _Refused:
            self._forget(token)
        try:
            return await self._get(path, await self._signed())
        except _Refused:
            pass
        raise NotAnswered("not_allowed")

    async def _signed(self) -> _Token:
        """A token that is good for a while; one sign-in at a time, however many ask."""
        async with self._signing_in:
            if self._token is None or self._now() >= self._token.until:
                self._token = await self._sign_in()
            return self._token

    def _forget(self, token: _Token) -> None:
        if self._token is token:
            self._token = None

    async def _sign_in(self) -> _Token:
        access = self._access
        # RFC 6749, 2.3.1: both are form-encoded before they become user and password.
        pair = f"{quote(access.client_id, safe='')}:{quote(access.client_secret, safe='')}"
        basic = f"Basic {b64encode(pair.encode()).decode()}"
        asked_at = self._now()
        status, body = await self._exchange(
            hdrs.METH_POST, access.token_url, {hdrs.AUTHORIZATION: basic}, {"grant_type": "client_credentials"}
        )
        if status != 200:
            raise NotAnswered("sign_in_refused")
        try:
            given = _TokenIn.model_validate_json(body)
        except ValidationError:
            given = None
        if given is None:
            raise NotAnswered("sign_in_unreadable")
        life = min(given.expires_in, _TOKEN_AT_MOST)
        return _Token(given.access_token, asked_at + life - min(_RENEW_BEFORE, life / 2))

    async def _get(self, path: str, token: _Token) -> bytes:
        headers: dict[str, str] = {
            hdrs.AUTHORIZATION: f"Bearer {token.text}",
            hdrs.ACCEPT: "application/json",
        }
        status, body = await self._exchange(hdrs.METH_GET, self._access.base_url.rstrip("/") + path, headers, None)
        match status:
            case 200:
                return body
            case 401:
                raise _Refused
            case 404 | 410:
                raise NotThere
            case 403:
                raise NotAnswered("not_allowed")
            case _:
                raise NotAnswered("unexpected_status")

    async def _exchange(
        self, method: str, url: str, headers: Mapping[str, str], form: dict[str, str] | None
    ) -> tuple[int, bytes]:
        """Status and body. Raises `_Passing` for what may work again, `NotAnswered` for what will not here."""
        assert self._http is not None
        status, body = 0, bytearray()
        try:
            async with self._http.request(method, url, headers=headers, data=form, allow_redirects=False) as answer:
                status, later = answer.status, _asks_to_wait(answer.headers.get(hdrs.RETRY_AFTER))
                async for chunk in answer.content.iter_chunked(64 * 1024):
                    body += chunk
                    if len(body) > MAX_ANSWER:
                        break
        except (aiohttp.ClientError, TimeoutError, OSError):
            status = 0  # raised below, so that nothing of the error's own text goes along
        if status == 0:
            raise _Passing("unreachable")
        if len(body) > MAX_ANSWER:
            raise NotAnswered("too_large")
        if status == 429 or status >= 500:
            code = "busy" if status in (429, 503) else "failed"
            raise NotAnswered(code) if later else _Passing(code)
        return status, bytes(body)


def _asks_to_wait(retry_after: str | None) -> bool:
    """Whether the system named a time that lies beyond what we wait here; its queue can wait better."""
    return retry_after is not None and retry_after.strip() not in ("0", "1")
