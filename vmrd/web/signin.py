"""Signing a browser in and out: accounts of our own, the emergency account, and one click in a demo.

The cookie is opaque, `HttpOnly` and `SameSite=Strict`; what is kept of it is a digest. A bad name and a bad password
are told apart by nobody. Who comes back to the screen they left, or takes it over from a colleague, says so by `next`,
which is believed only as far as it is one of our screens. A one-click link exists only in a demo on this machine's own
address. Signing in by a sign-in service is `signin_oidc`.

The emergency account (`[sign_in.sealed]`) is for when that service is down: whoever breaks its seal types their own
name, which every press then carries, and every panel of its establishments says that it is in use.
"""

from __future__ import annotations

import hmac
from urllib.parse import quote

import structlog
from aiohttp import hdrs, web

from vmrd.config import Config
from vmrd.store.account import Officer, Voucher
from vmrd.web import caller as callers
from vmrd.web.contract import WATCHING
from vmrd.web.deps import Deps
from vmrd.web.dispatch import Incoming, answered, parsed, read_form
from vmrd.web.handover import LASTS
from vmrd.web.lockout import address_of, minutes
from vmrd.web.panel.pages import is_screen, to_sign_in
from vmrd.web.press_shapes import MeView, SignInGiven
from vmrd.web.problem import Problem

log = structlog.get_logger(__name__)

HOME, SHIFT = "/", "/panel/shift"
_FORM = "application/x-www-form-urlencoded"
_WRONG = "The name or the password is wrong."
_LONGEST_NAME = 80
_SEALED = "\0sealed"
"""What failed tries of the emergency account are counted under: no form can say it."""


async def sign_in(incoming: Incoming) -> web.StreamResponse:
    """Check name and password. A form is redirected, in or back with the reason; JSON is answered with who it is."""
    request, deps = incoming.request, incoming.deps
    callers.require_own_page(request)
    if deps.reception.flow is not None:
        raise Problem("not-found", "People sign in by the sign-in service here.")
    form = request.content_type == _FORM
    given, back = await _of_form(request) if form else (parsed(SignInGiven, await request.read()), "")
    assert isinstance(given, SignInGiven)
    officer = await deps.store.read(lambda rx: rx.officer(given.name))
    open_account = officer is not None and not officer.disabled
    kept = officer.password_hash if officer is not None and open_account else None
    wait = await _try(request, deps, given.name, given.password, kept, by="account")
    if wait is None and officer is not None:
        response: web.Response = see_other(screen(back)) if form else web.Response()
        me = await begin(request, deps, officer, response)
        return response if form else _with_cookies(answered(me), response)
    if form:
        raise web.HTTPSeeOther(page(back, "failed" if not wait else f"wait={minutes(wait)}"))
    if wait:
        raise Problem("too-many-attempts", f"Too many failed attempts. {_wait(wait)}")
    raise Problem("not-signed-in", _WRONG)


async def emergency(incoming: Incoming) -> web.StreamResponse:
    """Break the seal: a person's own name, and the password that was put away for this."""
    request, deps = incoming.request, incoming.deps
    callers.require_own_page(request)
    sealed = deps.config.sign_in.sealed
    if sealed is None:
        raise Problem("not-found", "There is no emergency account here.")
    given, back = await _of_form(request)
    name = given.name.strip()[:_LONGEST_NAME]
    kept = sealed.password_hash.get_secret_value().strip() if name.isprintable() and name != "-" else None
    wait = await _try(request, deps, _SEALED, given.password, kept, by="sealed")
    if wait is not None:
        raise web.HTTPSeeOther(page(back, "failed" if not wait else f"wait={minutes(wait)}"))
    log.warning("emergency_account_used")
    response = see_other(screen(back))
    officer = Officer(f"{name} {callers.EMERGENCY}", sealed.role, sealed.establishments, None, None)
    await begin(request, deps, officer, response, Voucher.SEALED)
    return response


def demo_code(config: Config) -> str | None:
    """The secret of the one-click link, which only whoever made the demo's configuration can know; None otherwise."""
    if not config.demo:
        return None
    key = config.store.key.get_secret_value().encode()
    return hmac.digest(key, b"one-click sign-in of a demo", "sha256").hex()


async def demo(request: web.Request, deps: Deps) -> web.StreamResponse:
    """`GET /sign-in/demo?code=…&name=…`: sign in as one of the demo's officers (the first, if none is named)."""
    code = request.query.get("code", "")
    if deps.demo_code is None or not hmac.compare_digest(code.encode(), deps.demo_code.encode()):
        raise Problem("not-found", "There is nothing here for you.")
    officers = await deps.store.read(lambda rx: rx.officers())
    wanted = request.query.get("name")
    officer = next((each for each in officers if wanted in (None, each.name)), None)
    if officer is None:
        raise Problem("not-found", "There is nobody of this name.")
    response = see_other(HOME)
    await begin(request, deps, officer, response)
    return response


async def sign_out(incoming: Incoming) -> web.StreamResponse:
    """The cookie is worth nothing from now on. `next` in the form: a colleague takes over, at this screen."""
    request, deps = incoming.request, incoming.deps
    form = await read_form(request) if request.content_type == _FORM else {}
    back = form.get("next")
    name = callers.cookie_name(request)
    cookie = request.cookies.get(name)
    if cookie is not None:
        await callers.finish(deps.store, cookie)
        await deps.reception.revocations.look()
    where = back if isinstance(back, str) and is_screen(back) else None
    by_service = incoming.person.by is Voucher.OIDC and deps.reception.flow is not None
    response = see_other("/sign-in/left" if by_service else page(where or ""))
    callers.set_cookie(response, name, "", lasts=0)
    if where is not None and incoming.person.role in WATCHING:
        shown = deps.reception.handovers.begin(incoming.person.establishments)
        callers.set_cookie(response, callers.cookie_name(request, "handover"), shown, lasts=int(LASTS))
    if by_service:  # whoever signs in next must be asked who they are
        callers.set_cookie(
            response, callers.cookie_name(request, "return"), quote(where or "-"), lasts=int(LASTS), samesite="Lax"
        )
    return response


async def me(incoming: Incoming) -> web.Response:
    return answered(_me(incoming.person))


def page(back: str = "", why: str = "") -> str:
    """Where the sign-in form is, with why it is shown and the screen to come back to."""
    form = to_sign_in(back)
    return f"{form}{'&' if '?' in form else '?'}{why}" if why else form


def screen(back: str) -> str:
    """The screen that was asked for, or the start of the shift."""
    return f"/panel{back}" if back and is_screen(back) else SHIFT


def see_other(where: str) -> web.Response:
    return web.Response(status=303, headers={hdrs.LOCATION: where})


async def begin(
    request: web.Request, deps: Deps, officer: Officer, response: web.Response, by: Voucher | None = None
) -> MeView:
    """Give the browser its sign-in. Raises `Problem` for somebody who may do nothing here."""
    cookie, caller = await callers.begin(deps.store, officer, by)
    if caller is None:
        raise Problem("forbidden", "This account has no role.")
    name = callers.cookie_name(request)
    if name in request.cookies:  # whoever was signed in here before is not any more
        await callers.finish(deps.store, request.cookies[name])
    deps.metrics.sign_in(by or "account", "ok")
    await deps.reception.revocations.look()
    callers.set_cookie(response, name, cookie, lasts=callers.ABSOLUTE // 1_000)
    handover = callers.cookie_name(request, "handover")
    if handover in request.cookies:
        deps.reception.handovers.end(request.cookies[handover])
        callers.set_cookie(response, handover, "", lasts=0)
    return _me(caller)


async def _try(
    request: web.Request, deps: Deps, name: str, password: str, kept: str | None, *, by: str
) -> float | None:
    """None when the password fits; otherwise the seconds to wait, 0 for another try at once."""
    lockout, address = deps.reception.lockout, address_of(request, deps.config.proxies)
    wait = lockout.attempt(name, address)
    if wait:
        deps.metrics.sign_in(by, "wait")
        return wait
    if not await deps.reception.passwords.fits(password, kept):
        deps.metrics.sign_in(by, "wrong")
        return 0.0
    lockout.succeeded(name, address)
    return None


def _wait(seconds: float) -> str:
    count = minutes(seconds)
    return "Wait a minute." if count == 1 else f"Wait {count} minutes."


def _me(caller: callers.Caller) -> MeView:
    return MeView(name=caller.name, role=caller.role, establishments=caller.establishments, csrf=caller.csrf)


async def _of_form(request: web.Request) -> tuple[SignInGiven, str]:
    """Name, password and the screen to come back to; what is missing or too long fits nobody: it is not told apart."""
    form = await read_form(request)
    name, password, back = (
        value if isinstance(value := form.get(key), str) else "" for key in ("name", "password", "next")
    )
    return SignInGiven(name=name.replace("\0", "").strip()[:120] or "-", password=password[:200] or "-"), back


def _with_cookies(answer: web.Response, jar: web.Response) -> web.Response:
    for name, morsel in jar.cookies.items():
        answer.cookies[name] = morsel
    return answer
