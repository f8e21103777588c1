"""Opening hours as an establishment's configuration writes them, and as the core reads them."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from vmrd.config_senders import Part
from vmrd.lifecycle.capacity import UNDECLARED, Hours, Range


def _range(written: str) -> str:
    times = re.fullmatch(r"((?:[01]\d|2[0-3]):[0-5]\d)-((?:[01]\d|2[0-3]):[0-5]\d)", written)
    if times is None or times[1] >= times[2]:
        raise ValueError("opening hours are written HH:MM-HH:MM, the earlier time first, for example 08:30-17:00")
    return written


def _in_order(ranges: tuple[str, ...]) -> tuple[str, ...]:
    if any(one[6:] > two[:5] for one, two in pairwise(ranges)):
        raise ValueError("opening hours of one day are written in order and do not overlap")
    return ranges


_Day = Annotated[tuple[Annotated[str, AfterValidator(_range)], ...], AfterValidator(_in_order)]


def _day() -> tuple[str, ...]:
    field: tuple[str, ...] = Field(
        default=(), description="Ranges of the day; empty: closed", examples=[["08:30-12:00", "13:15-17:00"]]
    )
    return field


class HoursConfig(Part):
    """Opening hours in local time, HH:MM-HH:MM, several a day. A day that is not named is closed."""

    monday: _Day = _day()
    tuesday: _Day = _day()
    wednesday: _Day = _day()
    thursday: _Day = _day()
    friday: _Day = _day()
    saturday: _Day = _day()
    sunday: _Day = _day()

    @model_validator(mode="after")
    def _open_at_all(self) -> HoursConfig:
        if not any(self.week()):
            raise ValueError("name at least one day with its hours, or leave the hours out")
        return self

    def week(self) -> tuple[tuple[str, ...], ...]:
        """Monday first."""
        return self.monday, self.tuesday, self.wednesday, self.thursday, self.friday, self.saturday, self.sunday


def hours_of(written: HoursConfig | None) -> Hours:
    """When an establishment's rooms can be booked."""
    if written is None:
        return UNDECLARED
    return Hours(tuple(tuple(_minutes(each) for each in ranges) for ranges in written.week()))


def _minutes(written: str) -> Range:
    return (int(written[:2]) * 60 + int(written[3:5]), int(written[6:8]) * 60 + int(written[9:]))
