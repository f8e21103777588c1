"""When rooms are free, over HTTP: a day of an establishment, and what a booking is offered instead of a refusal."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import date, datetime

from aiohttp import web

from vmrd import rooms
from vmrd.clock import as_text
from vmrd.config import EstablishmentConfig
from vmrd.lifecycle.capacity import LONDON, Obstacle, day_of
from vmrd.lifecycle.intake_words import Stretch
from vmrd.lifecycle.offers import Offer, Part
from vmrd.lifecycle.words import Instant
from vmrd.rooms import Full, RoomDay, Skipped
from vmrd.web import availability_shapes as a
from vmrd.web.dispatch import Incoming, answered
from vmrd.web.problem import FaultShape, Problem, counted

_DATE = re.compile(r"20\d\d-\d\d-\d\d")
_SENTENCES = {
    Obstacle.PAST: "This time is over.",
    Obstacle.CLOSED: "The establishment is closed at this time.",
    Obstacle.WORKS: "The room is out of use for works at this time.",
    Obstacle.TAKEN: "The room is already booked for an overlapping time.",
    Obstacle.PRISONER: "The prisoner is already booked for an overlapping time.",
}


async def shown(incoming: Incoming) -> web.Response:
    """When each room is free on a day, to somebody who may see the establishment."""
    establishment = seen_establishment(incoming)
    local = read_day(incoming, "date") or day_of(incoming.deps.engine.clock.now())
    premises = establishment.premises
    days = await incoming.deps.store.read(lambda rx: rooms.availability(rx, premises, local))
    return answered(day_view(establishment, local, days))


def day_view(establishment: EstablishmentConfig, local: date, days: list[RoomDay]) -> a.AvailabilityView:
    """What is told of a day; `days` are in the order of the establishment's rooms."""
    return a.AvailabilityView(
        establishment=establishment.code,
        date=local.isoformat(),
        timezone=LONDON.key,
        hours_declared=establishment.hours is not None,
        rooms=tuple(
            _room(each, room.name, room.screen_share) for each, room in zip(days, establishment.rooms, strict=True)
        ),
    )


def seen_establishment(incoming: Incoming) -> EstablishmentConfig:
    """The establishment of the path; raises `Problem` as if it did not exist where the caller may not see it."""
    code = incoming.request.match_info["code"]
    for each in incoming.deps.config.establishments:
        if each.code == code and incoming.person.may_see(code):
            return each
    raise Problem("not-found", "There is no such establishment.")


def unavailable(full: Full) -> Problem:
    """A refusal, with what was in the way of each slot and what is free instead."""
    first = full.skipped[0].obstacle
    extra = {
        "skipped": [each.model_dump(mode="json") for each in skipped_views(full.skipped)],
        "alternatives": [_alternative(offer).model_dump(mode="json") for offer in full.instead],
    }
    return Problem("claimed", _SENTENCES[first], code=first, extra=extra)


def skipped_views(skipped: tuple[Skipped, ...]) -> tuple[a.SkippedView, ...]:
    return tuple(a.SkippedView(index=each.index, segment_key=each.segment, reason=each.obstacle) for each in skipped)


def _alternative(offer: Offer) -> a.AlternativeView:
    return a.AlternativeView(segments=tuple(_segment(part) for part in offer))


def _segment(part: Part) -> a.AlternativeSegmentView:
    slot = a.SlotView(date=day_of(part.start).isoformat(), start=_clock(part.start), end=_clock(part.end))
    return a.AlternativeSegmentView(
        key=part.kind,
        prison_room=a.RoomKeyView(location_key=part.room),
        slots=(slot,),
        starts_at=as_text(part.start),
        ends_at=as_text(part.end),
    )


def _room(day: RoomDay, name: str, screen_share: bool) -> a.RoomAvailabilityView:
    return a.RoomAvailabilityView(
        key=day.room,
        name=name,
        screen_share=screen_share,
        free=tuple(_stretch(each) for each in day.free),
        out_of_use=tuple(_stretch(each) for each in day.works),
    )


def _stretch(stretch: Stretch) -> a.FreeView:
    return a.FreeView(
        from_=_clock(stretch.start),
        to=_clock(stretch.end),
        starts_at=as_text(stretch.start),
        ends_at=as_text(stretch.end),
    )


def _clock(instant: Instant) -> str:
    return datetime.fromtimestamp(instant / 1_000, LONDON).strftime("%H:%M")


def read_day(incoming: Incoming, name: str) -> date | None:
    """The local day of a query parameter; None if it is absent. Raises `Problem`."""
    given = incoming.request.query.get(name)
    if given is None:
        return None
    if _DATE.fullmatch(given):
        with suppress(ValueError):
            return date.fromisoformat(given)
    fault = FaultShape(pointer=f"/{name}", code="date", detail="A date is written YYYY-MM-DD and is of this century.")
    raise Problem("invalid", counted(1), errors=[fault])
