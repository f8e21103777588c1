"""A release meets the schema of a later one: it works on where one step says that it may, and is refused elsewhere."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from benchmarks.samples import plan
from tests.store.keep import KEPT, put_back
from vmrd.clock import SystemClock
from vmrd.engine import Applied, Engine
from vmrd.lifecycle.rules import Rules
from vmrd.metrics import Metrics
from vmrd.store.base import StoreError
from vmrd.store.connection import for_reading
from vmrd.store.migrate import SCHEMA, SchemaStatus, migrate, require_ours, schema_status
from vmrd.store.secrets import StoreKeys
from vmrd.store.sqlite import connect, open_for_reading

YES = "-- What is new.\n-- compatible: yes\n\nCREATE TABLE later (a);\n"
NO = "-- What is new.\n-- compatible: no\n\nCREATE TABLE later (a);\n"
UNSAID = "-- What is new; -- compatible: yes is written in a line of its own.\nCREATE TABLE later (a);\n"
ANOTHER = "-- compatible: yes\nALTER TABLE later ADD COLUMN b;\n"

Later = Callable[..., Path]


@pytest.fixture
def later(tmp_path: Path, path: Path) -> Later:
    """Moves the database on with the schema of a later release: today's files and these."""

    def moved(*steps: str) -> Path:
        files = tmp_path / "schema-of-a-later-release"
        shutil.copytree(SCHEMA, files)
        for number, step in enumerate(steps):
            (files / f"{9000 + number}_later.sql").write_text(step)
        assert len(migrate(path, files)) == len(steps)
        return path

    return moved


def status(path: Path) -> SchemaStatus:
    with closing(for_reading(path)) as connection:
        return schema_status(connection)


def test_a_daemon_works_on_one_compatible_step_behind_and_says_so(later: Later, keys: StoreKeys) -> None:
    path = later(YES)
    assert status(path) is SchemaStatus.ONE_AHEAD
    require_ours(path)  # so it can be copied, and put back from a copy

    async def work() -> None:
        store = connect(path, keys)
        engine = Engine(store, SystemClock(), lambda _: Rules(), Metrics())
        assert isinstance(await engine.submit("s1", plan("s1", engine.clock.now())), Applied)
        await store.close()

    with capture_logs() as said:
        asyncio.run(work())
    assert [(line["event"], line["log_level"]) for line in said] == [("schema_is_one_step_ahead", "warning")]
    with open_for_reading(path, keys) as rx:
        assert rx.session("s1") is not None
    assert migrate(path) == [], "nor does the older release's own migration change anything"


@pytest.mark.parametrize(
    "steps", [(NO,), (UNSAID,), (YES, ANOTHER), (NO, ANOTHER)], ids=["says no", "says nothing", "two", "over a no"]
)
def test_whatever_is_further_ahead_is_refused_with_what_to_do(
    steps: tuple[str, ...], later: Later, keys: StoreKeys
) -> None:
    path = later(*steps)
    assert status(path) is SchemaStatus.AHEAD
    before = path.read_bytes()
    with pytest.raises(StoreError, match="install the newer vmrd"):
        connect(path, keys)
    with pytest.raises(StoreError, match="install the newer vmrd"):
        require_ours(path)
    assert path.read_bytes() == before


def test_a_database_from_before_there_was_the_word_learns_it_with_its_next_step(path: Path, later: Later) -> None:
    path.unlink()
    put_back(KEPT / "0009.sql", path)
    assert status(path) in {SchemaStatus.CURRENT, SchemaStatus.BEHIND}
    migrate(path)
    assert status(later(YES)) is SchemaStatus.ONE_AHEAD
