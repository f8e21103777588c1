"""The stories there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from vmrd.demo.booking_story import booking
from vmrd.demo.outage_story import ABOUT_AN_OUTAGE, outage
from vmrd.demo.steps import Step
from vmrd.demo.story import consultation
from vmrd.demo.tamper_story import ABOUT_TAMPERING, tamper
from vmrd.demo.transcript import PREFACE


@dataclass(frozen=True, slots=True)
class Story:
    """`breakable`: the operations of Pexip without which it cannot come out well, whatever vmrd tries instead; without
    the rest it does. `to_read`: it is followed in the terminal, word by word, and has nothing to press. `preface`: what
    is said before. `judge`: who confirms its steps."""

    steps: Sequence[Step]
    breakable: tuple[str, ...]
    to_read: bool = False
    preface: Sequence[str] = ()
    judge: str = "Pexip"


_CONSULTATION = Story(
    consultation(),
    (
        "start_conference",
        "lock",
        "relock",
        "admit",
        "refuse",
        "disconnect",
        "end",
        "delete",
        "create_vmr",
        "dial",
        "request_token",
        "events",
        "participants",
        "conference_status",
        "other",
        "any",
    ),
)
_BOOKING = Story(booking(), ("create_vmr", "delete", "other", "any"), to_read=True, preface=PREFACE)
_TAMPER = Story(
    tamper(), ("create_vmr", "delete", "other", "any"), to_read=True, preface=ABOUT_TAMPERING, judge="the journal"
)

_OUTAGE = Story(
    outage(),
    ("create_vmr", "start_conference", "lock", "relock", "other", "any"),
    to_read=True,
    preface=ABOUT_AN_OUTAGE,
)

STORIES: Mapping[str, Story] = MappingProxyType(
    {"consultation": _CONSULTATION, "booking": _BOOKING, "tamper": _TAMPER, "outage": _OUTAGE}
)
