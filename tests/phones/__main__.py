"""`python -m tests.phones --arrivals N --seed S`: let N phones ring, with policy and without, and print what became."""

from __future__ import annotations

import argparse
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial

from tests.phones.ring import Phones, meeting

BATCH = 20


def batch(seeds: range, *, policy: bool) -> Phones:
    """These meetings together."""
    whole = Phones()
    for seed in seeds:
        whole.add(meeting(seed, policy=policy))
    return whole


def until(arrivals: int, first: int, *, policy: bool) -> Phones:
    """As many meetings as it takes for so many phones."""
    whole, seed = Phones(), first
    workers_wanted = os.cpu_count() or 1
    with ProcessPoolExecutor(workers_wanted) as workers:
        while whole.rang < arrivals:
            parts = [range(seed + n * BATCH, seed + (n + 1) * BATCH) for n in range(workers_wanted)]
            for part in workers.map(partial(batch, policy=policy), parts):
                whole.add(part)
            seed += workers_wanted * BATCH
    return whole


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.phones", description=__doc__)
    parser.add_argument("--arrivals", type=int, default=1000, help="how many at least (default 1000)")
    parser.add_argument("--seed", type=int, default=1, help="the first seed (default 1); the others follow it")
    asked = parser.parse_args()
    wrong = 0
    for policy in (True, False):
        told = until(asked.arrivals, asked.seed, policy=policy)
        for line in told.wrong[:20]:
            print(line)
        wrong += len(told.wrong)
        print(
            f"policy {'on' if policy else 'off'}: {told.rang} rang, {told.refused} refused, {told.appeared} appeared, "
            f"{told.inside} inside a started meeting, {told.with_prisoner} with the prisoner; gone after "
            f"{told.longest:.2f} s at most; {told.drifts} locks undone, back after {told.slowest_lock:.2f} s at most; "
            f"{told.private} meetings became private; wrong {len(told.wrong)}"
        )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
