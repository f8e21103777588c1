"""G3: the same booking events on PostgreSQL, against the least that is durable there.

Floor and vmrd each have a database of their own on one server, whose `fsync` is off for both (`tests.postgres`): what
is compared is what we ask of it. Where there are more than two cores, a second replica is added as well.
"""

from __future__ import annotations

import os
import statistics
from contextlib import AsyncExitStack
from itertools import islice

from benchmarks.bench import Result, Sample
from benchmarks.mock_wire import process
from benchmarks.webhook_load import requests, sample
from tests.postgres import PASSWORD, postgres

AT_ONCE = 64
ROUNDS = 3
SECONDS = 0.7
TARGET = 0.5
_FIRST_RATES = {"floor": 2_000.0, "vmrd": 300.0}


async def measure() -> dict[str, Result]:
    """Events per second at 64 at once."""
    with postgres() as server:
        async with AsyncExitStack() as up:
            servers = {}
            for name, module in (("floor", "webhook_floor_postgres"), ("vmrd", "webhook_vmrd")):
                url = server.empty().url
                pid, said = await up.enter_async_context(process(f"benchmarks.{module}", url, PASSWORD))
                servers[name] = pid, int(said)
            events = {name: requests() for name in servers}
            rates, samples = dict(_FIRST_RATES), {name: Sample() for name in servers}
            for taken in (False, *[True] * ROUNDS):
                for name, (pid, port) in servers.items():
                    todo = list(islice(events[name], max(AT_ONCE * 2, round(rates[name] * SECONDS))))
                    into = samples[name] if taken else Sample()
                    await sample(port, pid, todo, AT_ONCE, into)
                    rates[name] = into.rates[-1]
    ours, floor = samples["vmrd"], samples["floor"]
    ratio = statistics.median(one / other for one, other in zip(ours.rates, floor.rates, strict=True))
    return {
        f"booking events on PostgreSQL, {AT_ONCE} at once": Result(
            value=round(ours.rate),
            unit="per second",
            ratio=round(ratio, 3),
            against=f"a bare handler that commits one row there, {floor.rate:.0f} per second",
            target=f">= {TARGET}",
            met=ratio >= TARGET,
            beside=(
                f"p50 {ours.p50:.1f}, p99 {ours.p99:.1f} ms; "
                f"two replicas need a core each beside the server's: this machine has {os.cpu_count()}"
            ),
            goal="G3",
            cpu=f"{ours.cpu_us:.0f} us (floor {floor.cpu_us:.0f})",
        )
    }
