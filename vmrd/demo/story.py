"""The story of one consultation, step by step.

A telephone caller and a stranger wait at the door with those who were booked. Whatever is pressed, nobody unchecked may
ever be alone with the prisoner: each step says what Pexip itself must show for that.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import time, timedelta

from vmrd.demo import acts
from vmrd.demo.cast import (
    BARRISTER,
    COLLEAGUE,
    EARLY_BIRD,
    INTERPRETER,
    KNOCKER,
    LATE_CALLER,
    PHONE,
    PRIVATE,
    SOLICITOR,
    STRANGER,
    WAITING,
    YOURS,
    room_name,
)
from vmrd.demo.officer import Screen
from vmrd.demo.steps import MeetingStep, Step
from vmrd.demo.verify import (
    clock_shows,
    dead,
    deleted,
    dialable,
    every,
    gone,
    inside_are,
    locked,
    locked_again,
    locked_throughout,
    never_came,
    not_started,
    put_out_before_start,
    room_out_last,
    started_once,
    unlocked,
    waits,
    was_unlocked,
)

_TWO = inside_are(SOLICITOR.name, INTERPRETER.name)
_THREE = inside_are(SOLICITOR.name, INTERPRETER.name, COLLEAGUE.name)


def consultation() -> Sequence[Step]:
    """All steps, in order."""
    return (*_board(), *_opening(), *_checking(), *_knocks(), *_colleague(), *_drift(), *_time(), *_end())


def _board() -> tuple[MeetingStep, ...]:
    return (
        MeetingStep(
            f"{room_name(PRIVATE.room)} is SECURE and its prisoner is in",
            every(inside_are(BARRISTER.name), locked_throughout, started_once),
            shows=lambda seen: seen.secure and seen.prisoner_in,
            room=PRIVATE.room,
        ),
        MeetingStep(
            f"{EARLY_BIRD.name} waits for {room_name(WAITING.room)}, which nobody has opened",
            every(waits(EARLY_BIRD.name), not_started),
            shows=lambda seen: seen.phase == "ready" and EARLY_BIRD.name in seen.would_enter,
            room=WAITING.room,
        ),
        MeetingStep(
            f"{room_name(YOURS.room)} is made, once, and every node answers for its link",
            every(dialable, not_started),
            shows=lambda seen: seen.phase == "ready",
        ),
    )


def _opening() -> tuple[MeetingStep, ...]:
    return (
        MeetingStep(
            f"A telephone and {STRANGER} wait at the door of {room_name(YOURS.room)}",
            every(waits(PHONE, STRANGER), not_started),
            play=acts.others("the uninvited arrive"),
            shows=lambda seen: _stands(seen, STRANGER) and any(person.kind == "phone" for person in seen.people),
        ),
        MeetingStep(
            f"{SOLICITOR.name} and {INTERPRETER.name} wait beside them",
            every(waits(PHONE, STRANGER, SOLICITOR.name, INTERPRETER.name), not_started),
            play=acts.others("those booked arrive"),
            shows=lambda seen: {STRANGER, SOLICITOR.name, INTERPRETER.name} <= set(seen.would_enter),
        ),
        MeetingStep(
            f"{STRANGER} is refused and never was inside",
            every(gone(STRANGER), not_started),
            press=f"In {room_name(YOURS.room)} nobody booked {STRANGER}, and Open would let it in: press Refuse.",
            play=lambda players: players.officer.press_on("refuse", STRANGER),
            shows=lambda seen: STRANGER not in seen.would_enter,
        ),
        MeetingStep(
            "Open: the telephone is put out first, then the meeting starts",
            every(put_out_before_start(PHONE, STRANGER), started_once),
            press="Press Open. Watch the telephone go before anybody comes in.",
            play=acts.open_for_those_booked,
        ),
        MeetingStep(
            "The prison room is connected; both guests are inside, with a picture",
            every(started_once, _TWO),
            shows=lambda seen: (
                seen.phase == "open" and all(_is_in(seen, each.name) for each in (SOLICITOR, INTERPRETER))
            ),
        ),
    )


def _checking() -> tuple[MeetingStep, ...]:
    return (
        MeetingStep(
            f"{SOLICITOR.name} is checked",
            every(unlocked, _TWO),
            press=f"{SOLICITOR.name} holds up a photo card: under Check ID say so, tick the face, press ID is good.",
            play=lambda players: acts.check(players, SOLICITOR),
            shows=lambda seen: seen.checked(SOLICITOR.name),
        ),
        MeetingStep(
            f"{INTERPRETER.name} is checked, with the practitioner's word",
            every(unlocked, _TWO),
            press=f"{INTERPRETER.name}: a letter and a passport, the face, and the practitioner's word.",
            play=acts.check_with_word,
            shows=lambda seen: seen.checked(INTERPRETER.name),
        ),
        MeetingStep(
            "Lock: asked, then confirmed by Pexip",
            every(locked_throughout, _TWO),
            press='Press Lock. It says "asked" first, and "locked" only when Pexip shows it.',
            play=acts.lock,
            shows=lambda seen: seen.lock == "locked",
        ),
        MeetingStep("SECURE is lit", every(locked_throughout, _TWO), shows=lambda seen: seen.secure),
        MeetingStep(
            "The prisoner is in, and the room private",
            every(locked_throughout, _TWO),
            press="SECURE is lit: fetch the prisoner, then press The prisoner is in.",
            play=acts.prisoner_in,
            shows=lambda seen: seen.prisoner_in and seen.secure,
        ),
    )


def _knocks() -> tuple[MeetingStep, ...]:
    return (
        MeetingStep(
            f"{KNOCKER} knocks and is held outside the locked room",
            every(waits(KNOCKER), locked_throughout, _TWO),
            play=acts.others("a stranger knocks"),
            shows=lambda seen: KNOCKER in seen.ringing,
            cue=4.0,
        ),
        MeetingStep(
            f"{KNOCKER} is refused and never was inside",
            every(gone(KNOCKER), locked_throughout, _TWO),
            press="A knock, and not in the room: press Refuse.",
            play=lambda players: players.officer.press_on("refuse", KNOCKER),
            shows=lambda seen: KNOCKER not in seen.ringing,
        ),
    )


def _colleague() -> tuple[MeetingStep, ...]:
    name = COLLEAGUE.name
    return (
        MeetingStep(
            f"{name}, who is booked, comes late and knocks",
            every(waits(name), locked_throughout, _TWO),
            play=acts.others("the colleague comes late"),
            shows=lambda seen: name in seen.ringing,
            cue=3.0,
        ),
        MeetingStep(
            'Admit says "Take the prisoner out first"; the prisoner is taken out',
            every(waits(name), locked_throughout, _TWO),
            press=f"Admit for {name} says what must be done first. Do it: press The prisoner is out.",
            play=acts.admit_is_refused,
            shows=lambda seen: not seen.prisoner_in,
        ),
        MeetingStep(
            f"{name} alone is let in; the room stays locked",
            every(locked_throughout, _THREE),
            press=f"Press Admit for {name}.",
            play=lambda players: players.officer.press_on("admit", name),
            shows=lambda seen: _is_in(seen, name) and not seen.secure,
        ),
        MeetingStep(
            f"{name} is checked",
            every(locked_throughout, _THREE),
            press=f"{name} holds up a photo card. Check it.",
            play=lambda players: acts.check(players, COLLEAGUE),
            shows=lambda seen: seen.checked(name),
        ),
        MeetingStep("SECURE is lit again", every(locked_throughout, _THREE), shows=lambda seen: seen.secure),
        MeetingStep(
            "The prisoner is in again",
            every(locked_throughout, _THREE),
            press="SECURE again: fetch the prisoner, then press The prisoner is in.",
            play=acts.prisoner_in,
            shows=lambda seen: seen.prisoner_in and seen.secure,
        ),
    )


def _drift() -> tuple[MeetingStep, ...]:
    return (
        MeetingStep(
            "Somebody unlocks the room with *7 on its remote control",
            every(was_unlocked, _THREE),
            play=acts.others("the remote control unlocks the room"),
            cue=5.0,
        ),
        MeetingStep(
            "vmrd locks it again by itself, and SECURE comes back",
            every(locked_again, _THREE),
            shows=lambda seen: seen.lock == "locked" and seen.secure and "lock-drift" in seen.alerts,
        ),
    )


def _time() -> tuple[MeetingStep, ...]:
    def warned(minutes: int) -> MeetingStep:
        left = f"{minutes} minute{'s' if minutes > 1 else ''}"
        return MeetingStep(
            f"{left} left: the screen says so, and nobody is put out",
            every(clock_shows(_before_end(minutes)), locked_again, _THREE),
            play=acts.others(f"{left} {'are' if minutes > 1 else 'is'} left"),
            shows=lambda seen: f"time-left:{minutes}" in seen.alerts,
            cue=None if minutes == 10 else 3.0,
        )

    return tuple(warned(minutes) for minutes in (10, 5, 1))


def _end() -> tuple[MeetingStep, ...]:
    return (
        MeetingStep(
            "The prisoner is out, the meeting still locked",
            every(locked, _THREE),
            press="Time is nearly over. Press The prisoner is out.",
            play=lambda players: players.officer.press("prisoner-out"),
            shows=lambda seen: not seen.prisoner_in,
        ),
        MeetingStep(
            "End: the guests leave first, the prison room last",
            room_out_last,
            press="Press End the meeting, and once more to be sure.",
            play=lambda players: players.officer.press("end"),
        ),
        MeetingStep(
            "The room is deleted",
            every(room_out_last, deleted),
            play=acts.wait_for_the_end,
            shows=lambda seen: seen.phase in ("ended", "closed"),
        ),
        MeetingStep(
            "The link is dead: nobody answers who dials it",
            every(dead, never_came(LATE_CALLER)),
            play=acts.others("somebody tries the dead link"),
            shows=lambda seen: seen.link_dead,
            cue=2.0,
        ),
        MeetingStep(
            "The outcome is confirmed and the record closed",
            dead,
            press="At How it went, press This is how it went.",
            play=lambda players: players.officer.press("confirm-outcome"),
            shows=lambda seen: seen.phase == "closed",
        ),
        MeetingStep(
            f"{room_name(PRIVATE.room)} was never disturbed",
            every(inside_are(BARRISTER.name), locked_throughout, started_once),
            shows=lambda seen: seen.secure and seen.prisoner_in,
            room=PRIVATE.room,
        ),
    )


def _stands(seen: Screen, name: str) -> bool:
    person = seen.person(name)
    return person is not None and person.where == "waiting"


def _is_in(seen: Screen, name: str) -> bool:
    person = seen.person(name)
    return person is not None and person.where == "inside"


def _before_end(minutes: int) -> time:
    end = timedelta(hours=YOURS.end.hour, minutes=YOURS.end.minute) - timedelta(minutes=minutes)
    return time(end.seconds // 3600, end.seconds // 60 % 60)
