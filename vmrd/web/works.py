"""Windows of works over HTTP: supervisors keep them, everybody who watches rooms can see them.

An agreed window that hits sessions is first answered with their list and not saved; naming all of them in `confirm`
saves it. A session booked between the two is not named, so it comes back as another list.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime

from aiohttp import web

from vmrd import minting, works
from vmrd.clock import as_text
from vmrd.config import EstablishmentConfig
from vmrd.engine import KeyReused, PressKey
from vmrd.lifecycle.capacity import LONDON, AmbiguousTime, read_local
from vmrd.lifecycle.words import Instant
from vmrd.lifecycle.works import FOREVER, Told, Window
from vmrd.store.base import Rx, WorksEntry
from vmrd.web import works_shapes as s
from vmrd.web.availability import seen_establishment
from vmrd.web.availability_shapes import ClashView
from vmrd.web.dispatch import Incoming, answered, idempotency_key
from vmrd.web.problem import FaultShape, Problem, counted

_NO_WORKS = "There is no such window of works."


async def listed(incoming: Incoming) -> web.Response:
    """Windows that are not over."""
    code = seen_establishment(incoming).code
    now = incoming.deps.engine.clock.now()
    views = await incoming.deps.store.read(lambda rx: [view_of(rx, each, now) for each in rx.works(code, now, FOREVER)])
    return answered(s.WorksListView(works=tuple(views)))


async def shown(incoming: Incoming) -> web.Response:
    """One window, with who changed it; a withdrawn one, too."""
    return answered(await _view(incoming, _id(incoming)))


async def added(incoming: Incoming) -> web.Response:
    """Make a window."""
    given = incoming.body
    assert isinstance(given, s.WorksGiven)
    establishment, now = seen_establishment(incoming), incoming.deps.engine.clock.now()
    faults = Faults()
    rooms = _rooms(faults, establishment, given.rooms)
    start, end = faults.time("/from", given.from_), faults.time("/to", given.to)
    if not faults.found and end <= now:
        faults.add("/to", "past", "These works are over.")
    faults.check_order("/to", start, end)
    window = Window(
        id=f"works-{minting.session_id()}",
        establishment=establishment.code,
        kind=given.kind,
        rooms=rooms,
        start=start,
        end=end,
        consent=given.consent,
        supplier=given.supplier,
        visit_lead=given.visit_lead,
        note=given.note,
        spoc_told=Told(now, incoming.person.name) if given.spoc_told else None,
    )
    return answered(await _saved(incoming, window.id, lambda _: window, given.confirm, _key(incoming, given)), 201)


async def changed(incoming: Incoming) -> web.Response:
    """Change what is given, and nothing else."""
    given = incoming.body
    assert isinstance(given, s.WorksChange)
    establishment, now, window_id = seen_establishment(incoming), incoming.deps.engine.clock.now(), _id(incoming)
    former = await _former(incoming, establishment.code, window_id)
    faults = Faults()
    rooms = _rooms(faults, establishment, given.rooms) if given.rooms is not None else former.rooms
    start = faults.time("/from", given.from_) if given.from_ is not None else former.start
    end = faults.time("/to", given.to) if given.to is not None else former.end
    faults.check_order("/to", start, end)
    told = Told(now, incoming.person.name) if given.spoc_told else None

    def edit(window: Window | None) -> Window | None:
        if window is None or window.withdrawn:
            return None
        return replace(
            window,
            kind=given.kind or window.kind,
            rooms=rooms if given.rooms is not None else window.rooms,
            start=start if given.from_ is not None else window.start,
            end=end if given.to is not None else window.end,
            consent=given.consent or window.consent,
            supplier=given.supplier if "supplier" in given.model_fields_set else window.supplier,
            visit_lead=given.visit_lead if "visit_lead" in given.model_fields_set else window.visit_lead,
            note=given.note if "note" in given.model_fields_set else window.note,
            spoc_told=window.spoc_told or told,
        )

    return answered(await _saved(incoming, window_id, edit, given.confirm))


async def withdrawn(incoming: Incoming) -> web.Response:
    """Withdraw a window: its rooms can be booked again."""
    window_id = _id(incoming)
    await _former(incoming, seen_establishment(incoming).code, window_id)

    def edit(window: Window | None) -> Window | None:
        return works.withdrawn(window) if window is not None else None

    await _saved(incoming, window_id, edit, ())
    return web.Response(status=204)


async def _saved(
    incoming: Incoming, window_id: str, edit: works.Edit, confirm: tuple[str, ...], key: PressKey | None = None
) -> s.WorksView:
    """The view of the window once it is saved. Raises `Problem` with the sessions it hits."""
    answer = await works.save(incoming.deps.engine, window_id, edit, incoming.person.name, frozenset(confirm), key)
    match answer:
        case works.Saved(window=window):
            return await _view(incoming, window.id)
        case KeyReused():
            raise Problem("key-reused", "This Idempotency-Key was used for other works.")
        case works.Clashing(clashes=clashes):
            many = "One meeting is" if len(clashes) == 1 else f"{len(clashes)} meetings are"
            extra = {"clashes": [each.model_dump(mode="json") for each in clash_views(clashes)]}
            detail = f"{many} booked in these rooms then. Nothing was saved: confirm by naming all of them."
            raise Problem("clashes", detail, extra=extra)
        case None:
            raise Problem("not-found", _NO_WORKS)


def _key(incoming: Incoming, given: s.WorksGiven) -> PressKey | None:
    key = idempotency_key(incoming)
    if key is None:
        return None
    code, said = incoming.request.match_info["code"], given.model_dump_json(exclude={"confirm"})
    return PressKey(f"works:{incoming.person.name}", key, hashlib.sha256(f"{code}/{said}".encode()).hexdigest())


async def _former(incoming: Incoming, code: str, window_id: str) -> Window:
    window = await incoming.deps.store.read(lambda rx: rx.works_window(window_id))
    if window is None or window.withdrawn or window.establishment != code:
        raise Problem("not-found", _NO_WORKS)
    return window


async def _view(incoming: Incoming, window_id: str) -> s.WorksView:
    code, now = seen_establishment(incoming).code, incoming.deps.engine.clock.now()

    def query(rx: Rx) -> s.WorksView | None:
        window = rx.works_window(window_id)
        return view_of(rx, window, now) if window is not None and window.establishment == code else None

    view = await incoming.deps.store.read(query)
    if view is None:
        raise Problem("not-found", _NO_WORKS)
    return view


def clash_views(clashes: tuple[works.Clash, ...]) -> tuple[ClashView, ...]:
    return tuple(
        ClashView(session_id=c.session_id, room=c.room, starts_at=as_text(c.start), ends_at=as_text(c.end))
        for c in clashes
    )


def view_of(rx: Rx, window: Window, now: Instant) -> s.WorksView:
    """A window as it is told, with what it hits and who changed it."""
    told, ends = window.spoc_told, window.end < FOREVER
    return s.WorksView(
        id=window.id,
        establishment=window.establishment,
        kind=window.kind,
        rooms=window.rooms,
        from_=_local(window.start),
        to=_local(window.end) if ends else None,
        starts_at=as_text(window.start),
        ends_at=as_text(window.end) if ends else None,
        supplier=window.supplier,
        visit_lead=window.visit_lead,
        note=window.note,
        consent=window.consent,
        blocks=window.blocks,
        withdrawn=window.withdrawn,
        spoc_told=s.ToldView(at=as_text(told.at), by=told.by) if told is not None else None,
        source=window.source.id if window.source is not None else None,
        clashes=clash_views(tuple(works.clashes(rx, window, now))),
        history=tuple(_entry(each) for each in rx.works_entries(window.id)),
    )


def _entry(entry: WorksEntry) -> s.WorksEntryView:
    return s.WorksEntryView(
        at=as_text(entry.at), did=entry.did, by=entry.by, consent=entry.consent, hit=entry.confirmed
    )


def _local(instant: Instant) -> str:
    return datetime.fromtimestamp(instant / 1_000, LONDON).strftime("%Y-%m-%dT%H:%M")


def _id(incoming: Incoming) -> str:
    return incoming.request.match_info["id"]


def _rooms(faults: Faults, establishment: EstablishmentConfig, given: tuple[str, ...]) -> tuple[str, ...]:
    known = {room.key for room in establishment.rooms}
    for index, room in enumerate(given):
        if room not in known:
            faults.add(f"/rooms/{index}", "unknown_room", "The establishment has no such room.")
    return tuple(dict.fromkeys(given))


class Faults:
    """Collects what is wrong, so that all of it is told at once."""

    def __init__(self) -> None:
        self.found: list[FaultShape] = []

    def add(self, pointer: str, code: str, detail: str) -> None:
        self.found.append(FaultShape(pointer=pointer, code=code, detail=detail))

    def time(self, pointer: str, written: str) -> Instant:
        """The instant of a local time; 0 beside a fault."""
        try:
            return read_local(written)
        except AmbiguousTime as fault:
            self.add(pointer, "ambiguous_time", str(fault))
        except ValueError as fault:
            self.add(pointer, "date_time", str(fault))
        return 0

    def check_order(self, pointer: str, start: Instant | None, end: Instant | None) -> None:
        """Raises `Problem` with everything found, or where the end is not after the start."""
        if not self.found and start is not None and end is not None and end <= start:
            self.add(pointer, "order", "Works end after they begin.")
        if self.found:
            only_time = all(fault.code == "ambiguous_time" for fault in self.found)
            raise Problem("ambiguous_time" if only_time else "invalid", counted(len(self.found)), errors=self.found)
