"""A state of the protocol, what may happen in it, and what must be true of each step.

| step          | is                                                                                     |
|---------------|----------------------------------------------------------------------------------------|
| put           | the core writes its next command; one daemon may be handed it at its birth              |
| watch         | a daemon takes or renews the lease of the meeting                                       |
| take          | a daemon takes what may go out                                                          |
| report        | a daemon keeps what it saw, under the lease it believes to have                         |
| finish, later | what a daemon has in hand was carried out, or is given back for a while                 |
| crash         | a daemon forgets everything and comes back under another name                           |
| wait          | time passes: half a lease                                                               |
"""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from tests.lifecycle.story import opened
from vmrd.lifecycle.commands import Command, EndConference, Lane, SetLock, key
from vmrd.store import leases, outbox
from vmrd.store.base import Taker
from vmrd.store.codec import COMMANDS as stored
from vmrd.store.errors import Fenced
from vmrd.store.leases import Lease, watching
from vmrd.store.migrate import migrate
from vmrd.store.rows import always

LEASE = 20
WAIT = 10
_TABLES = ("lease", "fence", "outbox", "outbox_lane", "sqlite_sequence")
COMMANDS: tuple[Command, ...] = (SetLock(False), SetLock(True), EndConference())
"""Written in this order; the second is the first's newer."""
COMMANDS_TEXT = tuple(stored.encode(command) for command in COMMANDS)
_LIMIT = {Lane.LOCK: 1}
_LANES = frozenset(_LIMIT)


class Wrong(AssertionError):
    """The protocol allows what must never be."""


class InHand(NamedTuple):
    """A command somebody carries out: its row, which hand-out this is, and which of `COMMANDS` it is."""

    item: int
    attempt: int
    number: int


@dataclass(frozen=True, slots=True)
class Daemon:
    """`lease`: what it believes to have."""

    owner: str
    lease: Lease | None = None
    hand: tuple[InHand, ...] = ()


@dataclass(frozen=True, slots=True)
class State:
    """`rows`: the store's tables. `handed`: numbers of the commands handed out so far, the latest last; `done`: those
    whose outcome was kept."""

    now: int
    daemons: tuple[Daemon, ...]
    rows: tuple[tuple[object, ...], ...]
    written: int = 0
    handed: tuple[int, ...] = ()
    done: tuple[int, ...] = ()


class Protocol:
    """The tables, and every step on them."""

    def __init__(self) -> None:
        self._session = opened().session
        self._connection = _tables()

    def start(self) -> State:
        """Nobody has anything."""
        self._clear()
        self._connection.execute("INSERT INTO fence VALUES (1, 0)")
        return State(0, (Daemon("a"), Daemon("b")), self._rows())

    def steps(self, state: State) -> Iterator[tuple[str, State]]:
        """Everything that may happen next. Raises Wrong where a step does what must never be."""
        if state.written < len(COMMANDS):
            for taker in (None, *state.daemons):
                yield f"put {state.written} born to {taker and taker.owner}", self._put(state, taker)
        for at, daemon in enumerate(state.daemons):
            yield f"{daemon.owner} watches", self._watch(state, at)
            yield f"{daemon.owner} takes", self._take(state, at)
            if daemon.lease is not None:
                self._report(state, at)
            for held in daemon.hand:
                yield f"{daemon.owner} finishes {held.number}", self._finish(state, at, held)
                yield f"{daemon.owner} gives {held.number} back", self._later(state, at, held)
            if not daemon.owner.endswith("'"):
                yield f"{daemon.owner} crashes", _with(state, at, Daemon(daemon.owner + "'"))
        yield "time passes", replace(state, now=state.now + WAIT)

    def kept(self, state: State) -> None:
        """Whatever was written is done, is somewhere behind, or has a newer in its place. Raises Wrong."""
        bodies = [row[6] for row in state.rows if row[0] == "outbox"]
        for number, command in enumerate(COMMANDS[: state.written]):
            newer = any(key(command) == key(later) for later in COMMANDS[number + 1 : state.written])
            if not newer and number not in state.done and COMMANDS_TEXT[number] not in bodies:
                raise Wrong(f"command {number} is lost")

    def settle(self, state: State) -> None:
        """From here on one daemon lives: it comes to everything that is left. Raises Wrong where it does not."""
        state = replace(state, now=state.now + 2 * LEASE, daemons=(Daemon("heir"),))
        for _ in range(2 * len(COMMANDS)):
            state = self._take(self._watch(state, 0), 0)
            for held in state.daemons[0].hand:
                state = self._finish(state, 0, held)
        self._restore(state)
        left = self._connection.execute("SELECT count(*) FROM outbox").fetchone()[0]
        lanes = self._connection.execute("SELECT count(*) FROM outbox_lane").fetchone()[0]
        newest = {key(command): number for number, command in enumerate(COMMANDS[: state.written])}
        missing = set(newest.values()) - set(state.done)
        if left or lanes or missing:
            raise Wrong(f"lost: {missing or left or lanes}")

    # steps

    def _put(self, state: State, taker: Daemon | None) -> State:
        self._restore(state)
        born = outbox.put(
            self._connection,
            self._session,
            COMMANDS[state.written],
            state.now,
            1_000,
            Taker(taker.owner, LEASE, _LANES) if taker is not None else None,
        )
        after = replace(state, written=state.written + 1)
        if born is not None and taker is not None:
            held = InHand(born.id, born.attempts, state.written)
            at = state.daemons.index(taker)
            after = _handed(_with(after, at, replace(taker, hand=(*taker.hand, held))), held)
        return replace(after, rows=self._rows())

    def _watch(self, state: State, at: int) -> State:
        self._restore(state)
        daemon = state.daemons[at]
        elsewhere = self._watched_elsewhere(daemon, state.now)
        lease = leases.take(self._connection, watching(self._session.id), daemon.owner, state.now, LEASE, always)
        if lease is not None and lease.taken_over:
            outbox.take_back(self._connection, self._session.id, daemon.owner, state.now, always)
        if lease is not None and elsewhere:
            raise Wrong("a lease that lasts is taken from its holder")
        after = replace(_with(state, at, replace(daemon, lease=lease)), rows=self._rows())
        holders = [each.owner for each in after.daemons if each.lease is not None and self._holds(each.lease)]
        if len(holders) > 1:
            raise Wrong(f"{holders} may all write as the meeting's watcher")
        return after

    def _take(self, state: State, at: int) -> State:
        self._restore(state)
        daemon = state.daemons[at]
        elsewhere = self._watched_elsewhere(daemon, state.now)
        items = outbox.take(self._connection, daemon.owner, state.now, LEASE, _LIMIT)
        if items and elsewhere:
            raise Wrong("what steers a meeting is handed out where it is not watched")
        after = state
        for item in items:
            held = InHand(
                item.id, item.attempts, max(n for n, command in enumerate(COMMANDS) if command == item.command)
            )
            daemon = replace(daemon, hand=(*daemon.hand, held))
            after = _handed(after, held)
        return replace(_with(after, at, daemon), rows=self._rows())

    def _report(self, state: State, at: int) -> None:
        """What was seen under a lease that is another's is refused, and under one's own kept."""
        self._restore(state)
        lease = state.daemons[at].lease
        assert lease is not None
        owner = self._connection.execute("SELECT owner FROM lease WHERE name = ?", (lease.name,)).fetchone()[0]
        if self._holds(lease) != (owner == state.daemons[at].owner):
            raise Wrong(f"{state.daemons[at].owner} reports while {owner} watches")

    def _finish(self, state: State, at: int, held: InHand) -> State:
        self._restore(state)
        last = self._is_last(held)
        kept = outbox.finish(self._connection, held.item, held.attempt)
        if kept != last:
            raise Wrong(f"command {held.number} is done with by who was too slow, or not by its last holder")
        done = (*state.done, held.number) if kept else state.done
        return replace(_dropped(state, at, held), rows=self._rows(), done=done)

    def _later(self, state: State, at: int, held: InHand) -> State:
        self._restore(state)
        last, before = self._is_last(held), self._rows()
        outbox.postpone(self._connection, held.item, held.attempt, state.now + WAIT)
        after = self._rows()
        if not last and after != before:
            raise Wrong(f"command {held.number} is given back by who was too slow")
        return replace(_dropped(state, at, held), rows=after)

    def _is_last(self, held: InHand) -> bool:
        """Whether its command was handed to nobody since, and is there still."""
        row = self._connection.execute("SELECT attempts FROM outbox WHERE id = ?", (held.item,)).fetchone()
        return row is not None and row[0] == held.attempt

    def _watched_elsewhere(self, daemon: Daemon, now: int) -> bool:
        held = self._connection.execute("SELECT 1 FROM lease WHERE owner <> ? AND until > ?", (daemon.owner, now))
        return held.fetchone() is not None

    def _holds(self, lease: Lease) -> bool:
        try:
            return leases.require(self._connection, lease, always)
        except Fenced:
            return False

    # tables

    def _rows(self) -> tuple[tuple[object, ...], ...]:
        return tuple(
            (table, *row)
            for table in _TABLES
            for row in self._connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall()
        )

    def _restore(self, state: State) -> None:
        self._clear()
        for table, *row in state.rows:
            self._connection.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row)

    def _clear(self) -> None:
        for table in _TABLES:
            self._connection.execute(f"DELETE FROM {table}")


def _with(state: State, at: int, daemon: Daemon) -> State:
    return replace(state, daemons=(*state.daemons[:at], daemon, *state.daemons[at + 1 :]))


def _dropped(state: State, at: int, held: InHand) -> State:
    daemon = state.daemons[at]
    return _with(state, at, replace(daemon, hand=tuple(each for each in daemon.hand if each != held)))


def _handed(state: State, held: InHand) -> State:
    """Hand it out. An older command never goes out once its newer has."""
    newer = [n for n in state.handed if n > held.number and key(COMMANDS[n]) == key(COMMANDS[held.number])]
    if newer:
        raise Wrong(f"command {held.number} goes out after {newer[0]}, which took its place")
    return replace(state, handed=tuple(sorted({*state.handed, held.number})))


def _tables() -> sqlite3.Connection:
    """The tables of the protocol as the migrations make them, without all the others."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "vmrd.db"
        migrate(path)
        with closing(sqlite3.connect(path)) as made:
            wanted = made.execute(
                "SELECT sql FROM sqlite_schema WHERE tbl_name IN ('lease', 'fence', 'outbox', 'outbox_lane')"
                " AND sql IS NOT NULL ORDER BY type DESC"
            ).fetchall()
    connection = sqlite3.connect(":memory:", isolation_level=None)
    for (statement,) in wanted:
        connection.execute(statement)
    return connection
