"""What a browser is answered while the database takes nothing and gives nothing: a page that says what to do, and comes
back to the screen by itself.

It needs no database: it does not even know who asks.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from aiohttp import hdrs, web

from vmrd.web.panel import pages
from vmrd.web.panel.speech import gettext
from vmrd.web.problem import Problem

_SCREEN = re.compile(r"/panel(/(?!/)[^\\]*)?")
"""Nothing else is gone back to: not another site, nor a step of a sign-in that can be taken only once."""
_PRESS = re.compile(r"(/panel/sessions/[\w.-]+)/[\w-]+")
"""Where a press of a session's page goes."""


def wants_page(request: web.Request) -> bool:
    """Whether somebody looks at a browser's window: neither a script nor a program asks for HTML first."""
    return request.headers.get(hdrs.ACCEPT, "").startswith("text/html")


async def page(request: web.Request, common: Mapping[str, object], problem: Problem) -> web.Response:
    """The problem, by hand what cannot wait, and the way back. `common`: what a screen of nobody carries."""
    looks = request.method == hdrs.METH_GET
    values = {"detail": "" if looks else problem.detail, "again": _screen(request)}

    def title() -> str:
        return gettext("vmrd has lost its database")

    return await pages.framed(request, {**common, **values}, "away.html", title, status=problem.status)


def _screen(request: web.Request) -> str:
    """Where to go on when the database is back: a press is not made again by itself."""
    if request.method == hdrs.METH_GET:
        return request.path_qs if _SCREEN.fullmatch(request.path) else "/panel"
    pressed = _PRESS.fullmatch(request.path)
    return pressed[1] if pressed is not None else "/panel"
