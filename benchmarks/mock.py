"""The mock's pure world with 1 to 1,000 meetings: what one change costs, and what a meeting weighs.

Each meeting has four legs, and each leg a token and an open event stream; a change counts until its own meeting's
streams were read. Every number of meetings lives in a process of its own, so that the collector of one never walks the
objects of another; the rounds of all are interleaved.
"""

from __future__ import annotations

import gc
import multiprocessing
import statistics
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from benchmarks.bench import ROUNDS, Result
from pexip_mock.events import EventStream
from pexip_mock.knobs import Knobs
from pexip_mock.vmrs import Alias, Vmr
from pexip_mock.world import World

MEETINGS = (1, 10, 100, 1000)
STEPS = 2_000
HOST, GUEST = "482913", "771204"
FULLEST = 1.3
"""How much dearer a change may be among 1,000 meetings than alone."""
CHANGES = ("rename or mute", "lock or unlock", "join and leave")


class Crowd:
    """A world with so many meetings going on."""

    def __init__(self, meetings: int) -> None:
        gc.collect()
        before = resident_kb()
        self.world = World(Knobs.fast(), start=1_800_000_000.0)
        self.node = self.world.knobs.nodes[0]
        for number in range(meetings):
            self.world.create_vmr(a_vmr(number))
        self.world.advance(self.world.business + 1)
        self.meetings = [self._begin(number) for number in range(meetings)]
        gc.collect()
        self.weighs_kb = (resident_kb() - before) / meetings

    def round(self, change: str) -> float:
        """CPU microseconds of one such change, the mean of many, at one meeting after another."""
        began = time.process_time()
        for step in range(STEPS):
            number = step * 7 % len(self.meetings)  # no two in a row are neighbours in memory
            host, guests, streams = self.meetings[number]
            match change:
                case "rename or mute" if step % 2:
                    self.world.callers.rename(guests[0], f"name {step}")
                case "rename or mute":
                    self.world.mute(host, guests[step % 3], muted=step % 4 == 0)
                case "lock or unlock" if step // len(self.meetings) % 2:
                    self.world.unlock(host)
                case "lock or unlock":
                    self.world.lock(host)
                case _:
                    late = self.world.request_token(self.node, alias(number), "late", pin=GUEST)
                    self.world.release_token(late.token)
            told = [len(stream.take()) for stream in streams]
            assert min(told) > 0, change
        return (time.process_time() - began) / STEPS * 1e6

    def _begin(self, number: int) -> tuple[str, list[str], list[EventStream]]:
        world = self.world
        grants = [
            world.request_token(self.node, alias(number), f"leg {leg}", pin=GUEST if leg else HOST) for leg in range(4)
        ]
        for grant in grants:
            world.media_up(grant.token, grant.participant.uuid)
        streams = [world.open_stream(grant.token) for grant in grants]
        for stream in streams:
            stream.take()
        return grants[0].token, [grant.participant.uuid for grant in grants[1:]], streams


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
        for meetings in MEETINGS
    }
    costs: dict[tuple[str, int], list[float]] = {(change, meetings): [] for change in CHANGES for meetings in MEETINGS}
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
        alone, full = cost[change, MEETINGS[0]], cost[change, MEETINGS[-1]]
        results[f"mock world, {change}, 1000 meetings"] = Result(
            value=round(full, 1),
            unit="us CPU",
            ratio=round(full / alone, 2),
            against=f"the same with 1 meeting, {alone:.1f} us",
            target=f"<= {FULLEST}",
            met=full <= alone * FULLEST,
            beside=", ".join(f"{cost[change, n]:.1f} us with {n}" for n in MEETINGS[1:-1]),
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
