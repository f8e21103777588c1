"""Who calls: a named officer with a bearer token or a signed-in browser, and what they may see.

Every action carries a name, so there are no shared accounts. Tokens and cookies are 256 random bits kept as their
SHA-256; both are looked up on every call, so taking an account away works at once. A browser's sign-in ends after two
idle hours and twelve in all; both are told by the machine's own clock, which a rehearsal's business clock never moves.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Literal
from urllib.parse import urlsplit

from aiohttp import hdrs, web

from vmrd import minting
from vmrd.clock import SystemClock
from vmrd.lifecycle.rules import HOUR, MINUTE
from vmrd.store.base import Officer, Rx, SignIn, Store
from vmrd.web.problem import Problem

IDLE = 2 * HOUR
ABSOLUTE = 12 * HOUR
_SEEN_EVERY = MINUTE
CSRF_HEADER = "X-CSRF-Token"
_WALL = SystemClock()


class Role(StrEnum):
    OFFICER = "officer"
    SUPERVISOR = "supervisor"
    BOOKER = "booker"
    OPS = "ops"
    AUDITOR = "auditor"


@dataclass(frozen=True, slots=True)
class Caller:
    """`establishments` empty means all. `csrf` is set for a browser: its posts must carry it."""

    name: str
    role: Role
    establishments: tuple[str, ...]
    csrf: str | None = None

    def may_see(self, establishment: str) -> bool:
        return not self.establishments or establishment in self.establishments


def digest(token: str) -> str:
    """What is kept of a token or cookie."""
    return hashlib.sha256(token.encode(errors="surrogateescape")).hexdigest()


def cookie_name(request: web.Request) -> Literal["__Host-vmrd", "vmrd"]:
    """Browsers refuse `__Host-` without TLS, so a rehearsal on this machine's own address has a plain name."""
    host = urlsplit(f"//{request.host}").hostname or ""
    plain = request.scheme == "http" and (host == "localhost" or host == "::1" or host.startswith("127."))
    return "vmrd" if plain else "__Host-vmrd"


async def identify(request: web.Request, store: Store) -> Caller | None:
    """The caller, or None when nobody is signed in."""
    scheme, _, token = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    if scheme.lower() == "bearer" and token:
        officer = await store.read(lambda rx: rx.officer_by_token(digest(token.strip())))
        return _caller(officer, None)
    cookie = request.cookies.get(cookie_name(request))
    if cookie is None:
        return None
    found = await store.read(lambda rx: _signed_in(rx, digest(cookie)))
    if found is None:
        return None
    officer, sign_in = found
    now = _WALL.now()
    if now - sign_in.seen_at > IDLE or now - sign_in.created_at > ABSOLUTE:
        await store.write([], lambda tx: tx.drop_sign_in(sign_in.cookie_hash))
        return None
    if now - sign_in.seen_at > _SEEN_EVERY:
        await store.write([], lambda tx: tx.put_sign_in(replace(sign_in, seen_at=now)))
    return _caller(officer, sign_in.csrf)


async def begin(store: Store, officer: Officer) -> tuple[str, Caller | None]:
    """Sign an officer in: the cookie's value and who they now are."""
    cookie, now = minting.token(), _WALL.now()
    sign_in = SignIn(digest(cookie), officer.name, minting.token(), now, now)
    await store.write([], lambda tx: tx.put_sign_in(sign_in))
    return cookie, _caller(officer, sign_in.csrf)


async def finish(store: Store, cookie: str) -> None:
    """Sign a browser out; its cookie is worth nothing afterwards."""
    await store.write([], lambda tx: tx.drop_sign_in(digest(cookie)))


def require_own_page(request: web.Request) -> None:
    """Raises `Problem` unless the browser says the request came from our own page, or it is no browser."""
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get(hdrs.ORIGIN)
    ours = site in (None, "same-origin", "none") and (origin is None or urlsplit(origin).netloc == request.host)
    if not ours:
        raise Problem("cross-site", "The request came from another site.")


def require_csrf(caller: Caller, given: str | None) -> None:
    """Raises `Problem` when a browser's post does not carry its own token."""
    if caller.csrf is not None and not hmac.compare_digest(
        caller.csrf.encode(), (given or "").encode(errors="surrogateescape")
    ):
        raise Problem("cross-site", "The page is out of date. Load it again.")


def _signed_in(rx: Rx, cookie_hash: str) -> tuple[Officer, SignIn] | None:
    sign_in = rx.sign_in(cookie_hash)
    officer = rx.officer(sign_in.officer) if sign_in is not None else None
    return (officer, sign_in) if officer is not None and sign_in is not None else None


def _caller(officer: Officer | None, csrf: str | None) -> Caller | None:
    if officer is None or officer.role not in set(Role):
        return None
    return Caller(officer.name, Role(officer.role), officer.establishments, csrf)
