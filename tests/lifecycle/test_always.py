"""What holds whatever happens, in whatever order: the promises of the core, held against anything.

The conditions of SECURE are written down here a second time, from the session alone, so that a slip in one is not a
slip in both.
"""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.lifecycle.anything import RULES, anything, begin, is_late, late, passing, placed, reached
from tests.lifecycle.story import assert_sound
from vmrd.lifecycle import commands as c
from vmrd.lifecycle import facts as f
from vmrd.lifecycle import inputs as i
from vmrd.lifecycle.decide import Decision, decide
from vmrd.lifecycle.evolve import fold
from vmrd.lifecycle.refusal import Refused
from vmrd.lifecycle.rules import SECOND, Rules
from vmrd.lifecycle.secure import light
from vmrd.lifecycle.session import Session
from vmrd.lifecycle.words import LIVE, OVER, UNWANTED, Control, Kind, LockState, Phase, Role, Where

PEOPLE = {Kind.BROWSER, Kind.APP, Kind.ROOM_SYSTEM, Kind.SKYPE}
LIVING = (
    c.StartConference,
    c.SetLock,
    c.AdmitLeg,
    c.EnsureEndpointInside,
    c.DisconnectLeg,
    c.EnsureVmr,
    c.EndConference,
)

always = settings(
    max_examples=80, derandomize=True, database=None, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
histories = st.lists(st.tuples(anything, passing), min_size=4, max_size=25)


@dataclass(slots=True)
class Told:
    """One decision of a history."""

    before: Session
    given: i.Input
    now: int
    decision: Decision


def run(start: tuple[int, int], history: list[tuple[i.Input, int]]) -> tuple[Rules, list[f.Fact], list[Told]]:
    """Tell a history; refusals change nothing and are left out."""
    stage, number = start
    begun = reached(stage, number)
    rules, session, now = begun.rules, begun.session, begun.now
    journal, told = list(begun.journal), []
    for drawn, later in history:
        now += later
        given = placed(drawn, session)
        decision = decide(session, given, now, rules)
        if isinstance(decision, Refused):
            assert decision.sentence.endswith(".")
            continue
        told.append(Told(session, given, now, decision))
        session = decision.session
        journal.extend(decision.facts)
    return rules, journal, told


def lit_by_the_book(session: Session, rules: Rules) -> bool:
    """DESIGN section 1, conditions 1 to 4, and that nobody is on the way in; not how `secure` says it."""
    if session.control is not Control.FULL or session.phase not in (Phase.OPEN, Phase.PRIVATE) or session.paused_by:
        return False
    meeting, endpoint = session.meeting, session.legs.get(session.endpoint.leg or "")
    if meeting is None or not meeting.started or meeting.recording:
        return False
    if session.lock.state is not LockState.LOCKED or any(ask.startswith("admit:") for ask in session.asks):
        return False
    if endpoint is None or endpoint.where is not Where.INSIDE or (rules.encryption_required and not endpoint.encrypted):
        return False
    seen: list[str] = []
    for leg in session.legs.values():
        if leg.where is not Where.INSIDE or leg is endpoint or (leg.kind is Kind.OWN and not leg.has_media):
            continue
        if leg.kind not in PEOPLE or not leg.settled or leg.role is Role.HOST or leg.check is None:
            return False
        if rules.encryption_required and not leg.encrypted:
            return False
        seen.append(leg.check.attendee)
    there = set(seen)
    missing = {a.ref for a in session.attendees.values() if a.required and not a.waived_by} - there
    return bool(seen) and len(there) == len(seen) and there <= set(session.attendees) and not missing


@always
@given(begin, histories)
def test_every_decision_is_sound_and_the_journal_rebuilds_the_session(
    start: tuple[int, int], history: list[tuple[i.Input, int]]
) -> None:
    rules, journal, told = run(start, history)
    for step in told:
        assert_sound(step.before, step.given, step.decision, step.now, rules)
    if told:
        assert fold(journal) == told[-1].decision.session


@always
@given(begin, histories)
def test_the_light_burns_exactly_when_every_condition_holds(
    start: tuple[int, int], history: list[tuple[i.Input, int]]
) -> None:
    rules, _, told = run(start, history)
    for step in told:
        session = step.decision.session
        assert light(session, rules, fresh=True).secure is lit_by_the_book(session, rules)
        assert not light(session, rules, fresh=False).secure


@always
@given(begin, histories)
def test_what_is_over_stays_over_and_nothing_lives_after(
    start: tuple[int, int], history: list[tuple[i.Input, int]]
) -> None:
    _, _, told = run(start, history)
    for step in told:
        session = step.decision.session
        if step.before.phase in OVER:
            assert session.phase in OVER
            assert not [command for command in step.decision.commands if isinstance(command, LIVING)]
        if session.phase in OVER:
            assert session.inside() == session.held() == []
            assert session.meeting is None


@always
@given(begin, histories)
def test_a_phone_inside_is_dark_journalled_and_being_put_out(
    start: tuple[int, int], history: list[tuple[i.Input, int]]
) -> None:
    rules, journal, told = run(start, history)
    exposed = {fact.leg for fact in journal if isinstance(fact, f.Exposed)}
    for step in told:
        session = step.decision.session
        for leg in session.inside():
            if leg.kind in UNWANTED and session.phase in LIVE:
                assert not light(session, rules, fresh=True).secure
                assert f"remove:{leg.id}" in session.asks
                assert leg.id in exposed


@always
@given(begin, histories)
def test_only_an_officer_unlocks_and_nobody_is_let_in_to_a_prisoner(
    start: tuple[int, int], history: list[tuple[i.Input, int]]
) -> None:
    _, _, told = run(start, history)
    for step in told:
        if any(isinstance(fact, f.UnlockRequested) for fact in step.decision.facts):
            assert isinstance(step.given, i.UnlockRoom)
        for command in step.decision.commands:
            if command == c.SetLock(False):
                assert step.decision.session.lock.state is LockState.UNLOCKING
                assert not step.decision.session.prisoner.inside
            if isinstance(command, c.AdmitLeg):
                assert not step.decision.session.prisoner.inside


@always
@given(begin, histories)
def test_a_prisoner_in_the_dark_is_an_alarm(start: tuple[int, int], history: list[tuple[i.Input, int]]) -> None:
    rules, _, told = run(start, history)
    for step in told:
        session = step.decision.session
        if session.prisoner.inside and session.phase in LIVE and session.paused_by is None:
            assert lit_by_the_book(session, rules) is (session.breach == ()) is ("breach" not in session.alerts)


@settings(always, max_examples=160)
@given(begin, st.lists(st.tuples(anything, passing), max_size=8), late)
def test_a_late_or_second_hand_sighting_never_lights_never_locks_and_never_brings_back(
    start: tuple[int, int], history: list[tuple[i.Input, int]], seen: i.Observed
) -> None:
    _, number = start
    rules, _, told = run(start, history)
    begun = reached(*start)
    session, now = (told[-1].decision.session, told[-1].now) if told else (begun.session, begun.now)
    given = placed(seen, session)
    assert isinstance(given, i.Observed)
    assume(is_late(given, session))
    decision = decide(session, given, now, rules)
    assert isinstance(decision, Decision)
    after = decision.session
    if not light(session, rules, fresh=True).secure:
        assert not light(after, rules, fresh=True).secure
    if session.lock.state is not LockState.LOCKED:
        assert after.lock.state is not LockState.LOCKED
    for leg in session.legs.values():
        assert (leg.where is Where.LEFT) <= (after.legs[leg.id].where is Where.LEFT)
        assert (leg.where is Where.INSIDE) <= (after.legs[leg.id].where is Where.INSIDE)
    assert not RULES[number].opening_locked_first or not any(isinstance(fact, f.Locked) for fact in decision.facts)


@always
@given(begin, st.lists(st.tuples(anything, passing), max_size=8), st.integers(-3, 3))
def test_whoever_says_unlocked_darkens_unless_it_was_so_before_the_lock_was_asked_for(
    start: tuple[int, int], history: list[tuple[i.Input, int]], seconds: int
) -> None:
    rules, _, told = run(start, history)
    begun = reached(*start)
    session, now = (told[-1].decision.session, told[-1].now) if told else (begun.session, begun.now)
    lock = session.lock
    assume(lock.state is LockState.LOCKED and session.phase in LIVE)
    at = (lock.requested_at or now) + seconds * SECOND
    said = i.ConferenceSeen(i.Order(0, 0), i.Source.HINT, locked=False, started=True, recording=False, at=at)
    decision = decide(session, said, now, rules)
    assert isinstance(decision, Decision)
    if lock.requested_at is not None and seconds < 0:
        assert decision.session.lock == lock
    else:
        assert decision.session.lock.state is not LockState.LOCKED
        assert not light(decision.session, rules, fresh=True).secure
