"""Ways to reach an establishment's booking desk."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Channel(StrEnum):
    """What a contact is used with."""

    EMAIL = "email"
    TELEPHONE = "telephone"
    WEB = "web"


class Party(StrEnum):
    """Who a contact is meant for, where an establishment keeps desks apart."""

    LEGAL = "legal"
    PROBATION = "probation"
    COURT = "court"


class Hours(StrEnum):
    """When somebody answers, where it is not the whole day."""

    MORNING = "am"
    AFTERNOON = "pm"


@dataclass(frozen=True, slots=True)
class Contact:
    """One way. `parties` empty: for everybody. `extension`: to be asked for once the call is answered."""

    channel: Channel
    value: str
    parties: tuple[Party, ...] = ()
    hours: Hours | None = None
    extension: str | None = None


def ranked(contacts: Iterable[Contact]) -> list[Contact]:
    """The best way first: by email, else by telephone, else a web page."""
    return sorted(contacts, key=lambda each: list(Channel).index(each.channel))
