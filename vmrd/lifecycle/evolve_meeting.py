"""How facts about a running meeting change a session: legs, lock, opening, and the prisoner's time in the room."""

from __future__ import annotations

from typing import assert_never

from vmrd.lifecycle import facts as f
from vmrd.lifecycle.copying import put, replace
from vmrd.lifecycle.session import Endpoint, Leg, Lock, Meeting, Opening, Prisoner, Session
from vmrd.lifecycle.words import Instant, Kind, LockState, Phase, Where

TOMBSTONES = 40
"""How many legs that left, and knocks that were answered, are remembered."""


LegFact = f.LegObserved | f.LegLeft | f.PlaceKnown | f.RemovalRequested | f.RefusalRequested | f.AdmitRequested


def legs(s: Session, fact: LegFact) -> Session:
    match fact:
        case f.LegObserved():
            former = s.legs.get(fact.leg)
            moved = former is None or former.where is not fact.where
            leg = Leg(
                id=fact.leg,
                name_ref=fact.name_ref,
                kind=fact.kind,
                settled=fact.settled,
                role=fact.role,
                where=fact.where,
                has_media=fact.has_media,
                has_video=fact.has_video,
                encrypted=fact.encrypted,
                presenting=fact.presenting,
                first_seen=former.first_seen if former else fact.at,
                since=fact.at if moved or former is None else former.since,
                check=former.check if former else None,
                place_ref=former.place_ref if former else "",
                from_room=fact.from_room,
            )
            return replace(s, legs=_pruned(put(s.legs, fact.leg, leg)))
        case f.LegLeft(leg=leg_id, reason=reason, at=at):
            return replace(s, legs=put(s.legs, leg_id, _left(s.legs[leg_id], reason, at)))
        case f.RefusalRequested(leg=leg_id):
            return _refused_from(replace(s, refused=(*s.refused, s.legs[leg_id].name_ref)), s.legs[leg_id])
        case f.PlaceKnown(leg=leg_id, place_ref=place):
            leg = replace(s.legs[leg_id], place_ref=place)
            return _refused_from(replace(s, legs=put(s.legs, leg_id, leg)), leg)
        case f.RemovalRequested() | f.AdmitRequested():
            return s
        case _:
            assert_never(fact)


def _refused_from(s: Session, leg: Leg) -> Session:
    """Remember from where somebody was refused."""
    known = not leg.place_ref or leg.place_ref in s.refused_places
    return (
        s if known or leg.name_ref not in s.refused else replace(s, refused_places=(*s.refused_places, leg.place_ref))
    )


def emptied(s: Session, reason: str | None, at: Instant) -> Session:
    """No meeting is left: nobody is in it, and its lock went with it."""
    return replace(
        s,
        meeting=None,
        legs={leg.id: leg if leg.where is Where.LEFT else _left(leg, reason, at) for leg in s.legs.values()},
        lock=Lock(),
        endpoint=Endpoint(lost_at=at if s.endpoint.leg is not None else s.endpoint.lost_at),
        opening=None,
        everyone_left_at=None,
    )


def phase(s: Session, fact: f.PhaseChanged) -> Session:
    """Where the session is in its life, and what goes with the phase it leaves."""
    changed = replace(s, phase=fact.to, reason=fact.reason)
    match fact.to:
        case Phase.ENDED | Phase.CANCELLED | Phase.FAILED:
            # A vmr that was asked for may yet come to stand: the ask is remembered until it is known to be gone.
            ensure = f"ensure:{s.generation}"
            asks = {ensure: s.asks[ensure]} if ensure in s.asks else {}
            over = emptied(changed, fact.reason, fact.at)
            return replace(over, ended_at=fact.at, asks=asks, paused_by=None)
        case Phase.PREPARING:
            return replace(changed, preparing_since=fact.at)
        case Phase.OPEN | Phase.PRIVATE | Phase.ENDING | Phase.INTERRUPTED:
            return replace(changed, opening=None)
        case _:
            return changed


def _left(leg: Leg, reason: str | None, at: Instant) -> Leg:
    return replace(leg, where=Where.LEFT, since=at, left_because=reason, has_media=False, presenting=False)


def _pruned(legs: dict[str, Leg]) -> dict[str, Leg]:
    """Forget the oldest who left once there are many: somebody who dials all day must not grow the session."""
    left = [leg.id for leg in legs.values() if leg.where is Where.LEFT and leg.check is None]
    forget = frozenset(left[: max(0, len(left) - TOMBSTONES)])
    return {leg_id: leg for leg_id, leg in legs.items() if leg_id not in forget} if forget else legs


def meeting(s: Session, fact: f.MeetingObserved | f.MeetingLost | f.SeenEmpty | f.EmptinessBroken) -> Session:
    match fact:
        case f.MeetingObserved(started=started, recording=recording, instance=instance, at=at):
            former = s.meeting
            since = (former.started_at if former is not None else None) or at
            share = former.share_declared if former is not None else s.screen_share_declared
            return replace(s, meeting=Meeting(started, recording, instance, since if started else None, share))
        case f.MeetingLost(at=at, reason=reason):
            return replace(emptied(s, reason, at), asks={}, own_leg=None)
        case f.SeenEmpty(at=at):
            return replace(s, empty_at=at)
        case f.EmptinessBroken():
            return replace(s, empty_at=None)
        case _:
            assert_never(fact)


LockFact = f.Locked | f.Unlocked | f.LockRequested | f.UnlockRequested


def lock(lock: Lock, fact: LockFact) -> Lock:
    match fact:
        case f.Locked(at=at):
            state = LockState.LOCKED if lock.wanted or lock.state is not LockState.UNLOCKING else LockState.UNLOCKING
            return replace(lock, state=state, confirmed_at=at)
        case f.Unlocked(at=at, likely=likely):
            if lock.wanted:
                return replace(lock, state=LockState.LOCKING, requested_at=at, confirmed_at=None, drifted=likely)
            return replace(lock, state=LockState.UNLOCKED, confirmed_at=at)
        case f.LockRequested(at=at):
            return replace(lock, state=LockState.LOCKING, wanted=True, requested_at=at, confirmed_at=None)
        case f.UnlockRequested(at=at):
            return replace(lock, state=LockState.UNLOCKING, wanted=False, requested_at=at, confirmed_at=None)
        case _:
            assert_never(fact)


def first_lock(s: Session, fact: LockFact) -> int | None:
    if s.first_locked_at is None and isinstance(fact, f.Locked):
        return fact.at
    return s.first_locked_at


OpeningFact = f.OpenRequested | f.OpeningStepped | f.Opened | f.RoomConnected | f.RoomLost


def opening(s: Session, fact: OpeningFact) -> Session:
    match fact:
        case f.OpenRequested(step=step, by=by, at=at):
            return replace(s, opening=Opening(step, at, by))
        case f.OpeningStepped(step=step):
            if s.opening is None:
                return s
            return replace(s, opening=replace(s.opening, step=step))
        case f.Opened(at=at):
            return replace(s, opened_at=s.opened_at or at)
        case f.RoomConnected(leg=leg, claimed_by=claimed_by):
            legs = s.legs
            if leg in legs:
                legs = put(legs, leg, replace(legs[leg], kind=Kind.ENDPOINT, settled=True, check=None))
            strange = tuple(host for host in s.strange_hosts if host != leg)
            return replace(s, endpoint=Endpoint(leg=leg, claimed_by=claimed_by), legs=legs, strange_hosts=strange)
        case f.RoomLost(at=at):
            return replace(s, endpoint=Endpoint(lost_at=at))
        case _:
            assert_never(fact)


PrivateFact = (
    f.PrisonerCameIn
    | f.PrisonerWentOut
    | f.Paused
    | f.Resumed
    | f.BreachBegan
    | f.BreachEnded
    | f.WentBlind
    | f.SightReturned
    | f.ReminderTicked
    | f.OfficerLeftTicked
    | f.ShareAnnounced
    | f.TimeWarned
    | f.EveryoneLeft
    | f.SomeoneReturned
)


def private(s: Session, fact: PrivateFact) -> Session:
    match fact:
        case f.PrisonerCameIn(by=by, at=at):
            return replace(s, prisoner=Prisoner(inside=True, since=at, by=by, was_inside=True))
        case f.PrisonerWentOut(by=by, at=at):
            out = Prisoner(inside=False, since=at, by=by, was_inside=s.prisoner.was_inside)
            return replace(s, prisoner=out, paused_by=None, ticks=replace(s.ticks, officer_left=False))
        case f.Paused(by=by):
            return replace(s, paused_by=by, ticks=replace(s.ticks, officer_left=False))
        case f.Resumed():
            return replace(s, paused_by=None)
        case f.BreachBegan(reasons=reasons, at=at):
            return replace(s, breach=reasons, breach_since=s.breach_since or at)
        case f.BreachEnded():
            return replace(s, breach=(), breach_since=None)
        case f.WentBlind(at=at, unwatched=unwatched):
            return replace(s, blind_since=at if s.blind_since is None else s.blind_since, unwatched=unwatched)
        case f.SightReturned():
            return replace(s, blind_since=None, unwatched=False)
        case f.ReminderTicked():
            return replace(s, ticks=replace(s.ticks, reminder_given=True))
        case f.OfficerLeftTicked():
            return replace(s, ticks=replace(s.ticks, officer_left=True))
        case f.ShareAnnounced(by=by):
            return replace(s, share_announced_by=by)
        case f.TimeWarned(minutes=minutes):
            return replace(s, warned=(*s.warned, minutes))
        case f.EveryoneLeft(at=at):
            return replace(s, everyone_left_at=at)
        case f.SomeoneReturned():
            return replace(s, everyone_left_at=None)
        case _:
            assert_never(fact)
