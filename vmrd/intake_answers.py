"""What a booking system can be answered, whatever its event is about. Each intake adds what only it can say."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from vmrd.lifecycle.intake_changes import NotApplied
from vmrd.lifecycle.session import Session
from vmrd.rooms import Skipped
from vmrd.store.base import BookingRecord, Receipt


class Result(StrEnum):
    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    STALE = "stale"


@dataclass(frozen=True, slots=True)
class Taken:
    """`sessions` are all of the booking's, cancelled ones too. `slot`: the chosen one, counted from 0; `skipped`: why
    the ones before it were not. `not_applied`: what meetings that run could not take over."""

    result: Result
    record: BookingRecord
    sessions: tuple[Session, ...]
    slot: int | None
    warnings: tuple[str, ...]
    skipped: tuple[Skipped, ...] = ()
    not_applied: tuple[NotApplied, ...] = ()


@dataclass(frozen=True, slots=True)
class Conflict:
    """This version was sent before and said something else."""


@dataclass(frozen=True, slots=True)
class NotYours:
    """The booking belongs to an establishment this event does not speak of."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What this delivery is answered, and was if it is a repeated one."""

    receipt: Receipt
