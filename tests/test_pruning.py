"""The daemon lets go of what is old by itself, in small steps, and says so in the audit."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from tests.databases import new_database
from tests.store.samples import NOON, put, session
from tests.store.test_deliveries import DEAD, TAKEN
from tests.web.house import HandClock
from vmrd.config_retention import RetentionConfig
from vmrd.lifecycle.rules import HOUR
from vmrd.pruning import AT_ONCE, Pruning
from vmrd.store.account import AuditKind
from vmrd.store.base import Store, Tx
from vmrd.store.delivery import DeliveryState
from vmrd.store.secrets import derive_keys
from vmrd.store.sqlite import connect

pytestmark = pytest.mark.asyncio

DAY = 24 * HOUR


@pytest_asyncio.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    new_database(tmp_path / "vmrd.db")
    opened = connect(tmp_path / "vmrd.db", derive_keys(b"k" * 32))
    await put(opened, session("s1"))
    yield opened
    await opened.close()


async def test_deliveries_are_kept_a_month_and_those_given_up_three(store: Store) -> None:
    def keep(tx: Tx) -> None:
        for days in (29, 31, 89, 91):
            for each in (TAKEN, DEAD):
                tx.put_delivery(replace(each, id=f"{each.state}-{days}", tried_at=NOON - days * DAY))
        for number in range(2 * AT_ONCE + 50):  # more than one step takes
            tx.put_delivery(replace(TAKEN, id=f"old-{number}", tried_at=NOON - 40 * DAY))

    await store.write(["s1"], keep)
    await Pruning(store, HandClock(at=NOON), RetentionConfig().before).prune()
    left = await store.read(lambda rx: rx.deliveries(tuple(DeliveryState), 999))
    assert sorted(each.id for each in left) == ["dead-29", "dead-31", "dead-89", "taken-29"]
    (entry,) = await store.read(lambda rx: rx.audit(9))
    assert (entry.kind, entry.detail) == (AuditKind.PURGED, {"by": "daemon", "deliveries": str(2 * AT_ONCE + 54)})


async def test_a_day_on_which_nothing_was_old_leaves_no_line(store: Store) -> None:
    await Pruning(store, HandClock(at=NOON), RetentionConfig().before).prune()
    assert await store.read(lambda rx: rx.audit(9)) == []
