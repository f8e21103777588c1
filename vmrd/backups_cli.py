"""`vmrd backup` and `vmrd restore`: a copy of the database in one file, and putting it back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from vmrd.config import Config
from vmrd.console import DEFAULT_CONFIG, USAGE, AsJson, ConfigFile, configured, fail, say, stored
from vmrd.store.backup import Copied


def backup(
    file: Annotated[Path, typer.Argument(help="A file that is not there yet")],
    config: ConfigFile = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Copy the database while the daemon runs. PINs and tokens stay encrypted; names do not, so keep the file safe."""
    from vmrd.store.backup import backup as copy

    database = _file(configured(config))
    held = stored(lambda: copy(database, file))
    say(as_json, {"file": str(file), **_shown(held)}, [f"{file}: {_line(held)}"])


def restore(
    file: Annotated[Path, typer.Argument(help="What `vmrd backup` made")],
    config: ConfigFile = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Put a copy in the database's place; the daemon must be stopped. What was there is kept beside it."""
    from vmrd.daemon import clock_of, store_keys
    from vmrd.store.backup import restore as put_back

    chosen = configured(config)
    database = _file(chosen)
    done = stored(lambda: put_back(file, database, store_keys(chosen).seal, clock_of(chosen).now()))
    kept = str(done.kept) if done.kept is not None else None
    say(
        as_json,
        {"database": str(database), "kept": kept, **_shown(done.copy)},
        [
            f"{database}: {_line(done.copy)}",
            f"what was there is now {kept}" if kept is not None else "there was no database before",
            "everybody is signed out; look at `vmrd officer list` for accounts that were closed since the copy",
            "ask the booking systems to send again what they sent since the copy; erase again whom you erased since",
        ],
    )


def _file(config: Config) -> Path:
    """The SQLite file, or the end of the command."""
    if config.store.path is None:
        fail("store.url is PostgreSQL, and this copies an SQLite file: use pg_dump and pg_restore", USAGE)
    return config.store.path


def _shown(held: Copied) -> dict[str, object]:
    return {"sessions": held.sessions, "facts": held.facts, "bytes": held.bytes}


def _line(held: Copied) -> str:
    return f"{held.sessions} sessions, {held.facts} facts in the journal, {held.bytes:,} bytes"
