"""The screens of nobody: the sign-in form, and the pages on the way to a sign-in service and back.

The form also shows what rings, to a browser that is being handed from one officer to the next.
"""

from __future__ import annotations

import re
from urllib.parse import unquote

from aiohttp import web

from vmrd.oidc.words import Why
from vmrd.web import caller as callers
from vmrd.web.caller import Caller, Role
from vmrd.web.deps import Deps
from vmrd.web.dispatch import Incoming
from vmrd.web.panel import pages, screens
from vmrd.web.panel.alarms import blind, breaches, knocks, unwatched
from vmrd.web.panel.render import Screen, fragment
from vmrd.web.panel.speech import Words, gettext, later, ngettext, preferred, whole

_WHY = Words(
    {
        Why.AWAY: later("The sign-in service does not answer. Try again in a minute."),
        Why.START_AGAIN: later("That took too long, or was begun in another window. Sign in again."),
        Why.DECLINED: later("The sign-in service did not let you in."),
        Why.NOT_PROVED: later("The sign-in service’s answer could not be trusted. Try again, then call support."),
        Why.NO_NAME: later("The sign-in service did not say who you are. Call support."),
        Why.NO_ROLE: later("You have an account, but no role for video rooms. Ask your manager for one."),
        Why.NO_ESTABLISHMENT: later("You have a role for video rooms, but at no establishment that is run from here."),
    }
)
_MINUTES = re.compile(r"[1-9]\d?")


async def sign_in(incoming: Incoming) -> web.Response:
    """The form of name and password, or the button that leads to the sign-in service."""
    request, deps = incoming.request, incoming.deps
    back = request.query.get("next", "") or unquote(request.cookies.get(callers.cookie_name(request, "return"), ""))
    flow = deps.reception.flow
    values = {
        "next": back if pages.is_screen(back) else "",
        "service": flow.label if flow is not None else None,
        "sealed": deps.config.sign_in.sealed is not None,
        **await _alarms(request, deps),
    }

    def title() -> str:
        return gettext("Sign in")

    return await pages.alone(request, deps, "sign_in.html", title, said=lambda: _said(request), values=values)


async def alarms(incoming: Incoming) -> web.Response:
    """The part of the sign-in page that says what rings."""
    request, deps = incoming.request, incoming.deps
    common = {**pages.empty(request, deps), **await _alarms(request, deps)}

    async def make() -> str:
        return fragment(Screen("handover.html", gettext("Sign in")), common)

    text, _ = await whole(preferred(request), make)
    return web.Response(text=text, content_type="text/html")


async def done(incoming: Incoming) -> web.Response:
    """Signed in by the service; on to the first screen."""
    back = incoming.request.query.get("next", "")
    target = f"/panel{back if back and pages.is_screen(back) else '/shift'}"
    return await _passing(incoming, target, later("Signed in"), later("Go on"))


async def left(incoming: Incoming) -> web.Response:
    """Signed out here; on to the service, to sign out there."""
    return await _passing(incoming, "/sign-out/away", later("Signed out"), later("Sign out of the sign-in service too"))


async def _passing(incoming: Incoming, target: str, title: str, words: str) -> web.Response:
    """A page that leads on by itself."""
    values = {"target": target, "words": words}
    return await pages.alone(incoming.request, incoming.deps, "passing.html", lambda: gettext(title), values=values)


def _said(request: web.Request) -> str:
    """Why somebody is asked to sign in, in the language being spoken."""
    query = request.query
    if "wait" in query:
        count = int(query["wait"]) if _MINUTES.fullmatch(query["wait"]) else 1
        wait = ngettext("Wait %(num)s minute.", "Wait %(num)s minutes.", count) % {"num": count}
        return f"{gettext('Too many failed attempts.')} {wait} {gettext('Nobody who is signed in is affected.')}"
    if "failed" in query:
        return gettext("The name or the password is wrong.")
    why = query.get("why")
    return _WHY[Why(why)] if why in set(Why) else ""


async def _alarms(request: web.Request, deps: Deps) -> dict[str, object]:
    """What the screen that was handed over may go on showing; None in place of alarms where it may show nothing."""
    cookie = request.cookies.get(callers.cookie_name(request, "handover"))
    establishments = deps.reception.handovers.establishments(cookie)
    if establishments is None:
        return {"handed": False, "ringing": (), "broken": (), "unseen": (), "dark": False}
    views = await screens.todays(deps, Caller("", Role.OFFICER, establishments))
    dark = (*blind(views), *unwatched(views))
    return {
        "handed": True,
        "ringing": knocks(views),
        "broken": breaches(views),
        "unseen": [each for each in dark if each.alert.acknowledged_by is None],
        "dark": bool(dark),
    }
