"""A vmr of ours that no session owns is said to ops, and touched by nobody; after a restore it may be a booking's."""

import asyncio
from pathlib import Path

from pexip_mock.knobs import Knobs
from pexip_mock.server import MockServer
from tests.databases import new_database
from tests.pexip.samples import spec
from vmrd.clock import SystemClock
from vmrd.engine import Engine
from vmrd.lifecycle.rules import HOUR, Rules
from vmrd.metrics import Metrics
from vmrd.pexip.http import PexipHttp
from vmrd.pexip.management import Management
from vmrd.reconcile import Reconcile
from vmrd.store.backup import backup, restore
from vmrd.store.secrets import derive_keys
from vmrd.store.sqlite import connect

KEYS = derive_keys(b"k" * 32)
RESTORED = 1_777_971_600_000


class At(SystemClock):
    """Stands at one instant."""

    def __init__(self, at: int) -> None:
        self._at = at

    def now(self) -> int:
        return self._at


async def orphans_seen(path: Path, at: int) -> float | None:
    """What ops are told with one vmr of ours in Pexip that no session knows."""
    metrics, store = Metrics(), connect(path, KEYS)
    async with MockServer(Knobs.fast()) as mock, asyncio.timeout(20):
        async with PexipHttp(mock.management_url, auth=(mock.user, mock.password)) as http:
            management = Management(http, tag_prefix="vmrd:")
            await management.ensure_vmr(spec())
            await Reconcile(Engine(store, At(at), lambda _: Rules(), metrics), management).count_orphans()
        assert len(mock.world.directory.records) == 1, "it is never touched"
    await store.close()
    return metrics.registry.get_sample_value("vmrd_orphan_vmrs")


def test_an_orphan_is_counted_but_not_for_a_day_after_a_restore(tmp_path: Path) -> None:
    path, copy = tmp_path / "vmrd.db", tmp_path / "copy.db"
    new_database(path)
    assert asyncio.run(orphans_seen(path, RESTORED)) == 1.0

    backup(path, copy)
    restore(copy, path, KEYS.seal, RESTORED)

    assert asyncio.run(orphans_seen(path, RESTORED + 24 * HOUR - 1)) == 0.0
    assert asyncio.run(orphans_seen(path, RESTORED + 24 * HOUR)) == 1.0
