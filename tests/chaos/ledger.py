"""What the campaign itself reads in the tables: who may write what of a meeting, and what must be there at the end."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from pexip_mock.world import World
from tests.cosim.faults import NODES
from tests.cosim.judge import Broken
from vmrd.lifecycle.evolve import fold
from vmrd.lifecycle.session import Session
from vmrd.lifecycle.words import Instant, Phase
from vmrd.store import opening
from vmrd.store.secrets import StoreKeys

Holder = tuple[str, Instant]


@dataclass(slots=True)
class Ledger:
    """One meeting, commit by commit. `wrong`: what was written and never may be. `replicas`: others may take it."""

    replicas: bool
    wrong: list[str] = field(default_factory=list)
    _holder: Holder | None = None
    _token: bytes | None = None

    def committed(self, host: str, owner: str | None, holder: Holder | None, token: bytes | None, now: Instant) -> None:
        """A commit of this host, as whose daemon's leases are the `owner`'s; None while it is being built.

        `holder`: who has the meeting's lease after it, and until when; `token`: what it is steered with, as it is
        stored, encrypted anew each time. `now`: the database's time.
        """
        self._lease_lasts(holder, now)
        self._token_is_the_watchers(host, owner, token)

    def _lease_lasts(self, holder: Holder | None, now: Instant) -> None:
        former, self._holder = self._holder, holder
        if self.replicas and former is not None and holder is not None and holder[0] != former[0] and former[1] > now:
            self.wrong.append(f"the meeting is taken from {former[0]} while its lease lasts")

    def _token_is_the_watchers(self, host: str, owner: str | None, token: bytes | None) -> None:
        """What the meeting is steered with is kept by whoever watches it, and by nobody who only thinks so."""
        former, self._token = self._token, token
        holder = self._holder[0] if self._holder is not None else None
        if token is not None and token != former and owner is not None and owner != holder:
            self.wrong.append(f"{host} keeps a control token under a lease that is another's")

    def reported(self, kinds: Collection[str], fence: int, now_fence: int | None) -> None:
        """Facts kept under a lease of that number, in the same transaction in which the meeting's is `now_fence`."""
        if kinds and now_fence != fence:
            self.wrong.append(f"{next(iter(kinds))} is kept under a lease that is another's")


def all_is_over(
    session: Session, world: World, links: Collection[str], redial: Callable[[], None], secrets: Collection[str]
) -> None:
    """Closed and wiped, and nobody meets any more. `links`: that ever worked; `secrets`: names of those still kept."""
    must(session.secrets_wiped, f"not done: {session.phase}, asks {sorted(session.asks)}")
    must(session.phase is not Phase.ENDED, "ended but not closed")
    must(not secrets, f"secrets are left: {sorted(secrets)}")
    must(not any(world.directory.dialable(node, link) for node in NODES for link in links), "a link still works")
    redial()
    must(not world.floor.running, "somebody could meet after the end")


def all_is_kept(path: Path, keys: StoreKeys, accepted: Collection[str]) -> None:
    """What was accepted is there, each session is what its journal says, and the chain holds."""
    with opening.open_for_reading(path, keys) as rx:
        for booked in accepted:
            session = rx.session(booked)
            must(session is not None, f"{booked} was accepted and is not there")
            must(fold(rx.facts(booked)) == session, f"{booked} is not what its journal says")
    faults = opening.verify(path, keys.seal)
    must(not faults, f"the chain does not verify: {faults[:1]}")


def secrets_of(path: Path, session_id: str) -> list[str]:
    """The names of what is kept of a session and nobody may read."""
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT name FROM secret WHERE session_id = ?", (session_id,)).fetchall()
    return [name for (name,) in rows]


def must(holds: bool, what: str) -> None:
    """Raises Broken."""
    if not holds:
        raise Broken(what)
