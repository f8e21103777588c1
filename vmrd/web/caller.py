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
from vmrd.store.account import AuditEntry, AuditKind, Officer, SignIn, Vouched, Voucher
from vmrd.store.base import Rx, Store, Tx
from vmrd.web.problem import Problem

IDLE = 2 * HOUR
ABSOLUTE = 12 * HOUR
_SEEN_EVERY = MINUTE
CSRF_HEADER = "X-CSRF-Token"
EMERGENCY = "(emergency account)"
"""What follows the name of whoever signed in by the sealed account, in the journal too."""
_WALL = SystemClock()


class Role(StrEnum):
    OFFICER = "officer"
    SUPERVISOR = "supervisor"
    BOOKER = "booker"
    OPS = "ops"
    AUDITOR = "auditor"


@dataclass(frozen=True, slots=True)
class Caller:
    """`establishments` empty means all. `csrf` is set for a browser: its posts must carry it. `by`: who vouched for
    somebody without an account of ours."""

    name: str
    role: Role
    establishments: tuple[str, ...]
    csrf: str | None = None
    by: Voucher | None = None

    def may_see(self, establishment: str) -> bool:
        return not self.establishments or establishment in self.establishments


def digest(token: str) -> str:
    """What is kept of a token or cookie."""
    return hashlib.sha256(token.encode(errors="surrogateescape")).hexdigest()


def cookie_name(request: web.Request, what: Literal["vmrd", "attempt", "return", "handover"] = "vmrd") -> str:
    """The sign-in's own cookie, or one of those around it.

    Browsers refuse `__Host-` without TLS, so a rehearsal on this machine's own address has a plain name.
    """
    host = urlsplit(f"//{request.host}").hostname or ""
    plain = request.scheme == "http" and (host == "localhost" or host == "::1" or host.startswith("127."))
    name = what if what == "vmrd" else f"vmrd-{what}"
    return name if plain else f"__Host-{name}"


def set_cookie(
    response: web.StreamResponse, name: str, value: str, *, lasts: int, samesite: Literal["Strict", "Lax"] = "Strict"
) -> None:
    """A cookie no script can read. `lasts`: seconds; 0 takes it away. `Lax`: also sent when another site leads here."""
    secure = name.startswith("__Host-")
    response.set_cookie(name, value, path="/", secure=secure, httponly=True, samesite=samesite, max_age=lasts)


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
    caller, sign_in = found
    if not stands(sign_in):
        await store.write([], lambda tx: tx.drop_sign_in(sign_in.cookie_hash))
        return None
    now = _WALL.now()
    if now - sign_in.seen_at > _SEEN_EVERY:
        await store.write([], lambda tx: _seen(tx, sign_in, now))
    return caller


def stands(sign_in: SignIn) -> bool:
    """Whether a sign-in has not ended by itself."""
    now = _WALL.now()
    return now - sign_in.seen_at <= IDLE and now - sign_in.created_at <= ABSOLUTE


async def begin(store: Store, officer: Officer, by: Voucher | None = None) -> tuple[str, Caller | None]:
    """Sign an officer in: the cookie's value and who they now are. `by`: who vouched for one without an account."""
    cookie, now = minting.token(), _WALL.now()
    vouched = Vouched(by, officer.role, officer.establishments) if by is not None else None
    sign_in = SignIn(digest(cookie), officer.name, minting.token(), now, now, vouched)
    kind = AuditKind.EMERGENCY if by is Voucher.SEALED else AuditKind.SIGNED_IN
    entry = AuditEntry(now, kind, officer.name, {"by": by or "account", "role": officer.role})
    caller = _caller(officer, sign_in.csrf, by)

    def step(tx: Tx) -> None:
        for old in tx.sign_ins():
            if not stands(old):
                tx.drop_sign_in(old.cookie_hash)
        tx.put_sign_in(sign_in)
        tx.write_audit(entry)

    if caller is not None:
        await store.write([], step)
    return cookie, caller


async def finish(store: Store, cookie: str) -> None:
    """Sign a browser out; its cookie is worth nothing afterwards."""

    def step(tx: Tx) -> None:
        sign_in = tx.sign_in(digest(cookie))
        if sign_in is not None:
            tx.drop_sign_in(sign_in.cookie_hash)
            tx.write_audit(AuditEntry(_WALL.now(), AuditKind.SIGNED_OUT, sign_in.officer))

    await store.write([], step)


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


def _signed_in(rx: Rx, cookie_hash: str) -> tuple[Caller, SignIn] | None:
    sign_in = rx.sign_in(cookie_hash)
    if sign_in is None:
        return None
    given = sign_in.vouched
    if given is not None:
        officer: Officer | None = Officer(sign_in.officer, given.role, given.establishments, None, None)
    else:
        officer = rx.officer(sign_in.officer)
    caller = _caller(officer, sign_in.csrf, given.by if given is not None else None)
    return (caller, sign_in) if caller is not None else None


def _seen(tx: Tx, sign_in: SignIn, now: int) -> None:
    """Unless it was ended in the meantime: then it stays ended."""
    if tx.sign_in(sign_in.cookie_hash) is not None:
        tx.put_sign_in(replace(sign_in, seen_at=now))


def _caller(officer: Officer | None, csrf: str | None, by: Voucher | None = None) -> Caller | None:
    if officer is None or officer.disabled or officer.role not in set(Role):
        return None
    return Caller(officer.name, Role(officer.role), officer.establishments, csrf, by)
