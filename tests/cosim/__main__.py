"""`python -m tests.cosim --histories N --seed S`: tell N histories from seed S on and print what became of them."""

from __future__ import annotations

import argparse
import sys
import time

from tests.cosim.history import tell
from tests.cosim.judge import Broken


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.cosim", description=__doc__)
    parser.add_argument("--histories", type=int, default=1000, help="how many (default 1000)")
    parser.add_argument("--seed", type=int, default=1, help="the first seed (default 1); the others follow it")
    asked = parser.parse_args()
    broken: list[str] = []
    inputs = lit = private = told = 0.0
    began, cpu = time.perf_counter(), time.process_time()
    for seed in range(asked.seed, asked.seed + asked.histories):
        try:
            history = tell(seed)
        except Broken as failed:
            broken.append(str(failed))
            continue
        told += 1
        inputs += history.inputs
        lit += history.lit
        private += history.was_private
    took, cpu = time.perf_counter() - began, time.process_time() - cpu
    for line in broken[:20]:
        print(line)
    print(f"histories {asked.histories} from seed {asked.seed}; broken {len(broken)}")
    print(f"per minute {asked.histories / took * 60:.0f} ({asked.histories / cpu * 60:.0f} per minute of one core)")
    if told:
        print(f"mean inputs {inputs / told:.0f}, lit for {lit / told:.0f} s, prisoner in {private / told:.0%}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
