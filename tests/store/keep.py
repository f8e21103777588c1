"""`python -m tests.store.keep`: play the rehearsal and keep the database it leaves as the text of this schema.

Done once for each schema, with the release that brings it; what is kept is never made again. The first line is the
key: nobody in it is real.
"""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.system.demo_process import run
from vmrd.store.migrate import SCHEMA

KEPT = Path(__file__).parent / "kept"
_KEY = "-- key: "


def kept() -> list[Path]:
    """A file for each schema, the oldest first."""
    return sorted(KEPT.glob("*.sql"))


def put_back(file: Path, database: Path) -> bytes:
    """Make the database it was kept from; the key its secrets and seals were made with."""
    first, _, script = file.read_text("utf-8").partition("\n")
    with closing(sqlite3.connect(database)) as connection:
        connection.executescript(script)
    return bytes.fromhex(first.removeprefix(_KEY))


def dump(database: Path, key: str) -> Iterable[str]:
    """The text of a database."""
    yield _KEY + key
    with closing(sqlite3.connect(database)) as connection:
        yield from connection.iterdump()


def main() -> int:
    newest = max(SCHEMA.glob("*.sql")).name[:4]
    file = KEPT / f"{newest}.sql"
    if file.exists():
        print(f"{file} is kept already")
        return 1
    with TemporaryDirectory(prefix="vmrd-keep-") as folder:
        database = Path(folder) / "vmrd.db"
        ended = run(Path(folder), "--headless", "--exit", "--database", str(database))
        if ended.code:
            print(*ended.refuted, sep="\n")
            return 1
        key = database.with_name("vmrd.db.key").read_text("utf-8").strip()
        file.write_text("\n".join(dump(database, key)) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
