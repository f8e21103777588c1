"""The story of an outage, step by step: Pexip goes away while a prisoner is in, and comes back.

Nothing need be pressed. Two rooms are looked at: in one the prisoner talks in private, in the other people were let in
and are being checked. What vmrd must not do is the point of it: show SECURE without seeing, put anybody out, or undo a
lock.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from vmrd.daemon import store_keys
from vmrd.demo import acts
from vmrd.demo.cast import BARRISTER, INTERPRETER, KNOCKER, PRIVATE, SOLICITOR, YOURS, room_name
from vmrd.demo.steps import Act, MeetingStep, Players, Step
from vmrd.demo.verify import dialable, every, inside_are, locked_throughout, not_started, started_once, waits
from vmrd.store.opening import verify

ABOUT_AN_OUTAGE = (
    "Pexip goes away for a while, as it will one day. Rooms go on as they are; what is lost is only our sight of them.",
    "Each step is confirmed by Pexip's own account, which the mock keeps also while nobody can ask, and by the screen.",
)
_UNDISTURBED = every(inside_are(BARRISTER.name), locked_throughout, started_once)
_TWO = inside_are(SOLICITOR.name, INTERPRETER.name)
_HERE = room_name(PRIVATE.room)


def outage() -> Sequence[Step]:
    """All steps, in order."""
    return (*_before(), *_away(), *_back())


def _before() -> tuple[Step, ...]:
    return (
        MeetingStep(
            f"{_HERE}: SECURE is lit, the prisoner is in",
            _UNDISTURBED,
            shows=lambda seen: seen.secure and seen.prisoner_in,
            room=PRIVATE.room,
        ),
        MeetingStep(
            f"{room_name(YOURS.room)} is made, and every node answers for its link",
            every(dialable, not_started),
            shows=lambda seen: seen.phase == "ready",
        ),
        MeetingStep(
            f"{SOLICITOR.name} and {INTERPRETER.name} wait for it",
            waits(SOLICITOR.name, INTERPRETER.name),
            play=acts.others("those booked arrive"),
            shows=lambda seen: {SOLICITOR.name, INTERPRETER.name} <= set(seen.would_enter),
        ),
        MeetingStep(
            "It is opened: both are inside, nobody is checked yet",
            every(started_once, _TWO),
            play=acts.open_for_those_booked,
            shows=lambda seen: seen.phase == "open",
        ),
    )


def _away() -> tuple[Step, ...]:
    return (
        MeetingStep(
            "Pexip is away: SECURE goes dark, and the screen says BLIND, not BREACH",
            _UNDISTURBED,
            play=lambda players: players.crowd.away(True),
            shows=lambda seen: not seen.secure and "blind" in seen.blocked and seen.prisoner_in,
            room=PRIVATE.room,
        ),
        MeetingStep(
            "Nobody was put out and no lock undone; the prisoner may be taken out at any time",
            _UNDISTURBED,
            shows=lambda seen: "prisoner-out" in seen.allowed and "end" in seen.allowed,
            room=PRIVATE.room,
        ),
        MeetingStep(
            f"{KNOCKER} dials meanwhile: the lock, which is Pexip's own, holds without us",
            every(waits(KNOCKER), _UNDISTURBED),
            play=_knock,
            shows=lambda seen: not seen.secure,
            room=PRIVATE.room,
        ),
        MeetingStep(
            "In the other room, Lock is pressed: asked, and not taken for done",
            every(started_once, _TWO),
            play=acts.lock,
            shows=lambda seen: seen.lock == "locking" and not seen.secure,
        ),
    )


def _back() -> tuple[Step, ...]:
    return (
        MeetingStep(
            "Pexip is back: what was seen to be so is shown again, and SECURE is lit",
            _UNDISTURBED,
            play=lambda players: players.crowd.away(False),
            shows=lambda seen: seen.secure and seen.prisoner_in,
            room=PRIVATE.room,
        ),
        MeetingStep(
            f"{KNOCKER}'s knock of meanwhile rings now",
            every(waits(KNOCKER), _UNDISTURBED),
            shows=lambda seen: KNOCKER in seen.ringing,
            room=PRIVATE.room,
        ),
        MeetingStep(
            "The lock that was asked for has come about, once, and Pexip shows it",
            every(locked_throughout, _TWO, started_once),
            shows=lambda seen: seen.lock == "locked",
        ),
        _JournalStep("Nothing is lost: every fact fits its chain and its seal"),
    )


async def _knock(players: Players) -> None:
    await players.crowd.browser(players.aliases[PRIVATE.room], KNOCKER)


@dataclass(frozen=True, slots=True)
class _JournalStep:
    """Done when the journal is accepted, as `vmrd journal verify` does it while vmrd runs."""

    title: str
    press: str = ""
    play: Act | None = None
    cue: float | None = 0.0

    async def not_yet(self, players: Players, *, spoilt: bool) -> str | None:
        return await asyncio.to_thread(_journal_fault, players)


def _journal_fault(players: Players) -> str | None:
    faults = verify(players.config.store.place, store_keys(players.config).seal)
    return f"{faults[0].where}: {faults[0].what}" if faults else None
