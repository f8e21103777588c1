"""A day of the whole estate in the co-simulation: every meeting of it, with people, mishaps and a Pexip that fails.

120 establishments have one to twenty rooms, and each room a meeting an hour from nine to five. Each is told to its end
by `tests.cosim`, on the real core and the mock's world, with its own seed; the judge stops at anything that must never
be. What is counted is what an officer would be asked about in the evening.
"""

from __future__ import annotations

import os
import statistics
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from random import Random

from tests.cosim.history import AFTERWARDS, LIMIT, begin
from tests.cosim.judge import Broken
from vmrd.lifecycle.rules import MINUTE
from vmrd.lifecycle.words import OVER, KnockState

ESTABLISHMENTS = 120
MOST_ROOMS = 20
HOURS = 8
LATE_LOCK_S = 60.0
"""From opening to the first lock; the officer of the co-simulation needs about half of it."""
BATCH = 40


@dataclass(slots=True)
class Day:
    """`locks`: seconds from opening to the first confirmed lock."""

    meetings: int = 0
    opened: int = 0
    knocks: int = 0
    missed: int = 0
    locks: list[float] = field(default_factory=list)
    lost: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)

    def add(self, other: Day) -> None:
        self.meetings += other.meetings
        self.opened += other.opened
        self.knocks += other.knocks
        self.missed += other.missed
        self.locks += other.locks
        self.lost += other.lost
        self.broken += other.broken


def meetings() -> list[int]:
    """A seed for each meeting of the day."""
    rng = Random(120)
    rooms = [rng.randint(1, MOST_ROOMS) for _ in range(ESTABLISHMENTS)]
    return list(range(1, sum(rooms) * HOURS + 1))


def tell(seeds: list[int]) -> Day:
    """These meetings, each to its end."""
    found = Day()
    for seed in seeds:
        found.meetings += 1
        clock, shells, *_ = begin(seed)
        try:
            clock.run(lambda shells=shells: shells.session.phase in OVER and shells.session.secrets_wiped, LIMIT)  # type: ignore[misc]
            clock.run(lambda: False, clock.now + AFTERWARDS)
        except Broken as failed:
            found.broken.append(f"seed {seed}: {failed}")
            continue
        session = shells.session
        found.opened += session.opened_at is not None
        if session.opened_at is not None and session.first_locked_at is not None:
            found.locks.append((session.first_locked_at - session.opened_at) / 1e3)
        found.knocks += len(session.knocks)
        found.missed += sum(knock.state is KnockState.RINGING for knock in session.knocks.values())
        if session.opened_at is not None:
            found.lost["opened late"] += max(0, session.opened_at - session.starts_at) // MINUTE
        if session.opened_at is not None and session.first_locked_at is not None:
            found.lost["checking IDs"] += (session.first_locked_at - session.opened_at) // MINUTE
    return found


def main(most: int | None = None) -> int:
    """Print the evening's report; 1 where the judge found anything, or a knock was missed."""
    seeds, began, whole = meetings()[:most], time.monotonic(), Day()
    left = iter(seeds)
    batches = iter(lambda: list(islice(left, BATCH)), [])
    with ProcessPoolExecutor(os.cpu_count()) as workers:
        for part in workers.map(tell, batches):
            whole.add(part)
    late = sum(lock > LATE_LOCK_S for lock in whole.locks)
    print(f"a day of {ESTABLISHMENTS} establishments: {whole.meetings} meetings in {time.monotonic() - began:.0f} s")
    print(f"    opened {whole.opened}, locked {len(whole.locks)}, later than {LATE_LOCK_S:.0f} s: {late}", end="")
    print(f" (median {statistics.median(whole.locks):.0f} s, most {max(whole.locks):.0f} s)")
    print(f"    knocks {whole.knocks}, never answered or ended {whole.missed}")
    print(f"    minutes lost: {dict(whole.lost)}")
    print(f"    what must never be: {len(whole.broken)}", *whole.broken[:10], sep="\n    ")
    return int(bool(whole.broken) or whole.missed > 0)
