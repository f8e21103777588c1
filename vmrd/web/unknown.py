"""What a booking says in members vmrd does not know: kept small, encrypted and not for long.

A booking system says more than we read: its own codes, notes, what its next release has learnt. None of it decides
anything here, but whoever decides on the booking may want it. So it is kept with what they can have shown (`background`
of `secret_names`): encrypted, each look written down, wiped when the session is closed. All of it together has `LIMIT`
bytes at most, or none is kept and the sender is told which members were dropped. Of somebody known by an alias nothing
unknown is kept at all: it might be their name. Neither is what is named for a document or for a birth: numbers of
passports and licences and dates of birth are kept nowhere, whoever sends them under whatever name.

Where the members are is worked out once from the shapes, so a booking without any costs a walk over its keys.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import to_json

from vmrd.web.booking_shapes import AttendeeIn, BookingIn

LIMIT = 4_096
"""Bytes of JSON text kept of one booking at most."""
_NAMED_AT_MOST = 10
_SAID_OTHERWISE = frozenset({"status", "type"})
"""Members of every booking of our own shape that say again what `eventType` and the segments say."""
_NEVER_KEPT = re.compile(
    r"passport|licen[cs]e|document|birth|^dob$|nationalinsurance|idnumber|biometric|^photo", re.IGNORECASE
)
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}(/[A-Za-z0-9][A-Za-z0-9_]{0,39})*")


@dataclass(frozen=True, slots=True)
class Unknown:
    """`lines`: one for each member that is kept, with where it stood. `dropped`: where those stood that are not."""

    lines: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()

    @property
    def warnings(self) -> tuple[str, ...]:
        """For the sender. A member whose name is no plain word is counted, not repeated: it may say anything."""
        if not self.dropped:
            return ()
        plain = [name for name in self.dropped if _NAME.fullmatch(name)][:_NAMED_AT_MOST]
        more = len(self.dropped) - len(plain)
        return (f"unknown_dropped: {', '.join([*plain, *([f'{more} more'] if more else [])])}",)


def unknown(booking: object) -> Unknown:
    """What `BookingIn` does not know of a booking as it was parsed; nothing of what is no object."""
    found, secret = list[tuple[str, object]](), list[str]()
    for where, value, protected in _walk(BookingIn, booking, "", protected=False):
        if protected or _is_never_kept(where.rpartition("/")[2], value):
            secret.append(where)
        else:
            found.append((where, value))
    lines = tuple(f"{where}: {_text(value)}" for where, value in found)
    if sum(len(line.encode(errors="replace")) + 1 for line in lines) > LIMIT:
        return Unknown((), tuple(where for where, _ in found) + tuple(secret))
    return Unknown(lines, tuple(secret))


def _is_never_kept(name: str, value: object) -> bool:
    """Whether a member, or anything within it, is named for a document or a birth."""
    if _NEVER_KEPT.search(re.sub(r"[\W_]", "", name)):
        return True
    match value:
        case dict():
            return any(_is_never_kept(inner, within) for inner, within in value.items())
        case list():
            return any(_is_never_kept("", within) for within in value)
        case _:
            return False


def _text(value: object) -> str:
    plain = isinstance(value, str) and value.isprintable()
    return str(value) if plain else to_json(value).decode()


def _walk(shape: type[BaseModel], given: object, at: str, *, protected: bool) -> Iterator[tuple[str, object, bool]]:
    if not isinstance(given, dict):
        return
    known = _members(shape)
    protected = protected or (shape is AttendeeIn and bool(given.get("protectedIdentity")))
    for name, value in given.items():
        if name not in known:
            if value is not None and not (shape is BookingIn and name in _SAID_OTHERWISE):
                yield f"{at}{name}", value, protected
        elif (inner := known[name]) is not None:
            each = enumerate(value) if isinstance(value, list) else ((None, value),)
            for index, item in each:
                yield from _walk(inner, item, f"{at}{name}/{'' if index is None else f'{index}/'}", protected=protected)


@cache
def _members(shape: type[BaseModel]) -> Mapping[str, type[BaseModel] | None]:
    """Names in JSON of a shape's members, each with the shape of what is in it, if that has one."""
    return {field.alias or name: _inner(field.annotation) for name, field in shape.model_fields.items()}


def _inner(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) in (Union, UnionType, tuple, Annotated):
        return next((found for each in get_args(annotation) if (found := _inner(each)) is not None), None)
    return None
