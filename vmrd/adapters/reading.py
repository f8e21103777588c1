"""What mapping a booking has in common, whoever sent it.

A booking system has already given its people a room and a time, so a booking is lost for nothing that can be lived
with: an unknown code becomes OTHER, a text that is too long is cut, a link that cannot be one is left out, and each of
these is a warning that names the member and never its value. What a session cannot do without is left as it came, and
the rules of every booking (`lifecycle.intake`) name it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, JsonValue, ValidationError
from pydantic.alias_generators import to_camel

from vmrd.adapters.upstream import NotAnswered

Json = dict[str, JsonValue]
T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
_ROUND_TIME = re.compile(r"(\d{2}:\d{2}):00(\.0+)?")
_MICROSECOND = 1_000_000
NAME = 200
NOTE = 400


class Unmappable(Exception):
    """No booking can be made of what was read. `codes` are stable and hold nothing of it."""

    def __init__(self, *codes: str) -> None:
        super().__init__(*codes)
        self.codes = codes


@dataclass(frozen=True, slots=True)
class Mapped:
    """A booking as our own event. `only_known`: says something only of a booking we already have."""

    event: Json = field(repr=False)
    warnings: tuple[str, ...]
    only_known: bool = False


@dataclass(frozen=True, slots=True)
class LeftAlone:
    """Nothing follows from what was read; `code` says why."""

    code: str


@dataclass(frozen=True, slots=True)
class Named:
    """The booking an event is about: its number, and the path it is read at."""

    number: str
    path: str


@dataclass(frozen=True, slots=True)
class Ours:
    """What mapping needs of us: the name bookings of this source go by, and the names of an establishment's rooms."""

    system: str
    rooms: Callable[[str], frozenset[str]]


class Read(BaseModel):
    """A JSON object of a booking system. What it has beside what we take is not looked at."""

    model_config = ConfigDict(alias_generator=to_camel, frozen=True, hide_input_in_errors=True, defer_build=True)


def _as_text(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Id = Annotated[str, BeforeValidator(_as_text)]
"""A number, or the text of one."""


def shaped(model: type[M], body: bytes) -> M:
    """The answer as this shape. Raises `Unmappable` with a code for each member that is not of it.

    What is no JSON at all is no booking but a page of something in between, which goes away: `NotAnswered`.
    """
    try:
        return model.model_validate_json(body)
    except ValidationError as fault:
        found = fault.errors(include_input=False, include_url=False, include_context=False)
    if any(each["type"] == "json_invalid" for each in found):
        raise NotAnswered("no_json")
    places = {".".join("#" if isinstance(part, int) else str(part) for part in each["loc"]) for each in found}
    raise Unmappable(*(f"unreadable:{place}" for place in sorted(places)))


@dataclass(slots=True)
class Notes:
    """Collects warnings while a booking is mapped."""

    warnings: list[str] = field(default_factory=list)

    def say(self, warning: str) -> None:
        if warning not in self.warnings:
            self.warnings.append(warning)

    def word(self, code: str | None, known: Mapping[str, T], other: T, what: str) -> T:
        """What our table says of a code; `other` with a warning where it says nothing."""
        if code is not None and code.upper() in known:
            return known[code.upper()]
        self.say(f"unknown_{what}: taken as other")
        return other

    def text(self, value: str | None, limit: int, what: str) -> str | None:
        """A text for people: one line, cut to the limit. None for an empty one."""
        if value is None:
            return None
        plain = _CONTROL.sub(" ", value).strip()
        if len(plain) > limit:
            self.say(f"too_long: {what} was cut")
            plain = plain[:limit].rstrip()
        return plain or None

    def whole(self, value: str | None, limit: int, what: str) -> str | None:
        """A text that is of use only whole; left out where it cannot be one."""
        if value is None or not value.strip():
            return None
        plain = value.strip()
        if len(plain) > limit or _CONTROL.search(plain):
            self.say(f"malformed: {what} was left out")
            return None
        return plain


def room_of(names: frozenset[str], dps_location_id: str | None, location_key: str | None) -> Json:
    """The room by whichever of its names we know; by both where we know neither, so that the fault is the room's."""
    given: Json = {"dpsLocationId": dps_location_id, "locationKey": location_key}
    return next(({key: name} for key, name in given.items() if name in names), given)


def time_of_day(text: str) -> str:
    """`HH:MM`; HMPPS writes seconds in some answers."""
    exact = _ROUND_TIME.fullmatch(text)
    return exact[1] if exact is not None else text


def version_of(changed_at: str) -> int:
    """A booking's version: when it was changed last, in microseconds. Raises `Unmappable`.

    The time is local and without a zone. It is taken as if it were UTC, because only its order matters; within the hour
    that October repeats, a change may therefore look older than it is and waits for the next one.
    """
    try:
        at = datetime.fromisoformat(changed_at)
    except ValueError:
        at = None
    if at is None or at.year < 1970:
        raise Unmappable("unreadable:changed_at")
    moment = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    whole = int(moment.replace(microsecond=0).timestamp())
    return whole * _MICROSECOND + moment.microsecond
