"""The officers' panel: server-rendered screens over the session views, live by a small script, whole without it.

    words, light, people, alarms, next_step, board, timeline    pure readings of a view, in an officer's words
    screens, render, templates/                                 what each screen shows, and how it becomes HTML
    pages, presses                                              GET and POST; a form's press is the API's press
    static/                                                     style, script, icons: ours alone, no outside asset
    demo                                                        where a rehearsal hangs its own buttons

The script gets views by `/v1/live` and the live part of a page by `/panel/fragments/…`. It alone lights the light.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable

from aiohttp import web

from vmrd.web.deps import Deps
from vmrd.web.panel import pages, presses
from vmrd.web.panel.render import STATIC

_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
Answer = Callable[[web.Request, Deps], Awaitable[web.StreamResponse]]


def add_panel(app: web.Application, deps: Deps) -> None:
    """Add the panel's screens to the main listener's application."""
    files = _static_files()

    def bound(answer: Answer) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def handle(request: web.Request) -> web.StreamResponse:
            return await answer(request, deps)

        return handle

    async def home(request: web.Request) -> web.StreamResponse:
        raise web.HTTPSeeOther("/panel")

    async def static(request: web.Request) -> web.StreamResponse:
        return await pages.static(request, files)

    add = app.router
    add.add_get("/", home)
    add.add_get("/panel/static/{name}", static)
    add.add_get("/panel/fragments", bound(pages.show_fragment))
    add.add_get("/panel/fragments/{tail:.*}", bound(pages.show_fragment))
    add.add_get("/panel", bound(pages.show))
    add.add_get("/panel/{tail:.*}", bound(pages.show))
    add.add_post("/panel/sessions/{id}/{action}", bound(presses.press))
    add.add_post("/panel/demo/{name}", bound(presses.act))


def _static_files() -> dict[str, tuple[bytes, str, str]]:
    """Name -> body, type and tag; read once, so that nothing a request says ever becomes a path."""
    bodies = {path.name: (path.read_bytes(), _TYPES[path.suffix]) for path in STATIC.iterdir()}
    return {name: (body, kind, hashlib.sha256(body).hexdigest()[:16]) for name, (body, kind) in bodies.items()}
