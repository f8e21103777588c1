"""`python -m tests.knobs`: turn each doubt about the platform the other way and see if vmrd still does its work."""

from __future__ import annotations

import argparse
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial

from tests.knobs.flips import FLIPS
from tests.knobs.trial import tried

AT_ONCE = 2


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.knobs", description=__doc__)
    parser.add_argument("--only", default="", help="flips whose name has this in it")
    parser.add_argument("--histories", type=int, default=200, help="of the co-simulation, each flip (default 200)")
    parser.add_argument("--no-story", action="store_true", help="only the co-simulation")
    asked = parser.parse_args()
    chosen = [flip for flip in FLIPS if asked.only in flip.name]
    trial = partial(tried, seeds=range(1, asked.histories + 1), with_story=not asked.no_story)
    failed = 0
    with ProcessPoolExecutor(AT_ONCE) as workers:
        for result in workers.map(trial, chosen):
            print(result.line(), flush=True)
            for broken in result.broken[:3]:
                print(f"     {broken}")
            failed += not result.passed
    print(f"{len(chosen)} flips, {failed} not as expected")
    return 1 if failed or not chosen else 0


if __name__ == "__main__":
    sys.exit(main())
