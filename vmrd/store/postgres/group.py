"""A group of steps in PostgreSQL, where other replicas write at the same time. `writer` says what is promised.

    BEGIN ─► locks of every session named ─► each step in a savepoint ─► the seal's head, locked last ─► COMMIT

*Serial per session.* Whoever writes a session holds its lock: an advisory lock of the transaction, under 64 bits of a
hash of its name. The same is done for whatever else a step looks at before it writes (`held`). Locks are only ever
tried: a step that does not get one leaves no trace and runs again with a later group, and so does what came behind it
for the same session: an event must not overtake the one before. So a busy session holds up nobody else and no two
groups wait for each other crosswise. Two names with one hash would only wait for each other.

*Few trips.* What a step asks is gathered until it looks at an answer (`wire`), a lock together with what is read under
it; what it wrote last goes with its savepoint's release, so that a refusal still finds the step it belongs to.

*One seal chain.* The head's row is locked when all steps have run, so that replicas run their steps side by side and
only their commits stand in line.

*Rows that two replicas write without such a lock* (a count of refusals, the number of revocations) are PostgreSQL's own
matter. Should it find two groups waiting for each other there, the step it picks runs again.

When the connection is lost, nothing of the group is kept, unless it was lost in COMMIT: then nobody can know, and the
callers are told so. Whatever they repeat is safe to repeat.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress

import psycopg

from vmrd.store.base import Busy, StoreError
from vmrd.store.codec import Decoded
from vmrd.store.errors import Unsure
from vmrd.store.postgres.link import Link, Transient, refusal
from vmrd.store.postgres.pokes import tell
from vmrd.store.rows import Connection, Rows
from vmrd.store.sealing import Growth, seal_growth
from vmrd.store.secrets import SecretBox, StoreKeys
from vmrd.store.tx import SqlTx
from vmrd.store.writer import Job

_TRY = "SELECT pg_try_advisory_xact_lock(?)"
_TRY_ALL = "SELECT bool_and(pg_try_advisory_xact_lock(key)) FROM unnest(?::bigint[]) AS key"
_PATIENCE = 5.0
"""Seconds for which a step is put off at most."""


class PostgresGroups:
    """`commit` is called by the writer's thread alone. `link` gives the connection, made anew where it was lost.

    `replica`: the name under which the others hear of our commits.
    """

    def __init__(self, link: Callable[[], Link], keys: StoreKeys, decoded: Decoded, replica: str) -> None:
        self._link = link
        self._replica = replica
        self._decoded = decoded
        self._key = keys.seal
        self._box = SecretBox(keys)

    def commit(self, jobs: Sequence[Job[object]]) -> Sequence[Job[object]]:
        try:
            link = self._link()
        except StoreError as error:
            return _failed(jobs, error)
        committing = False
        try:
            link.later("BEGIN")
            put_off = self._run(link, jobs)
            committing = True
            link.execute("COMMIT")
        except Transient:
            _roll_back(link)
            return _put_off(jobs)
        except Exception as error:
            _roll_back(link)
            if link.lost and committing:
                return _failed(jobs, Unsure("the database went away in a commit: whether it was kept is unknown"))
            return _failed(jobs, _as_store_error(error))
        return put_off

    def _run(self, link: Link, jobs: Sequence[Job[object]]) -> Sequence[Job[object]]:
        holds, growth, put_off = Holds(link), Growth(), list[Job[object]]()
        holds.all_of(name for job in jobs if not callable(job.sessions) for name in job.sessions)
        behind = set[str]()
        for job in jobs:
            if not self._run_step(link, job, holds, growth, behind):
                put_off.append(job)
        seal(Gathering(link), self._key, growth, self._replica)
        return _put_off(put_off)

    def _run_step(self, link: Link, job: Job[object], holds: Holds, growth: Growth, behind: set[str]) -> bool:
        """False where another replica was in the way. `behind`: sessions of steps put off before, and then of this."""
        names: Sequence[str] = () if callable(job.sessions) else job.sessions
        if not behind.isdisjoint(names) or not holds.has(names):
            behind.update(names)
            return False
        savepoint = link.later("SAVEPOINT step")
        holds.begin_step()
        tx = SqlTx(Gathering(link), self._box, self._decoded, holds)
        try:
            if callable(job.sessions):
                names = job.sessions(tx)
                holds.all_of(names)
                if not behind.isdisjoint(names) or not holds.has(names):
                    raise Busy("another replica is writing there")
            job.run(tx)
            tx.write_out()
            _end_step(link)
        except (Busy, *Transient) as error:
            _undo_step(link, savepoint, error)
            holds.undo_step()
            behind.update(names)
            return False
        except BaseException as error:
            _undo_step(link, savepoint, error)
            holds.undo_step()
            job.fail(refusal(error) if isinstance(error, psycopg.Error) else error)
        else:
            growth.absorb(tx.growth)
        return True


class Gathering:
    """A connection as a step and the seal see it (`rows.Connection`): nothing is sent before an answer is looked at."""

    def __init__(self, link: Link) -> None:
        self.execute = link.later

    def executemany(self, sql: str, parameters: Sequence[Sequence[object]]) -> None:
        for row in parameters:
            self.execute(sql, row)


class Holds:
    """The locks of one transaction, as `rows.OnlyWriter`."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._held: set[int] = set()
        self._by_step: set[int] = set()

    def all_of(self, names: Iterable[str]) -> None:
        """Try them all at once."""
        keys = sorted({_key(name) for name in names} - self._held)
        if keys:
            rows = self._link.execute(
                "SELECT key FROM unnest(?::bigint[]) AS key WHERE pg_try_advisory_xact_lock(key)", (keys,)
            )
            self._got(key for (key,) in rows)

    def has(self, names: Sequence[str]) -> bool:
        return all(_key(name) in self._held for name in names)

    def begin_step(self) -> None:
        self._by_step.clear()

    def undo_step(self) -> None:
        """What a step locked was let go of with its savepoint."""
        self._held -= self._by_step

    def __call__(self, name: str) -> bool:
        key = _key(name)
        if key not in self._held and self._link.execute(_TRY, (key,)).fetchone()[0]:
            self._got([key])
        return key in self._held

    def insist(self, *names: str) -> None:
        keys = sorted({_key(name) for name in names} - self._held)
        if keys:
            self._link.later(_TRY_ALL, (keys,), otherwise=Busy("another replica is writing there"))
            self._got(keys)  # or the step is undone

    def _got(self, keys: Iterable[int]) -> None:
        for key in keys:
            self._held.add(key)
            self._by_step.add(key)


def seal(connection: Connection, key: bytes, growth: Growth, replica: str) -> None:
    """Seal what the transaction appended, behind every other replica's, and poke them."""
    if growth.stretches:
        connection.execute("SELECT 1 FROM seal_head FOR UPDATE")
        number = seal_growth(connection, key, growth)
        tell(connection, replica, number, growth.stretches)


def _key(name: str) -> int:
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "big", signed=True)


def _end_step(link: Link) -> None:
    """What the step wrote last is refused here, at the step, and not at its neighbour."""
    if link.wire.conditional:
        link.wire.settle()
    link.execute("RELEASE step")


def _undo_step(link: Link, savepoint: Rows, error: BaseException) -> None:
    """Raises the error where there is no transaction any more to undo it in."""
    if link.lost:
        raise StoreError("the database went away") from error
    link.wire.forget(behind=savepoint)
    link.later("ROLLBACK TO step")
    link.execute("RELEASE step")


def _roll_back(link: Link) -> None:
    link.wire.forget()
    with suppress(psycopg.Error):
        link.execute("ROLLBACK")


def _put_off(jobs: Sequence[Job[object]]) -> Sequence[Job[object]]:
    """Those that may wait on; the others have waited too long, and fail."""
    now, waiting = time.monotonic(), []
    for job in jobs:
        job.put_off_since = job.put_off_since or now
        if now - job.put_off_since < _PATIENCE:
            waiting.append(job)
        else:
            job.fail(Busy(f"another replica has been writing there for {_PATIENCE:.0f} s"))
    return waiting


def _failed(jobs: Sequence[Job[object]], error: StoreError) -> Sequence[Job[object]]:
    for job in jobs:
        job.fail(type(error)(str(error)))
    return ()


def _as_store_error(error: Exception) -> StoreError:
    match error:
        case StoreError():
            return error
        case psycopg.Error():
            return refusal(error)
        case _:
            return StoreError(f"the commit failed: {type(error).__name__}")
