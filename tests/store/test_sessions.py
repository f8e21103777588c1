"""Finding sessions: by id, name, day, phase, alarm, watch and room; and the journal of each."""

import pytest

from tests.store.samples import HOUR, NOON, note, put, recorded, session, with_endpoint
from vmrd.lifecycle.facts import Locked, Unlocked
from vmrd.lifecycle.words import LIVE, Phase, Where
from vmrd.store.base import SessionFilter, Store, Tx
from vmrd.store.chain import GENESIS

pytestmark = pytest.mark.asyncio


async def test_a_session_that_is_not_there(store: Store) -> None:
    assert await store.read(lambda rx: rx.session("s1")) is None
    assert await store.read(lambda rx: rx.journal("s1")) == []
    assert await store.read(lambda rx: rx.next_wake()) is None
    assert await store.read(lambda rx: rx.session_by_name("vmrd-s1-1")) is None


async def test_the_newest_state_is_kept(store: Store) -> None:
    await put(store, session(version=1))
    await put(store, session(version=2, phase=Phase.READY, room="VCC2", starts_at=NOON + HOUR))
    found = await store.read(lambda rx: rx.sessions(SessionFilter()))
    assert found == [session(version=2, phase=Phase.READY, room="VCC2", starts_at=NOON + HOUR)]


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        (SessionFilter(), ["a", "b", "c", "d"]),
        (SessionFilter(establishments=("MDI",)), ["a", "c", "d"]),
        (SessionFilter(establishments=("MDI", "BAI")), ["a", "b", "c", "d"]),
        (SessionFilter(establishments=("BAI", "LEI")), ["b"]),
        (SessionFilter(start=NOON + HOUR), ["b", "c", "d"]),
        (SessionFilter(end=NOON + HOUR), ["a"]),
        (SessionFilter(start=NOON + HOUR, end=NOON + 2 * HOUR), ["b"]),
        (SessionFilter(phases=(Phase.OPEN, Phase.PRIVATE)), ["a", "d"]),
        (SessionFilter(phases=(Phase.OPEN,), establishments=("MDI",), start=NOON), ["a"]),
        (SessionFilter(booking_id="court"), ["c", "d"]),
        (SessionFilter(booking_id="court", phases=(Phase.FAILED,)), []),
        (SessionFilter(establishments=("' OR 1=1 --",)), []),
    ],
)
async def test_sessions_are_found_by_every_condition_in_order_of_their_start(
    store: Store, where: SessionFilter, expected: list[str]
) -> None:
    await put(store, session("d", starts_at=NOON + 3 * HOUR, phase=Phase.PRIVATE, booking_id="court"))
    await put(store, session("c", starts_at=NOON + 2 * HOUR, booking_id="court"))
    await put(store, session("b", starts_at=NOON + HOUR, establishment="BAI"))
    await put(store, session("a", starts_at=NOON, phase=Phase.OPEN))
    found = await store.read(lambda rx: rx.sessions(where))
    assert [each.id for each in found] == expected


async def test_every_name_a_vmr_ever_had_leads_to_its_session(store: Store) -> None:
    await put(store, session("s1", generation=1))
    await put(store, session("s1", generation=2))
    await put(store, session("s2", generation=1))
    names = ["vmrd-s1-1", "vmrd-s1-2", "vmrd-s2-1", "vmrd-s2-2"]
    assert await store.read(lambda rx: [rx.session_by_name(name) for name in names]) == ["s1", "s1", "s2", None]


async def test_alarms_come_due_in_order_and_can_be_moved(store: Store) -> None:
    await put(store, session("late"), wake_at=30)
    await put(store, session("soon"), wake_at=10)
    await put(store, session("never"), wake_at=None)
    await put(store, session("next"), wake_at=20)
    assert await store.read(lambda rx: rx.next_wake()) == 10
    assert await store.read(lambda rx: rx.due(9, 100)) == []
    assert await store.read(lambda rx: rx.due(20, 100)) == ["soon", "next"]
    assert await store.read(lambda rx: rx.due(30, 2)) == ["soon", "next"]

    await store.write(["soon"], lambda tx: tx.wake("soon", None))
    await store.write(["late"], lambda tx: tx.wake("late", 5))
    assert await store.read(lambda rx: rx.due(100, 100)) == ["late", "next"]
    assert await store.read(lambda rx: rx.session("late")) == session("late")

    await put(store, session("next"), wake_at=None)
    assert await store.read(lambda rx: rx.due(100, 100)) == ["late"]


async def test_watched_sessions(store: Store) -> None:
    await put(store, session("s1"), watched=True)
    await put(store, session("s2"), watched=False)
    await put(store, session("s3"), watched=True)
    assert await store.read(lambda rx: rx.watched()) == ["s1", "s3"]
    await put(store, session("s1"), watched=False)
    assert await store.read(lambda rx: rx.watched()) == ["s3"]


@pytest.mark.parametrize("phase", sorted(Phase))
async def test_a_room_is_held_while_a_live_session_has_its_endpoint_inside(store: Store, phase: Phase) -> None:
    await put(store, with_endpoint(session("former", phase=phase)))
    holder = await store.read(lambda rx: rx.room_holder("MDI", "VCC1", but_not="next"))
    assert holder == ("former" if phase in LIVE or phase is Phase.ENDING else None)


async def test_a_room_is_held_by_no_other_room_prison_or_the_session_itself(store: Store) -> None:
    await put(store, with_endpoint(session("former", phase=Phase.ENDING)))
    await put(store, session("next", phase=Phase.OPENING))
    asked = [("MDI", "VCC1", "former"), ("MDI", "VCC2", "next"), ("BAI", "VCC1", "next")]
    assert await store.read(lambda rx: [rx.room_holder(*each) for each in asked]) == [None, None, None]


async def test_a_room_is_free_once_the_endpoint_has_left(store: Store) -> None:
    await put(store, with_endpoint(session("former", phase=Phase.ENDING)))
    await put(store, with_endpoint(session("former", phase=Phase.ENDING), where=Where.LEFT))
    assert await store.read(lambda rx: rx.room_holder("MDI", "VCC1", but_not="next")) is None


async def test_facts_are_numbered_and_chained_in_each_session(store: Store) -> None:
    await put(store, session("s1"), facts=[note(1), note(2)], now=NOON)
    await put(store, session("s2"), facts=[Locked(NOON)], now=NOON)
    await put(store, session("s1"), facts=[], now=NOON + 1)
    await put(store, session("s1"), facts=[Unlocked(drift=True, at=NOON)], now=NOON + 2)
    rows = await store.read(lambda rx: rx.journal("s1"))
    assert [(row.session_id, row.seq, row.at, row.type) for row in rows] == [
        ("s1", 1, NOON, "Noted"),
        ("s1", 2, NOON, "Noted"),
        ("s1", 3, NOON + 2, "Unlocked"),
    ]
    assert [row.prev for row in rows] == [GENESIS, rows[0].hash, rows[1].hash]
    assert len({row.hash for row in rows}) == 3
    assert await store.read(lambda rx: rx.facts("s1")) == [note(1), note(2), Unlocked(drift=True, at=NOON)]
    assert await store.read(lambda rx: rx.facts("s2")) == [Locked(NOON)]


async def test_one_step_may_record_a_session_more_than_once(store: Store) -> None:
    def step(tx: Tx) -> None:
        for n in range(3):
            recorded(tx, session(version=n), [note(n)])

    await store.write(["s1"], step)
    assert await store.read(lambda rx: rx.facts("s1")) == [note(0), note(1), note(2)]
    assert await store.read(lambda rx: rx.session("s1")) == session(version=2)
