"""`python -m benchmarks`: every measurement, a line each; the last line is one JSON object for programs."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from benchmarks import availability, core, mock, mock_http, panels, pixels, policy, press, submits, webhook
from benchmarks.bench import Result


async def measure() -> dict[str, Result]:
    """All of it, one after another, so that nothing disturbs anything."""
    results = core.measure()
    with tempfile.TemporaryDirectory(prefix="vmrd-bench-") as folder:
        results |= availability.measure(Path(folder))
    with tempfile.TemporaryDirectory(prefix="vmrd-bench-") as folder:
        results |= await submits.measure(Path(folder))
    with tempfile.TemporaryDirectory(prefix="vmrd-bench-") as folder:
        results |= await webhook.measure(Path(folder))
    with tempfile.TemporaryDirectory(prefix="vmrd-bench-") as folder:
        results |= await press.measure(Path(folder))
    with tempfile.TemporaryDirectory(prefix="vmrd-bench-") as folder:
        results |= await policy.measure(Path(folder))
    results |= await panels.measure()
    with tempfile.TemporaryDirectory(prefix="vmrd-bench-") as folder:
        results |= await pixels.measure(Path(folder))
    results |= mock.measure()
    with tempfile.TemporaryDirectory(prefix="vmrd-bench-") as folder:
        results |= await mock_http.measure(Path(folder))
    return results


def main() -> None:
    results = asyncio.run(measure())
    for name, result in results.items():
        verdict = {True: "met", False: "NOT met", None: ""}[result.met]
        print(f"{name}: {result.value} {result.unit}, {result.ratio} of {result.against}; {result.beside}")
        print(f"    target {result.target}: {verdict}")
    print(json.dumps({name: asdict(result) for name, result in results.items()}))
    sys.exit(0)


if __name__ == "__main__":
    main()
