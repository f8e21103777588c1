"""Commands wait in order, each queue by itself; what fails blocks only itself, what is newer takes its place."""

import pytest

from tests.store.samples import NOON, TTL, note, put, recorded, session
from vmrd.lifecycle.commands import (
    AdmitLeg,
    Command,
    DisconnectLeg,
    EnsureEndpointInside,
    EnsureVmr,
    Lane,
    SetLock,
    StartConference,
    Tell,
    Write,
)
from vmrd.lifecycle.words import Letter
from vmrd.store.base import OutboxItem, Store, Taker, Tx
from vmrd.store.delivery import Share
from vmrd.store.leases import watching

pytestmark = pytest.mark.asyncio

LEASE = 10_000
ME = Taker("me", LEASE, frozenset({Lane.LOCK, Lane.LIVE}))
ALL = dict.fromkeys(Lane, 100)
LETTER = Write(Letter.CONFIRMED, 2)
CALL = EnsureEndpointInside("room1@rooms.example.org")


async def take(store: Store, now: int = NOON, limit: dict[Lane, int] = ALL) -> list[OutboxItem]:
    return await store.write([], lambda tx: tx.take("me", now, LEASE, limit))


async def take_one(store: Store, now: int = NOON) -> OutboxItem:
    (item,) = await take(store, now)
    return item


async def finish(store: Store, item: OutboxItem) -> bool:
    return await store.write([], lambda tx: tx.finish(item.id, item.attempts))


async def postpone(store: Store, item: OutboxItem, until: int) -> None:
    await store.write([], lambda tx: tx.postpone(item.id, item.attempts, until))


def commands(items: list[OutboxItem]) -> list[Command]:
    return [item.command for item in items]


async def bear(store: Store, *given: Command, now: int = NOON) -> list[OutboxItem]:
    """Put commands while `ME` has a hand free; those that are born to it."""
    return await store.write(["s1"], lambda tx: recorded(tx, session(), [note(1)], given, now=now, taker=ME))


async def waiting(store: Store, session_id: str = "s1") -> list[Command]:
    return commands(await store.read(lambda rx: rx.outbox(session_id)))


async def test_an_item_says_all_its_dispatcher_needs(store: Store) -> None:
    await put(store, session("s1", establishment="BAI"), SetLock(True), now=NOON)
    item = await take_one(store, NOON + 5)
    assert item == OutboxItem(item.id, "s1", "BAI", Lane.LOCK, "lock", SetLock(True), NOON, None, 1)


@pytest.mark.parametrize(
    ("command", "not_after"),
    [(SetLock(True), None), (DisconnectLeg("a"), None), (SetLock(False), NOON + TTL), (StartConference(), NOON + TTL)],
)
async def test_only_what_makes_a_room_safe_never_expires(store: Store, command: Command, not_after: int | None) -> None:
    await put(store, session(), command)
    assert (await take_one(store)).not_after == not_after


async def test_what_has_expired_is_still_handed_out_so_that_somebody_says_so(store: Store) -> None:
    await put(store, session(), StartConference())
    item = await take_one(store, NOON + 10 * TTL)
    assert item.not_after is not None
    assert item.not_after < NOON + 10 * TTL


async def test_a_lane_of_a_session_is_carried_out_in_order_one_at_a_time(store: Store) -> None:
    in_order: list[Command] = [StartConference(), DisconnectLeg("c"), AdmitLeg("a"), AdmitLeg("b")]
    await put(store, session(), *in_order)
    done = []
    for _ in in_order:
        item = await take_one(store)
        assert await take(store) == []
        done.append(item.command)
        assert await finish(store, item)
    assert done == in_order
    assert await take(store) == []


async def test_lanes_and_sessions_do_not_wait_for_each_other(store: Store) -> None:
    for name in ("s1", "s2"):
        each = (SetLock(True), AdmitLeg("a"), CALL, EnsureVmr(1, "n", "a"), Tell("opened", 1), LETTER)
        await put(store, session(name), *each)
    taken = await take(store)
    assert sorted((item.session_id, item.lane) for item in taken) == [
        (name, lane) for name in ("s1", "s2") for lane in sorted(Lane)
    ]


async def test_no_more_are_taken_of_a_lane_than_asked_for_and_the_longest_ready_go_first(store: Store) -> None:
    for n, name in enumerate(["s3", "s1", "s2"]):
        await put(store, session(name), SetLock(True), Tell("opened", 1), now=NOON + n)
    taken = await take(store, NOON + 10, {Lane.LOCK: 2, Lane.PROVISIONING: 5})
    assert [(item.session_id, item.lane) for item in taken] == [("s3", Lane.LOCK), ("s1", Lane.LOCK)]
    assert [item.session_id for item in await take(store, NOON + 10, {Lane.LOCK: 2})] == ["s2"]


async def test_a_newer_command_takes_the_place_of_an_unsent_one_at_the_end(store: Store) -> None:
    await put(store, session(), SetLock(True), AdmitLeg("a"))
    await put(store, session(), SetLock(False))
    assert await waiting(store) == [AdmitLeg("a"), SetLock(False)]


async def test_a_replaced_command_cannot_be_finished(store: Store) -> None:
    await put(store, session(), SetLock(True))
    old = await take_one(store, NOON)
    await postpone(store, old, NOON + 60_000)
    await put(store, session(), SetLock(False))
    assert not await finish(store, old)
    assert await waiting(store) == [SetLock(False)]
    assert (await take_one(store)).command == SetLock(False)


async def test_the_same_key_of_another_session_or_lane_is_not_replaced(store: Store) -> None:
    await put(store, session("s1"), SetLock(True))
    await put(store, session("s2"), SetLock(False))
    assert await waiting(store, "s1") == [SetLock(True)]


async def test_a_newer_command_waits_behind_one_in_hand(store: Store) -> None:
    await put(store, session(), SetLock(True))
    in_hand = await take_one(store)
    await put(store, session(), SetLock(False))
    assert await waiting(store) == [SetLock(True), SetLock(False)]
    assert await take(store) == []
    assert await finish(store, in_hand)
    assert (await take_one(store)).command == SetLock(False)


async def test_a_failed_unlock_is_not_tried_again_after_a_later_lock(store: Store) -> None:
    await put(store, session(), SetLock(False))
    unlock = await take_one(store)
    await put(store, session(), SetLock(True))
    await postpone(store, unlock, NOON + 1_000)
    assert await waiting(store) == [SetLock(True)]
    assert (await take_one(store)).command == SetLock(True)
    assert not await finish(store, unlock)


async def test_an_unlock_whose_holder_died_is_not_tried_again_after_a_later_lock(store: Store) -> None:
    await put(store, session(), SetLock(False))
    unlock = await take_one(store, NOON)
    await put(store, session(), SetLock(True), now=NOON + 1)
    lock = await take_one(store, NOON + LEASE)
    assert lock.command == SetLock(True)
    assert not await finish(store, unlock)
    assert await waiting(store) == [SetLock(True)]


async def test_a_lease_that_ran_out_is_handed_out_again_as_a_further_attempt(store: Store) -> None:
    await put(store, session(), AdmitLeg("a"), AdmitLeg("b"))
    first = await take_one(store, NOON)
    assert await take(store, NOON + LEASE - 1) == []
    again = await take_one(store, NOON + LEASE)
    assert (again.id, again.attempts) == (first.id, 2)
    assert await finish(store, again)
    assert not await finish(store, first)


async def test_the_outcome_of_a_hand_out_that_ran_out_is_not_heard_once_another_has_the_command(store: Store) -> None:
    await put(store, session(), SetLock(True))
    late = await take_one(store, NOON)
    again = await take_one(store, NOON + LEASE)
    assert not await finish(store, late)
    await postpone(store, late, NOON + 10 * LEASE)
    assert await waiting(store) == [SetLock(True)]
    assert await take(store, NOON + LEASE) == []  # it still is in the other's hand
    assert await finish(store, again)


async def test_what_ran_out_and_nobody_took_is_finished_by_its_holder(store: Store) -> None:
    await put(store, session(), SetLock(True))
    late = await take_one(store, NOON)
    assert await finish(store, late)


@pytest.mark.parametrize("command", [SetLock(True), AdmitLeg("a")])
async def test_what_steers_a_meeting_goes_out_where_it_is_watched(store: Store, command: Command) -> None:
    await store.write([], lambda tx: tx.lease(watching("s1"), "another daemon", NOON, LEASE))
    assert await bear(store, command) == []
    assert await take(store) == []
    theirs = await store.write([], lambda tx: tx.take("another daemon", NOON, LEASE, ALL))
    assert commands(theirs) == [command]


async def test_what_steers_a_meeting_goes_out_anywhere_once_its_watcher_is_gone(store: Store) -> None:
    await store.write([], lambda tx: tx.lease(watching("s1"), "another daemon", NOON, LEASE))
    await put(store, session(), SetLock(True), EnsureVmr(1, "name", "alias"))
    assert {item.lane for item in await take(store)} == {Lane.PROVISIONING}
    assert SetLock(True) in commands(await take(store, NOON + LEASE))


async def test_a_command_is_finished_once(store: Store) -> None:
    await put(store, session(), SetLock(True))
    item = await take_one(store)
    assert await finish(store, item)
    assert not await finish(store, item)
    assert not await store.write([], lambda tx: tx.finish(999_999, 1))


async def test_finishing_late_hits_no_later_command(store: Store) -> None:
    await put(store, session(), SetLock(True))
    item = await take_one(store)
    await finish(store, item)
    await put(store, session(), SetLock(False))
    assert not await finish(store, item)
    assert await waiting(store) == [SetLock(False)]


async def test_a_failing_target_blocks_only_itself(store: Store) -> None:
    await put(store, session(), AdmitLeg("a"), AdmitLeg("b"), AdmitLeg("c"))
    failing = await take_one(store)
    await postpone(store, failing, NOON + 30_000)
    for expected in (AdmitLeg("b"), AdmitLeg("c")):
        item = await take_one(store)
        assert item.command == expected
        await finish(store, item)
    assert await take(store, NOON + 29_999) == []
    again = await take_one(store, NOON + 30_000)
    assert (again.command, again.attempts) == (AdmitLeg("a"), 2)


async def test_what_comes_while_a_target_is_postponed_goes_at_once(store: Store) -> None:
    await put(store, session(), AdmitLeg("a"))
    await postpone(store, await take_one(store), NOON + 30_000)
    assert await take(store) == []
    await put(store, session(), SetLock(True))
    assert (await take_one(store)).command == SetLock(True)


async def test_a_postponed_command_whose_time_has_come_goes_before_younger_ones(store: Store) -> None:
    await put(store, session(), AdmitLeg("a"))
    await postpone(store, await take_one(store), NOON + 10)
    await put(store, session(), AdmitLeg("b"), now=NOON + 5)
    assert (await take_one(store, NOON + 10)).command == AdmitLeg("a")


async def test_postponing_what_is_done_with_changes_nothing(store: Store) -> None:
    await put(store, session(), SetLock(True))
    item = await take_one(store)
    await finish(store, item)
    await postpone(store, item, NOON)
    assert await take(store) == []


async def test_a_late_holder_cannot_open_a_queue_that_another_is_busy_with(store: Store) -> None:
    await put(store, session(), AdmitLeg("a"), AdmitLeg("b"), AdmitLeg("c"))
    late = await take_one(store, NOON)
    await postpone(store, late, NOON + 1_000)
    busy = await take_one(store, NOON)
    assert busy.command == AdmitLeg("b")
    assert await finish(store, late)
    assert await take(store, NOON + 5_000) == []
    assert await finish(store, busy)
    assert (await take_one(store, NOON + 5_000)).command == AdmitLeg("c")


async def test_two_takers_never_get_the_same_command(store: Store) -> None:
    for n in range(20):
        await put(store, session(f"s{n}"), SetLock(True))
    mine = await store.write([], lambda tx: tx.take("a", NOON, LEASE, {Lane.LOCK: 12}))
    theirs = await store.write([], lambda tx: tx.take("b", NOON, LEASE, {Lane.LOCK: 12}))
    assert (len(mine), len(theirs)) == (12, 8)
    assert len({item.id for item in mine + theirs}) == 20


async def test_a_command_nothing_waits_before_is_its_takers_from_birth(store: Store) -> None:
    (born,) = await bear(store, SetLock(True))
    assert born == OutboxItem(born.id, "s1", "MDI", Lane.LOCK, "lock", SetLock(True), NOON, None, 1)
    assert await waiting(store) == [SetLock(True)]
    assert await take(store, NOON + LEASE - 1) == []
    assert await finish(store, born)
    assert await waiting(store) == []


async def test_a_command_born_to_somebody_who_died_is_taken_again_when_the_lease_ends(store: Store) -> None:
    (born,) = await bear(store, SetLock(True))
    again = await take_one(store, NOON + LEASE)
    assert (again.id, again.attempts) == (born.id, 2)


async def test_of_one_lane_only_the_first_is_born_to_a_taker_and_the_rest_follow_in_order(store: Store) -> None:
    (born,) = await bear(store, AdmitLeg("a"), AdmitLeg("b"), DisconnectLeg("c"))
    done = [born.command]
    assert await finish(store, born)
    for _ in range(2):
        item = await take_one(store)
        done.append(item.command)
        await finish(store, item)
    assert done == [AdmitLeg("a"), AdmitLeg("b"), DisconnectLeg("c")]


async def test_nothing_is_born_in_a_lane_without_a_hand_free(store: Store) -> None:
    assert await bear(store, EnsureVmr(1, "n", "a"), Tell("opened", 1)) == []
    assert len(await take(store)) == 2


async def test_nothing_is_born_past_what_waits_is_in_hand_or_is_postponed(store: Store) -> None:
    await put(store, session(), AdmitLeg("a"))
    assert await bear(store, AdmitLeg("b")) == []
    first = await take_one(store)
    assert await bear(store, AdmitLeg("c")) == []
    await postpone(store, first, NOON + 30_000)
    for command in (AdmitLeg("b"), AdmitLeg("c")):
        item = await take_one(store)
        assert item.command == command
        await finish(store, item)
    assert await bear(store, AdmitLeg("d")) == []
    assert (await take_one(store)).command == AdmitLeg("d")


async def test_the_depth_of_every_lane_is_counted(store: Store) -> None:
    assert await store.read(lambda rx: rx.outbox_depth()) == dict.fromkeys(Lane, 0)
    await put(store, session("s1"), SetLock(True), AdmitLeg("a"), Tell("opened", 1))
    await put(store, session("s2"), SetLock(True))
    await take(store)
    depth = await store.read(lambda rx: rx.outbox_depth())
    assert depth == {Lane.LOCK: 2, Lane.LIVE: 1, Lane.ROOM: 0, Lane.PROVISIONING: 0, Lane.NOTIFY: 1, Lane.MAIL: 0}


async def told(store: Store, system: str, *numbers: int) -> None:
    """Sessions of a booking system with a callback each."""
    for number in numbers:
        booked = session(f"{system}-{number}", booking_id=f"{system}:{number}")
        await put(store, booked, Tell("opened", 1), now=NOON + number)


async def test_of_each_booking_system_only_its_share_of_callbacks_is_taken_the_longest_ready_first(
    store: Store,
) -> None:
    await told(store, "bvls", 1, 2, 3, 4)
    await told(store, "visits", 5, 6, 7)

    async def share(most: int, busy: dict[str, int], limit: int = 8) -> list[str]:
        def take(tx: Tx) -> list[OutboxItem]:
            return tx.take("me", NOON + 10, LEASE, {Lane.NOTIFY: limit}, Share(most, busy))

        return [item.session_id for item in await store.write([], take)]

    assert await share(2, {"bvls": 1}) == ["bvls-1", "visits-5", "visits-6"]
    assert await share(2, {"bvls": 2, "visits": 3}) == []
    assert await share(2, {}, limit=3) == ["bvls-2", "bvls-3", "visits-7"]
    assert await share(2, {}) == ["bvls-4"]


async def test_a_share_of_callbacks_takes_no_hand_from_other_lanes(store: Store) -> None:
    await put(store, session("s1"), SetLock(True), Tell("opened", 1))
    full = Share(0, {})
    taken = await store.write([], lambda tx: tx.take("me", NOON, LEASE, ALL, full))
    assert commands(taken) == [SetLock(True)]
