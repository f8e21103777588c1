"""The light: SECURE — bring in the prisoner. When it may burn, and in plain words why it does not.

The conditions are those of DESIGN section 1. 1 to 4 are stored state and live in `dark_reasons`; the fifth, that our
eyes are fresh, is proved every few seconds by a read of the running conference, on monotonic time, and comes in as an
argument because it must never be stored: a light restored from a disk is a lie.

Legs held outside do not darken the light: the lock keeps them out, and each of them is a knock; but one whom an officer
is letting in is as good as inside. "Still arriving" is a
leg inside whose class has not settled (a web user begins without media), so nobody is taken for checked or harmless
while it connects.

While the prisoner is in the room a dark light is one of two things, with different words, sounds and thresholds:
BREACH (a condition fails) or BLIND (we cannot see).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from vmrd.lifecycle.rules import Rules
from vmrd.lifecycle.session import Leg, Session
from vmrd.lifecycle.words import Control, Kind, LockState, Phase, Role, Where


class Dark(StrEnum):
    """Why the light is dark; the codes of `secureBlockedBy`."""

    NOT_OUR_ROOM = "not-our-room"
    NOT_OPEN = "not-open"
    NOT_LOCKED = "not-locked"
    UNLOCK_PENDING = "unlock-pending"
    ADMITTING = "admitting"
    RECORDING = "recording"
    NO_ENDPOINT = "no-endpoint"
    NOBODY_CHECKED = "nobody-checked"
    REQUIRED_MISSING = "required-missing"
    PHONE = "phone"
    RECORDER = "recorder"
    UNEXPECTED_HOST = "unexpected-host"
    UNSURE = "unsure"
    UNCHECKED = "unchecked"
    UNENCRYPTED = "unencrypted"
    PAUSED = "paused"
    BLIND = "blind"


WORDS: dict[Dark, str] = {
    Dark.NOT_OUR_ROOM: "This is not our room: vmrd cannot see who is in it",
    Dark.NOT_OPEN: "The meeting is not open",
    Dark.NOT_LOCKED: "The meeting is not locked",
    Dark.UNLOCK_PENDING: "The meeting is being unlocked",
    Dark.ADMITTING: "{who} is being let in",
    Dark.RECORDING: "The meeting is being recorded or streamed",
    Dark.NO_ENDPOINT: "The prison room is not connected",
    Dark.NOBODY_CHECKED: "Nobody's ID has been checked",
    Dark.REQUIRED_MISSING: "{who} must be in the meeting and checked",
    Dark.PHONE: "A phone caller is in the meeting",
    Dark.RECORDER: "A recorder or stream is in the meeting",
    Dark.UNEXPECTED_HOST: "{who} came in with the Host PIN",
    Dark.UNSURE: "It is not clear yet what {who} is connected with",
    Dark.UNCHECKED: "{who} has not been checked",
    Dark.UNENCRYPTED: "{who} is on a connection that is not encrypted",
    Dark.PAUSED: "Paused: an officer is in the room",
    Dark.BLIND: "vmrd cannot see the meeting",
}
"""`{who}` is filled in by the panel from the leg or attendee a reason is about."""


@dataclass(frozen=True, slots=True)
class Reason:
    """`about`: a leg's id, an attendee's ref, or None."""

    code: Dark
    about: str | None = None

    def __str__(self) -> str:
        return f"{self.code}:{self.about}" if self.about else str(self.code)


class Because(StrEnum):
    BREACH = "breach"
    BLIND = "blind"


@dataclass(frozen=True, slots=True)
class Light:
    """`because` is set only while the prisoner is in the room and the light is dark, or our eyes are lost."""

    secure: bool
    reasons: tuple[Reason, ...]
    because: Because | None


def light(session: Session, rules: Rules, *, fresh: bool) -> Light:
    """The light as it may be shown now. `fresh`: a live read succeeded within `Rules.eyes_fresh_for`."""
    reasons = dark_reasons(session, rules)
    if session.control is not Control.FULL:
        return Light(False, reasons, None)
    if session.paused_by is not None:
        return Light(False, (Reason(Dark.PAUSED), *reasons), None)
    if not fresh and session.phase in (Phase.OPEN, Phase.PRIVATE):
        because = Because.BREACH if reasons and session.prisoner.inside else Because.BLIND
        return Light(False, (*reasons, Reason(Dark.BLIND)), because)
    if reasons:
        return Light(False, reasons, Because.BREACH if session.prisoner.inside else None)
    return Light(fresh, (), None)


def dark_reasons(session: Session, rules: Rules) -> tuple[Reason, ...]:
    """Every stored condition that fails, in the order an officer would put them right; empty when none does."""
    if session.control is not Control.FULL:
        return (Reason(Dark.NOT_OUR_ROOM),)
    if session.phase not in (Phase.OPEN, Phase.PRIVATE) or session.meeting is None or not session.meeting.started:
        return (Reason(Dark.NOT_OPEN),)
    reasons: list[Reason] = []
    for leg in session.legs.values():
        reason = _leg_reason(leg, session, rules)
        if reason is not None:
            reasons.append(Reason(reason, leg.id))
    if session.meeting.recording:
        reasons.append(Reason(Dark.RECORDING))
    if not session.endpoint_inside:
        reasons.append(Reason(Dark.NO_ENDPOINT))
    checked = session.checked_attendees()
    if not checked:
        reasons.append(Reason(Dark.NOBODY_CHECKED))
    reasons.extend(
        Reason(Dark.REQUIRED_MISSING, attendee.ref)
        for attendee in session.attendees.values()
        if attendee.required and attendee.waived_by is None and attendee.ref not in checked
    )
    if session.lock.state is LockState.UNLOCKING:
        reasons.append(Reason(Dark.UNLOCK_PENDING))
    elif session.lock.state is not LockState.LOCKED:
        reasons.append(Reason(Dark.NOT_LOCKED))
    return tuple(reasons)


def _leg_reason(leg: Leg, session: Session, rules: Rules) -> Dark | None:
    if leg.where is not Where.INSIDE:
        return Dark.ADMITTING if f"admit:{leg.id}" in session.asks else None
    if leg.kind is Kind.OWN:
        return None
    if leg.id == session.endpoint.leg:
        return Dark.UNENCRYPTED if rules.encryption_required and not leg.encrypted else None
    if leg.kind is Kind.PHONE:
        return Dark.PHONE
    if leg.kind is Kind.RECORDER:
        return Dark.RECORDER
    if leg.role is Role.HOST:
        return Dark.UNEXPECTED_HOST
    if leg.kind is Kind.UNSURE or not leg.settled:
        return Dark.UNSURE
    if leg.check is None:
        return Dark.UNCHECKED
    if rules.encryption_required and not leg.encrypted:
        return Dark.UNENCRYPTED
    return None
