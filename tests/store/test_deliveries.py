"""What became of callbacks: kept with the command they belong to, and sent again from there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.store.samples import put, session
from vmrd.lifecycle.commands import Lane, Tell, Write
from vmrd.lifecycle.words import Letter
from vmrd.store.base import Store, Tx
from vmrd.store.delivery import Delivery, DeliveryState

pytestmark = pytest.mark.asyncio

DELIVERY = Delivery("s1-3", "s1", 3, "session.opened", "bvls", DeliveryState.WAITING, 2, "5xx", 100, 200, 300)
DEAD = replace(DELIVERY, id="s1-4", seq=4, state=DeliveryState.DEAD, occurred_at=150, next_at=None)
TAKEN = replace(DELIVERY, id="s1-5", seq=5, state=DeliveryState.TAKEN, answer="2xx", occurred_at=160, next_at=None)


async def keep(store: Store, *deliveries: Delivery) -> None:
    await put(store, session("s1"))

    def step(tx: Tx) -> None:
        for each in deliveries:
            tx.put_delivery(each)

    await store.write(["s1"], step)


async def test_a_delivery_comes_back_as_it_was_kept_and_is_kept_once(store: Store) -> None:
    await keep(store, DELIVERY)
    await keep(store, replace(DELIVERY, attempts=3))
    assert await store.read(lambda rx: rx.delivery("s1-3")) == replace(DELIVERY, attempts=3)
    assert await store.read(lambda rx: rx.delivery("s1-9")) is None


async def test_deliveries_are_listed_by_state_the_newest_first(store: Store) -> None:
    await keep(store, DELIVERY, DEAD, TAKEN)
    assert await store.read(lambda rx: rx.deliveries(tuple(DeliveryState), 9)) == [TAKEN, DEAD, DELIVERY]
    assert await store.read(lambda rx: rx.deliveries(tuple(DeliveryState), 1)) == [TAKEN]
    assert await store.read(lambda rx: rx.deliveries((DeliveryState.DEAD,), 9)) == [DEAD]
    assert await store.read(lambda rx: rx.dead_deliveries()) == 1


async def test_what_is_told_again_is_in_the_outbox_with_its_own_number_and_waits(store: Store) -> None:
    await keep(store, DEAD)
    await store.write(["s1"], lambda tx: tx.tell_again(DEAD, 500))
    (item,) = await store.read(lambda rx: rx.outbox("s1"))
    assert (item.lane, item.command, item.created_at) == (Lane.NOTIFY, Tell("session.opened", 4), 500)
    assert item.not_after is None
    again = replace(DEAD, state=DeliveryState.WAITING, next_at=500)
    assert await store.read(lambda rx: rx.delivery("s1-4")) == again
    assert await store.read(lambda rx: rx.dead_deliveries()) == 0


async def test_told_again_while_it_still_waits_it_is_told_once(store: Store) -> None:
    await keep(store, DELIVERY)
    for now in (500, 600):
        await store.write(["s1"], lambda tx, now=now: tx.tell_again(DELIVERY, now))
    assert len(await store.read(lambda rx: rx.outbox("s1"))) == 1


async def test_a_step_that_fails_ends_neither_the_command_nor_the_delivery(store: Store) -> None:
    await put(store, session("s1"), Tell("session.opened", 3))
    (item,) = await store.read(lambda rx: rx.outbox("s1"))

    def step(tx: Tx) -> None:
        tx.finish(item.id, item.attempts)
        tx.put_delivery(TAKEN)
        raise ValueError

    with pytest.raises(ValueError, match=r"^$"):
        await store.write(["s1"], step)
    assert await store.read(lambda rx: rx.outbox("s1")) == [item]
    assert await store.read(lambda rx: rx.delivery("s1-5")) is None


async def test_an_email_is_written_again_in_its_own_lane(store: Store) -> None:
    email = replace(DEAD, event="email.cancelled", target="email")
    await keep(store, email)
    await store.write(["s1"], lambda tx: tx.tell_again(email, 500))
    (item,) = await store.read(lambda rx: rx.outbox("s1"))
    assert (item.lane, item.command) == (Lane.MAIL, Write(Letter.CANCELLED, 4))
