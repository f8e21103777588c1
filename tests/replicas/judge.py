"""What must hold when all is over: nothing lost, nothing doubled, and one chain that verifies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from pexip_mock.ground import What
from tests.replicas.fleet import KEYS, Fleet
from tests.replicas.life import Desk, Meeting
from vmrd.lifecycle import facts as f
from vmrd.lifecycle.evolve import fold
from vmrd.store.postgres.store import verify

ONCE = (f.Planned, f.VmrCreated, f.OpenRequested, f.Opened, f.RoomConnected)


async def settled(fleet: Fleet, meeting: Meeting) -> None:
    """Wait until the journal knows of everybody who went."""

    async def known() -> bool:
        facts = await fleet.read(lambda rx: rx.facts(meeting.session))
        return meeting.gone <= {fact.leg for fact in facts if isinstance(fact, f.LegLeft)}

    await fleet.until(known, "everybody who went is known to have gone")


async def judge(fleet: Fleet, meetings: Sequence[Meeting], desk: Desk) -> None:
    """Raises `AssertionError`."""
    for meeting in meetings:
        facts = await fleet.read(lambda rx, meeting=meeting: rx.facts(meeting.session))
        session = await fleet.read(lambda rx, meeting=meeting: rx.session(meeting.session))
        assert fold(facts) == session, "the journal does not rebuild the session"
        nothing_lost(meeting, facts)
        nothing_doubled(meeting, facts)
    for name, session_id in desk.booked.items():
        found = await fleet.rows("SELECT id FROM session WHERE booking_id = %s", name)
        assert found == [(session_id,)], f"{name}: {len(found)} sessions instead of the one accepted"
    assert verify(fleet.server, KEYS.seal) == [], "the journal does not verify"


def nothing_lost(meeting: Meeting, facts: Sequence[Any]) -> None:
    """Each event at Pexip and each accepted press is in the journal."""
    kinds, since_first_lock = (Counter(type(fact) for fact in some) for some in (facts, _since_first_lock(facts)))
    for what, kind in ((What.LOCKED, f.Locked), (What.UNLOCKED, f.Unlocked)):
        happened, told = len(meeting.happened(what)), since_first_lock[kind]
        assert told >= happened, f"{what} {happened} times, and {told} are written down"
    for press, kind in (("lock", f.LockRequested), ("unlock", f.UnlockRequested)):
        assert kinds[kind] >= meeting.presses[press], f"of {meeting.presses[press]} {press} {kinds[kind]} are kept"
    seen = {fact.leg for fact in facts if isinstance(fact, f.LegObserved)}
    left = {fact.leg for fact in facts if isinstance(fact, f.LegLeft)}
    assert meeting.people <= seen, "somebody came and is not in the journal"
    assert meeting.gone <= left, "somebody went and is not in the journal"


def nothing_doubled(meeting: Meeting, facts: Sequence[Any]) -> None:
    """No fact twice, and no command that had its effect twice."""
    kinds = Counter(type(fact) for fact in facts)
    for kind in ONCE:
        assert kinds[kind] == 1, f"{kind.__name__} was written {kinds[kind]} times"
    for press, kind in (("lock", f.LockRequested), ("unlock", f.UnlockRequested)):
        assert kinds[kind] == meeting.presses[press], f"{meeting.presses[press]} {press}, {kinds[kind]} facts"
    since_first_lock = Counter(type(fact) for fact in _since_first_lock(facts))
    for what, kind, press in ((What.LOCKED, f.Locked, "lock"), (What.UNLOCKED, f.Unlocked, "unlock")):
        happened = len(meeting.happened(what))
        assert happened == meeting.presses[press], f"{press} was accepted {meeting.presses[press]}, done {happened}"
        told = since_first_lock[kind]
        assert told == happened, f"{what} {happened} times, and {told} facts"
    assert len(meeting.happened(What.DIALLED_OUT)) == 1, "the prison room was called more than once"
    left = Counter(fact.leg for fact in facts if isinstance(fact, f.LegLeft))
    knocks = Counter(fact.leg for fact in facts if isinstance(fact, f.Knocked))
    for leg in meeting.people:
        assert left[leg] <= 1, f"one leg left {left[leg]} times"
        assert knocks[leg] <= 1, f"one leg knocked {knocks[leg]} times"
    last: dict[str, Any] = {}
    for fact in facts:
        if isinstance(fact, f.LegObserved):
            assert last.get(fact.leg) != replace(fact, at=0), "the same was observed of a leg twice"
            last[fact.leg] = replace(fact, at=0)


def _since_first_lock(facts: Sequence[Any]) -> Sequence[Any]:
    """That a meeting is born unlocked is a fact and no event."""
    return facts[next((each for each, fact in enumerate(facts) if isinstance(fact, f.LockRequested)), len(facts)) :]
