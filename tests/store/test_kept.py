"""A database of every schema there ever was, as the release of its day left it, is brought up to date and worked with.

Each was left by that release's rehearsal: a meeting with the prisoner inside, one that people wait for, one that is
planned, and one that is over.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.store.keep import kept, put_back
from vmrd.clock import SystemClock
from vmrd.engine import Applied, Engine
from vmrd.lifecycle import inputs as i
from vmrd.lifecycle.evolve import fold
from vmrd.lifecycle.rules import Rules
from vmrd.lifecycle.words import Phase
from vmrd.metrics import Metrics
from vmrd.store.codec import COMMANDS
from vmrd.store.journal import verify
from vmrd.store.migrate import migrate
from vmrd.store.secrets import derive_keys
from vmrd.store.sqlite import connect

EACH = pytest.mark.parametrize("file", kept(), ids=lambda file: file.stem)


def sessions(database: Path) -> list[str]:
    with closing(sqlite3.connect(database)) as connection:
        return [row[0] for row in connection.execute("SELECT id FROM session ORDER BY starts_at, id")]


@EACH
@pytest.mark.asyncio
async def test_it_is_migrated_read_and_gone_on_with(file: Path, tmp_path: Path) -> None:
    database = tmp_path / "vmrd.db"
    keys = derive_keys(put_back(file, database))
    migrate(database)
    with closing(sqlite3.connect(database)) as connection:
        assert verify(connection, keys.seal) == []
        for (body,) in connection.execute("SELECT body FROM outbox"):
            COMMANDS.decode(body)
    store = connect(database, keys)
    engine = Engine(store, SystemClock(), lambda _: Rules(), Metrics())
    phases = set()
    for each in sessions(database):
        session, facts = await store.read(lambda rx, each=each: (rx.session(each), rx.facts(each)))  # type: ignore[misc]
        assert session is not None
        assert fold(facts).id == each, "every fact is read, and they still tell this session"
        phases.add(session.phase)
        assert isinstance(await engine.submit(each, i.WakeUp()), Applied)
    assert phases == {Phase.PRIVATE, Phase.READY, Phase.PLANNED, Phase.CLOSED}
    await store.close()
    with closing(sqlite3.connect(database)) as connection:
        assert verify(connection, keys.seal) == []
