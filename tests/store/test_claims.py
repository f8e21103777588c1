"""A room and a prisoner are in one place at a time."""

import pytest

from tests.store.samples import put, session
from vmrd.store.base import Claim, ClaimTaken, Store, StoreError, Tx

pytestmark = pytest.mark.asyncio


async def claim(store: Store, session_id: str, *claims: Claim) -> None:
    await store.write([session_id], lambda tx: tx.claim(session_id, claims))


def room(start: int, end: int, subject: str = "MDI/VCC1") -> Claim:
    return Claim("room", subject, start, end)


def prisoner(start: int, end: int, subject: str = "ref-1") -> Claim:
    return Claim("prisoner", subject, start, end)


@pytest.mark.parametrize("times", [(5, 15), (10, 20), (12, 18), (19, 25), (1, 30), (19, 20), (10, 11)])
async def test_an_overlapping_claim_is_refused_and_names_who_holds_it(store: Store, times: tuple[int, int]) -> None:
    await claim(store, "holder", room(10, 20))
    with pytest.raises(ClaimTaken) as refused:
        await claim(store, "other", room(*times))
    assert (refused.value.kind, refused.value.holder) == ("room", "holder")
    assert await store.read(lambda rx: rx.claim_holder("room", "MDI/VCC1", *times, but_not="other")) == "holder"


@pytest.mark.parametrize("times", [(5, 10), (20, 30), (0, 1)])
async def test_back_to_back_is_no_overlap(store: Store, times: tuple[int, int]) -> None:
    await claim(store, "holder", room(10, 20))
    assert await store.read(lambda rx: rx.claim_holder("room", "MDI/VCC1", *times, but_not="other")) is None
    await claim(store, "other", room(*times))
    assert await store.read(lambda rx: rx.claim_holder("room", "MDI/VCC1", *times, but_not="-")) == "other"


async def test_another_room_or_kind_is_no_overlap(store: Store) -> None:
    await claim(store, "holder", room(10, 20, "same"))
    await claim(store, "b", room(10, 20, "other"))
    await claim(store, "c", prisoner(10, 20, "same"))
    with pytest.raises(ClaimTaken) as refused:
        await claim(store, "d", room(20, 30, "same"), prisoner(15, 25, "same"))
    assert (refused.value.kind, refused.value.holder) == ("prisoner", "c")


async def test_claims_are_replaced_all_together(store: Store) -> None:
    await claim(store, "s1", room(10, 20), prisoner(10, 20))
    await claim(store, "s1", room(15, 25))  # its own former claim is in nobody's way
    held = await store.read(
        lambda rx: [
            rx.claim_holder("room", "MDI/VCC1", 10, 15, "-"),
            rx.claim_holder("room", "MDI/VCC1", 20, 25, "-"),
            rx.claim_holder("prisoner", "ref-1", 0, 99, "-"),
        ]
    )
    assert held == [None, "s1", None]


async def test_a_refused_change_leaves_the_former_claims_even_where_the_step_goes_on(store: Store) -> None:
    await claim(store, "holder", room(20, 30))
    await claim(store, "s1", room(10, 20))

    def step(tx: Tx) -> None:
        with pytest.raises(ClaimTaken):
            tx.claim("s1", [room(0, 5), room(25, 35)])

    await store.write(["s1"], step)
    held = await store.read(lambda rx: [rx.claim_holder("room", "MDI/VCC1", *t, "-") for t in ((0, 5), (10, 20))])
    assert held == [None, "s1"]


async def test_giving_up_all_claims_frees_the_room(store: Store) -> None:
    await claim(store, "s1", room(10, 20))
    await claim(store, "s1")
    await claim(store, "s2", room(10, 20))


async def test_a_booking_whose_room_is_taken_leaves_no_trace(store: Store) -> None:
    await claim(store, "holder", room(10, 20))

    async def book() -> None:
        def step(tx: Tx) -> None:
            tx.ref("s1", "Jane Canary")
            tx.claim("s1", [room(15, 16)])

        await store.write(["s1"], step)

    with pytest.raises(StoreError):
        await book()
    assert await store.read(lambda rx: rx.personal("s1")) == {}
    await put(store, session("s1"))


async def test_a_meeting_is_stretched_up_to_the_next_one_and_no_further(store: Store) -> None:
    await claim(store, "now", room(10, 20))
    await claim(store, "next", room(25, 30))
    await store.write(["now"], lambda tx: tx.stretch("now", 25))
    with pytest.raises(ClaimTaken) as refused:
        await store.write(["now"], lambda tx: tx.stretch("now", 26))
    assert refused.value.holder == "next"
    assert await store.read(lambda rx: rx.claim_holder("room", "MDI/VCC1", 24, 25, but_not="-")) == "now"
