"""The officers' panel: server-rendered screens over the session views, live by a small script, whole without it.

    words, light, people, alarms, next_step, board, timeline    pure readings of a view, in an officer's words
    screens, render, templates/                                 what each screen shows, and how it becomes HTML
    days, paper, summary, shift, record_page, navigation        the screens about a day, a shift, a finished meeting
    components, speech, language                                GOV.UK's macros; the words in English and Welsh
    pages, presses, forms                                       GET and POST; a form's press is the API's press
    away                                                        what stands in for a screen without a database
    approvals                                                   what waits for a supervisor's decision
    works, works_forms                                          windows of works: their screens, and their forms
    assets, static/                                             style, script, icons, what is vendored; nothing else
    demo                                                        where a rehearsal hangs its own buttons

The script gets views by `/v1/live` and the live part of a page by `/panel/fragments/…`. It alone lights the light.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web

from vmrd.web.deps import Deps
from vmrd.web.middleware import AWAY
from vmrd.web.panel import assets, away, language, pages, presses, works_forms
from vmrd.web.problem import Problem

Answer = Callable[[web.Request, Deps], Awaitable[web.StreamResponse]]


def add_panel(app: web.Application, deps: Deps) -> None:
    """Add the panel's screens to the main listener's application."""

    def bound(answer: Answer) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def handle(request: web.Request) -> web.StreamResponse:
            return await answer(request, deps)

        return handle

    async def home(request: web.Request) -> web.StreamResponse:
        raise web.HTTPSeeOther("/panel")

    async def lost(request: web.Request, problem: Problem) -> web.Response:
        if not away.wants_page(request):
            return problem.response()
        return await away.page(request, pages.empty(request, deps), problem)

    app[AWAY] = lost
    add = app.router
    add.add_get("/", home)
    add.add_get("/panel/static/{edition}/{name:.+}", assets.serve)
    add.add_get("/panel/language/{code}", language.choose_language)
    add.add_get("/panel/fragments", bound(pages.show_fragment))
    add.add_get("/panel/fragments/{tail:.*}", bound(pages.show_fragment))
    add.add_get("/panel", bound(pages.show))
    add.add_get("/panel/{tail:summary}", bound(pages.show_summary))
    add.add_get("/panel/summary.{form:csv|json}", bound(pages.show_summary))
    add.add_get("/panel/{tail:.*}", bound(pages.show))
    add.add_post("/panel/sessions/{id}/{action}", bound(presses.press))
    add.add_post("/panel/works/{code}", bound(works_forms.send))
    add.add_post("/panel/works/{code}/{id}", bound(works_forms.send))
    add.add_post("/panel/shift", bound(presses.take_over))
    add.add_post("/panel/demo/{name}", bound(presses.act))
