"""Windows of works as screens: the list everybody who watches rooms may see, and the form of those who keep them.

A form is shown again with what was wrong in it, each fault beside its field, or with the meetings the window would hit:
pressing once more then names all of them, as the API asks (`vmrd.works`). What is in the form is never redrawn under
whoever fills it in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from vmrd.clock import as_text
from vmrd.config import EstablishmentConfig
from vmrd.lifecycle.words import Instant
from vmrd.lifecycle.works import FOREVER, Consent, WorksKind
from vmrd.store.base import Rx
from vmrd.web.availability_shapes import ClashView
from vmrd.web.caller import Caller
from vmrd.web.contract import SUPERVISING
from vmrd.web.deps import Deps
from vmrd.web.panel.render import Screen
from vmrd.web.panel.speech import Words, english, later
from vmrd.web.panel.speech import gettext as _
from vmrd.web.panel.words import at, day
from vmrd.web.problem import FaultShape, Problem
from vmrd.web.works import view_of
from vmrd.web.works_shapes import WorksView

NEW = "new"
"""In place of a window's id: one that is not there yet."""
KINDS: Mapping[WorksKind, str] = Words(
    {
        WorksKind.SCOPING_SURVEY: later("Scoping survey"),
        WorksKind.TECHNICAL_SURVEY: later("Technical survey"),
        WorksKind.ENABLING_SURVEY: later("Enabling survey"),
        WorksKind.INSTALLATION: later("Installation"),
        WorksKind.CONSTRUCTION: later("Construction"),
        WorksKind.MAINTENANCE: later("Maintenance"),
    }
)
CONSENTS: Mapping[Consent, str] = Words(
    {
        Consent.REQUESTED: later("Asked for, not agreed yet"),
        Consent.AGREED: later("Agreed: the rooms are out of use"),
        Consent.REFUSED: later("Refused"),
    }
)
_TONES = {Consent.REQUESTED: "warn", Consent.AGREED: "stop", Consent.REFUSED: "plain"}
_DID = Words(
    {
        "added": later("%(officer)s added it"),
        "changed": later("%(officer)s changed it"),
        "withdrawn": later("%(officer)s withdrew it"),
    }
)
_WRONG = Words(
    {
        "kind": later("Choose what is done there."),
        "rooms": later("Choose at least one room."),
        "from": later("Give the day and the time it begins."),
        "to": later("Give the day and the time it ends."),
    }
)
_FIRST = {"kind": "kind", "rooms": "room-1", "from": "from-date", "to": "to-date", "visitLead": "visit-lead"}
"""The field that is led to for each member of the API's shape, where it has another name."""
_SENTENCES = frozenset({"ambiguous_time", "past", "order"})
"""Faults whose own words say best what is wrong."""


@dataclass(frozen=True, slots=True)
class Filled:
    """What stands in the form. `seen`: how many changes the window had when it was looked at."""

    kind: str = ""
    rooms: tuple[str, ...] = ()
    from_date: str = ""
    from_time: str = ""
    to_date: str = ""
    to_time: str = ""
    supplier: str = ""
    visit_lead: str = ""
    note: str = ""
    consent: str = Consent.REQUESTED
    spoc_told: bool = False
    seen: int = 0


@dataclass(frozen=True, slots=True)
class Unsaved:
    """A form that was sent and not saved: what stands in it, what is wrong, and the meetings it would hit."""

    filled: Filled
    errors: Sequence[FaultShape] = ()
    clashes: Sequence[ClashView] = ()


@dataclass(frozen=True, slots=True)
class Wrong:
    """`field`: the id of what is to be put right."""

    field: str
    words: str


@dataclass(frozen=True, slots=True)
class Row:
    """One window, as the list has it."""

    view: WorksView
    kind: str
    rooms: str
    when: str
    consent: str
    tone: str


@dataclass(frozen=True, slots=True)
class Site:
    code: str
    name: str
    rows: tuple[Row, ...] = field(default=())


async def listed(deps: Deps, caller: Caller) -> Screen:
    """Windows that are not over, by establishment."""
    now = deps.engine.clock.now()
    mine = [each for each in deps.config.establishments if caller.may_see(each.code)]

    def query(rx: Rx) -> list[list[WorksView]]:
        return [[view_of(rx, each, now) for each in rx.works(site.code, now, FOREVER)] for site in mine]

    found = zip(mine, await deps.store.read(query), strict=True)
    sites = [Site(site.code, site.name, tuple(_row(view, site) for view in views)) for site, views in found]
    return Screen(
        part="works.html",
        title=_("Works"),
        path="/works",
        values={"sites": sites, "keeps": caller.role in SUPERVISING},
    )


async def form(deps: Deps, caller: Caller, code: str, window_id: str | None, unsaved: Unsaved | None = None) -> Screen:
    """The form of one window, or of a new one (None). Raises `Problem`."""
    site = kept_by(deps, caller, code)
    view = await standing(deps, code, window_id) if window_id is not None else None
    filled = unsaved.filled if unsaved is not None else _filled(view) if view is not None else Filled()
    wrong = _wrong(unsaved.errors) if unsaved is not None else ()
    return Screen(
        part="works_form.html",
        title=_("Change works") if view is not None else _("New works"),
        path=f"/works/{code}/{window_id or NEW}",
        reload=False,
        values={
            "site": site,
            "window": view,
            "filled": filled,
            "wrong": wrong,
            "amiss": {each.field: each.words for each in wrong},
            "hit": [_meeting(each, site) for each in unsaved.clashes] if unsaved is not None else [],
            "lacking": [_meeting(each, site) for each in view.clashes] if view is not None else [],
            "confirmed": [each.session_id for each in unsaved.clashes] if unsaved is not None else [],
            "going": view is not None and going_on(view, deps.engine.clock.now()),
            "kind_words": KINDS,
            "consent_words": CONSENTS,
            "past": [(each.at, _DID[each.did] % {"officer": each.by}, CONSENTS[each.consent]) for each in view.history]
            if view is not None
            else [],
        },
    )


def kept_by(deps: Deps, caller: Caller, code: str) -> EstablishmentConfig:
    """The establishment, if the caller keeps its works. Raises `Problem`."""
    if caller.role not in SUPERVISING:
        raise Problem("forbidden", f"Your role ({caller.role}) may not do this.")
    for each in deps.config.establishments:
        if each.code == code and caller.may_see(code):
            return each
    raise Problem("not-found", "There is no such establishment.")


async def standing(deps: Deps, code: str, window_id: str) -> WorksView:
    """A window of this establishment that was not withdrawn. Raises `Problem`."""

    def query(rx: Rx) -> WorksView | None:
        window = rx.works_window(window_id)
        return view_of(rx, window, deps.engine.clock.now()) if window is not None else None

    view = await deps.store.read(query)
    if view is None or view.withdrawn or view.establishment != code:
        raise Problem("not-found", "There is no such window of works.")
    return view


def going_on(view: WorksView, now: Instant) -> bool:
    """Whether the window has begun and is not over, so that it can be ended."""
    return view.starts_at < as_text(now) and (view.ends_at is None or as_text(now) < view.ends_at)


def _row(view: WorksView, site: EstablishmentConfig) -> Row:
    when = _span(view.starts_at, view.ends_at)
    consent = CONSENTS[view.consent]
    return Row(view, KINDS[view.kind], _rooms(view.rooms, site), when, consent, _TONES[view.consent])


def _rooms(keys: Sequence[str], site: EstablishmentConfig) -> str:
    names = {room.key: room.name for room in site.rooms}
    return ", ".join(names.get(key, key) for key in keys)


def _span(start: str, end: str | None) -> str:
    if end is None:
        return _("%(day)s, from %(start)s until it is ended") % {"day": day(start), "start": at(start)}
    if day(start) == day(end):
        return _("%(day)s, %(start)s to %(end)s") % {"day": day(start), "start": at(start), "end": at(end)}
    return f"{day(start)}, {at(start)} – {day(end)}, {at(end)}"


def _meeting(clash: ClashView, site: EstablishmentConfig) -> tuple[str, str]:
    """The id, and the words of the link to it."""
    return clash.session_id, f"{_rooms([clash.room], site)}, {_span(clash.starts_at, clash.ends_at)}"


def _filled(view: WorksView) -> Filled:
    from_date, _t, from_time = view.from_.partition("T")
    to_date, _t, to_time = (view.to or "").partition("T")
    return Filled(
        kind=view.kind,
        rooms=view.rooms,
        from_date=from_date,
        from_time=from_time,
        to_date=to_date,
        to_time=to_time,
        supplier=view.supplier or "",
        visit_lead=view.visit_lead or "",
        note=view.note or "",
        consent=view.consent,
        spoc_told=view.spoc_told is not None,
        seen=len(view.history),
    )


def _wrong(errors: Sequence[FaultShape]) -> tuple[Wrong, ...]:
    """Each fault once, with the field it is about."""
    found: dict[str, Wrong] = {}
    for error in errors:
        member = error.pointer.split("/")[1] if "/" in error.pointer else ""
        about = _FIRST.get(member, member)
        own = english(error.detail) if error.code in _SENTENCES else None
        words = own or (
            _WRONG[member] if member in _WRONG else _("This is too long, or holds signs that are not kept.")
        )
        found.setdefault(about, Wrong(about, words))
    return tuple(found.values())
