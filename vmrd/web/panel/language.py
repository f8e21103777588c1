"""Which language an officer reads: their choice, kept in a cookie."""

from __future__ import annotations

from aiohttp import hdrs, web

from vmrd.web.panel.pages import is_screen
from vmrd.web.panel.speech import COOKIE, NAMES
from vmrd.web.proxies import is_https

_YEAR = 365 * 24 * 3600


async def choose_language(request: web.Request) -> web.StreamResponse:
    """Remember the officer's choice, and go back to the screen it was made on."""
    code, back = request.match_info["code"], request.query.get("back", "")
    response = web.Response(status=303, headers={hdrs.LOCATION: f"/panel{back if is_screen(back) else ''}"})
    if code in NAMES:
        response.set_cookie(
            COOKIE, code, path="/", max_age=_YEAR, secure=is_https(request), httponly=True, samesite="Strict"
        )
    return response
