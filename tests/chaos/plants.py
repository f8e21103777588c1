"""`python -m tests.chaos.plants`: bugs planted one at a time, and how long the campaign takes to find each.

A plant is put in the place of a piece of the product while histories are told, here and nowhere else. The campaign
finds each among troubles drawn from seeds; each also shows in an otherwise quiet meeting, under the one trouble that it
is about, and soon (`aimed`).

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
| lost-fact      | to write down everything that was decided                                         |
| unsealed       | to seal what was written down                                                     |
| unwiped        | to wipe what may no longer be known                                               |
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from itertools import count
from random import Random
from typing import Any
from unittest import mock

from pexip_mock.faults import How
from pexip_mock.operations import Operation
from pexip_mock.people import Leg
from tests.chaos.history import tell
from tests.chaos.net import machine
from tests.chaos.site import PEXIP, Site
from tests.chaos.troubles import OVERSLEPT, Quiet
from tests.cosim.faults import OPENS_AT
from tests.cosim.judge import Broken
from vmrd import calling, timekeeping
from vmrd.clock import ServerClock
from vmrd.eyes import Eyes
from vmrd.lifecycle.draft import Draft
from vmrd.lifecycle.facts import Fact
from vmrd.lifecycle.words import Instant
from vmrd.poke import Poke
from vmrd.store import group, leases, tx
from vmrd.store.group import SqliteGroups
from vmrd.store.hearing import Hearing
from vmrd.store.leases import Lease
from vmrd.store.rows import Connection, OnlyWriter
from vmrd.store.rx import SqlRx
from vmrd.store.sealing import Growth
from vmrd.store.tx import SqlTx
from vmrd.store.writer import Job

_LOST_EACH = 7
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


@contextmanager
def _any_time_is_believed() -> Iterator[None]:
    """Not even a clock that jumps is doubted."""
    with mock.patch.object(timekeeping, "_BELIEVED", float("inf")), mock.patch.object(ServerClock, "doubt"):
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


@contextmanager
def _facts_are_lost() -> Iterator[None]:
    number, honest = count(1), tx.append

    def append(connection: Connection, session: str, facts: Sequence[Fact], *more: Any) -> None:
        honest(connection, session, facts if next(number) % _LOST_EACH else facts[:-1], *more)

    with mock.patch.object(tx, "append", append):
        yield


@contextmanager
def _seals_are_forgotten() -> Iterator[None]:
    number, honest = count(1), group.seal_growth

    def seal_growth(connection: Connection, key: bytes, growth: Growth) -> int:
        return honest(connection, key, growth) if next(number) % _LOST_EACH else 0

    with mock.patch.object(group, "seal_growth", seal_growth):
        yield


def _nothing(_: Site) -> float:
    """What is planted shows by itself."""
    return 0.0


@dataclass(frozen=True, slots=True)
class Plant:
    """`put`: puts it in its place; `seen`: what the judge says of it; `strike`, `moment`: the one trouble it takes, as
    `Quiet` has it; `replicas`: whether it takes two daemons. `also`: what a quiet meeting has to be without, because it
    mostly comes first."""

    put: Planted
    seen: str
    strike: Callable[[Site], float] = _nothing
    moment: float = OPENS_AT + 40
    replicas: bool = False
    pokes_lost: float = 0.0
    also: Planted = nullcontext

    @property
    def takes_trouble(self) -> bool:
        return self.strike is not _nothing or self.pokes_lost > 0.0


def _no_pokes(site: Site) -> float:
    """As `Troubles.pokes_lost` does for those within a daemon, `Disk.pokes` for those between two."""
    site.disk.pokes = lambda: False
    return 0.0


def _oversleeps(site: Site) -> float:
    """Whoever watches hangs until another has taken over, and finds its connections gone when it wakes up."""
    host = next(each.host for each in site.up() if each.holds)
    site.loop.freeze(host)
    site.after(OVERSLEPT, lambda: site.loop.net.reset(host))
    site.after(3 * OVERSLEPT, lambda: site.loop.thaw(host))
    return 3 * OVERSLEPT


def _dies_while_it_calls(site: Site) -> float:
    """The room rings, and whoever called is killed before it knows."""
    dialling = site.mock.world.dialling
    former = dialling.on_dialled

    def dialled(leg: Leg) -> None:
        dialling.on_dialled = former
        former(leg)
        for name in site.names:
            site.kill(name)
            site.after(9.0, lambda name=name: site.start(name))  # type: ignore[misc]

    dialling.on_dialled = dialled
    return 0.0


def _reads_come_late(site: Site) -> float:
    site.mock.platform.order_fault(Operation.PARTICIPANTS.value, How.DELAY, 60, 4.5, 0)
    return 0.0


def _time_comes_late(site: Site) -> float:
    """To the one that does not watch, and would take the meeting."""
    name = next(machine(each.host) for each in site.up() if not each.holds)
    site.disk.late_times[name] = 3 * OVERSLEPT
    return 0.0


def _nobody_reaches_pexip(site: Site) -> float:
    for name in site.names:
        site.loop.net.cut(name, PEXIP, 60.0)
    return 0.0


PLANTS: dict[str, Plant] = {
    "lost-poke": Plant(
        lambda: mock.patch.object(Poke, "wait", _only_poked), "not done|nobody carries it out", pokes_lost=1.0
    ),
    "lease-check": Plant(
        lambda: mock.patch.object(leases, "take", take_unasked), "while its lease lasts", replicas=True
    ),
    "fence": Plant(
        lambda: mock.patch.object(SqlTx, "require", return_value=None), "under a lease that is another's", _oversleeps,
        replicas=True, also=lambda: mock.patch.object(SqlRx, "watched_elsewhere", return_value=frozenset()),
    ),
    "not-repeatable": Plant(
        lambda: mock.patch.object(calling, "_calls_to", _none_of_ours), "the prison room is called",
        _dies_while_it_calls, OPENS_AT - 60,
    ),
    "stale-read": Plant(lambda: mock.patch.object(Eyes, "saw", _when_it_came), "lit at", _reads_come_late),
    "deaf": Plant(_silence_is_no_news, "the door of|lit at|is shown as confirmed", _no_pokes, replicas=True),
    "late-clock": Plant(
        _any_time_is_believed, "while its lease lasts", _time_comes_late, replicas=True
    ),
    "lost-commit": Plant(_commits_are_lost, ""),
    "unrung": Plant(
        lambda: mock.patch.object(Draft, "alert_while", _unless_it_matters), "no alarm", _nobody_reaches_pexip
    ),
    "lost-fact": Plant(_facts_are_lost, "is not what its journal says"),
    "unsealed": Plant(_seals_are_forgotten, "the chain does not verify"),
    "unwiped": Plant(lambda: mock.patch.object(SqlTx, "wipe_secrets", return_value=None), "secrets are left"),
}  # fmt: skip


def aimed(plant: str, seed: int, *, planted: bool = True) -> str | None:
    """What is seen of it in a quiet meeting under the one trouble it is about; None where nothing is."""
    it = PLANTS[plant]
    faults = Quiet(Random(seed), dice=Random(seed), replicas=it.replicas, strike=it.strike, moment=it.moment)
    faults.pokes_lost = it.pokes_lost
    try:
        with it.put() if planted else nullcontext(), it.also():
            tell(seed, faults)
    except Broken as seen:
        return str(seen)
    return None


def find(plant: str, first: int, seconds: float) -> tuple[int, str] | None:
    """How many histories it took, and what was seen; None when the time was up before."""
    until = time.monotonic() + seconds
    for seed in count(first):
        if time.monotonic() > until:
            return None
        try:
            with PLANTS[plant].put():
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
