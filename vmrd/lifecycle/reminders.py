"""The clock of a running meeting: warnings before the end, reminders of what was not done, and the end itself.

A room that is not ours is never seen to open: its clock runs from the moment the session is ready.

Consultations end at their end plus a grace unless extended; a hearing of a court or the Parole Board warns and alarms,
but only a person ends it (`Rules.ends_by_clock`). When everyone but the prison room has gone, End is offered, not done.
"""

from __future__ import annotations

from vmrd.lifecycle import facts as f
from vmrd.lifecycle.draft import Draft
from vmrd.lifecycle.words import LIVE, Control, Kind, LockState, Phase

_MINUTE = 60_000


def settle(draft: Draft) -> None:
    """Rules of time."""
    session = draft.session
    if session.phase not in LIVE and not (session.phase is Phase.READY and session.control is not Control.FULL):
        for code in ("lock-reminder", "tick-reminder", "tick-officer-left", "everyone-left", "overrun"):
            draft.end_alert(code)
        _end_time_warnings(draft, None)
        return
    _warn(draft)
    _remind(draft)
    _company(draft)
    overrun = draft.reached(session.ends_at)
    draft.alert_while(overrun, "overrun")
    by_clock = overrun and session.purpose in draft.rules.ends_by_clock
    if by_clock and draft.reached(session.ends_at + draft.rules.end_grace):
        draft.fact(f.EndRequested(None, "time", None, draft.now))
        draft.fact(f.PhaseChanged(Phase.ENDING, "time", draft.now))


def _warn(draft: Draft) -> None:
    session = draft.session
    if draft.now >= session.ends_at:
        _end_time_warnings(draft, None)
        return
    due = [
        minutes
        for minutes in draft.rules.warn_minutes
        if minutes not in session.warned and draft.reached(session.ends_at - minutes * _MINUTE)
    ]
    for minutes in due:
        draft.fact(f.TimeWarned(minutes, draft.now))
    if due:
        _end_time_warnings(draft, min(due))
        draft.alert("time-left", str(min(due)))


def _end_time_warnings(draft: Draft, keep: int | None) -> None:
    for alert in list(draft.session.alerts.values()):
        if alert.code == "time-left" and alert.about != str(keep):
            draft.end_alert(alert.key)


def _remind(draft: Draft) -> None:
    session, rules = draft.session, draft.rules
    unlocked = session.phase is Phase.OPEN and not session.lock.wanted and session.lock.state is not LockState.LOCKED
    opened_at = session.opened_at if session.opened_at is not None else draft.now
    draft.alert_while(unlocked and draft.reached(opened_at + rules.lock_reminder_after), "lock-reminder")
    private = session.phase is Phase.PRIVATE and session.paused_by is None
    since = session.prisoner.since if session.prisoner.since is not None else draft.now
    late = private and draft.reached(since + rules.tick_reminder_after)
    draft.alert_while(late and not session.ticks.reminder_given, "tick-reminder")
    draft.alert_while(late and not session.ticks.officer_left, "tick-officer-left")


def _company(draft: Draft) -> None:
    """Everyone but the prison room has gone: offer End."""
    session = draft.session
    if session.phase not in (Phase.OPEN, Phase.PRIVATE):
        draft.end_alert("everyone-left")
        return
    company = [leg for leg in session.people_inside() if leg.kind is not Kind.ENDPOINT]
    came = any(leg.kind not in (Kind.OWN, Kind.ENDPOINT) for leg in session.legs.values())
    if company and session.everyone_left_at is not None:
        draft.fact(f.SomeoneReturned())
    elif not company and came and session.everyone_left_at is None:
        draft.fact(f.EveryoneLeft(draft.now))
    draft.alert_while(draft.session.everyone_left_at is not None, "everyone-left")
