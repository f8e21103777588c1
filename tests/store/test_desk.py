"""What is kept beside sessions: bookings, receipts, officers, sign-ins and named leases."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from vmrd.store.base import BookingRecord, Fenced, Lease, Officer, Receipt, Segment, SignIn, Store, StoreError, Tx

pytestmark = pytest.mark.asyncio

BOOKING = BookingRecord(
    id="AB/12 é",
    source="bvls",
    version=3,
    digest="d1",
    status="accepted",
    establishment="MDI",
    segments=(Segment("pre", "s1"), Segment("main", "s2")),
    warnings=("short notice",),
    updated_at=7,
)
OFFICER = Officer("kshah", "officer", ("MDI", "BAI"), password_hash="argon", token_hash="t1")
SIGN_IN = SignIn("c1", "kshah", "csrf", created_at=1, seen_at=2)


async def test_a_booking_is_kept_and_replaced(store: Store) -> None:
    assert await store.read(lambda rx: rx.booking(BOOKING.id)) is None
    await store.write([], lambda tx: tx.put_booking(BOOKING))
    assert await store.read(lambda rx: rx.booking(BOOKING.id)) == BOOKING
    newer = replace(BOOKING, version=4, segments=(), warnings=(), status="cancelled", updated_at=8)
    await store.write([], lambda tx: tx.put_booking(newer))
    assert await store.read(lambda rx: rx.booking(BOOKING.id)) == newer


async def test_the_answer_first_given_stands(store: Store) -> None:
    first = Receipt("bookings", "msg-1", "d1", 202, b'{"ok":true}\x00', at=1)
    await store.write([], lambda tx: tx.put_receipt(first))
    await store.write([], lambda tx: tx.put_receipt(replace(first, digest="d2", status=409, answer=b"no")))
    await store.write([], lambda tx: tx.put_receipt(replace(first, scope="presses", status=200)))
    found = await store.read(lambda rx: [rx.receipt(scope, "msg-1") for scope in ("bookings", "presses", "other")])
    assert found == [first, replace(first, scope="presses", status=200), None]


async def test_officers_are_found_by_name_and_token(store: Store) -> None:
    everywhere = Officer("ops", "ops", (), None, None)
    for officer in (everywhere, OFFICER):
        await store.write([], lambda tx, officer=officer: tx.put_officer(officer))  # type: ignore[misc]
    assert await store.read(lambda rx: rx.officers()) == [OFFICER, everywhere]
    assert await store.read(lambda rx: [rx.officer(name) for name in ("kshah", "ops", "nobody")]) == [
        OFFICER,
        everywhere,
        None,
    ]
    assert await store.read(lambda rx: [rx.officer_by_token(token) for token in ("t1", "t2")]) == [OFFICER, None]


async def test_a_token_is_changed_with_its_officer_and_never_shared(store: Store) -> None:
    await store.write([], lambda tx: tx.put_officer(OFFICER))
    changed = replace(OFFICER, role="supervisor", token_hash="t2")
    await store.write([], lambda tx: tx.put_officer(changed))
    assert await store.read(lambda rx: [rx.officer_by_token(token) for token in ("t1", "t2")]) == [None, changed]
    with pytest.raises(StoreError) as refused:
        await store.write([], lambda tx: tx.put_officer(Officer("other", "officer", (), None, "t2")))
    assert "t2" not in str(refused.value)
    assert await store.read(lambda rx: rx.officer("other")) is None


async def test_a_sign_in_is_kept_seen_and_dropped(store: Store) -> None:
    await store.write([], lambda tx: tx.put_sign_in(SIGN_IN))
    assert await store.read(lambda rx: [rx.sign_in(cookie) for cookie in ("c1", "c2")]) == [SIGN_IN, None]
    await store.write([], lambda tx: tx.put_sign_in(replace(SIGN_IN, seen_at=9)))
    assert await store.read(lambda rx: rx.sign_in("c1")) == replace(SIGN_IN, seen_at=9)
    await store.write([], lambda tx: tx.drop_sign_in("c1"))
    await store.write([], lambda tx: tx.drop_sign_in("c1"))
    assert await store.read(lambda rx: rx.sign_in("c1")) is None


async def lease(store: Store, owner: str, now: int, name: str = "reconcile") -> Lease | None:
    return await store.write([], lambda tx: tx.lease(name, owner, now, 10))


async def test_a_lease_has_one_owner_until_it_runs_out(store: Store) -> None:
    assert await lease(store, "a", now=0)
    assert not await lease(store, "b", now=9)
    assert await lease(store, "b", now=9, name="watch s1")
    assert await lease(store, "a", now=9)  # renewed, to 19
    assert not await lease(store, "b", now=10)
    assert await lease(store, "b", now=19)
    assert not await lease(store, "a", now=19)


async def test_leases_are_renewed_together_under_their_numbers_and_only_the_owners(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vmrd.store.leases._TOGETHER", 2)
    names = [f"watch:s{n}" for n in range(5)]

    def take(tx: Tx) -> dict[str, Lease]:
        assert tx.lease("watch:theirs", "b", 0, 10)
        return {name: held for name in names if (held := tx.lease(name, "a", 0, 10)) is not None}

    taken = await store.write([], take)
    renewed = await store.write([], lambda tx: tx.renew([*names, "watch:theirs", "watch:nobodys"], "a", 5, 10))
    assert renewed == taken
    assert list(taken) == names
    assert not await lease(store, "b", now=14, name="watch:s3")
    assert await lease(store, "b", now=15, name="watch:s3")
    assert await lease(store, "a", now=10, name="watch:theirs")
    assert await store.write([], lambda tx: tx.renew(names[2:5], "a", 16, 10)) == {
        name: taken[name] for name in ("watch:s2", "watch:s4")
    }


async def test_who_watches_elsewhere_is_known_as_long_as_their_lease_lasts(store: Store) -> None:
    for name, owner in (("watch:s1", "a"), ("watch:s2", "b"), ("watch:s3", "b"), ("reconcile", "b")):
        await lease(store, owner, now=0, name=name)
    await store.write([], lambda tx: tx.drop_lease("watch:s3", "b"))
    assert await store.read(lambda rx: rx.watched_elsewhere("a", 9)) == {"s2"}
    assert await store.read(lambda rx: rx.watched_elsewhere("b", 9)) == {"s1"}
    assert await store.read(lambda rx: rx.watched_elsewhere("a", 10)) == frozenset()


async def test_nothing_is_kept_that_rests_on_nobodys_having_a_lease(store: Store) -> None:
    def note(tx: Tx) -> None:
        tx.put_secret("s1", "note", b"nobody looks")
        tx.require_free("watch:s1", 9)

    await lease(store, "a", now=0, name="watch:s1")
    with pytest.raises(Fenced):
        await store.write(["s1"], note)
    assert await store.read(lambda rx: rx.secret("s1", "note")) is None
    await store.write([], lambda tx: tx.drop_lease("watch:s1", "a"))
    await store.write(["s1"], note)
    assert await store.read(lambda rx: rx.secret("s1", "note")) == b"nobody looks"


async def test_a_lease_is_dropped_by_its_owner_only(store: Store) -> None:
    await lease(store, "a", now=0)
    await store.write([], lambda tx: tx.drop_lease("reconcile", "b"))
    assert not await lease(store, "b", now=1)
    await store.write([], lambda tx: tx.drop_lease("reconcile", "a"))
    assert await lease(store, "b", now=1)


async def test_a_lease_that_is_taken_over_has_a_greater_number_and_the_former_holder_writes_nothing(
    store: Store,
) -> None:
    first = await lease(store, "a", now=0)
    renewed = await lease(store, "a", now=5)
    assert first is not None
    assert renewed == first
    await lease(store, "a", now=5, name="another")
    second = await lease(store, "b", now=15)
    assert second is not None
    assert second.fence > first.fence
    assert (first.taken_over, second.taken_over) == (False, True)

    def write(under: Lease) -> Callable[[Tx], None]:
        def step(tx: Tx) -> None:
            tx.require(under)
            tx.put_secret("s1", f"by {under.fence}", b"x")

        return step

    await store.write([], write(second))
    with pytest.raises(Fenced):
        await store.write([], write(first))
    assert await store.read(lambda rx: rx.secret_names("s1")) == {f"by {second.fence}"}


async def test_a_lease_that_ran_out_and_that_nobody_took_is_as_good_as_before(store: Store) -> None:
    held = await lease(store, "a", now=0)
    assert held is not None
    await store.write([], lambda tx: tx.require(held))
    assert await lease(store, "a", now=500) == held


async def test_numbers_grow_although_leases_are_dropped(store: Store) -> None:
    fences = []
    for owner in "aba":
        held = await lease(store, owner, now=0)
        assert held is not None
        assert not held.taken_over  # its last holder let go of it
        fences.append(held.fence)
        await store.write([], lambda tx, owner=owner: tx.drop_lease("reconcile", owner))  # type: ignore[misc]
    assert fences == sorted(set(fences))
