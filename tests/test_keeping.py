"""A database that can be read and keeps nothing any more: no panel's line vouches for what would not be kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from vmrd.store import timed
from vmrd.store.base import StoreError
from vmrd.store.errors import KeepsNothing
from vmrd.store.timed import TimedStore
from vmrd.web.keeping import Keeping

pytestmark = pytest.mark.asyncio


@dataclass(slots=True)
class Disk:
    """A database that commits what is empty, whatever happens. `refuses`: what it says to all else."""

    refuses: StoreError | None = None

    async def write(self, sessions: Sequence[str], step: object, told: object = None) -> None:
        if sessions and self.refuses is not None:
            raise self.refuses


@pytest.mark.parametrize("said", ["its disk is full", "it only reads now"])
async def test_panels_are_told_of_a_full_disk_from_the_first_press_it_refuses_until_it_takes_them_again(
    said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [500.0]
    monkeypatch.setattr(timed.time, "monotonic", lambda: now[0])
    disk = Disk()
    store = TimedStore(disk, lambda seconds: None)  # type: ignore[arg-type]
    keeping = Keeping(store, lambda: store.keeps)

    async def away() -> bool:
        await keeping.ask()
        return keeping.away

    async def press() -> None:
        await store.write(["s1"], lambda tx: None)

    assert not await away()
    disk.refuses = KeepsNothing(said)
    with pytest.raises(KeepsNothing):
        await press()
    assert await away()
    now[0] += 10
    with pytest.raises(KeepsNothing):
        await press()
    now[0] += 10
    assert await away()
    disk.refuses = None
    await press()
    now[0] += 10
    assert not await away()


async def test_a_press_that_is_refused_for_another_reason_says_nothing_of_the_disk() -> None:
    disk = Disk(StoreError("another replica has been writing there"))
    store = TimedStore(disk, lambda seconds: None)  # type: ignore[arg-type]
    with pytest.raises(StoreError):
        await store.write(["s1"], lambda tx: None)
    assert store.keeps
