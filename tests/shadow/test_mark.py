"""A database used in shadow cannot be used live, nor one used live in shadow; either is said in one clear line."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.samples import plan
from vmrd.lifecycle.decide import Decision, decide
from vmrd.lifecycle.rules import Rules
from vmrd.shadow import mark
from vmrd.store.backup import backup, restore
from vmrd.store.base import StoreError, Tx
from vmrd.store.migrate import migrate
from vmrd.store.secrets import derive_keys
from vmrd.store.sqlite import write_once

KEYS = derive_keys(b"k" * 32)
NOW = 1_777_971_000_000


@pytest.fixture
def database(tmp_path: Path) -> Path:
    migrate(tmp_path / "vmrd.db")
    return tmp_path / "vmrd.db"


def used(path: Path) -> None:
    """A session was planned in it."""
    planned = decide(None, plan("01JD0000000000000000000001", NOW), NOW, Rules())
    assert isinstance(planned, Decision)

    def step(tx: Tx) -> None:
        tx.record(planned.session, planned.facts, (), wake_at=None, watched=False, now=NOW, command_ttl=60_000)

    write_once(path, KEYS, step)


def test_a_new_database_becomes_a_shadows_and_stays_one(database: Path) -> None:
    mark.require(database, shadow=True)
    used(database)
    mark.require(database, shadow=True)
    assert mark.is_shadow(database)


def test_a_shadows_database_is_refused_live(database: Path) -> None:
    mark.require(database, shadow=True)
    with pytest.raises(StoreError, match="is a shadow's: what is in it was only watched, so it cannot be used live"):
        mark.require(database, shadow=False)


def test_a_database_used_live_is_refused_in_shadow_and_left_as_it_was(database: Path) -> None:
    mark.require(database, shadow=False)
    used(database)
    with pytest.raises(StoreError, match="was used live, so shadow mode cannot use it"):
        mark.require(database, shadow=True)
    assert not mark.is_shadow(database)


def test_a_copy_of_a_shadows_database_is_a_shadows(database: Path, tmp_path: Path) -> None:
    mark.require(database, shadow=True)
    used(database)
    backup(database, tmp_path / "copy.db")
    assert mark.is_shadow(tmp_path / "copy.db")
    database.unlink()
    restore(tmp_path / "copy.db", database, KEYS.seal, NOW)
    assert mark.is_shadow(database)
