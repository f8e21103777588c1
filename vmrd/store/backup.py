"""Copies of a database, taken while a daemon works, and putting one back.

*Backup.* SQLite's own online copy in one read transaction: the daemon goes on writing, and the copy is one moment of
it. It is one file, readable to its owner only, and appears under its name when it is whole and on disk. PINs and tokens
in it are encrypted as they were, so a copy without `store.key` opens no meeting; names are in it as they were.

*Restore.* The copy is brought to this release's schema and checked, file and journal, before anything is touched. What
it replaces is kept beside it, never overwritten.

| goes wrong                                        | then                                                        |
|---------------------------------------------------|-------------------------------------------------------------|
| disk full, power lost during a backup             | no file under the asked name; a `.part` the next try removes |
| disk full, power lost during a restore            | the present database is as it was, or under its kept name    |
| the copy is not ours, damaged, or of another key  | refused; nothing is touched                                  |
| a daemon runs                                     | backup: goes on beside it; restore: refused                  |

What a backup cannot know: bookings taken, accounts closed and people erased after it. A restore therefore signs
everybody out, and for a day nothing in Pexip is called an orphan (`reconcile`): it may well be a later booking's.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from vmrd.lifecycle.words import Instant
from vmrd.store.base import StoreError
from vmrd.store.connection import Alone, for_reading, for_writing, refusal
from vmrd.store.journal import verify
from vmrd.store.migrate import migrate, require_ours

_WITH_WAL = ("", "-wal", "-shm")


@dataclass(frozen=True, slots=True)
class Copied:
    """What a copy holds: sessions, facts in the journal, and its size in bytes."""

    sessions: int
    facts: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Restored:
    """What was put back, and where the database it replaced was put; None where there was none."""

    copy: Copied
    kept: Path | None


def backup(path: Path, target: Path) -> Copied:
    """Copy the database at `path` to a new file. Raises `StoreError`, and then there is no such file."""
    if target.exists():
        raise StoreError(f"{target} is there already: name a file that is not")
    part = _beside(target, ".part")
    require_ours(path)
    _copy(path, part)
    held = _checked(part)
    part.rename(target)
    _on_disk(target.parent)
    return held


def restore(copy: Path, path: Path, seal_key: bytes, now: Instant) -> Restored:
    """Put a copy in the place of the database at `path`. Raises `StoreError`, and then nothing has changed.

    `seal_key`: with another than the copy's journal was sealed with, none of its PINs could be read either.
    """
    if not copy.exists():
        raise StoreError(f"there is no file {copy}")
    with closing(Alone(path)):
        require_ours(copy)
        part = _beside(path, ".restoring")
        _copy(copy, part)
        migrate(part)
        part.with_name(f"{part.name}.lock").unlink()
        held = _checked(part)
        with closing(for_reading(part)) as connection:
            faults = verify(connection, seal_key)
        if faults:
            raise StoreError(
                f"{copy} is not put back: its journal does not fit store.key ({faults[0].where}: {faults[0].what})"
            )
        _mark(part, now)
        kept = _out_of_the_way(path, now)
        part.rename(path)
        _on_disk(path.parent)
        return Restored(held, kept)


def _copy(path: Path, part: Path) -> None:
    """A copy in one file without a WAL, on disk."""
    try:
        os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        with closing(for_reading(path)) as source, closing(sqlite3.connect(part)) as copy:
            source.backup(copy)  # all pages at once: in steps, each commit meanwhile would begin it anew
            copy.execute("PRAGMA journal_mode = DELETE")
        _on_disk(part)
    except OSError as error:
        raise StoreError(f"{part} cannot be written: {error.strerror}") from error
    except sqlite3.Error as error:
        part.unlink(missing_ok=True)
        raise refusal(error) from error


def _checked(part: Path) -> Copied:
    """What the copy holds. Raises `StoreError` where SQLite finds it damaged, and removes it."""
    try:
        with closing(for_reading(part)) as connection:
            (said,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
            if said != "ok":
                raise StoreError("the copy is damaged: so is the disk, or the database it was made of")
            sessions, facts = connection.execute(
                "SELECT (SELECT count(*) FROM session), (SELECT count(*) FROM journal)"
            ).fetchone()
    except (StoreError, sqlite3.Error) as error:
        part.unlink(missing_ok=True)
        raise error if isinstance(error, StoreError) else refusal(error) from error
    return Copied(sessions, facts, part.stat().st_size)


def _mark(part: Path, now: Instant) -> None:
    with closing(for_writing(part)) as connection:
        connection.execute("INSERT OR IGNORE INTO restored (at) VALUES (?)", (now,))
        connection.execute("DELETE FROM sign_in")  # a browser signed out since must not be signed in again
        connection.execute("PRAGMA journal_mode = DELETE")
    _on_disk(part)


def _out_of_the_way(path: Path, now: Instant) -> Path | None:
    """Where the present database is kept; its WAL goes along, for what is in it is in no other file."""
    if not path.exists():
        return None
    stamp = datetime.fromtimestamp(now / 1_000, UTC).strftime("%Y%m%dT%H%M%SZ")
    kept = path.with_name(f"{path.name}.before-{stamp}")
    if kept.exists():
        raise StoreError(f"{kept} is there already: move it away")
    for suffix in _WITH_WAL:
        if (file := path.with_name(path.name + suffix)).exists():
            file.rename(kept.with_name(kept.name + suffix))
    return kept


def _beside(target: Path, suffix: str) -> Path:
    """A name for the unfinished file, free of what an earlier try left."""
    part = target.with_name(target.name + suffix)
    for each in _WITH_WAL:
        part.with_name(part.name + each).unlink(missing_ok=True)
    return part


def _on_disk(path: Path) -> None:
    """Its contents, or a folder's names, survive a power cut."""
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
