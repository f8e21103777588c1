"""`python -m tests.replicas [--rounds N] [--seed N] [--fleets N] [--rate R]`: the campaign, one line a round."""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.postgres import Postgres, postgres
from tests.replicas.fleet import Fleet, fleet
from tests.replicas.judge import judge, settled
from tests.replicas.life import Desk, Meeting
from tests.replicas.strikes import Kind, TakenOver, possible, strike

MEETINGS = 2


@dataclass(slots=True)
class Told:
    """What came out, of all fleets; `wrong` says what should not have."""

    taken: list[TakenOver] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


async def campaign(server: Postgres, number: int, kinds: Sequence[Kind], rate: float, seed: int, told: Told) -> None:
    """One fleet through its rounds; one that fails ends no other."""
    try:
        await _campaign(server, number, kinds, rate, seed, told)
    except* AssertionError as group:
        told.wrong += [f"fleet {number}: {each}" for each in _leaves(group)]
        print(told.wrong[-1], flush=True)


async def _campaign(server: Postgres, number: int, kinds: Sequence[Kind], rate: float, seed: int, told: Told) -> None:
    with tempfile.TemporaryDirectory(prefix="vmrd-replicas-") as folder:
        async with fleet(Path(folder), server, number, 2 + number % 2, rate, seed) as built:
            meetings = [Meeting(built, room) for room in range(1, MEETINGS + 1)]
            desk = Desk(built, MEETINGS + 1)
            for meeting in meetings:
                await meeting.book()
                await meeting.begin()
            await built.control("POST", "/clock", {"advanceSeconds": 360, "stepSeconds": 30})
            await asyncio.gather(*(meeting.open() for meeting in meetings))
            await _rounds(built, number, meetings, desk, kinds, told)
            for meeting in meetings:
                await settled(built, meeting)
            await judge(built, meetings, desk)


async def _rounds(
    built: Fleet, number: int, meetings: list[Meeting], desk: Desk, kinds: Sequence[Kind], told: Told
) -> None:
    over = asyncio.Event()
    async with asyncio.TaskGroup() as life:
        for meeting in meetings:
            life.create_task(meeting.officer(over))
            life.create_task(meeting.visitors(over))
        life.create_task(desk.run(over))
        for kind in kinds:
            found = await strike(built, meetings, kind)
            told.taken += found
            print(f"fleet {number}: {kind}, {' '.join(f'{each.seconds:.1f} s' for each in found)}", flush=True)
        over.set()


def kinds_of(rounds: int, seed: int) -> list[Kind]:
    """Each kind as often as any other, in an order of the seed's."""
    kinds = [possible()[each % len(possible())] for each in range(rounds)]
    random.Random(seed).shuffle(kinds)
    return kinds


async def play(fleets: Sequence[Sequence[Kind]], rate: float, seed: int) -> Told:
    """Fleets side by side, since almost all of it is waiting."""
    told = Told()
    with postgres(max_connections=40 * len(fleets)) as server:
        async with asyncio.TaskGroup() as tasks:
            for number, kinds in enumerate(fleets):
                tasks.create_task(campaign(server, number, kinds, rate, seed + number, told))
    return told


def _leaves(group: BaseExceptionGroup[BaseException]) -> list[BaseException]:
    return [
        leaf
        for each in group.exceptions
        for leaf in (_leaves(each) if isinstance(each, BaseExceptionGroup) else [each])
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--fleets", type=int, default=6)
    parser.add_argument("--rate", type=float, default=1.0, help="of the business clock, by which leases run")
    parser.add_argument("--only", type=Kind, choices=list(Kind))
    asked = parser.parse_args()
    kinds, began = kinds_of(asked.rounds, asked.seed), time.monotonic()
    if Kind.UNPLUGGED not in possible():
        print("nobody is unplugged: that takes root, and ip")
    if asked.only:
        kinds = [asked.only] * asked.rounds
    told = asyncio.run(play([kinds[each :: asked.fleets] for each in range(asked.fleets)], asked.rate, asked.seed))
    took = time.monotonic() - began
    print(f"\nseed {asked.seed}: {asked.rounds} rounds, {len(told.taken)} take-overs in {took:.0f} s")
    if not told.wrong:
        print("no fact lost or doubled, no command doubled, one holder each time, every chain verifies")
    for kind in Kind:
        seconds = sorted(each.seconds for each in told.taken if each.kind is kind)
        if len(seconds) > 1:
            p90 = statistics.quantiles(seconds, n=10, method="inclusive")[-1]
            print(
                f"{kind:18} {len(seconds):4d} meetings: "
                f"p50 {statistics.median(seconds):5.1f} s   p90 {p90:5.1f} s   max {seconds[-1]:5.1f} s"
            )
    sys.exit(1 if told.wrong else 0)


if __name__ == "__main__":
    main()
