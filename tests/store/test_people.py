"""Names are kept apart and can be erased; secrets are encrypted and can be wiped."""

import pytest

from tests.store.samples import put, recorded, session
from vmrd.lifecycle.facts import Noted
from vmrd.store.base import Store, Tx

pytestmark = pytest.mark.asyncio


async def ref(store: Store, text: str, session_id: str = "s1") -> str:
    return await store.write([session_id], lambda tx: tx.ref(session_id, text))


async def test_equal_texts_of_a_session_have_equal_references(store: Store) -> None:
    jane, again, jim = await ref(store, "Jane Canary"), await ref(store, "Jane Canary"), await ref(store, "Jim Canary")
    assert jane == again
    assert jane != jim
    assert await store.read(lambda rx: rx.personal("s1")) == {jane: "Jane Canary", jim: "Jim Canary"}


async def test_references_say_nothing_about_the_text_or_across_sessions(store: Store) -> None:
    one, other = await ref(store, "Jane Canary", "s1"), await ref(store, "Jane Canary", "s2")
    assert one != other
    assert len(bytes.fromhex(one)) == 20
    assert list(await store.read(lambda rx: rx.personal("s2"))) == [other]


async def test_a_reference_can_be_made_in_the_step_that_records_its_session(store: Store) -> None:
    def step(tx: Tx) -> str:
        text_ref = tx.ref("s1", "rang twice")
        recorded(tx, session("s1"), [Noted(text_ref, "kshah", 1)])
        return text_ref

    text_ref = await store.write(["s1"], step)
    assert await store.read(lambda rx: rx.personal("s1")) == {text_ref: "rang twice"}


@pytest.mark.parametrize("text", ["", "Zoë O’Hara", "𝔍ane", "x" * 100_000])
async def test_any_text_is_kept_as_it_is(store: Store, text: str) -> None:
    made = await ref(store, text)
    assert await store.read(lambda rx: rx.personal("s1")) == {made: text}


@pytest.mark.parametrize("odd", ["\ud83d", "\0"])
async def test_half_a_surrogate_or_a_zero_in_a_name_stops_nothing(store: Store, odd: str) -> None:
    made = await ref(store, f"Jane {odd}")
    assert await store.read(lambda rx: rx.personal("s1")) == {made: "Jane ?"}


async def test_erasing_takes_texts_and_salt_and_leaves_the_record(store: Store) -> None:
    await put(store, session("s1"))
    before = await ref(store, "Jane Canary")
    other = await ref(store, "Jane Canary", "s2")
    await store.write(["s1"], lambda tx: tx.erase_personal("s1"))
    assert await store.read(lambda rx: rx.personal("s1")) == {}
    assert await store.read(lambda rx: rx.personal("s2")) == {other: "Jane Canary"}
    assert await store.read(lambda rx: rx.session("s1")) == session("s1")
    assert len(await store.read(lambda rx: rx.journal("s1"))) == 1
    assert await ref(store, "Jane Canary") != before


async def test_secrets_are_kept_by_name_and_replaced(store: Store) -> None:
    for value in (b"1111", b"2222"):
        await store.write(["s1"], lambda tx, value=value: tx.put_secret("s1", "host-pin", value))  # type: ignore[misc]
    await store.write(["s1"], lambda tx: tx.put_secret("s1", "guest-pin", b""))
    assert await store.read(lambda rx: rx.secret("s1", "host-pin")) == b"2222"
    assert await store.read(lambda rx: rx.secret("s1", "guest-pin")) == b""
    assert await store.read(lambda rx: rx.secret("s1", "token")) is None
    assert await store.read(lambda rx: rx.secret("s2", "host-pin")) is None
    assert await store.read(lambda rx: rx.secret_names("s1")) == {"host-pin", "guest-pin"}
    assert await store.read(lambda rx: rx.secret_names("s2")) == frozenset()
    await store.write(["s1"], lambda tx: tx.put_secret("s1", "guest-pin", None))
    assert await store.read(lambda rx: rx.secret_names("s1")) == {"host-pin"}


async def test_wiping_takes_every_secret_of_one_session(store: Store) -> None:
    for name in ("s1", "s2"):
        await store.write([name], lambda tx, name=name: tx.put_secret(name, "host-pin", b"1111"))  # type: ignore[misc]
        await store.write([name], lambda tx, name=name: tx.put_secret(name, "token", b"t"))  # type: ignore[misc]
    await store.write(["s1"], lambda tx: tx.wipe_secrets("s1"))
    left = await store.read(lambda rx: [rx.secret(s, name) for s in ("s1", "s2") for name in ("host-pin", "token")])
    assert left == [None, None, b"1111", b"t"]


async def test_a_reference_made_in_the_step_that_erases_somebody_has_a_new_salt(store: Store) -> None:
    await put(store, session("s1"))

    def step(tx: Tx) -> tuple[str, str]:
        former = tx.ref("s1", "Jane Canary")
        assert tx.erase("s1", [former]) == 1
        return former, tx.ref("s1", "Jane Canary")

    former, later = await store.write(["s1"], step)
    assert former != later
