"""What a sender may not send is counted by the minute, found the newest first, and gone after its time."""

from __future__ import annotations

from dataclasses import replace

import pytest

from vmrd.store.base import Store
from vmrd.store.refusal import KEPT, PER, Bound, Refusal, RefusalRow

pytestmark = pytest.mark.asyncio

REFUSED = Refusal("bvls", "booking.created", "BAI", Bound.ESTABLISHMENT)
NOON = 1_767_268_800_000


async def refuse(store: Store, refusal: Refusal, *at: int) -> None:
    for now in at:
        await store.write([], lambda tx, now=now: tx.put_refusal(refusal, now))


async def test_a_loop_at_a_sender_is_one_row_a_minute_with_a_count(store: Store) -> None:
    await refuse(store, REFUSED, NOON, NOON + 10, NOON + PER - 1, NOON + PER)
    assert await store.read(lambda rx: rx.refusals(0, 9)) == [
        RefusalRow(REFUSED, 1, NOON + PER, NOON + PER),
        RefusalRow(REFUSED, 3, NOON, NOON + PER - 1),
    ]


@pytest.mark.parametrize(
    "other",
    [
        replace(REFUSED, sender="desk"),
        replace(REFUSED, event_type="booking.cancelled"),
        replace(REFUSED, establishment=None),
        replace(REFUSED, bound=Bound.EVENT_TYPE),
    ],
)
async def test_what_is_of_another_kind_is_counted_apart(store: Store, other: Refusal) -> None:
    await refuse(store, REFUSED, NOON)
    await refuse(store, other, NOON)
    found = await store.read(lambda rx: rx.refusals(0, 9))
    assert {row.refusal for row in found} == {REFUSED, other}
    assert [row.times for row in found] == [1, 1]


async def test_they_are_found_by_time_and_place_and_no_more_than_are_asked_for(store: Store) -> None:
    elsewhere = replace(REFUSED, establishment=None)
    await refuse(store, REFUSED, NOON, NOON + 2 * PER)
    await refuse(store, elsewhere, NOON + PER)
    assert len(await store.read(lambda rx: rx.refusals(NOON + 1, 9))) == 2
    assert [row.last_at for row in await store.read(lambda rx: rx.refusals(0, 1))] == [NOON + 2 * PER]
    assert {row.refusal for row in await store.read(lambda rx: rx.refusals(0, 9, ["BAI", "MDI"]))} == {REFUSED}


async def test_a_row_goes_after_its_time(store: Store) -> None:
    await refuse(store, REFUSED, NOON, NOON + KEPT)
    assert len(await store.read(lambda rx: rx.refusals(0, 9))) == 2
    await refuse(store, REFUSED, NOON + KEPT + PER)
    assert [row.first_at for row in await store.read(lambda rx: rx.refusals(0, 9))] == [NOON + KEPT + PER, NOON + KEPT]
