"""The panel's screens over HTTP.

    /panel, /panel/sessions/{id}, …/check/{participant}, …/confirm/{action}      whole pages
    /panel, /panel/print, /panel/summary    ?establishment=&date=                       whole pages of a day (`days`)
    /panel/fragments/…                                                          the live part of the same screen alone
    /panel/language/{en-GB|cy}                                                  which language the officer reads

A page and its fragment come from the same place, so what the script swaps in is what reloading would have shown.
Nobody signed in: a page leads to the sign-in form, a fragment answers 401. Faults are pages with a sentence.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import quote

from aiohttp import hdrs, web
from markupsafe import Markup

from vmrd.clock import Clock, as_text
from vmrd.store.base import StoreError
from vmrd.web import caller as callers
from vmrd.web.caller import EMERGENCY, Caller, Role
from vmrd.web.contract import PRESSING, WATCHING
from vmrd.web.deps import Deps
from vmrd.web.panel import alarms, approvals, days, paper, record_page, screens, shift, summary, works
from vmrd.web.panel.demo import DEMO, DemoShown
from vmrd.web.panel.navigation import places
from vmrd.web.panel.render import Screen, fragment, page
from vmrd.web.panel.speech import english, gettext, preferred, spoken, whole
from vmrd.web.panel.timeline import timeline_of
from vmrd.web.problem import Problem
from vmrd.web.view_shapes import SessionView
from vmrd.web.viewer import look_at

CONFIRMED = frozenset({"end", "unlock", "refuse-all", "replace-vmr"})
"""Actions that are looked at once more before they are done."""

_WORKS = r"/works(/[A-Z0-9]{3,4}/[\w.-]+)?"
_ASKING = r"/(check|override|confirm|confirm/admit|confirm/remove)/[\w.-]+"
_PATH = re.compile(rf"({days.PATH}|/help|/approvals|{_WORKS}|{shift.PATH}|/sessions/[\w.-]+({_ASKING}|/record)?)?")
_NOTHING = "There is nothing here for you."
Maker = Callable[[], Awaitable[Screen]]
OWN_REFERRER = {"Referrer-Policy": "same-origin"}
"""With no referrer at all a browser posts our own forms with `Origin: null`, as if they came from nowhere of ours."""


def is_screen(path: str) -> bool:
    """Whether this is where one of our screens stands; what a form says of itself is not believed."""
    return _PATH.fullmatch(path) is not None


async def officer(request: web.Request, deps: Deps) -> Caller:
    """Who is signed in, if they may look at sessions. Raises `Problem`."""
    caller = await callers.identify(request, deps.store)
    if caller is None:
        raise Problem("not-signed-in", "Sign in first.")
    if caller.role not in WATCHING:
        raise Problem("forbidden", f"Your role ({caller.role}) has no screens here.")
    return caller


async def show(request: web.Request, deps: Deps) -> web.Response:
    """A whole page."""
    try:
        caller = await officer(request, deps)
        path = _path(request)
        return await answer(request, deps, caller, path)
    except Problem as problem:
        if problem.name == "not-signed-in":
            raise web.HTTPSeeOther(to_sign_in(_written(request))) from None
        return await trouble(request, deps, problem)


async def show_summary(request: web.Request, deps: Deps) -> web.Response:
    """What a day came to: a page, or the form that was asked for."""
    form, about = summary.wanted(request), days.written(request.query)
    if not form:
        return await show(request, deps)
    caller = await officer(request, deps)
    if not is_screen(f"/summary{about}"):
        raise Problem("not-found", _NOTHING)
    return await summary.told(deps, caller, days.asked(deps, caller, about.lstrip("?")), form)


def to_sign_in(path: str) -> str:
    """The sign-in form, with the screen to come back to, if it is one."""
    return f"/sign-in?next={quote(path, safe='/')}" if path and is_screen(path) else "/sign-in"


async def show_fragment(request: web.Request, deps: Deps) -> web.Response:
    """The live part of a screen. Raises `StoreError` while nothing can be kept, though it may still be read."""
    if deps.hub.keeping.away:
        raise StoreError("it took nothing when it was last asked")
    caller = await officer(request, deps)
    made = await _made(request, deps, caller, _path(request), {})
    headers = {"X-Now": str(made.common["now"]), hdrs.CONTENT_LANGUAGE: made.language}
    return web.Response(text=made.text, content_type="text/html", headers=headers)


async def answer(
    request: web.Request,
    deps: Deps,
    caller: Caller,
    path: str,
    *,
    said: str = "",
    revealed: dict[str, str] | None = None,
    status: int = 200,
    make: Maker | None = None,
) -> web.Response:
    """The page at `path`, with a sentence that something was not done, or with what was revealed. Raises `Problem`.

    `make`: makes the screen in place of the one at `path`, as a form is shown again with what was wrong in it.
    """
    made = await _made(request, deps, caller, path, revealed or {}, make)
    return await _framed(request, made, lambda: english(said), status)


async def trouble(request: web.Request, deps: Deps, problem: Problem) -> web.Response:
    """A problem as a page."""
    values, status = {"detail": problem.detail}, problem.status
    return await alone(request, deps, "trouble.html", lambda: gettext("Not done"), values=values, status=status)


@dataclass(frozen=True, slots=True)
class _Made:
    """A screen's live part, and the language all of it is in."""

    screen: Screen
    common: dict[str, object]
    text: str
    language: str


async def _made(
    request: web.Request,
    deps: Deps,
    caller: Caller,
    path: str,
    revealed: dict[str, str],
    instead: Maker | None = None,
) -> _Made:
    async def make() -> tuple[Screen, dict[str, object], str]:
        views = await screens.todays(deps, caller, _session_of(path))
        screen = await instead() if instead is not None else await _screen(deps, caller, path, views)
        common = {**_common(request, deps, caller, path, views), "revealed": revealed}
        return screen, common, fragment(screen, common)

    (screen, common, text), language = await whole(preferred(request), make)
    return _Made(screen, common, text, language)


async def alone(
    request: web.Request,
    deps: Deps,
    part: str,
    title: Callable[[], str],
    *,
    said: Callable[[], str] = str,
    values: Mapping[str, object] = MappingProxyType({}),
    status: int = 200,
) -> web.Response:
    """A page without live part, for whoever it is."""
    return await framed(request, {**empty(request, deps), **values}, part, title, said=said, status=status)


async def framed(
    request: web.Request,
    common: dict[str, object],
    part: str,
    title: Callable[[], str],
    *,
    said: Callable[[], str] = str,
    status: int = 200,
) -> web.Response:
    """The same with all it carries given."""

    async def make() -> tuple[Screen, str]:
        screen = Screen(part=part, title=title())
        return screen, fragment(screen, common)

    (screen, text), language = await whole(preferred(request), make)
    return await _framed(request, _Made(screen, common, text, language), said, status)


async def _framed(request: web.Request, made: _Made, said: Callable[[], str], status: int) -> web.Response:
    """The whole page. Its frame is in the officer's language even where the screen cannot be."""

    async def make() -> str:
        return page(made.screen, made.text, made.language, spoken(), {**made.common, "said": said()})

    text, _ = await whole(preferred(request), make)
    return web.Response(text=text, content_type="text/html", status=status, headers=OWN_REFERRER)


def _written(request: web.Request) -> str:
    tail = request.match_info.get("tail", "").strip("/")
    about = days.written(request.query) if tail in days.SCREENS else ""
    return f"{f'/{tail}' if tail else ''}{about}"


def _path(request: web.Request) -> str:
    path = _written(request)
    if not is_screen(path):
        raise Problem("not-found", _NOTHING)
    return path


def _session_of(path: str) -> str | None:
    """The session a screen is about; "" for none of today's; None for all of them."""
    parts = path.split("/")
    if path.startswith(("/print", "/summary")):  # they gather their own
        return ""
    return parts[2] if len(parts) > 2 else None


async def _screen(deps: Deps, caller: Caller, path: str, views: list[SessionView]) -> Screen:
    """The screen at this path. Raises `Problem` where there is none, or none for this caller."""
    match path.strip("/").split("/"):
        case ["sessions", session_id, *rest]:
            view = await _view(deps, caller, session_id, views)
            profile = deps.engine.rules(view.establishment).id_profile
            match rest:
                case []:
                    return screens.session(view, caller, profile, await timeline_of(deps, view.id))
                case ["record"]:
                    return await record_page.screen(deps, view)
                case ["check", participant]:
                    return screens.check(view, caller, profile, participant)
                case ["override", participant]:
                    return screens.override(view, caller, profile, participant)
                case ["confirm", action] if action in CONFIRMED:
                    return screens.confirm(view, caller, profile, action)
                case ["confirm", "admit" | "remove" as action, participant]:
                    return screens.confirm(view, caller, profile, action, participant)
        case ["approvals"]:
            return await approvals.screen(deps, caller)
        case ["works"]:
            return await works.listed(deps, caller)
        case ["works", code, window]:
            return await works.form(deps, caller, code, None if window == works.NEW else window)
        case ["help"]:
            return screens.help_page()
        case ["shift"]:
            return shift.screen(views)
        case [written]:
            name, _, query = written.partition("?")
            return await _of_a_day(deps, caller, name, days.asked(deps, caller, query), views)
    raise Problem("not-found", _NOTHING)


async def _of_a_day(deps: Deps, caller: Caller, name: str, day: days.Day, views: list[SessionView]) -> Screen:
    match name:
        case "print":
            return await paper.screen(deps, caller, day)
        case "summary":
            return await summary.screen(deps, caller, day)
    if day.on == day.today:
        return screens.today(views, day, _unheard(deps, caller, views))
    looks = await days.booked(deps, caller, day, lambda rx, seen: seen)
    return screens.today([deps.viewer.view(seen) for seen in looks], day)


def _unheard(deps: Deps, caller: Caller, views: list[SessionView]) -> tuple[str, ...]:
    """Establishments with meetings today where no panel would sound a knock; a supervisor's business."""
    if caller.role is not Role.SUPERVISOR:
        return ()
    return tuple(
        sorted({each.establishment_name for each in views if not deps.hub.sounds.heard_at(each.establishment)})
    )


async def _view(deps: Deps, caller: Caller, session_id: str, views: list[SessionView]) -> SessionView:
    for view in views:
        if view.id == session_id:
            return view
    seen = await deps.store.read(lambda rx: look_at(rx, session_id))
    if seen is None or not caller.may_see(seen.session.establishment):
        raise Problem("not-found", "There is no such meeting.")
    return deps.viewer.view(seen)


def _common(request: web.Request, deps: Deps, caller: Caller, path: str, views: list[SessionView]) -> dict[str, object]:
    """What every screen of a signed-in officer carries."""
    return {
        **empty(request, deps),
        "officer": caller,
        "may_press": caller.role in PRESSING and not deps.config.shadow.enabled,
        "demo": _demo(request, deps, caller),
        "places": [each.name for each in deps.config.establishments if caller.may_see(each.code)],
        "back": path,
        "navigation": places(caller, path),
        "knocks": alarms.knocks(views),
        "breaches": alarms.breaches(views),
        "blind": alarms.blind(views),
        "unwatched": alarms.unwatched(views),
        "emergencies": _emergencies(deps, caller),
    }


def _emergencies(deps: Deps, caller: Caller) -> tuple[dict[str, str], ...]:
    """Who uses the emergency account in these establishments, and since when."""

    def concerns(codes: tuple[str, ...]) -> bool:
        return not codes or not caller.establishments or bool(set(codes) & set(caller.establishments))

    return tuple(
        {"name": each.officer.removesuffix(f" {EMERGENCY}"), "since": as_text(each.created_at)}
        for each in deps.reception.revocations.emergencies
        if each.vouched is not None and concerns(each.vouched.establishments)
    )


def empty(request: web.Request, deps: Deps) -> dict[str, object]:
    """What every screen carries while nobody is signed in."""
    common = nobody(deps.engine.clock, shadow=deps.config.shadow.enabled)
    return {**common, "demo": _demo(request, deps, None)}


def nobody(clock: Clock, *, shadow: bool) -> dict[str, object]:
    """The same where there is no rehearsal."""
    return {
        "officer": None,
        "demo": None,
        "shadow": shadow,
        "places": [],
        "navigation": (),
        "now": as_text(clock.now()),
        "rate": clock.rate,
        "back": "",
        "knocks": (),
        "breaches": (),
        "blind": (),
        "unwatched": (),
        "emergencies": (),
    }


def _demo(request: web.Request, deps: Deps, caller: Caller | None) -> DemoShown | None:
    if not deps.config.demo:
        return None
    controls = request.app.get(DEMO)
    markup = controls.markup(caller) if controls is not None and caller is not None else Markup()
    return DemoShown(f"{deps.engine.clock.rate:g}", markup)
