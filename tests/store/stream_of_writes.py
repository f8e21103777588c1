"""A process that writes without end and says what was acknowledged, to be killed: `stream_of_writes.py DATABASE`."""

import asyncio
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from tests.store.samples import note, recorded, session
from vmrd.lifecycle.commands import SetLock
from vmrd.store.base import Tx
from vmrd.store.secrets import derive_keys
from vmrd.store.sql import SqlStore
from vmrd.store.sqlite import connect

WRITERS = 16


async def write_without_end(store: SqlStore, name: str) -> None:
    """Each acknowledged version is a line on standard output."""

    def step(tx: Tx) -> int:
        grown = replace(found := tx.session(name) or session(name), version=found.version + 1)
        recorded(tx, grown, [note(grown.version)], [SetLock(True)])
        return grown.version

    while True:
        sys.stdout.write(f"{name} {await store.write([name], step)}\n")
        sys.stdout.flush()


def started(database: Path) -> subprocess.Popen[str]:
    """This process, writing."""
    root = Path(__file__).resolve().parents[2]
    return subprocess.Popen(
        [sys.executable, "-m", "tests.store.stream_of_writes", str(database)],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
        stdout=subprocess.PIPE,
        text=True,
    )


async def main(database: Path) -> None:
    store = connect(database, derive_keys(bytes(range(32))))
    async with asyncio.TaskGroup() as writers:
        for n in range(WRITERS):
            writers.create_task(write_without_end(store, f"s{n}"))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
