"""What is asked of the sign-in service itself: its discovery document, its keys, and a token for a code.

Everything is asked when it is needed and not before: vmrd starts, and runs every meeting, while the service is down.
The document and the keys are kept for an hour; a token signed with a key we do not know has the keys fetched again, at
most once in half a minute. Where codes and secrets are sent is the service's own word, so each address must be TLS, and
redirects are not followed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from vmrd.config_signin import is_safe
from vmrd.oidc.words import NotSignedIn, Why
from vmrd.pexip.errors import PexipError
from vmrd.pexip.http import Answer, Method, PexipHttp, Report, basic

KEPT_FOR = 3_600.0
KEYS_AGAIN_AFTER = 30.0
MAX_ANSWER = 256 * 1024
_AT_ONCE = 8


class _In(BaseModel):
    model_config = ConfigDict(hide_input_in_errors=True, extra="ignore")


class Document(_In):
    """What we read of a discovery document."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    end_session_endpoint: str | None = None
    says_issuer_back: bool = Field(default=False, alias="authorization_response_iss_parameter_supported")
    challenges: tuple[str, ...] | None = Field(default=None, alias="code_challenge_methods_supported")


class Given(_In):
    """What a code was worth."""

    id_token: str = Field(max_length=64_000, repr=False)
    access_token: str = Field(default="", max_length=64_000, repr=False)


T = TypeVar("T", bound=_In)


class Provider:
    """One sign-in service; close with `aclose`."""

    def __init__(
        self, issuer: str, *, timeout: float, report: Report, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        """`timeout`: seconds for one request, everything included."""
        self.issuer = issuer
        self._timeout = timeout
        self._report = report
        self._monotonic = monotonic
        self._hosts: dict[str, PexipHttp] = {}
        self._document: tuple[Document, float] | None = None
        self._keys: tuple[KeySet, float] | None = None

    async def aclose(self) -> None:
        for host in self._hosts.values():
            await host.aclose()

    async def document(self) -> Document:
        """What the service says of itself. Raises `NotSignedIn`."""
        now = self._monotonic()
        if self._document is None or now - self._document[1] > KEPT_FOR:
            found = await self._ask("discover", f"{self.issuer.rstrip('/')}/.well-known/openid-configuration", Document)
            if found.issuer != self.issuer:
                raise NotSignedIn(Why.AWAY, "another_issuer")
            if not all(map(is_safe, (found.authorization_endpoint, found.token_endpoint, found.jwks_uri))):
                raise NotSignedIn(Why.AWAY, "unsafe_endpoint")
            if found.challenges is not None and "S256" not in found.challenges:
                raise NotSignedIn(Why.AWAY, "no_pkce")
            self._document = (found, now)
        return self._document[0]

    async def keys(self, *, again: bool = False) -> KeySet:
        """The keys it signs with. `again`: one of them is not known here. Raises `NotSignedIn`."""
        now = self._monotonic()
        age = KEPT_FOR * 2 if self._keys is None else now - self._keys[1]
        if age > KEPT_FOR or (again and age > KEYS_AGAIN_AFTER):
            body = await self._body("keys", (await self.document()).jwks_uri)
            self._keys = (_key_set(body), now)
        assert self._keys is not None
        return self._keys[0]

    async def redeem(self, form: Mapping[str, str], secret: tuple[str, str] | None) -> Given:
        """The tokens a code is worth. `secret`: our id and secret there. Raises `NotSignedIn`."""
        headers = {}
        if secret is not None:
            # RFC 6749, 2.3.1: both are form-encoded before they become user and password.
            headers = basic(*(quote(part, safe="") for part in secret))
        return await self._ask("redeem", (await self.document()).token_endpoint, Given, form=form, headers=headers)

    async def _ask(
        self,
        operation: str,
        url: str,
        shape: type[T],
        *,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> T:
        body = await self._body(operation, url, form=form, headers=headers)
        try:
            return shape.model_validate_json(body)
        except ValidationError:
            pass  # raised below, so that nothing of what was sent goes along
        raise NotSignedIn(Why.AWAY, f"{operation}_unreadable")

    async def _body(
        self,
        operation: str,
        url: str,
        *,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> bytes:
        parts = urlsplit(url)
        path = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
        method: Method = "GET" if form is None else "POST"
        answer: Answer | None = None
        with suppress(PexipError):  # an answer of None is told apart below, without the error's own text
            answer = await self._host(f"{parts.scheme}://{parts.netloc}").request(
                method, path, operation=operation, form=form, headers=headers
            )
        if answer is None:
            raise NotSignedIn(Why.AWAY, f"{operation}_unanswered")
        if form is not None and answer.status in (400, 401, 403):
            raise NotSignedIn(Why.NOT_PROVED, f"{operation}_refused")
        if answer.status != 200 or len(answer.body) > MAX_ANSWER:
            raise NotSignedIn(Why.AWAY, f"{operation}_failed")
        return answer.body

    def _host(self, base: str) -> PexipHttp:
        if base not in self._hosts:
            self._hosts[base] = PexipHttp(
                base, timeout=self._timeout, concurrency=_AT_ONCE, kept=0, report=self._report
            )
        return self._hosts[base]


class _KeysIn(_In):
    keys: tuple[dict[str, Any], ...]


def _key_set(body: bytes) -> KeySet:
    try:
        given = _KeysIn.model_validate_json(body)
        return KeySet.import_key_set({"keys": list(given.keys)})
    except (ValidationError, JoseError, ValueError, TypeError):
        pass
    raise NotSignedIn(Why.AWAY, "keys_unreadable")
