"""Deliveries are forgotten after a month, or three where they were given up, while the daemon runs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.store.samples import NOON, put, session
from tests.store.test_deliveries import DEAD, TAKEN
from tests.web.house import HandClock
from vmrd.lifecycle.rules import HOUR
from vmrd.pruning import Pruning
from vmrd.store.base import Tx
from vmrd.store.delivery import DeliveryState
from vmrd.store.migrate import migrate
from vmrd.store.secrets import derive_keys
from vmrd.store.sqlite import connect

DAY = 24 * HOUR


@pytest.mark.asyncio
async def test_deliveries_are_kept_a_month_and_those_given_up_three(tmp_path: Path) -> None:
    migrate(tmp_path / "vmrd.db")
    store = connect(tmp_path / "vmrd.db", derive_keys(b"k" * 32))
    await put(store, session("s1"))

    def keep(tx: Tx) -> None:
        for days in (29, 31, 89, 91):
            for each in (TAKEN, DEAD):
                tx.put_delivery(replace(each, id=f"{each.state}-{days}", tried_at=NOON - days * DAY))
        for number in range(450):  # more than one step takes
            tx.put_delivery(replace(TAKEN, id=f"old-{number}", tried_at=NOON - 40 * DAY))

    await store.write(["s1"], keep)
    await Pruning(store, HandClock(at=NOON)).prune()
    left = await store.read(lambda rx: rx.deliveries(tuple(DeliveryState), 999))
    await store.close()
    assert sorted(each.id for each in left) == ["dead-29", "dead-31", "dead-89", "taken-29"]
