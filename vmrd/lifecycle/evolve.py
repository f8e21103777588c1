"""How a fact changes a session. The only way a session changes, and total: every fact has its case.

`evolve` never refuses, looks at no clock and decides nothing. What is derivable is derived here rather than stored in
facts (the end of an ask once its effect shows is a fact of its own, because the journal should say when).
"""

from __future__ import annotations

from typing import assert_never

from vmrd.lifecycle import evolve_meeting as meeting_facts
from vmrd.lifecycle import facts as f
from vmrd.lifecycle.commands import Write, key
from vmrd.lifecycle.copying import finish, put, replace, without
from vmrd.lifecycle.evolve_meeting import TOMBSTONES
from vmrd.lifecycle.evolve_people import evidence, still
from vmrd.lifecycle.session import Alert, Ask, Check, Dealing, Knock, Session
from vmrd.lifecycle.words import KNOCKING, Letter
from vmrd.lifecycle.written import Written

_ROSTER_FACTS = (
    f.LegObserved,
    f.LegLeft,
    f.Locked,
    f.Unlocked,
    f.LockRequested,
    f.UnlockRequested,
    f.MeetingLost,
    f.Checked,
    f.CheckVoided,
    f.RoomConnected,
)


def fold(facts: list[f.Fact]) -> Session:
    """Rebuild a session from its journal. The first fact must be `Planned`."""
    first, *rest = facts
    if not isinstance(first, f.Planned):
        raise ValueError("a journal begins with Planned")
    session = planned(first)
    for fact in rest:
        session = evolve(session, fact)
    return session


def planned(fact: f.Planned) -> Session:
    """The session a first fact makes."""
    return Session(
        id=fact.session,
        booking_id=fact.booking_id,
        booking_version=fact.booking_version,
        segment=fact.segment,
        purpose=fact.purpose,
        establishment=fact.establishment,
        room=fact.room,
        room_address=fact.room_address,
        control=fact.control,
        starts_at=fact.starts_at,
        ends_at=fact.ends_at,
        booked_end=fact.ends_at,
        prisoner_ref=fact.prisoner_ref,
        observation=fact.observation,
        alias=fact.alias,
        generation=1,
        needs_approval=fact.needs_approval,
        planned_at=fact.at,
        attendees={attendee.ref: attendee for attendee in fact.attendees},
        screen_share_declared=fact.screen_share_declared,
        flags=fact.flags,
        forwarding=fact.forwarding,
        arranged_at=fact.at,
        booker=fact.booker,
        version=1,
        roster_version=1,
    )


def evolve(session: Session, fact: f.Fact) -> Session:
    """The session after the fact."""
    changed = _apply(session, fact)
    return (replace if changed is session else finish)(
        changed,
        version=session.version + 1,
        roster_version=session.roster_version + isinstance(fact, _ROSTER_FACTS),
    )


def _apply(s: Session, fact: f.Fact) -> Session:
    match fact:
        case f.Planned():
            raise ValueError("a session is planned once")
        case (
            f.Amended()
            | f.AmendmentHeld()
            | f.CancellationHeld()
            | f.PrisonerRenumbered()
            | f.RoomWorksChanged()
            | f.Approved()
            | f.Extended()
            | f.Expected()
            | f.Waived()
            | f.EvidenceReceived()
            | f.EvidenceWithdrawn()
            | f.Noted()
            | f.Reminded()
            | f.LetterDue()
        ):
            return _booking(s, fact)
        case f.PhaseChanged():
            return meeting_facts.phase(s, fact)
        case (
            f.VmrCreated()
            | f.AliasAnswered()
            | f.VmrReplaced()
            | f.VmrGone()
            | f.LinkDead()
            | f.StrayInstanceSeen()
            | f.PinBurnt()
            | f.ControlWanted()
            | f.SecretsWiped()
            | f.TagUsed()
            | f.ControlHeld()
            | f.OrderAdvanced()
        ):
            return _platform(s, fact)
        case (
            f.LegObserved()
            | f.LegLeft()
            | f.PlaceKnown()
            | f.RemovalRequested()
            | f.RefusalRequested()
            | f.AdmitRequested()
        ):
            return meeting_facts.legs(s, fact)
        case f.Exposed(leg=leg):
            return replace(s, exposed=(*s.exposed, leg))
        case f.PhoneTurnedAway(call=call):
            return replace(s, turned_away=(*s.turned_away, call)[-TOMBSTONES:])
        case f.AskFailed() | f.OpeningFellBack() | f.Revealed():
            return s
        case f.MeetingObserved() | f.MeetingLost() | f.SeenEmpty() | f.EmptinessBroken():
            return meeting_facts.meeting(s, fact)
        case f.Locked() | f.Unlocked() | f.LockRequested() | f.UnlockRequested():
            return replace(s, lock=meeting_facts.lock(s.lock, fact), first_locked_at=meeting_facts.first_lock(s, fact))
        case f.OpenRequested() | f.OpeningStepped() | f.Opened() | f.RoomConnected() | f.RoomLost():
            return meeting_facts.opening(s, fact)
        case f.Asked(key=key, at=at):
            former = s.asks.get(key)
            return replace(
                s, asks=put(s.asks, key, Ask(at, former.attempts + 1, former.since) if former else Ask(at, 1, at))
            )
        case f.AskEnded(key=key):
            return replace(s, asks=without(s.asks, key))
        case f.Knocked(knock=knock, leg=leg, at=at):
            answered = [old.id for old in s.knocks.values() if old.state not in KNOCKING]
            forget = frozenset(answered[: max(0, len(answered) - TOMBSTONES)])
            kept = {name: old for name, old in s.knocks.items() if name not in forget}
            return replace(s, knocks=put(kept, knock, Knock(knock, leg, at)))
        case f.KnockAnswered(knock=knock, state=state, by=by):
            return replace(s, knocks=put(s.knocks, knock, replace(s.knocks[knock], state=state, by=by, dealing=None)))
        case f.KnockEscalated(knock=knock):
            return replace(s, knocks=put(s.knocks, knock, replace(s.knocks[knock], escalated=True)))
        case f.Checked(leg=leg, attendee=attendee, documents=documents, practitioner_word=word, by=by, at=at):
            check = Check(attendee, documents, word, by, at)
            return replace(s, legs=put(s.legs, leg, replace(s.legs[leg], check=check)))
        case f.CheckVoided(leg=leg):
            return replace(s, legs=put(s.legs, leg, replace(s.legs[leg], check=None)))
        case (
            f.PrisonerCameIn()
            | f.PrisonerWentOut()
            | f.Paused()
            | f.Resumed()
            | f.BreachBegan()
            | f.BreachEnded()
            | f.WentBlind()
            | f.SightReturned()
            | f.ReminderTicked()
            | f.OfficerLeftTicked()
            | f.ShareAnnounced()
            | f.TimeWarned()
            | f.EveryoneLeft()
            | f.SomeoneReturned()
        ):
            return meeting_facts.private(s, fact)
        case f.AlertRaised(key=key, code=code, about=about, at=at):
            return replace(s, alerts=put(s.alerts, key, Alert(key, code, about, at)))
        case f.AlertAcknowledged(key=key, by=by):
            return replace(s, alerts=put(s.alerts, key, replace(s.alerts[key], acknowledged_by=by, dealing=None)))
        case f.AlertEnded(key=key):
            return replace(s, alerts=without(s.alerts, key))
        case f.DealingBegan(what=what, by=by, at=at):
            return _dealing(s, what, Dealing(by, at))
        case f.DealingLapsed(what=what):
            return _dealing(s, what, None)
        case f.EndRequested(why=why, at=at):
            return replace(s, ending_at=at, ending_why=why)
        case f.OutcomeProposed(outcome=outcome) | f.OutcomeConfirmed(outcome=outcome):
            return replace(s, outcome=outcome)
        case _:
            assert_never(fact)


def _dealing(s: Session, what: str, dealing: Dealing | None) -> Session:
    if what in s.knocks:
        return replace(s, knocks=put(s.knocks, what, replace(s.knocks[what], dealing=dealing)))
    return replace(s, alerts=put(s.alerts, what, replace(s.alerts[what], dealing=dealing)))


_BookingFact = (
    f.Amended
    | f.AmendmentHeld
    | f.CancellationHeld
    | f.PrisonerRenumbered
    | f.RoomWorksChanged
    | f.Approved
    | f.Extended
    | f.Expected
    | f.Waived
    | f.EvidenceReceived
    | f.EvidenceWithdrawn
    | f.Noted
    | f.Reminded
    | f.LetterDue
)


def _booking(s: Session, fact: _BookingFact) -> Session:
    match fact:
        case f.Amended():
            # Officers' own additions outlive an amendment: the booking system does not know of them.
            added = [attendee for attendee in s.attendees.values() if attendee.added_by]
            booked = [still(s.attendees.get(attendee.ref), attendee) for attendee in fact.attendees]
            return replace(
                s,
                booking_version=fact.booking_version,
                starts_at=fact.starts_at,
                ends_at=fact.ends_at,
                booked_end=fact.ends_at,
                room=fact.room,
                room_address=fact.room_address,
                observation=fact.observation,
                screen_share_declared=fact.screen_share_declared,
                flags=fact.flags,
                forwarding=fact.forwarding,
                attendees={attendee.ref: attendee for attendee in [*booked, *added]},
                warned=() if fact.ends_at > s.ends_at else s.warned,
                arranged_at=s.arranged_at if fact.starts_at == s.starts_at else fact.at,
                booker=fact.booker,
            )
        case f.AmendmentHeld(booking_version=version) | f.CancellationHeld(booking_version=version):
            return replace(s, booking_version=version, held_amendments=(*s.held_amendments, version))
        case f.PrisonerRenumbered(prisoner_ref=ref):
            return replace(s, prisoner_ref=ref)
        case f.RoomWorksChanged(works=works):
            return replace(s, works=works)
        case f.Approved(at=at):
            return replace(s, needs_approval=False, arranged_at=at)
        case f.Extended(until=until):
            return replace(s, ends_at=until, warned=())
        case f.Expected(attendee=attendee):
            return replace(s, attendees=put(s.attendees, attendee.ref, attendee))
        case f.Waived(attendee=ref, by=by):
            return replace(s, attendees=put(s.attendees, ref, replace(s.attendees[ref], waived_by=by)))
        case f.EvidenceReceived() | f.EvidenceWithdrawn():
            return evidence(s, fact)
        case f.Noted(text_ref=ref):
            return replace(s, noted=(*s.noted, ref))
        case f.Reminded():
            return replace(s, reminded_for=s.starts_at)
        case f.LetterDue():
            return _written(s, fact)
        case _:
            assert_never(fact)


def _written(s: Session, fact: f.LetterDue) -> Session:
    """The letter is asked for from here on until it is delivered or given up."""
    place = s.version + 1
    asked = replace(s, asks=put(s.asks, key(Write(fact.letter, place)), Ask(fact.at, 1)))
    if fact.letter is Letter.REMINDER:
        return asked
    over = fact.letter is Letter.CANCELLED
    told = Written(place, fact.change, s.booker, s.starts_at, s.ends_at, s.room, s.generation, over)
    return replace(asked, written=told)


_PlatformFact = (
    f.VmrCreated
    | f.AliasAnswered
    | f.VmrReplaced
    | f.VmrGone
    | f.LinkDead
    | f.StrayInstanceSeen
    | f.PinBurnt
    | f.ControlWanted
    | f.SecretsWiped
    | f.TagUsed
    | f.ControlHeld
    | f.OrderAdvanced
)


def _platform(s: Session, fact: _PlatformFact) -> Session:
    match fact:
        case f.VmrCreated(at=at):
            return replace(s, vmr_created_at=at, vmr_deleted_at=None, link_dead_at=None)
        case f.AliasAnswered(answering=answering, nodes=nodes):
            return replace(s, nodes_ready=(answering, nodes))
        case f.VmrReplaced(generation=generation, alias=alias):
            return replace(
                s,
                generation=generation,
                alias=alias,
                vmr_created_at=None,
                nodes_ready=(0, 0),
                strange_hosts=(),
                asks={},
                own_leg=None,
            )
        case f.VmrGone(at=at):
            return replace(s, vmr_deleted_at=at, nodes_ready=(0, 0))
        case f.LinkDead(at=at):
            return replace(s, link_dead_at=at)
        case f.StrayInstanceSeen():
            return s
        case f.PinBurnt(leg=leg):
            return replace(s, strange_hosts=(*s.strange_hosts, leg))
        case f.ControlWanted():
            return replace(s, control_wanted=True)
        case f.SecretsWiped():
            return replace(s, secrets_wiped=True)
        case f.TagUsed(tag=tag):
            return replace(s, own_tags=(*s.own_tags, tag))
        case f.ControlHeld(leg=leg):
            return replace(s, own_leg=leg)
        case f.OrderAdvanced(generation=generation, number=number):
            return replace(s, seen=(generation, number))
        case _:
            assert_never(fact)
