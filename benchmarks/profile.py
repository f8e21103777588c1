"""`python -m benchmarks.profile [G2 G4 ...]`: what the subject of each goal spends its processor on.

Each goal's benchmark runs once more under py-spy, which looks at all of its processes a hundred times a second from
outside; only those that are vmrd count, and of a process that is measured against itself the reference is told apart.
Figures taken meanwhile count for nothing. What is waited for does not show here: this is the processor's time alone.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.shares import ORDER, START, Shares, shared_out

SUBJECTS = {
    "G1": "benchmarks.policy_floor /",
    "G2": "benchmarks.webhook_vmrd",
    "G3": "benchmarks.webhook_vmrd",
    "G4": "forkserver",
    "G5": "vmrd run",
    "G6": "benchmarks.panels_server",
    "G7": "benchmarks G7",
    "G8": "benchmarks.memory_house shown",
    "G9": "vmrd run",
    "G10": "benchmarks.webhook_vmrd",
}
"""By what the command line of each goal's subject is known."""
ABOUT_STARTING = "G9"
"""Of every other goal what a process does before it begins is left out."""
PATIENCE = 300.0
_MOST_FUNCTIONS = 8
_WORTH_A_ROW = 0.005


def profile(goal: str, folder: Path) -> Shares:
    """Run this goal's benchmark under the profiler. Raises `CalledProcessError` with what it said."""
    raw = folder / f"{goal}.txt"
    spy = Path(sys.executable).with_name("py-spy")
    told = ["record", "--format", "raw", "--subprocesses", "--output", str(raw), "--"]
    subprocess.run(
        [str(spy), *told, sys.executable, "-m", "benchmarks", goal], check=True, capture_output=True, timeout=PATIENCE
    )
    found = shared_out(raw.read_text(encoding="utf-8").splitlines(), SUBJECTS[goal])
    if goal != ABOUT_STARTING:
        del found.groups[START]
    return found


def told(goal: str, shares: Shares) -> str:
    """One goal in plain text."""
    lines = [f"{goal}: {shares.samples / 100:.1f} s of the processor"]
    lines += [f"    {share:6.1%}  {group}" for group in ORDER if (share := shares.of(group)) >= _WORTH_A_ROW]
    lines.append("    on account of")
    for function, count in shares.functions.most_common(_MOST_FUNCTIONS):
        lines.append(f"    {count / max(shares.samples, 1):6.1%}  {function}")
    return "\n".join(lines)


def markdown(found: dict[str, Shares]) -> str:
    """All goals in one table, per cent."""
    rows = [f"| % of the processor | {' | '.join(found)} |", "|---" * (len(found) + 1) + "|"]
    for group in ORDER:
        shares = [each.of(group) for each in found.values()]
        if max(shares, default=0.0) >= _WORTH_A_ROW:
            rows.append(f"| {group} | {' | '.join(f'{share * 100:.0f}' if share else '' for share in shares)} |")
    return "\n".join(rows)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.profile", description=__doc__)
    parser.add_argument("goals", nargs="*", metavar="GOAL", help=f"of {', '.join(SUBJECTS)}; all if none is given")
    goals = parser.parse_args().goals or list(SUBJECTS)
    if unknown := [goal for goal in goals if goal not in SUBJECTS]:
        parser.error(f"no such goal: {', '.join(unknown)}")
    found: dict[str, Shares] = {}
    with tempfile.TemporaryDirectory(prefix="vmrd-profile-") as folder:
        for goal in goals:
            began = time.monotonic()
            try:
                found[goal] = profile(goal, Path(folder))
            except subprocess.CalledProcessError as failed:
                sys.exit(f"{goal} failed: {failed.stderr.decode(errors='replace')[-2_000:]}")
            print(f"{told(goal, found[goal])}\n    taken in {time.monotonic() - began:.0f} s\n", flush=True)
    print(markdown(found))


if __name__ == "__main__":
    main()
