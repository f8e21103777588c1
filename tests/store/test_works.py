"""Windows of works: kept whole, found by when they are, and every change of one is in the sealed journal."""

from __future__ import annotations

import asyncio
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.store.samples import put, session
from vmrd.lifecycle.works import Consent, Source, Told, Window, WorksKind
from vmrd.store.base import Claim, Held, Store
from vmrd.store.connection import for_reading, for_writing
from vmrd.store.journal import verify
from vmrd.store.secrets import StoreKeys
from vmrd.store.sqlite import connect

WINDOW = Window(
    id="works-1",
    establishment="MDI",
    kind=WorksKind.INSTALLATION,
    rooms=("VCC-1", "VCC-2"),
    start=100,
    end=200,
    consent=Consent.AGREED,
    supplier="Canary Cabling",
    visit_lead="Canary Estates",
    note="north gate",
    spoc_told=Told(50, "s.upervisor"),
    source=Source("bvls:block-1", 3, "d1"),
)


async def keep(store: Store, window: Window, did: str = "added", *confirmed: str) -> None:
    await store.write([], lambda tx: tx.put_works(window, did, "s.upervisor", confirmed, 60))


@pytest.mark.asyncio
async def test_a_window_comes_back_as_it_was_kept(store: Store) -> None:
    await keep(store, WINDOW)
    assert await store.read(lambda rx: rx.works_window("works-1")) == WINDOW
    assert await store.read(lambda rx: rx.works_window("works-2")) is None


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("establishment", "start", "end", "found"),
    [("MDI", 0, 101, 1), ("MDI", 199, 300, 1), ("MDI", 0, 100, 0), ("MDI", 200, 300, 0), ("HII", 0, 300, 0)],
)
async def test_windows_are_found_by_place_and_time(
    store: Store, establishment: str, start: int, end: int, found: int
) -> None:
    await keep(store, WINDOW)
    assert len(await store.read(lambda rx: rx.works(establishment, start, end))) == found


@pytest.mark.asyncio
async def test_a_withdrawn_window_is_remembered_and_not_found(store: Store) -> None:
    await keep(store, WINDOW)
    await keep(store, replace(WINDOW, withdrawn=True), "withdrawn")
    assert await store.read(lambda rx: rx.works("MDI", 0, 300)) == []
    kept = await store.read(lambda rx: rx.works_window("works-1"))
    assert kept is not None
    assert kept.withdrawn


@pytest.mark.asyncio
async def test_every_change_says_who_made_it_and_what_was_known_to_be_hit(store: Store) -> None:
    await keep(store, replace(WINDOW, consent=Consent.REQUESTED))
    await keep(store, WINDOW, "changed", "s1", "s2")
    entries = await store.read(lambda rx: rx.works_entries("works-1"))
    assert [(each.did, each.by, each.consent, each.confirmed) for each in entries] == [
        ("added", "s.upervisor", "requested", ()),
        ("changed", "s.upervisor", "agreed", ("s1", "s2")),
    ]


@pytest.mark.asyncio
async def test_claims_are_listed_by_room_and_time(store: Store) -> None:
    for name, start, end in (("a", 10, 20), ("b", 20, 30), ("c", 30, 40)):
        await store.write([name], lambda tx, n=name, s=start, e=end: tx.claim(n, [Claim("room", "MDI/1", s, e)]))  # type: ignore[misc]
    assert await store.read(lambda rx: rx.claims("room", "MDI/1", 15, 30)) == [Held("a", 10, 20), Held("b", 20, 30)]
    assert await store.read(lambda rx: rx.claims("room", "MDI/2", 15, 30)) == []


def build(path: Path, keys: StoreKeys) -> None:
    async def run() -> None:
        store = connect(path, keys)
        await put(store, session("s1"))
        await keep(store, replace(WINDOW, consent=Consent.REQUESTED))
        await keep(store, WINDOW, "changed", "s1")
        await store.close()

    asyncio.run(run())


def faults(path: Path, keys: StoreKeys) -> list[str]:
    with closing(for_reading(path)) as connection:
        return [fault.where for fault in verify(connection, keys.seal)]


def test_the_journal_of_works_is_verified_with_the_sessions(path: Path, keys: StoreKeys) -> None:
    build(path, keys)
    assert faults(path, keys) == []


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE works_journal SET body = replace(body, 'requested', 'agreed') WHERE seq = 1",
        "UPDATE works_journal SET at = at + 1 WHERE seq = 2",
        "DELETE FROM works_journal WHERE seq = 2",
        "DELETE FROM works_journal WHERE seq = 1",
        "DELETE FROM works_journal",
    ],
)
def test_a_changed_or_removed_entry_shows(path: Path, keys: StoreKeys, tampering: str) -> None:
    build(path, keys)
    with closing(for_writing(path)) as connection:
        connection.execute(tampering)
    assert any("works-1" in where for where in faults(path, keys))


def test_what_was_written_about_people_can_be_erased_and_the_journal_still_verifies(
    path: Path, keys: StoreKeys
) -> None:
    build(path, keys)
    with closing(for_writing(path)) as connection:
        assert not connection.execute("SELECT 1 FROM works_journal WHERE body LIKE '%Canary%'").fetchone()
        connection.execute("DELETE FROM personal WHERE session_id = 'works-1'")
        connection.execute("DELETE FROM salt WHERE session_id = 'works-1'")
    assert faults(path, keys) == []
