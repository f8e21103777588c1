"""Puts the parts of a shadow in the place of those that act on Pexip or write to anybody."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path

from vmrd.config_shadow import ShadowConfig
from vmrd.metrics import Metrics
from vmrd.pexip.http import Transport, carried, tls
from vmrd.pexip.watch_only import Tally, WatchOnly
from vmrd.shadow import mark
from vmrd.shadow.record import Record
from vmrd.store.base import StoreError
from vmrd.store.place import Place


@dataclass(frozen=True, slots=True)
class Shadow:
    """What a daemon in shadow has beside its ordinary parts."""

    config: ShadowConfig
    tally: Tally
    record: Record

    def over(self, trust: bool | ssl.SSLContext) -> Transport:
        """A transport to one upstream that lets reads through and nothing else."""
        return WatchOnly(carried(tls(trust)), self.tally)


def shadow_of(config: ShadowConfig, database: Place, metrics: Metrics) -> Shadow | None:
    """The shadow's own parts, or None for live work.

    Raises `StoreError` where the database is for the other kind, and for a shadow on PostgreSQL: what was only watched
    is marked in the file's own header, and one daemon sees every event there is.
    """
    if not isinstance(database, Path):
        if config.enabled:
            raise StoreError("shadow mode keeps what it sees in an SQLite file: give store.path instead of store.url")
        return None
    mark.require(database, shadow=config.enabled)
    if not config.enabled:
        return None
    return Shadow(config, Tally(metrics.shadow_refused), Record(record_path(config, database)))


def record_path(config: ShadowConfig, database: Path) -> Path:
    """Where the record is kept."""
    return config.record or database.with_name(f"{database.name}.shadow")
