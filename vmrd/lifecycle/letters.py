"""When whoever booked is written to, and reminded.

| what                                                            | letter                                       |
|-----------------------------------------------------------------|----------------------------------------------|
| the booking stands, or a supervisor approved it                 | confirmed                                    |
| before the meeting its time, room or link changed               | changed; to a new address: confirmed         |
| `Rules.remind_before` its start, if it had this time before that| reminder                                     |
| it was cancelled, or its room could not be made                 | cancelled, where it was confirmed            |

The first, second and last compare what was last written (`Session.written`) with what is so now: whichever way a change
came about, it is written once. The booking system is told of the reminder whether or not anybody is written to.
Nobody is written to about somebody else's room: its owner says how to join.
"""

from __future__ import annotations

from vmrd.lifecycle import facts as f
from vmrd.lifecycle.commands import Write
from vmrd.lifecycle.draft import Draft
from vmrd.lifecycle.session import Session
from vmrd.lifecycle.words import BEFORE, Control, Letter, Phase


def settle(draft: Draft) -> None:
    """Rules of letters and reminders."""
    session = draft.session
    if session.phase in BEFORE and not session.needs_approval:
        _stands(draft)
        _remind(draft)
    elif session.phase in (Phase.CANCELLED, Phase.FAILED) and session.written is not None and not session.written.over:
        _write(draft, Letter.CANCELLED, session.written.change + 1)


def _stands(draft: Draft) -> None:
    session = draft.session
    if session.written is None:
        _write(draft, Letter.CONFIRMED, 0)
    elif session.written.booker != session.booker:
        _write(draft, Letter.CONFIRMED, session.written.change + 1)
    elif _now(session) != _then(session):
        _write(draft, Letter.CHANGED, session.written.change + 1)


def _now(session: Session) -> tuple[int, int, str, int]:
    return session.starts_at, session.ends_at, session.room, session.generation


def _then(session: Session) -> tuple[int, int, str, int]:
    written = session.written
    assert written is not None
    return written.start, written.end, written.room, written.generation


def _remind(draft: Draft) -> None:
    session, before = draft.session, draft.rules.remind_before
    due = session.starts_at - before
    if not before or session.reminded_for == session.starts_at or session.arranged_at >= due:
        return
    if draft.reached(due) and draft.now < session.starts_at:
        draft.fact(f.Reminded(draft.now))
        if session.written is not None:
            _write(draft, Letter.REMINDER, session.written.change)


def _write(draft: Draft, letter: Letter, change: int) -> None:
    if draft.session.booker and draft.session.control is Control.FULL:
        draft.fact(f.LetterDue(letter, change, draft.now))
        draft.command(Write(letter, draft.session.version))
