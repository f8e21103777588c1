"""What must hold while a meeting runs, whoever disturbed it.

| seen                                        | follows                                                              |
|---------------------------------------------|----------------------------------------------------------------------|
| a phone, recorder or stream, wherever it is | put out; if it was inside, that is journalled and shown               |
| unlocked though we want it locked           | locked again (a Host can unlock by `*7` on the room's remote control) |
| somebody held after start or lock           | a knock, one per leg, until admitted, refused or gone                 |
| a Host who is neither ours nor the room     | alarm; the Host PIN is burnt. Put out only where a rule says so       |
| somebody refused waits again                | alarm, also if only the place is the same; held until an officer acts |
| the prison room's leg gone                  | alarm, called again; guests drop after the platform's guests-only time |
| prisoner in, a condition fails              | BREACH until it holds again                                          |
| we cannot see                               | BLIND; an alarm once it lasts                                        |
| nobody looks at it: there are too many      | BLIND, from before it is opened; another alarm, that says so         |
| the conference gone                         | interrupted: lock and checks are void                                |
| asked of Pexip and not shown in time        | an alert, so that an officer does it by hand                          |
"""

from __future__ import annotations

from vmrd.lifecycle import facts as f
from vmrd.lifecycle.commands import AdmitLeg, DisconnectLeg, SetLock
from vmrd.lifecycle.draft import Draft
from vmrd.lifecycle.opening import call_room
from vmrd.lifecycle.secure import dark_reasons
from vmrd.lifecycle.session import Leg, Session
from vmrd.lifecycle.words import KNOCKING, LIVE, RUNNING, UNWANTED, Kind, KnockState, LockState, Phase, Role, Where

_OUR_CALL_SHOWS_WITHIN = 20_000
"""Our own call may show in the roster before Pexip's answer names its leg; so long it is not taken for a stranger."""

_OF_A_RUNNING_MEETING = frozenset(
    {"room-lost", "lock-unconfirmed", "presenting", "refused-returned", "refused-place", "own-name-shown"}
)
"""Alerts whose cause cannot outlive the meeting."""


def settle(draft: Draft) -> None:
    """Rules of a running meeting."""
    interrupted(draft)
    _asks_shown(draft)
    _unwanted(draft)
    _ghosts(draft)
    _asked_out(draft)
    _unconfirmed(draft)
    _knocks(draft)
    if draft.session.phase in RUNNING:
        _lock(draft)
        _room(draft)
        for leg in list(draft.session.legs.values()):
            _watch(draft, leg)
    _states(draft)
    _breach(draft)


def interrupted(draft: Draft) -> None:
    """The conference is gone. Also drawn the moment a roster shows it: another may run under its name by the end."""
    if draft.session.phase in RUNNING and _lost(draft):
        draft.fact(f.PhaseChanged(Phase.INTERRUPTED, "conference-ended", draft.now))
        draft.alert("interrupted")


def _lost(draft: Draft) -> bool:
    session = draft.session
    if session.phase is Phase.OPENING:
        return session.opening is None
    if session.meeting is None:
        return True
    # Asking for a token may have brought an empty conference to life in place of the one that ended unseen.
    return not session.meeting.started and not session.people_inside() and not session.endpoint_inside


def _asks_shown(draft: Draft) -> None:
    """End what was asked about a leg once it shows."""
    for name in list(draft.session.asks):
        what, _, leg_id = name.partition(":")
        leg = draft.session.legs.get(leg_id)
        gone = leg is None or leg.where is Where.LEFT
        shown = gone if what == "remove" else gone or (leg is not None and leg.where is Where.INSIDE)
        if what in ("remove", "admit") and shown:
            draft.end_ask(name)


def _unwanted(draft: Draft) -> None:
    """Put phones, recorders and streams out on sight; before Open they may wait outside, the sweep takes them."""
    if draft.session.phase not in (*LIVE, Phase.ENDING):
        return
    for leg in list(draft.session.legs.values()):
        if leg.where is Where.LEFT:
            continue
        if leg.kind in UNWANTED:
            if leg.where is Where.INSIDE and leg.id not in draft.session.exposed:
                draft.fact(f.Exposed(leg.id, leg.kind, draft.session.prisoner.inside, draft.now))
                draft.alert(f"{leg.kind}-was-inside", leg.id)
            if f"remove:{leg.id}" not in draft.session.asks:
                draft.fact(f.RemovalRequested(leg.id, str(leg.kind), None))
                draft.ask(DisconnectLeg(leg.id))


def _ghosts(draft: Draft) -> None:
    """A control leg of ours whose token was lost in a crash is put out; it is neither threat nor person."""
    session = draft.session
    if session.own_leg is None or session.phase not in (Phase.READY, *LIVE):
        return
    for leg in list(session.legs.values()):
        former_own = leg.kind is Kind.OWN and leg.where is not Where.LEFT and leg.id != session.own_leg
        if former_own and session.own_leg in session.legs and f"remove:{leg.id}" not in draft.session.asks:
            draft.fact(f.RemovalRequested(leg.id, "ghost", None))
            draft.ask(DisconnectLeg(leg.id))


def _asked_out(draft: Draft) -> None:
    """Whoever is asked out or let in is asked again until it shows, but never let in to a prisoner."""
    session = draft.session
    for leg in list(session.legs.values()):
        if f"remove:{leg.id}" in session.asks:
            draft.ask(DisconnectLeg(leg.id))
        elif f"admit:{leg.id}" in session.asks and session.phase in RUNNING and not session.prisoner.inside:
            draft.ask(AdmitLeg(leg.id))


def _unconfirmed(draft: Draft) -> None:
    """Somebody asked in or out whom Pexip still shows where they were. While the meeting ends, `ending` says it."""
    session = draft.session
    ending = session.phase is Phase.ENDING
    asked = {} if ending else {n: ask for n, ask in session.asks.items() if n.partition(":")[0] in ("admit", "remove")}
    for name, ask in asked.items():
        what, _, leg_id = name.partition(":")
        draft.alert_while(draft.reached(ask.since + draft.rules.unconfirmed_after), f"{what}-unconfirmed", leg_id)
    for alert in list(session.alerts.values()):
        what, _, kind = alert.code.partition("-")
        if kind == "unconfirmed" and what in ("admit", "remove") and f"{what}:{alert.about}" not in asked:
            draft.end_alert(alert.key)


def _lock(draft: Draft) -> None:
    lock = draft.session.lock
    match lock.state:
        case LockState.LOCKING:
            draft.ask(SetLock(True))
        case LockState.UNLOCKING:
            draft.ask(SetLock(False))
        case _:
            draft.end_ask("lock")
    pending = lock.state in (LockState.LOCKING, LockState.UNLOCKING)
    asked_at = lock.requested_at or draft.now
    draft.alert_while(pending and draft.reached(asked_at + draft.rules.unconfirmed_after), "lock-unconfirmed")


def _room(draft: Draft) -> None:
    session = draft.session
    if session.phase is Phase.OPENING:
        return
    lost = not session.endpoint_inside
    draft.alert_while(lost, "room-lost")
    if not lost:
        draft.end_ask("room")
    elif session.room_address is not None and (_was_connected(session) or "room" in session.asks):
        call_room(draft, session.room_address)


def _was_connected(session: Session) -> bool:
    """Whether the room was ever called or claimed. Who opened elsewhere may be sitting in front of it already."""
    return session.endpoint.leg is not None or session.endpoint.lost_at is not None


def _watch(draft: Draft, leg: Leg) -> None:
    session = draft.session
    if leg.id == session.endpoint.leg:
        draft.end_alert(f"unexpected-host:{leg.id}")
    stranger = (
        leg.where is Where.INSIDE
        and leg.role is Role.HOST
        and leg.kind is not Kind.OWN
        and leg.id != session.endpoint.leg
    )
    if stranger and leg.id not in session.strange_hosts and not _may_be_our_call(draft, leg):
        draft.fact(f.PinBurnt(leg.id))
        draft.alert("unexpected-host", leg.id)
        if draft.rules.unexpected_hosts_removed and not leg.from_room and f"remove:{leg.id}" not in session.asks:
            draft.fact(f.RemovalRequested(leg.id, "unexpected-host", None))
            draft.ask(DisconnectLeg(leg.id))
    undeclared = leg.presenting and leg.where is Where.INSIDE and not session.share_expected
    draft.alert_while(undeclared and draft.rules.presenting_needs_declaration, "presenting", leg.id)
    waits = leg.where is Where.WAITING and f"remove:{leg.id}" not in draft.session.asks
    back = leg.name_ref in session.refused
    draft.alert_while(waits and back, "refused-returned", leg.id)
    draft.alert_while(waits and not back and _from_a_refused_place(session, leg), "refused-place", leg.id)


def _from_a_refused_place(session: Session, leg: Leg) -> bool:
    """Whether somebody was refused who connected from there. A place that somebody checked shares, such as a firm's
    or a proxy's, tells nobody apart.
    """
    return leg.place_ref in session.refused_places and not any(
        other.place_ref == leg.place_ref and other.check is not None for other in session.legs.values()
    )


def _may_be_our_call(draft: Draft, leg: Leg) -> bool:
    return "room" in draft.session.asks and not draft.reached(leg.since + _OUR_CALL_SHOWS_WITHIN)


def _knocks(draft: Draft) -> None:
    session = draft.session
    for knock in list(session.knocks.values()):
        if knock.state not in KNOCKING:
            continue
        leg = session.legs.get(knock.leg)
        if leg is None or leg.where is Where.LEFT or session.phase not in LIVE:
            draft.fact(f.KnockAnswered(knock.id, KnockState.GONE, knock.by, draft.now))
        elif leg.where is Where.INSIDE:
            draft.fact(f.KnockAnswered(knock.id, KnockState.ADMITTED, knock.by, draft.now))
        elif (
            knock.state is KnockState.RINGING
            and not knock.escalated
            and draft.reached(knock.at + draft.rules.knock_escalates_after)
        ):
            draft.fact(f.KnockEscalated(knock.id))
    if session.phase not in RUNNING:
        return
    for leg in session.held():
        # A leg may be put back into the waiting room and knock again; its knock is then another one.
        knock_id = f"{leg.id}-{leg.since}"
        if leg.kind not in (*UNWANTED, Kind.OWN) and knock_id not in session.knocks and _late_comer(draft, leg):
            draft.fact(f.Knocked(knock_id, leg.id, leg.since))


def _late_comer(draft: Draft, leg: Leg) -> bool:
    meeting, lock = draft.session.meeting, draft.session.lock
    after_start = meeting is not None and meeting.started_at is not None and leg.since >= meeting.started_at
    after_lock = lock.wanted and lock.requested_at is not None and leg.since >= lock.requested_at
    return after_start or after_lock


def _states(draft: Draft) -> None:
    session = draft.session
    running = session.phase in RUNNING
    recording = running and session.meeting is not None and session.meeting.recording
    draft.alert_while(recording, "recording")
    if not running:
        for alert in list(session.alerts.values()):
            if alert.code in _OF_A_RUNNING_MEETING:
                draft.end_alert(alert.key)
    _sight(draft)


def _sight(draft: Draft) -> None:
    """Either alarm says that it is not seen, and why. Where nobody looks, nobody sees who waits before it is opened."""
    session = draft.session
    soon = session.unwatched and session.phase is Phase.READY
    if session.blind_since is not None and session.phase not in LIVE and not soon:
        draft.fact(f.SightReturned(draft.now))
    since, unwatched = draft.session.blind_since, draft.session.unwatched
    lasts = since is not None and draft.reached(since + draft.rules.blind_alarm_after)
    draft.alert_while(lasts and not unwatched, "blind")
    draft.alert_while(lasts and unwatched, "unwatched")


def _breach(draft: Draft) -> None:
    session = draft.session
    reasons: tuple[str, ...] = ()
    if session.prisoner.inside and session.phase in LIVE and session.paused_by is None:
        reasons = tuple(str(reason) for reason in dark_reasons(session, draft.rules))
    if reasons and reasons != session.breach:
        draft.fact(f.BreachBegan(reasons, draft.now))
    elif not reasons and session.breach:
        draft.fact(f.BreachEnded(draft.now))
    draft.alert_while(bool(reasons), "breach")
