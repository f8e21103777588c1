"""What is told of rooms: when they are free, why a time cannot be had, and what can be had instead."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from vmrd.lifecycle.capacity import Obstacle
from vmrd.web.shapes import Moment, Shape

LocalDate = Annotated[str, Field(json_schema_extra={"format": "date"}, examples=["2026-11-05"])]
LocalTime = Annotated[str, Field(examples=["09:45"])]


class SkippedView(Shape):
    """A slot that could not be had. `index` counts from 0; `reason` is what stood in the way of that segment."""

    index: int
    segment_key: str
    reason: Obstacle


class RoomKeyView(Shape):
    location_key: str


class SlotView(Shape):
    """Local date and times of day."""

    date: LocalDate
    start: LocalTime
    end: LocalTime


class AlternativeSegmentView(Shape):
    """`prisonRoom` and `slots` can be sent back as they are in the segment of this `key`."""

    key: str
    prison_room: RoomKeyView
    slots: tuple[SlotView, ...]
    starts_at: Moment
    ends_at: Moment


class AlternativeView(Shape):
    """A time that was free when this was answered, for every segment of the booking."""

    segments: tuple[AlternativeSegmentView, ...]


class ClashView(Shape):
    """A session that is booked in a room while it would be out of use. No names are told here."""

    session_id: str
    room: str
    starts_at: Moment
    ends_at: Moment


class FreeView(Shape):
    """`from` and `to` are local times of the day that was asked for."""

    from_: LocalTime
    to: LocalTime
    starts_at: Moment
    ends_at: Moment


class RoomAvailabilityView(Shape):
    """`free`: when the room can be booked; `outOfUse`: when works have it. Both in order."""

    key: str
    name: str
    screen_share: bool
    free: tuple[FreeView, ...]
    out_of_use: tuple[FreeView, ...]


class AvailabilityView(Shape):
    """A day of an establishment. `hoursDeclared` false: nobody said when it is open, and no booking is refused for its
    hour; free times are then told between 08:00 and 18:00."""

    establishment: str
    date: LocalDate
    timezone: str
    hours_declared: bool
    rooms: tuple[RoomAvailabilityView, ...]
