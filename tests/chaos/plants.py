"""`python -m tests.chaos.plants`: bugs planted one at a time, and how long the campaign takes to find each.

A plant is put in the place of a piece of the product while histories are told, here and nowhere else.

| plant          | what somebody forgot                                                              |
|----------------|-----------------------------------------------------------------------------------|
| lost-poke      | to look again when nobody pokes: a poke that is lost is lost for good             |
| lease-check    | to look whether another daemon has the meeting before taking it                   |
| fence          | to refuse what a daemon saw that slept through its lease                          |
| not-repeatable | to look for a former call before calling the prison room                          |
| stale-read     | that a read shows what was when it began, not when its answer came                |
| deaf           | that a notice of another's commit may be lost: silence is taken for no news       |
| late-clock     | that the time a database said long ago is not its time now                        |
| lost-commit    | to look whether a commit was kept before saying so                                |
| unrung         | to ring when nobody can see, or something is wrong where a prisoner is            |
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from itertools import count
from unittest import mock

from tests.chaos.history import tell
from tests.cosim.judge import Broken
from vmrd import calling, timekeeping
from vmrd.eyes import Eyes
from vmrd.lifecycle.draft import Draft
from vmrd.lifecycle.words import Instant
from vmrd.poke import Poke
from vmrd.store import leases
from vmrd.store.group import SqliteGroups
from vmrd.store.hearing import Hearing
from vmrd.store.leases import Lease
from vmrd.store.rows import Connection, OnlyWriter
from vmrd.store.sealing import Growth
from vmrd.store.tx import SqlTx
from vmrd.store.writer import Job

_LOST_EACH = 20
Planted = Callable[[], AbstractContextManager[object]]


async def _only_poked(poke: Poke, at_most: float) -> bool:
    await poke._event.wait()
    poke._event.clear()
    return True


def _none_of_ours(*_: object) -> list[object]:
    return []


def _when_it_came(eyes: Eyes, session_id: str, begun: float) -> None:
    eyes._begun[session_id] = eyes.monotonic()
    eyes._seen_at[session_id] = eyes.clock.now()


def _deaf(hearing: Hearing, number: int, sessions: Sequence[str], *, ours: bool) -> None:
    hearing.last = max(hearing.last, number)
    if not ours:
        hearing.ear.heard(sessions)


@contextmanager
def _silence_is_no_news() -> Iterator[None]:
    with mock.patch.object(Hearing, "told", _deaf), mock.patch.object(Hearing, "misses", return_value=False):
        yield


@contextmanager
def _commits_are_lost() -> Iterator[None]:
    number = count(1)

    def commit(groups: SqliteGroups, jobs: Sequence[Job[object]]) -> Sequence[Job[object]]:
        if next(number) % _LOST_EACH:
            return _commit(groups, jobs)
        groups._connection.execute("BEGIN IMMEDIATE")
        for job in jobs:
            groups._run_step(job, Growth())
        groups._connection.execute("ROLLBACK")
        return ()

    with mock.patch.object(SqliteGroups, "commit", commit):
        yield


def _unless_it_matters(draft: Draft, holds: bool, code: str, about: str | None = None) -> None:
    if code not in ("blind", "breach"):
        _alert_while(draft, holds, code, about)


_take, _commit, _alert_while = leases.take, SqliteGroups.commit, Draft.alert_while


def take_unasked(
    connection: Connection, name: str, owner: str, now: Instant, duration: int, hold: OnlyWriter
) -> Lease | None:
    """The lease of whoever asks."""
    connection.execute("UPDATE lease SET until = 0 WHERE name = ? AND owner <> ?", (name, owner))
    return _take(connection, name, owner, now, duration, hold)


PLANTS: dict[str, Planted] = {
    "lost-poke": lambda: mock.patch.object(Poke, "wait", _only_poked),
    "lease-check": lambda: mock.patch.object(leases, "take", take_unasked),
    "fence": lambda: mock.patch.object(SqlTx, "require", return_value=None),
    "not-repeatable": lambda: mock.patch.object(calling, "_calls_to", _none_of_ours),
    "stale-read": lambda: mock.patch.object(Eyes, "saw", _when_it_came),
    "deaf": _silence_is_no_news,
    "late-clock": lambda: mock.patch.object(timekeeping, "_BELIEVED", float("inf")),
    "lost-commit": _commits_are_lost,
    "unrung": lambda: mock.patch.object(Draft, "alert_while", _unless_it_matters),
}


def find(plant: str, first: int, seconds: float) -> tuple[int, str] | None:
    """How many histories it took, and what was seen; None when the time was up before."""
    until = time.monotonic() + seconds
    for seed in count(first):
        if time.monotonic() > until:
            return None
        try:
            with PLANTS[plant]():
                tell(seed)
        except Broken as seen:
            return seed - first + 1, str(seen)
    return None


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.plants", description=__doc__.split(":")[0])
    parser.add_argument("--seconds", type=float, default=600.0, help="for each plant (default 600)")
    parser.add_argument("--first", type=int, default=1, help="the first seed (default 1)")
    parser.add_argument("--only", default="", help="plants whose name has this in it")
    asked = parser.parse_args()
    missed = 0
    for plant in [name for name in PLANTS if asked.only in name]:
        began = time.monotonic()
        found = find(plant, asked.first, asked.seconds)
        took = time.monotonic() - began
        missed += found is None
        told, seen = found or (0, "")
        print(
            f"{plant:15} "
            + (f"found in {took:.1f} s, {told} histories: {seen}" if found else f"NOT FOUND in {took:.0f} s"),
            flush=True,
        )
    return 1 if missed else 0


if __name__ == "__main__":
    if os.environ.get("PYTHONHASHSEED") != "0":  # as in `tests.chaos`
        os.execve(
            sys.executable,
            [sys.executable, "-m", "tests.chaos.plants", *sys.argv[1:]],
            {**os.environ, "PYTHONHASHSEED": "0"},
        )
    sys.exit(main())
