"""The database: looking at it, and judging it. It is opened for reading only, also while a daemon works with it."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from vmrd.check.files import SeenFile, file_system_of, is_locked, seen_file
from vmrd.check.lines import Line, fail, not_checked, ok, warn
from vmrd.store.base import StoreError
from vmrd.store.connection import for_reading
from vmrd.store.migrate import SchemaStatus, schema_status
from vmrd.store.rows import Connection
from vmrd.store.sealing import require_head

_FAR = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "lustre", "ocfs2", "gfs2"})
_FLEETING = frozenset({"tmpfs", "ramfs"})
READABLE = frozenset({SchemaStatus.CURRENT, SchemaStatus.ONE_AHEAD})
_MIB, _GIB = 1024**2, 1024**3
_ENOUGH, _LEAST = _GIB, 100 * _MIB


class Sealed(StrEnum):
    """Whose key the journal was sealed with."""

    OURS = "ours"
    NOBODY_YET = "nobody yet"
    ANOTHER = "another"


@dataclass(frozen=True, slots=True)
class SeenStore:
    """`file` is None where there is none. `schema` and what follows are None where it could not be opened; `fault` says
    why. `running`: another process has it open as a daemon does; None where that cannot be told."""

    path: Path
    file: SeenFile | None
    folder_writable: bool
    file_system: str | None
    free: int | None
    running: bool | None
    schema: SchemaStatus | None = None
    sealed: Sealed | None = None
    journal_mode: str | None = None
    fault: str | None = None


def seen_store(path: Path, seal_key: bytes) -> SeenStore:
    """Look at everything. Blocks, briefly."""
    folder = path.absolute().parent
    file = seen_file(path, secrets=True)
    try:
        free: int | None = shutil.disk_usage(folder).free
    except OSError:
        free = None
    schema = sealed = mode = fault = None
    if file is not None:
        try:
            schema, sealed, mode = _inside(path, seal_key)
        except StoreError as error:
            fault = str(error)
    return SeenStore(
        path=path,
        file=file,
        folder_writable=os.access(folder, os.W_OK | os.X_OK) and (file is None or os.access(path, os.W_OK)),
        file_system=file_system_of(path.absolute()),
        free=free,
        running=is_locked(path.with_name(f"{path.name}.lock")),
        schema=schema,
        sealed=sealed,
        journal_mode=mode,
        fault=fault,
    )


def _inside(path: Path, seal_key: bytes) -> tuple[SchemaStatus, Sealed | None, str]:
    with closing(for_reading(path)) as connection:
        try:
            schema = schema_status(connection)
            (mode,) = connection.execute("PRAGMA journal_mode").fetchone()
            return schema, sealed_by(connection, seal_key) if schema in READABLE else None, str(mode)
        except sqlite3.Error as error:
            raise StoreError(f"the database refused: {getattr(error, 'sqlite_errorname', 'unreadable')}") from error


def sealed_by(connection: Connection, seal_key: bytes) -> Sealed:
    """Whose key the journal of an open database was sealed with."""
    if connection.execute("SELECT 1 FROM seal_head").fetchone() is None:
        return Sealed.NOBODY_YET
    try:
        require_head(connection, seal_key)
    except StoreError:
        return Sealed.ANOTHER
    return Sealed.OURS


def judge_store(seen: SeenStore) -> Iterator[Line]:
    """What was seen, line by line."""
    yield from _file(seen)
    yield _file_system(seen)
    yield _free(seen)
    if seen.file is not None:
        if seen.fault is not None:
            yield fail("contents", seen.fault, "see docs/runbook.md, or put a backup back with vmrd restore")
        yield from judge_contents(seen.schema, seen.sealed)
        if seen.journal_mode is not None:
            wal = seen.journal_mode == "wal"
            yield ok("journal mode", "wal" if wal else f"{seen.journal_mode}; it is wal from the next start")
    yield _running(seen)


def _file(seen: SeenStore) -> Iterator[Line]:
    if not seen.folder_writable:
        yield fail(
            "database",
            f"{seen.path} or its folder cannot be written by whoever runs this check",
            "run the check as the user vmrd runs as; if it did, let that user own the folder",
        )
    elif seen.file is None:
        yield fail("database", f"there is none at {seen.path}", "make it with vmrd migrate, as the user vmrd runs as")
    else:
        yield ok("database", f"{seen.path}, can be written")
    if seen.file is not None and seen.file.mode & 0o007:
        yield warn("database mode", f"everybody may read it ({seen.file.mode:04o}), and names are in it", "chmod 600")


def _file_system(seen: SeenStore) -> Line:
    kind = seen.file_system
    if kind is None:
        return not_checked("file system", "the kernel does not say", "it has to be a disk of this machine's own")
    if kind in _FAR or kind.startswith("fuse"):
        return fail(
            "file system",
            f"{kind}: over a network neither locks nor commits can be relied on",
            "put store.path on a disk of this machine's own",
        )
    if kind in _FLEETING:
        return warn("file system", f"{kind} is gone with the next start of the machine", "put store.path on a disk")
    return ok("file system", f"{kind}, of this machine")


def _free(seen: SeenStore) -> Line:
    if seen.free is None:
        return not_checked("free space", "its folder cannot be looked at")
    found = f"{seen.free / _GIB:,.1f} GiB"
    if seen.free < _LEAST:
        return fail("free space", found, "make room now: with a full disk no press and no booking is taken")
    if seen.free < _ENOUGH:
        return warn("free space", found, "make room: a year of a large estate wants a few GiB")
    return ok("free space", found)


def judge_contents(schema: SchemaStatus | None, sealed: Sealed | None) -> Iterator[Line]:
    """What is the same in every store; nothing of what could not be looked at."""
    match schema:
        case SchemaStatus.CURRENT:
            yield ok("schema", "this release's")
        case SchemaStatus.ONE_AHEAD:
            yield warn(
                "schema", "one step newer, and this release may work with it", "bring this vmrd up to date as well"
            )
        case SchemaStatus.BEHIND:
            yield fail("schema", "older than this release", "make a backup, stop vmrd, vmrd migrate, start it")
        case SchemaStatus.AHEAD:
            yield fail("schema", "newer than this release", "install the newer vmrd again, or restore the older backup")
        case None:
            pass
    match sealed:
        case Sealed.OURS:
            yield ok("journal's seal", "made with this store.key")
        case Sealed.NOBODY_YET:
            yield ok("journal's seal", "none yet: a new database, sealed with this store.key from the first start")
        case Sealed.ANOTHER:
            yield fail(
                "journal's seal",
                "made with another store.key, or changed: no PIN in it can be read, and vmrd will not start",
                "give the key this database was made with; if it is the right one, run vmrd journal verify",
            )
        case None:
            pass


def _running(seen: SeenStore) -> Line:
    match seen.running:
        case True:
            return ok("daemon", "a vmrd, or a migration, has this database open")
        case False:
            return ok("daemon", "none has this database open")
        case None:
            return not_checked("daemon", "the kernel does not tell who holds its lock")
