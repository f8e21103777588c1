"""`python -m tests.explorer --depth N`: every order of N steps from each beginning."""

from __future__ import annotations

import argparse
import sys

from tests.explorer.explore import BEGINNINGS, explore


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.explorer", description=__doc__)
    parser.add_argument("--depth", type=int, default=5, help="steps from each beginning (default 5)")
    depth = parser.parse_args().depth
    orders = 0
    for beginning in BEGINNINGS:
        found = explore(depth, beginning)
        orders += found.orders
        after = ", ".join(beginning) or "nothing"
        print(f"{found.orders:>9} orders, {found.states} states, {found.steps} steps after {after}")
    print(f"explorer: {orders} interleavings of two daemons, one session, three commands; nothing wrong")
    return 0


if __name__ == "__main__":
    sys.exit(main())
