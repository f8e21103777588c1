"""Signing in by a sign-in service, as a browser goes through it; `vmrd.oidc` decides.

    /sign-in ──► /sign-in/oidc ──303──► the service ──303──► /sign-in/callback ──303──► /sign-in/done ──► the screen
    POST /sign-out ──303──► /sign-in/left ──► /sign-out/away ──303──► the service ──303──► /sign-in

Two of our own pages are in between for the browser's sake. A `SameSite=Strict` cookie is not sent on a journey that
began at another site, so `/sign-in/done` ends that journey and begins one of ours. And a form of ours may lead nowhere
but to ourselves (`form-action`), so `/sign-in/left` ends the form's before the service is gone to. Neither the code nor
a token stands in an address that a browser keeps: the callback is left by a redirection.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

import structlog
from aiohttp import web

from vmrd.oidc import attempts
from vmrd.oidc.words import NotSignedIn, Why
from vmrd.store.account import Officer, Voucher
from vmrd.web import caller as callers
from vmrd.web.dispatch import Incoming
from vmrd.web.panel.pages import is_screen
from vmrd.web.problem import Problem
from vmrd.web.signin import begin, page, see_other

if TYPE_CHECKING:
    from vmrd.oidc.flow import Flow

log = structlog.get_logger(__name__)


async def leave(incoming: Incoming) -> web.StreamResponse:
    """Go to the service. Whoever takes a screen over from somebody else is asked who they are in any case."""
    request, flow = incoming.request, _flow(incoming)
    handed = request.cookies.get(callers.cookie_name(request, "return"))
    back = request.query.get("next", "") or unquote(handed or "")
    back = back if is_screen(back) else ""
    try:
        leaving = await flow.begin(back, fresh=handed is not None)
    except NotSignedIn as refused:
        return _back(incoming, refused, back)
    response = see_other(leaving.url)
    name = callers.cookie_name(request, "attempt")
    callers.set_cookie(response, name, leaving.cookie, lasts=attempts.LASTS, samesite="Lax")
    return response


async def come_back(incoming: Incoming) -> web.StreamResponse:
    """The service has answered."""
    request, flow = incoming.request, _flow(incoming)
    attempt = callers.cookie_name(request, "attempt")
    try:
        returned = await flow.finish(request.cookies.get(attempt), request.query)
        if returned.person.name.endswith(callers.EMERGENCY):
            raise NotSignedIn(Why.NO_NAME, "reserved_name")
    except NotSignedIn as refused:
        return _back(incoming, refused, "")
    person = returned.person
    where = f"/sign-in/done?next={quote(returned.next, safe='/')}" if returned.next else "/sign-in/done"
    response = see_other(where)
    officer = Officer(person.name, person.role, person.establishments, None, None)
    await begin(request, incoming.deps, officer, response, Voucher.OIDC)
    for name in (attempt, callers.cookie_name(request, "return")):
        callers.set_cookie(response, name, "", lasts=0)
    return response


async def go_away(incoming: Incoming) -> web.StreamResponse:
    """Sign out of the service too, so that nobody else is let in by it without being asked."""
    return see_other(await _flow(incoming).sign_out_url() or page())


def _flow(incoming: Incoming) -> Flow:
    if incoming.deps.reception.flow is None:
        raise Problem("not-found", "There is no sign-in service here.")
    return incoming.deps.reception.flow


def _back(incoming: Incoming, refused: NotSignedIn, back: str) -> web.Response:
    log.warning("not_signed_in", why=refused.why.value, what=refused.what)
    incoming.deps.metrics.sign_in("oidc", refused.why)
    return see_other(page(back, f"why={refused.why}"))
