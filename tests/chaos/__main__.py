"""`python -m tests.chaos --seconds 600`: tell histories until the time is up; `--seed N`: tell that one again."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field

from tests.chaos.history import Told, tell
from tests.cosim.judge import Broken

BATCH = 8


@dataclass(slots=True)
class Account:
    """What became of some histories."""

    told: int = 0
    replicas: int = 0
    private: int = 0
    lit: float = 0.0
    seconds: float = 0.0
    met: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)

    def add(self, history: Told) -> None:
        self.told += 1
        self.replicas += history.replicas
        self.private += history.was_private
        self.lit += history.lit
        self.seconds += history.seconds
        self.met += history.met

    def join(self, other: Account) -> None:
        self.told += other.told
        self.replicas += other.replicas
        self.private += other.private
        self.lit += other.lit
        self.seconds += other.seconds
        self.met += other.met
        self.broken += other.broken


def account(seeds: range, until: float) -> Account:
    """Tell these histories, as far as the time goes (on the machine's own clock)."""
    found = Account()
    for seed in seeds:
        if time.monotonic() >= until:
            break
        try:
            found.add(tell(seed))
        except Broken as failed:
            found.broken.append(str(failed))
    return found


def campaign(first: int, seconds: float) -> Account:
    """Tell histories from this seed on until so much time has passed, on every processor."""
    whole, until = Account(), time.monotonic() + seconds
    with ProcessPoolExecutor(os.cpu_count()) as workers:
        for part in workers.map(account, _batches(first, int(seconds * 50) + BATCH), _always(until)):
            for line in part.broken:
                print(line, flush=True)
            whole.join(part)
    return whole


def _batches(first: int, most: int) -> Iterator[range]:
    for start in range(first, first + most, BATCH):
        yield range(start, start + BATCH)


def _always(until: float) -> Iterator[float]:
    while True:
        yield until


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seconds", type=float, default=600.0, help="for how long (default 600)")
    parser.add_argument("--first", type=int, default=1, help="the first seed (default 1); the others follow it")
    parser.add_argument("--seed", type=int, help="tell this one history and nothing else")
    asked = parser.parse_args()
    if asked.seed is not None:
        print(tell(asked.seed))
        return 0
    began = time.monotonic()
    whole = campaign(asked.first, asked.seconds)
    took = time.monotonic() - began
    count = whole.told + len(whole.broken)
    print(f"chaos: {count} histories from seed {asked.first} in {took:.0f} s; broken {len(whole.broken)}")
    if whole.told:
        print(
            f"two daemons in {whole.replicas}; prisoner in {whole.private / whole.told:.0%}; "
            f"lit for {whole.lit / whole.told:.0f} s of {whole.seconds / whole.told:.0f} s each"
        )
    print("met: " + ", ".join(f"{kind} {number}" for kind, number in sorted(whole.met.items())))
    return 1 if whole.broken or not count else 0


if __name__ == "__main__":
    if os.environ.get("PYTHONHASHSEED") != "0":  # the order of a set is part of a history
        os.execve(
            sys.executable, [sys.executable, "-m", "tests.chaos", *sys.argv[1:]], {**os.environ, "PYTHONHASHSEED": "0"}
        )
    sys.exit(main())
