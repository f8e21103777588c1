"""`python -m tests.cosim --histories N --seed S`: tell N histories from seed S on and print what became of them."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial

from tests.cosim.history import tell
from tests.cosim.judge import Broken
from tests.knobs.flips import FLIPS
from tests.knobs.trial import histories

BATCH = 50


@dataclass(slots=True)
class Account:
    """What became of some histories."""

    told: int = 0
    inputs: int = 0
    lit: float = 0.0
    private: int = 0
    cpu: float = 0.0
    broken: list[str] = field(default_factory=list)

    def add(self, other: Account) -> None:
        self.told += other.told
        self.inputs += other.inputs
        self.lit += other.lit
        self.private += other.private
        self.cpu += other.cpu
        self.broken += other.broken


def account(seeds: range) -> Account:
    """Tell these histories."""
    found, cpu = Account(), time.process_time()
    for seed in seeds:
        try:
            history = tell(seed)
        except Broken as failed:
            found.broken.append(str(failed))
            continue
        found.told += 1
        found.inputs += history.inputs
        found.lit += history.lit
        found.private += history.was_private
    found.cpu = time.process_time() - cpu
    return found


def batches(first: int, histories: int) -> Iterator[range]:
    for start in range(first, first + histories, BATCH):
        yield range(start, min(start + BATCH, first + histories))


def flips(seeds: range) -> int:
    """Tell these histories on the platform of each flip."""
    broken = 0
    with ProcessPoolExecutor(os.cpu_count()) as workers:
        chosen = [flip for flip in FLIPS if flip.told]
        for flip, found in zip(chosen, workers.map(partial(histories, seeds=seeds), chosen), strict=True):
            print(f"{flip.name:<55} broken {len(found)} of {len(seeds)}")
            for line in found[:5]:
                print(f"    {line}")
            broken += len(found)
    return 1 if broken else 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.cosim", description=__doc__)
    parser.add_argument("--histories", type=int, default=1000, help="how many (default 1000)")
    parser.add_argument("--seed", type=int, default=1, help="the first seed (default 1); the others follow it")
    parser.add_argument(
        "--flips", action="store_true", help="on every platform of tests/knobs instead, so many on each"
    )
    asked = parser.parse_args()
    if asked.flips:
        return flips(range(asked.seed, asked.seed + asked.histories))
    whole, began = Account(), time.perf_counter()
    with ProcessPoolExecutor(os.cpu_count()) as workers:
        for part in workers.map(account, batches(asked.seed, asked.histories)):
            whole.add(part)
    took = time.perf_counter() - began
    for line in whole.broken[:20]:
        print(line)
    print(f"histories {asked.histories} from seed {asked.seed}; broken {len(whole.broken)}")
    one_core = asked.histories / whole.cpu * 60
    print(f"per minute {asked.histories / took * 60:.0f} ({one_core:.0f} by processor time)")
    if whole.told:
        lit, inputs, private = whole.lit / whole.told, whole.inputs / whole.told, whole.private / whole.told
        print(f"mean inputs {inputs:.0f}, lit for {lit:.0f} s, prisoner in {private:.0%}")
    return 1 if whole.broken else 0


if __name__ == "__main__":
    sys.exit(main())
