"""A new database of today's schema: made once by `migrate` in each process, and copied for whoever needs one.

Each migration waits for the disk, and most tests are about something else.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from vmrd.store.migrate import migrate


@cache
def _made() -> bytes:
    with TemporaryDirectory(prefix="vmrd-schema-") as folder:
        path = Path(folder) / "vmrd.db"
        migrate(path)
        return path.read_bytes()


def new_database(path: Path) -> None:
    """Put one there, readable to its owner only, unless there is one: as `vmrd migrate` would."""
    if not path.exists():
        path.touch(mode=0o600)
        path.write_bytes(_made())
