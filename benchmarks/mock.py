"""The mock's pure world with 1 to 1,000 meetings: what one change costs, and what a meeting weighs.

Each meeting has four legs, and each leg a token and an open event stream; a change counts until its own meeting's
streams were read. Every number of meetings lives in a process of its own, so that the collector of one never walks the
objects of another; the rounds of all are interleaved.

One meeting alone lives in the processor's nearest cache, a thousand visited in turn do not: that costs more whatever
the program does. So a thousand meetings in one world are held against a thousand worlds of one meeting each, which need
as much memory and share nothing. The cost of one meeting alone, in warm caches, stands beside it.
"""

from __future__ import annotations

import gc
import multiprocessing
import statistics
import time
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from benchmarks.bench import ROUNDS, Result
from pexip_mock.knobs import Knobs
from pexip_mock.vmrs import Alias, Vmr
from pexip_mock.world import World

MEETINGS = (1, 10, 100, 1000)
APART = 0
"""As many meetings as the most, each in a world of its own."""
STEPS = 2_000
HOST, GUEST = "482913", "771204"
FULLEST = 1.3
"""How much dearer a change may be among 1,000 meetings than in a world of its own."""
CHANGES = ("rename or mute", "lock or unlock", "join and leave")


class Meeting:
    """One meeting that goes on, and how it is changed."""

    def __init__(self, world: World, number: int) -> None:
        self.world = world
        self.alias = alias(number)
        self.node = world.knobs.nodes[0]
        grants = [
            world.request_token(self.node, self.alias, f"leg {leg}", pin=GUEST if leg else HOST) for leg in range(4)
        ]
        for grant in grants:
            world.calling.place(grant.token, grant.participant.uuid)
        self.streams = [world.open_stream(grant.token) for grant in grants]
        for stream in self.streams:
            stream.take()
        self.host = grants[0].token
        self.guests = [grant.participant.uuid for grant in grants[1:]]
        self.locked = False

    def change(self, change: str, step: int) -> None:
        """Make one such change, and read what the streams tell of it."""
        match change:
            case "rename or mute" if step % 2:
                self.world.callers.rename(self.guests[0], f"name {step}")
            case "rename or mute":
                self.world.mute(self.host, self.guests[step % 3], muted=step % 4 == 0)
            case "lock or unlock" if self.locked:
                self.locked = not self.world.unlock(self.host)
            case "lock or unlock":
                self.locked = self.world.lock(self.host)
            case _:
                late = self.world.request_token(self.node, self.alias, "late", pin=GUEST)
                self.world.release_token(late.token)
        told = [len(stream.take()) for stream in self.streams]
        assert min(told) > 0, change


class Crowd:
    """So many meetings, in one world or apart."""

    def __init__(self, meetings: int) -> None:
        gc.collect()
        before, numbers = resident_kb(), range(meetings or MEETINGS[-1])
        if meetings == APART:
            self.meetings = [Meeting(a_world([number]), number) for number in numbers]
        else:
            world = a_world(numbers)
            self.meetings = [Meeting(world, number) for number in numbers]
        gc.collect()
        self.weighs_kb = (resident_kb() - before) / len(numbers)

    def round(self, change: str) -> float:
        """CPU microseconds of one such change, the mean of many, at one meeting after another."""
        began = time.process_time()
        for step in range(STEPS):
            number = step * 7 % len(self.meetings)  # no two in a row are neighbours in memory
            self.meetings[number].change(change, step)
        return (time.process_time() - began) / STEPS * 1e6


def a_world(numbers: Iterable[int]) -> World:
    """A world in which these meetings can be dialled."""
    world = World(Knobs.fast(), start=1_800_000_000.0)
    for number in numbers:
        world.create_vmr(a_vmr(number))
    world.advance(world.business + 1)
    return world


def a_vmr(number: int) -> Vmr:
    """A VMR with both PINs, as vmrd makes them."""
    return Vmr(name=f"meeting {number}", aliases=(Alias(alias(number)),), allow_guests=True, pin=HOST, guest_pin=GUEST)


def alias(number: int) -> str:
    return f"meeting{number}@vmr.example.org"


def resident_kb(pid: int | str = "self") -> int:
    """Resident memory of a process."""
    (line,) = [
        one for one in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines() if one.startswith("VmRSS")
    ]
    return int(line.split()[1])


_crowd: Crowd


def _settle(meetings: int) -> None:
    global _crowd
    _crowd = Crowd(meetings)


def _round(change: str) -> float:
    return _crowd.round(change)


def _weight() -> float:
    return _crowd.weighs_kb


def measure() -> dict[str, Result]:
    """What each kind of change costs, and how that grows with the number of meetings."""
    homes = {
        meetings: ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), _settle, (meetings,))
        for meetings in (*MEETINGS, APART)
    }
    costs: dict[tuple[str, int], list[float]] = {(change, meetings): [] for change in CHANGES for meetings in homes}
    for number in range(ROUNDS + 1):
        for change, meetings in costs:
            took = homes[meetings].submit(_round, change).result()
            if number:  # the first round warms up
                costs[change, meetings].append(took)
    weight = homes[MEETINGS[-1]].submit(_weight).result()
    for home in homes.values():
        home.shutdown()
    cost = {key: statistics.median(values) for key, values in costs.items()}
    results = {}
    for change in CHANGES:
        full, apart, alone = cost[change, MEETINGS[-1]], cost[change, APART], cost[change, MEETINGS[0]]
        results[f"mock world, {change}, 1000 meetings"] = Result(
            value=round(full, 1),
            unit="us CPU",
            ratio=round(full / apart, 2),
            against=f"the same in 1000 worlds of one meeting, {apart:.1f} us",
            target=f"<= {FULLEST}",
            met=full <= apart * FULLEST,
            beside=(
                f"{full / alone:.2f} of one meeting in warm caches, {alone:.1f} us; "
                + ", ".join(f"{cost[change, n]:.1f} us with {n}" for n in MEETINGS[1:-1])
            ),
        )
    results["mock world, memory of a meeting"] = Result(
        value=round(weight, 1),
        unit="KiB",
        ratio=None,
        against="nothing",
        target="none",
        met=None,
        beside="resident, with four legs, tokens and streams",
    )
    return results
