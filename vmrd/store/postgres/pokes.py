"""Telling the other replicas of a commit: one `NOTIFY` for each group, and a thread that listens.

A poke is for speed only. One that is lost, or a listener that was cut off, costs what a poll costs: whoever connects
again says that anything may have changed.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence

import psycopg

from vmrd.store.base import StoreError
from vmrd.store.place import Server
from vmrd.store.postgres.link import Link, connect

_CHANNEL = "vmrd"
_SAID = "vmrd_said"
_LONGEST = 7_000
"""Bytes of a payload; PostgreSQL takes 8,000."""
_LOOK_UP_EVERY = 0.25
"""Seconds between two looks whether we are to stop."""
Heard = Callable[[Sequence[str]], None]
"""Called in the listener's thread with the sessions another replica changed; with none where any may have changed."""
Said = Callable[[str], None]
"""Called there with a line that another replica said."""


def tell(link: Link, replica: str, sessions: Iterable[str]) -> None:
    """Told when the transaction commits. A group too large for one message names nobody."""
    payload = f"{replica} {' '.join(sessions)}"
    if len(payload.encode()) > _LONGEST:
        payload = f"{replica} "
    link.execute("SELECT pg_notify(?, ?)", (_CHANNEL, payload))


def say(link: Link, replica: str, line: str) -> None:
    """A line to the other replicas, outside of any transaction; of no more than 7,000 bytes."""
    link.execute("SELECT pg_notify(?, ?)", (_SAID, f"{replica} {line}"))


class Listener:
    """A thread with a connection of its own, until it is closed."""

    def __init__(self, server: Server, replica: str, heard: Heard, said: Said) -> None:
        self._server = server
        self._replica = replica
        self._heard = heard
        self._said = said
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
            except StoreError:
                self._closed.wait(_LOOK_UP_EVERY)
                continue
            try:
                link.raw.execute(f"LISTEN {_CHANNEL}")
                link.raw.execute(f"LISTEN {_SAID}")
                self._heard(())
                while not self._closed.is_set():
                    for notice in link.raw.notifies(timeout=_LOOK_UP_EVERY, stop_after=1):
                        self._told(notice)
            except psycopg.Error:
                continue
            finally:
                link.close()

    def _told(self, notice: psycopg.Notify) -> None:
        replica, _, text = notice.payload.partition(" ")
        if replica == self._replica:
            return
        if notice.channel == _SAID:
            self._said(text)
        else:
            self._heard(tuple(text.split()))
