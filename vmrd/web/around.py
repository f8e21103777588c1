"""What a view needs beside the session itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from vmrd.lifecycle.rules import Rules
from vmrd.lifecycle.words import Instant


@dataclass(frozen=True, slots=True)
class Place:
    """What the configuration says about where a session is held, and how its links are made."""

    establishment_name: str
    room_name: str
    domain: str
    web_join: str


@dataclass(frozen=True, slots=True)
class Around:
    """What a view needs beside the session.

    `personal`: reference -> text. `hidden`: names of secrets that can be revealed. `fresh_for`: seconds our eyes stay
    fresh. `seen_at`: the last read of the running meeting. `room_busy_with`: a live session that holds this room.
    `faulty_since`: since when deciding fails for this session.
    """

    personal: Mapping[str, str]
    hidden: frozenset[str]
    place: Place
    rules: Rules
    now: Instant
    fresh_for: float
    seen_at: Instant | None
    room_busy_with: str | None
    faulty_since: Instant | None
