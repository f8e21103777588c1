"""Where a store is: an SQLite file or a PostgreSQL database. What can be done there is in `opening`."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Server:
    """A PostgreSQL database. `url` holds no password; without one, libpq looks where it always does."""

    url: str
    password: str | None = field(default=None, repr=False)


Place = Path | Server
