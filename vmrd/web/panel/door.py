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
from vmrd.web.panel.render import Screen, fragment, page

_WHY = {
    Why.AWAY: "The sign-in service does not answer. Try again in a minute.",
    Why.START_AGAIN: "That took too long, or was begun in another window. Sign in again.",
    Why.DECLINED: "The sign-in service did not let you in.",
    Why.NOT_PROVED: "The sign-in service’s answer could not be trusted. Try again, then call support.",
    Why.NO_NAME: "The sign-in service did not say who you are. Call support.",
    Why.NO_ROLE: "You have an account, but no role for video rooms. Ask your manager for one.",
    Why.NO_ESTABLISHMENT: "You have a role for video rooms, but at no establishment that is run from here.",
}
_MINUTES = re.compile(r"[1-9]\d?")


async def sign_in(incoming: Incoming) -> web.Response:
    """The form of name and password, or the button that leads to the sign-in service."""
    request, deps = incoming.request, incoming.deps
    back = request.query.get("next", "") or unquote(request.cookies.get(callers.cookie_name(request, "return"), ""))
    flow = deps.door.flow
    values = {
        "next": back if pages.is_screen(back) else "",
        "service": flow.label if flow is not None else None,
        "sealed": deps.config.sign_in.sealed is not None,
        **await _alarms(request, deps),
    }
    return _page(incoming, Screen("sign_in.html", "Sign in", values=values), said=_said(request))


async def alarms(incoming: Incoming) -> web.Response:
    """The part of the sign-in page that says what rings."""
    empty = pages.empty(incoming.request, incoming.deps)
    values = await _alarms(incoming.request, incoming.deps)
    return web.Response(
        text=fragment(Screen("handover.html", "Sign in", values=values), empty), content_type="text/html"
    )


async def done(incoming: Incoming) -> web.Response:
    """Signed in by the service; on to the first screen."""
    back = incoming.request.query.get("next", "")
    target = f"/panel{back}" if pages.is_screen(back) else "/panel"
    return _page(incoming, Screen("passing.html", "Signed in", values={"target": target, "words": "Go on"}))


async def left(incoming: Incoming) -> web.Response:
    """Signed out here; on to the service, to sign out there."""
    values = {"target": "/sign-out/away", "words": "Sign out of the sign-in service too"}
    return _page(incoming, Screen("passing.html", "Signed out", values=values))


def _page(incoming: Incoming, screen: Screen, said: str = "") -> web.Response:
    text = page(screen, {**pages.empty(incoming.request, incoming.deps), "said": said})
    return web.Response(text=text, content_type="text/html", headers=pages.OWN_REFERRER)


def _said(request: web.Request) -> str:
    query = request.query
    if "wait" in query:
        count = query["wait"]
        wait = f"{count} minutes" if _MINUTES.fullmatch(count) and count != "1" else "a minute"
        return f"Too many failed attempts. Wait {wait}. Nobody who is signed in is affected."
    if "failed" in query:
        return "The name or the password is wrong."
    why = query.get("why")
    return _WHY[Why(why)] if why in set(Why) else ""


async def _alarms(request: web.Request, deps: Deps) -> dict[str, object]:
    """What the screen that was handed over may go on showing; None in place of alarms where it may show nothing."""
    cookie = request.cookies.get(callers.cookie_name(request, "handover"))
    establishments = deps.door.handovers.establishments(cookie)
    if establishments is None:
        return {"handed": False, "ringing": (), "broken": (), "unseen": ()}
    views = await screens.todays(deps, Caller("", Role.OFFICER, establishments))
    return {
        "handed": True,
        "ringing": screens.knocks(views),
        "broken": screens.breaches(views),
        "unseen": screens.blind(views),
    }
