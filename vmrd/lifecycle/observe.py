"""What Pexip showed us, taken down as facts. No judgement here: `settle` draws the consequences.

One rule handles order: **any source may darken or add a threat; only the current event stream, or a read begun after
the last change, may light, confirm a lock, or bring a leg back.** An observation is *late* when it is a hint or its
order lies before the last change we took down (`Session.seen`).

| late observation says                                    | taken down                                              |
|----------------------------------------------------------|---------------------------------------------------------|
| a leg we do not know                                     | the leg: it may be a threat; the next read clears       |
| a known leg moved inside                                 | inside, unless its being there could light              |
| a known leg is a phone                                   | phone                                                   |
| a known leg is a Host                                    | Host                                                    |
| where a known leg connects from                          | that                                                    |
| unlocked, though we saw locked                           | unlocked: dark until shown locked again                 |
| the same, but of the time before that lock was asked for | nothing                                                 |
| recording                                                | recording                                               |
| anything else                                            | nothing                                                 |
"""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from vmrd.lifecycle import facts as f
from vmrd.lifecycle.callers import classify
from vmrd.lifecycle.draft import Draft
from vmrd.lifecycle.guard import interrupted
from vmrd.lifecycle.inputs import (
    ConferenceGone,
    ConferenceSeen,
    ControlTagged,
    ControlTaken,
    EmptySeen,
    EyesBack,
    EyesLost,
    InstanceSeen,
    LegGone,
    LegSeen,
    Observed,
    Order,
    RosterSeen,
    Sighting,
    Source,
    Unwatched,
)
from vmrd.lifecycle.numbers import same_address
from vmrd.lifecycle.session import Leg
from vmrd.lifecycle.words import LIVE, OVER, RUNNING, UNWANTED, Instant, Kind, LockState, Phase, Role, Unlocker, Where


def observe(draft: Draft, seen: Observed) -> None:
    """Take down what was seen. After the end only stray instances matter: a late event never rings again."""
    match seen:
        case InstanceSeen(instance=instance):
            _stray(draft, instance)
        case ControlTagged(tag=tag):
            if tag not in draft.session.own_tags:
                draft.fact(f.TagUsed(tag))
        case EmptySeen():
            _empty(draft)
        case _ if draft.session.phase in OVER:
            return
        case RosterSeen():
            _roster(draft, seen)
        case LegSeen(order=order, source=source, sighting=sighting):
            before = len(draft.facts)
            _leg(draft, sighting, late=_late(draft, order, source))
            _place(draft, sighting)
            _advance(draft, order, source, before)
        case LegGone(order=order, source=source, leg=leg, reason=reason):
            before = len(draft.facts)
            if not _late(draft, order, source):
                _gone(draft, leg, reason)
            _advance(draft, order, source, before)
        case ConferenceSeen(order=order, source=source, locked=locked, started=started, recording=recording, at=at):
            before = len(draft.facts)
            late = _late(draft, order, source)
            locked = locked or (late and _before_the_lock(draft, at))
            _conference(draft, locked=locked, started=started, recording=recording, instance=None, late=late)
            _advance(draft, order, source, before)
        case ConferenceGone(order=order, reason=reason):
            before = len(draft.facts)
            if not _late(draft, order, Source.STREAM) and draft.session.meeting is not None:
                draft.fact(f.MeetingLost(reason, draft.now))
            _advance(draft, order, Source.STREAM, before)
        case EyesLost():
            if draft.session.blind_since is None and draft.session.phase in LIVE:
                draft.fact(f.WentBlind(draft.now))
        case Unwatched():
            # Why it is dark is told once: who takes it up and sees no more than before says nothing else.
            if draft.session.watched and not draft.session.unwatched and draft.session.phase in (Phase.READY, *LIVE):
                draft.fact(f.WentBlind(draft.now, unwatched=True))
        case EyesBack():
            if draft.session.blind_since is not None:
                draft.fact(f.SightReturned(draft.now))
        case ControlTaken(leg=leg):
            if draft.session.own_leg != leg:
                draft.fact(f.ControlHeld(leg))
        case _:
            assert_never(seen)


def _late(draft: Draft, order: Order, source: Source) -> bool:
    return source is Source.HINT or (order.generation, order.number) < draft.session.seen


def _advance(draft: Draft, order: Order, source: Source, before: int) -> None:
    """Remember how far along the stream the last *change* was; an observation that changed nothing moves nothing.

    A new generation always counts: from its first roster on, what the former stream still delivers is late.
    """
    position = (order.generation, order.number)
    new_stream = order.generation > draft.session.seen[0]
    if source is not Source.HINT and position > draft.session.seen and (new_stream or len(draft.facts) > before):
        draft.fact(f.OrderAdvanced(order.generation, order.number))


def _roster(draft: Draft, seen: RosterSeen) -> None:
    before = len(draft.facts)
    late = _late(draft, seen.order, seen.source)
    former = draft.session.meeting
    if (
        not late
        and former is not None
        and seen.instance is not None
        and former.instance is not None
        and former.instance != seen.instance
    ):
        # Another conference runs under the same name: ours ended while we were not looking.
        draft.fact(f.MeetingLost("replaced", draft.now))
        interrupted(draft)
    for sighting in seen.sightings:
        _leg(draft, sighting, late=late)
        _place(draft, sighting)
    if not late:
        present = {sighting.leg for sighting in seen.sightings}
        for leg in list(draft.session.legs.values()):
            if leg.where is not Where.LEFT and leg.id not in present:
                _gone(draft, leg.id, None)
    _conference(
        draft,
        locked=seen.locked,
        started=seen.started,
        recording=seen.recording,
        instance=seen.instance,
        late=late,
    )
    _advance(draft, seen.order, seen.source, before)


def _leg(draft: Draft, seen: Sighting, *, late: bool) -> None:
    if seen.own_name or not late:
        shown = seen.own_name and seen.where is Where.INSIDE and draft.session.phase in RUNNING
        draft.alert_while(shown, "own-name-shown", seen.leg)
    former = draft.session.legs.get(seen.leg)
    fact = _observed(draft, seen, former)
    if former is None:
        if not late:
            draft.fact(fact)
        elif seen.leg != draft.session.endpoint.leg:
            # Second-hand, a picture is a guess from the bandwidth, and a phone's line may be wide.
            draft.fact(replace(fact, settled=fact.settled and fact.kind is not Kind.ROOM_SYSTEM))
        return
    if late and former.where is Where.LEFT:
        return
    if late:
        fact = _darker(draft, former, fact)
    if _same(former, fact):
        return
    draft.fact(fact)
    if former.check is not None and former.where is Where.LEFT:
        draft.fact(f.CheckVoided(seen.leg, "left", None))
    elif former.check is not None and former.name_ref != fact.name_ref:
        draft.fact(f.CheckVoided(seen.leg, "renamed", None))


def _place(draft: Draft, seen: Sighting) -> None:
    """Where a leg connects from. It lights nothing, so any source may say it; it is no change of the roster."""
    leg = draft.session.legs.get(seen.leg)
    if leg is not None and leg.where is not Where.LEFT and seen.place_ref not in ("", leg.place_ref):
        draft.fact(f.PlaceKnown(leg.id, seen.place_ref))


def _observed(draft: Draft, seen: Sighting, former: Leg | None) -> f.LegObserved:
    session = draft.session
    found = classify(seen, session.own_tags)
    kind, settled = found.kind, found.settled
    from_room = session.room_address is not None and same_address(seen.address, session.room_address)
    if seen.leg == session.own_leg and not seen.has_media:
        kind, settled = Kind.OWN, True
    elif seen.leg == session.endpoint.leg:
        kind, settled = Kind.ENDPOINT, True
    elif seen.protocol in draft.rules.protocols_refused and kind not in UNWANTED and not from_room:
        # Turned away at the door where Pexip asks there; where it does not, an officer decides, and it stays dark.
        kind, settled = Kind.UNSURE, False
    elif former is not None and former.settled and former.kind is Kind.ROOM_SYSTEM and kind is Kind.PHONE:
        # Who showed a picture is no telephone, even if it is called by a number and the camera fails.
        kind, settled = former.kind, True
    elif former is not None and former.settled and former.kind is not Kind.OWN and kind not in UNWANTED:
        # A class once settled stays, save that a threat may still show itself.
        kind, settled = former.kind, True
    elif kind is Kind.PHONE and from_room:
        # Our own room, called by a number and not yet named by Pexip's answer; or somebody who calls under its number.
        kind, settled = Kind.UNSURE, False
    return f.LegObserved(
        leg=seen.leg,
        name_ref=seen.name_ref,
        kind=kind,
        settled=settled,
        role=seen.role,
        where=seen.where,
        has_media=seen.has_media,
        has_video=seen.has_video,
        encrypted=seen.encrypted,
        presenting=seen.presenting,
        at=draft.now,
        from_room=from_room,
    )


def _darker(draft: Draft, former: Leg, fact: f.LegObserved) -> f.LegObserved:
    """The leg as we know it, with whatever a late sighting makes worse; what it makes better waits for a fresh one."""
    convicted = fact.kind in UNWANTED and former.kind not in UNWANTED
    could_light = former.check is not None or former.id in (draft.session.endpoint.leg, draft.session.own_leg)
    return f.LegObserved(
        leg=former.id,
        name_ref=former.name_ref,
        kind=fact.kind if convicted else former.kind,
        settled=former.settled or convicted,
        role=Role.HOST if fact.role is Role.HOST else former.role,
        where=Where.INSIDE if fact.where is Where.INSIDE and not could_light else former.where,
        has_media=former.has_media,
        has_video=former.has_video,
        encrypted=former.encrypted,
        presenting=former.presenting,
        at=draft.now,
        from_room=former.from_room,
    )


def _same(former: Leg, fact: f.LegObserved) -> bool:
    return (
        former.name_ref == fact.name_ref
        and former.kind is fact.kind
        and former.settled == fact.settled
        and former.role is fact.role
        and former.where is fact.where
        and former.has_media == fact.has_media
        and former.has_video == fact.has_video
        and former.encrypted == fact.encrypted
        and former.presenting == fact.presenting
        and former.from_room == fact.from_room
    )


def _gone(draft: Draft, leg_id: str, reason: str | None) -> None:
    leg = draft.session.legs.get(leg_id)
    if leg is None or leg.where is Where.LEFT:
        return
    draft.fact(f.LegLeft(leg_id, reason, draft.now))
    draft.end_alert(f"own-name-shown:{leg_id}")
    if leg_id == draft.session.endpoint.leg:
        draft.fact(f.RoomLost(leg_id, draft.now))


def _conference(
    draft: Draft, *, locked: bool, started: bool, recording: bool, instance: str | None, late: bool
) -> None:
    former = draft.session.meeting
    if former is None:
        if not late:
            draft.fact(f.MeetingObserved(started, recording, instance, draft.now))
    else:
        known = former.instance if late else instance or former.instance
        started_now = former.started if late else started
        recording_now = former.recording or recording if late else recording
        if (started_now, recording_now, known) != (former.started, former.recording, former.instance):
            draft.fact(f.MeetingObserved(started_now, recording_now, known, draft.now))
    _lock(draft, locked, late)


def _lock(draft: Draft, locked: bool, late: bool) -> None:
    lock = draft.session.lock
    if locked:
        if not late and lock.state not in (LockState.LOCKED, LockState.UNLOCKING):
            draft.fact(f.Locked(draft.now))
    elif lock.state is LockState.LOCKED:
        draft.fact(f.Unlocked(lock.wanted, draft.now, _unlocker(draft) if lock.wanted else None))
        if lock.wanted and draft.session.phase in LIVE:
            draft.alert("lock-drift")
    elif lock.state in (LockState.UNLOCKING, LockState.UNKNOWN) and not late:
        draft.fact(f.Unlocked(False, draft.now))


def _before_the_lock(draft: Draft, at: Instant | None) -> bool:
    """Whether this tells of the time before the confirmed lock was asked for, so that it cannot have undone it.

    Between asking and confirming it may be either, and counts as newer. A node whose clock is behind may be wronged:
    whatever a hint says, the conference is read at once, and that read is believed.
    """
    lock = draft.session.lock
    asked_at = lock.requested_at if lock.state is LockState.LOCKED else None
    return at is not None and asked_at is not None and at < asked_at


def _unlocker(draft: Draft) -> Unlocker:
    """Who likely undid the lock: a Host nobody expected, else the room's remote control, else somebody outside."""
    session = draft.session
    if any(leg.role is Role.HOST and leg.id != session.own_leg for leg in session.people_inside()):
        return Unlocker.HOST
    return Unlocker.ROOM if session.endpoint_inside else Unlocker.ELSEWHERE


def _empty(draft: Draft) -> None:
    if "stray-instance" in draft.session.alerts:
        draft.end_alert("stray-instance")
        draft.end_ask("end-instance")
    if draft.session.phase is not Phase.ENDING:
        return
    if draft.session.empty_at is None:
        draft.fact(f.SeenEmpty(draft.now))
    elif draft.now >= draft.session.empty_at + draft.rules.empty_twice_apart:
        draft.fact(f.PhaseChanged(Phase.ENDED, draft.session.ending_why, draft.now))


def _stray(draft: Draft, instance: str) -> None:
    session = draft.session
    if session.phase is Phase.ENDING and session.empty_at is not None:
        draft.fact(f.EmptinessBroken())
    elif session.phase in OVER and "stray-instance" not in session.alerts:
        draft.fact(f.StrayInstanceSeen(instance))
        draft.alert("stray-instance")
