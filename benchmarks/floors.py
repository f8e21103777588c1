"""What a durable write costs at least: bare group-commit writers without session, decision, chain or seal.

Both take all waiting writes into one transaction, with the daemon's own SQLite settings and thread hand-over. `one_row`
does the least that is durable. `same_rows` puts the rows and bytes of a press where the press would put them, all known
beforehand: what is left between it and us is reading, deciding, encoding, hashing, and a savepoint for each press.
"""

from __future__ import annotations

import asyncio
import os
import queue
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import closing
from itertools import count
from pathlib import Path

from vmrd.store.connection import for_writing

Write = Callable[[sqlite3.Connection], object]
Groups = Callable[[sqlite3.Connection, int], None]


class GroupCommit:
    """A thread that commits whatever waits: `write` once for each, then `end` with their number once for the group."""

    def __init__(self, path: Path, write: Write, end: Groups = lambda connection, writes: None) -> None:
        self._waiting: queue.SimpleQueue[asyncio.Future[None] | None] = queue.SimpleQueue()
        self._path, self._write, self._end = path, write, end
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    async def put(self, _number: int) -> None:
        """Returns when one write more is on disk."""
        told: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.put(told)
        await told

    def stop(self) -> None:
        self._waiting.put(None)
        self._thread.join()

    def _run(self) -> None:
        with closing(for_writing(self._path)) as connection:
            while (first := self._waiting.get()) is not None:
                group = [first]
                while not self._waiting.empty() and len(group) < 512:
                    group.append(self._waiting.get())  # type: ignore[arg-type]  # nobody stops us while writes wait
                connection.execute("BEGIN IMMEDIATE")
                for _ in group:
                    self._write(connection)
                self._end(connection, len(group))
                connection.execute("COMMIT")
                first.get_loop().call_soon_threadsafe(tell, group)


def tell(written: Sequence[asyncio.Future[None]]) -> None:
    """These are on disk; said in the loop."""
    for each in written:
        each.set_result(None)


class Bodies:
    """A group-commit writer of one row for each body it is given."""

    def __init__(self, path: Path) -> None:
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("CREATE TABLE row (id INTEGER PRIMARY KEY, body BLOB)")
        self._bodies: deque[bytes] = deque()
        self._group = GroupCommit(path, self._write)

    async def put(self, body: bytes) -> None:
        """Returns when the body is on disk."""
        self._bodies.append(body)
        await self._group.put(0)

    def _write(self, connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO row (body) VALUES (?)", (self._bodies.popleft(),))


def one_row(path: Path) -> GroupCommit:
    """930 bytes, the size of a booking message, appended to a table of their own."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE row (id INTEGER PRIMARY KEY, body BLOB)")
    body = b"x" * 930
    return GroupCommit(path, lambda connection: connection.execute("INSERT INTO row (body) VALUES (?)", (body,)))


def same_rows(database: Path, path: Path, facts: int) -> GroupCommit:
    """What a press writes, over and over: a session with a command waiting, `facts` rows of journal, and the seal.

    `database` holds sessions that have been pressed before; `path` becomes a copy of it.
    """
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(path)) as copy:
        source.backup(copy)
        sessions = copy.execute("SELECT id, body FROM session").fetchall()
        last = dict(copy.execute("SELECT session_id, max(seq) FROM journal GROUP BY session_id"))
        items = dict(copy.execute("SELECT session_id, id FROM outbox WHERE lane = 'lock'"))
        seals = count(1 + int(copy.execute("SELECT max(number) FROM seal").fetchone()[0]))
    digest, numbers = os.urandom(32), count()

    def write(connection: sqlite3.Connection) -> None:
        number = next(numbers)
        session, body = sessions[number % len(sessions)]
        connection.execute(
            "UPDATE session SET wake_at = ?, version = ?, body = ? WHERE id = ?", (number, number, body, session)
        )
        rows = [
            (session, last[session] + n, number, "LockRequested", _FACT, digest, digest) for n in range(1, facts + 1)
        ]
        connection.executemany("INSERT INTO journal VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
        last[session] += facts
        connection.execute("DELETE FROM outbox WHERE id = ?", (items[session],))
        items[session] = connection.execute(
            "INSERT INTO outbox (session_id, establishment, lane, key, body, created_at, not_before)"
            " VALUES (?, 'MDI', 'lock', 'lock', ?, ?, ?)",
            (session, _COMMAND, number, number),
        ).lastrowid
        connection.execute(
            "UPDATE outbox_lane SET ready_at = ? WHERE session_id = ? AND lane = 'lock'", (number, session)
        )

    def end(connection: sqlite3.Connection, writes: int) -> None:
        connection.execute("INSERT INTO seal VALUES (?, ?, ?)", (next(seals), _STRETCH * writes, digest))
        connection.execute("UPDATE seal_head SET seals = seals + 1, last = ?, mac = ?", (digest, digest))

    return GroupCommit(path, write, end)


_FACT = '{"shape":1,"type":"LockRequested","fields":{"by":"k.shah","at":1800000000000}}'
_COMMAND = '{"shape":1,"type":"SetLock","fields":{"locked":true}}'
_STRETCH = "x" * 150
"""What a seal says of one session: its id, two hashes in hexadecimal and a number."""
