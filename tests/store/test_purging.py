"""What is old enough goes, what is needed stays, and the journal accepts what is left and nothing else."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.store.conftest import Hands
from tests.store.samples import HOUR, NOON, note, put, session
from tests.store.test_deliveries import DELIVERY
from vmrd.config_retention import RetentionConfig
from vmrd.lifecycle.commands import WipeSecrets
from vmrd.lifecycle.words import LIVE, OVER, Phase
from vmrd.store.account import AuditKind, SignIn
from vmrd.store.base import BookingRecord, Claim, Receipt, Segment, SessionFilter, Store, Tx
from vmrd.store.connection import for_reading
from vmrd.store.delivery import DeliveryState
from vmrd.store.journal import verify
from vmrd.store.refusal import Bound, Refusal
from vmrd.store.retention import Cutoffs, Kept
from vmrd.store.secrets import StoreKeys
from vmrd.store.sqlite import connect

pytestmark = pytest.mark.asyncio

DAY = 24 * HOUR
CLOSED = session("s1", phase=Phase.CLOSED)
LEFT = DAY * 31 + HOUR
"""Long enough after noon for the people of a meeting that ended at one to go, by the defaults."""


def before(after: int, **days: int) -> Cutoffs:
    """What goes so long after noon."""
    return RetentionConfig(**days).before(NOON + after)


async def keep_all(store: Store, *phases: Phase) -> None:
    """A session of each phase, with something of every class."""
    for number, phase in enumerate(phases):
        await put(store, session(f"s{number}", phase=phase, alias=f"alias{number}"))

    def step(tx: Tx) -> None:
        for number in range(len(phases)):
            name = f"s{number}"
            tx.ref(name, "Jane Canary")
            tx.put_secret(name, "host_pin", b"1234")
            tx.claim(name, [Claim("room", f"MDI/{number}", NOON, NOON + HOUR)])

    await store.write([], step)


@pytest.mark.parametrize("phase", sorted(OVER))
async def test_people_of_a_meeting_that_is_over_go_after_their_days_and_not_before(store: Store, phase: Phase) -> None:
    await keep_all(store, phase)
    assert not any((await store.read(lambda rx: rx.purgeable(before(30 * DAY)))).values())
    assert not any((await store.write([], lambda tx: tx.purge(before(30 * DAY), 9))).values())

    told = await store.read(lambda rx: rx.purgeable(before(LEFT)))
    gone = await store.write([], lambda tx: tx.purge(before(LEFT), 9))
    assert told == gone
    assert {kept: count for kept, count in gone.items() if count} == dict.fromkeys(
        (Kept.PERSONAL, Kept.SALTS, Kept.SECRETS, Kept.CLAIMS), 1
    )
    assert await store.read(lambda rx: rx.personal("s0")) == {}
    assert await store.read(lambda rx: rx.secret("s0", "host_pin")) is None
    assert len(await store.read(lambda rx: rx.journal("s0"))) == 1


async def test_nothing_goes_of_a_meeting_that_is_not_over_however_old_it_is(store: Store) -> None:
    phases = sorted(set(Phase) - OVER)
    assert set(phases) >= LIVE
    await keep_all(store, *phases)
    assert not any((await store.write([], lambda tx: tx.purge(before(9_999 * DAY), 9))).values())
    assert len(await store.read(lambda rx: rx.sessions(SessionFilter()))) == len(phases)


async def test_answers_sign_ins_refusals_and_callbacks_go_each_in_its_own_time(store: Store) -> None:
    await put(store, CLOSED)

    def step(tx: Tx) -> None:
        tx.put_receipt(Receipt("webhook:bvls", "m1", "d", 202, b"{}", NOON))
        tx.put_sign_in(SignIn("c" * 64, "kshah", "csrf", NOON, NOON))
        tx.put_refusal(Refusal("bvls", "booking.created", None, Bound.ESTABLISHMENT), NOON)
        for state in DeliveryState:
            tx.put_delivery(replace(DELIVERY, id=f"s1-{state}", state=state, tried_at=NOON))

    await store.write([], step)
    days = (1, 29, 31, 89, 91)
    gone: dict[int, set[Kept]] = {}
    for day in days:
        counts = await store.write([], lambda tx, after=day * DAY + 1: tx.purge(before(after), 9))
        gone[day] = {kept for kept, count in counts.items() if count}
    assert gone == {
        1: {Kept.SIGN_INS},
        29: set(),
        31: {Kept.RECEIPTS, Kept.DELIVERIES},
        89: set(),
        91: {Kept.DELIVERIES, Kept.REFUSALS},
    }
    (left,) = await store.read(lambda rx: rx.deliveries(tuple(DeliveryState), 9))
    assert left.state is DeliveryState.WAITING


async def test_facts_go_by_whole_sessions_and_the_journal_is_still_accepted(store: Store, hands: Hands) -> None:
    await keep_all(store, Phase.CLOSED, Phase.OPEN)
    booking = BookingRecord("booking-of-s0", "bvls", 1, "d", "active", "MDI", (Segment("main", "s0"),), (), NOON)
    await store.write([], lambda tx: tx.put_booking(booking))
    await put(store, session("s0", phase=Phase.CLOSED), facts=[note(1), note(2)], now=NOON + DAY)
    assert (await store.write([], lambda tx: tx.purge(before(730 * DAY), 9)))[Kept.JOURNAL] == 0
    assert (await store.write([], lambda tx: tx.purge(before(731 * DAY + HOUR), 9)))[Kept.JOURNAL] == 1

    assert await store.read(lambda rx: rx.session("s0")) is None
    assert await store.read(lambda rx: rx.session_by_alias("alias0")) is None
    assert await store.read(lambda rx: rx.booking("booking-of-s0")) is None
    assert [each.id for each in await store.read(lambda rx: rx.sessions(SessionFilter()))] == ["s1"]
    assert hands.faults() == []
    (entry,) = await store.read(lambda rx: rx.audit(9))
    assert (entry.kind, entry.detail["session"], entry.detail["facts"]) == (AuditKind.JOURNAL_PURGED, "s0", "3")
    await put(store, session("s1"), facts=[note(9)])
    assert hands.faults() == []


async def test_facts_are_kept_for_ever_where_that_is_asked_for(store: Store) -> None:
    await keep_all(store, Phase.CLOSED)
    gone = await store.write([], lambda tx: tx.purge(before(99_999 * DAY, journal=0), 9))
    assert gone[Kept.JOURNAL] == 0


async def test_facts_stay_while_something_of_the_session_is_still_to_be_done(store: Store) -> None:
    await put(store, CLOSED, WipeSecrets())
    gone = await store.write([], lambda tx: tx.purge(before(9_999 * DAY), 9))
    assert gone[Kept.JOURNAL] == 0


async def test_moving_the_times_of_a_session_lets_no_fact_go_sooner(store: Store, hands: Hands) -> None:
    await put(store, CLOSED)
    with hands.at_work() as connection:
        connection.execute("UPDATE session SET starts_at = 0, ends_at = 1")
    gone = await store.write([], lambda tx: tx.purge(before(DAY), 9))
    assert gone[Kept.JOURNAL] == 0


def forge(hands: Hands, last: str) -> None:
    """A line in the audit as a purge writes it, by somebody without the seal key."""
    with hands.at_work() as connection:
        (digest,) = connection.execute(f"SELECT {last} FROM journal WHERE session_id = 's1'").fetchone()
        detail = json.dumps({"session": "s1", "facts": "1", "last": digest.hex()})
        connection.execute(
            "INSERT INTO audit VALUES (1, 5, 'journal-purged', 'retention', ?, ?, ?)", (detail, bytes(32), bytes(32))
        )


@pytest.mark.parametrize(
    ("line", "where"),
    [(None, "session s1"), ("hash", "session audit"), ("prev", "session s1")],
    ids=["removed without a word", "with a forged line in the audit", "with a line that names another fact"],
)
async def test_a_session_removed_by_hand_is_not_taken_for_one_that_was_purged(
    store: Store, hands: Hands, line: str | None, where: str
) -> None:
    await put(store, CLOSED)
    if line is not None:
        forge(hands, line)
    with hands.at_work() as connection:
        assert connection.execute("DELETE FROM journal WHERE session_id = 's1'").rowcount == 1
    assert where in {fault.where.partition(" fact")[0] for fault in hands.faults()}


async def test_the_line_of_a_purge_cannot_be_changed_afterwards(store: Store, hands: Hands) -> None:
    await put(store, CLOSED)
    await put(store, session("s2", alias="bcdefghijklm"))
    await store.write([], lambda tx: tx.purge(before(9_999 * DAY), 9))
    with hands.at_work() as connection:
        connection.execute("UPDATE audit SET detail = replace(detail, '\"s1\"', '\"s2\"')")
        connection.execute("DELETE FROM journal WHERE session_id = 's2'")
    assert {"session s1", "session s2", "session audit fact 1"} <= {fault.where for fault in hands.faults()}


async def test_a_head_noted_outside_shows_an_older_copy_and_a_journal_written_anew(path: Path, keys: StoreKeys) -> None:
    store = connect(path, keys)
    await put(store, session("s1"))
    with closing(sqlite3.connect(":memory:")) as older:
        with closing(for_reading(path)) as source:
            source.backup(older)
        early = await store.read(lambda rx: rx.seal_head())
        await put(store, session("s1"), facts=[note(1)])
        late = await store.read(lambda rx: rx.seal_head())

        with closing(for_reading(path)) as connection:
            assert verify(connection, keys.seal, [early, late]) == []
            anew = verify(connection, keys.seal, [replace(early, last=bytes(32))])
        assert verify(older, keys.seal, [early]) == []
        faults = verify(older, keys.seal, [early, late])
    assert [fault.where for fault in anew] == ["witnessed head of 1 seals"]
    assert [fault.where for fault in faults] == ["witnessed head of 2 seals"]
    assert "older copy" in faults[0].what
    await store.close()
