"""`python -m tests.fuzz --events N --seed S`: send N bent booking events and print what they were answered."""

from __future__ import annotations

import argparse
import asyncio
import sys
import time

from tests.fuzz.judge import Account
from tests.fuzz.run import batches, drawn, fuzz


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--events", type=int, default=10_000, help="how many (default 10000)")
    parser.add_argument("--seed", type=int, default=1, help="of the first house (default 1); the others follow it")
    asked = parser.parse_args()
    whole, began = Account(), time.perf_counter()
    for count, seed in batches(asked.events, asked.seed):
        part = asyncio.run(fuzz(drawn(count, seed)))
        whole.answered.update(part.answered)
        whole.broken += [f"seed {seed}: {fault}" for fault in part.broken]
    for line in whole.broken[:20]:
        print(line)
    told = ", ".join(f"{times} × {status}" for status, times in sorted(whole.answered.items()))
    print(f"events {whole.answered.total()} from seed {asked.seed}; broken {len(whole.broken)}")
    print(f"answered {told}; {time.perf_counter() - began:.0f} s")
    return 1 if whole.broken else 0


if __name__ == "__main__":
    sys.exit(main())
