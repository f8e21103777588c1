"""Telling the other replicas of a commit: one `NOTIFY` for each group, and a thread that listens.

A poke is for speed only. One that is lost, or a listener that was cut off, costs what a poll costs: whoever connects
again says that anything may have changed.

Commits stand in line for the seal's head, so their numbers have no gaps, and pokes come in their order (`hearing`).
Four times a second, or oftener, the listener asks for the head itself; when it has heard of that many, whoever listens
is told up to which moment nothing is missing. So nobody takes silence for news that there is none: a listener which is
cut off, or hangs, says nothing.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable

import psycopg
import structlog

from vmrd.store.base import Ear, StoreError
from vmrd.store.hearing import Hearing
from vmrd.store.place import Server
from vmrd.store.postgres.link import Link, connect
from vmrd.store.rows import Connection

log = structlog.get_logger(__name__)

_CHANNEL = "vmrd"
_SAID = "vmrd_said"
_LONGEST = 7_000
"""Bytes of a payload; PostgreSQL takes 8,000."""
_LOOK_UP_EVERY = 0.25
"""Seconds between two looks whether we are to stop."""
_DIGITS = 20
"""A number has fewer; a session's name has more."""


def tell(connection: Connection, replica: str, number: int, sessions: Iterable[str]) -> None:
    """Told when the transaction commits, with its seal's number. A group too large for one message names nobody."""
    payload = f"{replica} {number} {' '.join(sessions)}"
    if len(payload.encode()) > _LONGEST:
        payload = f"{replica} {number} "
    connection.execute("SELECT pg_notify(?, ?)", (_CHANNEL, payload))


def say(link: Link, replica: str, line: str) -> None:
    """A line to the other replicas, outside of any transaction; of no more than 7,000 bytes."""
    link.execute("SELECT pg_notify(?, ?)", (_SAID, f"{replica} {line}"))


class Listener:
    """A thread with a connection of its own, until it is closed; the ear is spoken to in that thread."""

    def __init__(self, server: Server, replica: str, ear: Ear) -> None:
        self._server = server
        self._replica = replica
        self._ear = ear
        self._hearing = Hearing(ear)
        self._away = False
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="store-listener", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._closed.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._closed.is_set():
            try:
                link = connect(self._server)
            except StoreError as error:
                if not self._away:
                    log.error("listener_away", error=str(error))
                self._away = True
                self._closed.wait(_LOOK_UP_EVERY)
                continue
            self._away = False
            try:
                link.raw.execute(f"LISTEN {_CHANNEL}")
                link.raw.execute(f"LISTEN {_SAID}")
                self._hearing.begin(_head(link))
                self._follow(link)
            except psycopg.Error:
                continue
            finally:
                link.close()

    def _follow(self, link: Link) -> None:
        while not self._closed.is_set():
            began = time.monotonic()
            head = _head(link)
            for notice in link.raw.notifies(timeout=0):
                self._told(notice)
            if self._hearing.misses(head):  # its poke may be on its way still
                for notice in link.raw.notifies(timeout=_LOOK_UP_EVERY, stop_after=1):
                    self._told(notice)
            self._hearing.proved(head, began)
            for notice in link.raw.notifies(timeout=_LOOK_UP_EVERY, stop_after=1):
                self._told(notice)

    def _told(self, notice: psycopg.Notify) -> None:
        replica, _, text = notice.payload.partition(" ")
        if notice.channel == _SAID:
            if replica != self._replica:
                self._ear.said(text)
            return
        first, *sessions = text.split() or [""]
        if not (first.isdecimal() and len(first) < _DIGITS):  # of a replica of the release before
            self._ear.heard((first, *sessions) if first else ())
            return
        self._hearing.told(int(first), tuple(sessions), ours=replica == self._replica)


def _head(link: Link) -> int:
    """Asked by psycopg's own cursor, which keeps what is notified meanwhile for `notifies`."""
    row = link.raw.execute("SELECT seals FROM seal_head").fetchone()
    assert row is not None  # there is one since the first daemon opened the database
    return int(row[0])
