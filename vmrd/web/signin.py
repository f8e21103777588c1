"""Signing a browser in and out: local accounts with passwords, and one click in a demo.

The cookie is opaque, `HttpOnly` and `SameSite=Strict`; what is kept of it is a digest. A bad name and a bad password
are told apart by nobody. A one-click link exists only in a demo on this machine's own address.
"""

from __future__ import annotations

import hmac

from aiohttp import hdrs, web

from vmrd.config import Config
from vmrd.store.base import Officer
from vmrd.web import caller as callers
from vmrd.web.deps import Deps
from vmrd.web.dispatch import Incoming, answered, parsed, read_form
from vmrd.web.press_shapes import MeView, SignInGiven
from vmrd.web.problem import Problem

HOME = "/"
PAGE = "/sign-in"
_FORM = "application/x-www-form-urlencoded"
_WRONG = "The name or the password is wrong."


async def sign_in(incoming: Incoming) -> web.StreamResponse:
    """Check name and password. A form is redirected home, or back with `?failed`; JSON is answered with who it is."""
    request, deps = incoming.request, incoming.deps
    callers.require_own_page(request)
    form = request.content_type == _FORM
    given = await _of_form(request) if form else parsed(SignInGiven, await request.read())
    assert isinstance(given, SignInGiven)
    if deps.passwords.refused(given.name):
        if form:
            raise web.HTTPSeeOther(f"{PAGE}?wait")
        raise Problem("too-many-attempts", "Too many failed attempts for this name. Wait five minutes.")
    officer = await deps.store.read(lambda rx: rx.officer(given.name))
    kept = officer.password_hash if officer is not None else None
    fits = await deps.passwords.fits(given.name, given.password, kept)
    if officer is None or not fits:
        if form:
            raise web.HTTPSeeOther(f"{PAGE}?failed")
        raise Problem("not-signed-in", _WRONG)
    response: web.Response = _see_other(HOME) if form else web.Response()
    me = await _begin(request, deps, officer, response)
    return response if form else _with_cookies(answered(me), response)


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
    response = _see_other(HOME)
    await _begin(request, deps, officer, response)
    return response


async def sign_out(incoming: Incoming) -> web.StreamResponse:
    """The cookie is worth nothing from now on."""
    name = callers.cookie_name(incoming.request)
    cookie = incoming.request.cookies.get(name)
    if cookie is not None:
        await callers.finish(incoming.deps.store, cookie)
    response = _see_other(PAGE)
    response.del_cookie(name, path="/", secure=name.startswith("__Host-"), httponly=True, samesite="Strict")
    return response


async def me(incoming: Incoming) -> web.Response:
    return answered(_me(incoming.person))


def _me(caller: callers.Caller) -> MeView:
    return MeView(name=caller.name, role=caller.role, establishments=caller.establishments, csrf=caller.csrf)


async def _begin(request: web.Request, deps: Deps, officer: Officer, response: web.Response) -> MeView:
    cookie, caller = await callers.begin(deps.store, officer)
    if caller is None:
        raise Problem("forbidden", "This account has no role.")
    name = callers.cookie_name(request)
    response.set_cookie(
        name,
        cookie,
        path="/",
        secure=name.startswith("__Host-"),
        httponly=True,
        samesite="Strict",
        max_age=callers.ABSOLUTE // 1_000,
    )
    return _me(caller)


async def _of_form(request: web.Request) -> SignInGiven:
    """Name and password of a form; what is missing or too long fits nobody, so it is not told apart."""
    form = await read_form(request)
    name, password = (value if isinstance(value := form.get(key), str) else "" for key in ("name", "password"))
    return SignInGiven(name=name[:120] or "-", password=password[:200] or "-")


def _see_other(where: str) -> web.Response:
    return web.Response(status=303, headers={hdrs.LOCATION: where})


def _with_cookies(answer: web.Response, jar: web.Response) -> web.Response:
    for name, morsel in jar.cookies.items():
        answer.cookies[name] = morsel
    return answer
