"""`python -m benchmarks.scale live|restart|burst|day [--sessions N] [--limit N]`: an estate, and what gives out first.

    live      so many meetings of four legs run: streams, reads, timers, a panel for each establishment; somebody starts
              or stops sharing in forty of them every second
    restart   the same daemon is killed and started on all of them; every light must burn again. With a limit below the
              number of meetings (5,000 is vmrd's own) as many lights burn, and the other meetings ring as unwatched
    burst     nine o'clock: so many prepared meetings are opened, checked and locked (`benchmarks.burst`)
    day       a day of 120 establishments in the co-simulation (`benchmarks.day`)

Mock, daemon and screens are processes of their own or share this one; on two cores they take from each other.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import aiohttp

from benchmarks import day
from benchmarks.burst import burst
from benchmarks.estate import TOKEN, Daemon, Mock, code_of, estate, until

PATIENCE = 240.0
STEADY_S = 10.0
STIRRED = 40


async def live(folder: Path, sessions: int, limit: int, *, again: bool) -> None:
    async with estate(folder, sessions, limit=limit) as (mock, daemon):
        screens = await _started(daemon, sessions, limit, "started")
        await _steady(mock, daemon, min(sessions, limit))
        if again:
            _stop(screens)
            await daemon.stop(signal.SIGKILL)
            daemon.views.clear()
            screens = await _started(daemon, sessions, limit, "killed and started again")
        _stop(screens)


async def _started(daemon: Daemon, sessions: int, limit: int, what: str) -> list[asyncio.Task[None]]:
    began, seen = time.monotonic(), min(sessions, limit)
    daemon.launch()
    await daemon.ready()
    ready, cpu = time.monotonic() - began, daemon.used()[0]
    screens = [asyncio.create_task(daemon.look())]
    screens += [asyncio.create_task(_panel(daemon, code_of(number))) for number in range(min(sessions, 120))]
    with suppress(TimeoutError):
        await until(lambda: _lit(daemon) == seen, PATIENCE, "every light burns")
    lit, took = _lit(daemon), time.monotonic() - began
    used, megabytes = daemon.used()
    print(
        f"{what}: ready after {ready:.1f} s ({cpu:.1f} s of CPU); {lit} of {sessions} lights burn after {took:.1f} s"
        f" ({used:.1f} s of CPU, {megabytes:.0f} MB)",
        flush=True,
    )
    if sessions > limit:
        with suppress(TimeoutError):
            await until(lambda: _unwatched(daemon) == sessions - limit, PATIENCE, "every other rings")
        took = time.monotonic() - began
        print(f"{_unwatched(daemon)} of the other {sessions - limit} ring as unwatched after {took:.1f} s", flush=True)
    return screens


async def _steady(mock: Mock, daemon: Daemon, seen: int) -> None:
    names = ("vmrd_loop_lag_seconds_sum", "vmrd_loop_lag_seconds_count", "vmrd_event_gaps_total")
    before, cpu, mocks, began = await daemon.metrics(*names), daemon.used()[0], mock.cpu(), time.monotonic()
    dark = 0
    while time.monotonic() - began < STEADY_S:
        await mock.ask(f"stir {STIRRED}")
        dark = max(dark, seen - _lit(daemon))
        await asyncio.sleep(1.0)
    took = time.monotonic() - began
    after = await daemon.metrics(*names)
    used, megabytes = daemon.used()
    share = (used - cpu) / took
    lag = (after[names[0]] - before[names[0]]) / max(after[names[1]] - before[names[1]], 1)
    print(
        f"looking at {seen}: {share:.0%} of a core, mock {(mock.cpu() - mocks) / took:.0%}; {megabytes:.0f} MB; "
        f"at most {dark} dark at once; loop lag {lag * 1e3:.0f} ms on average; "
        f"{after[names[2]] - before[names[2]]:.0f} streams broke; machine's load {os.getloadavg()[0]:.1f}",
        flush=True,
    )


def _lit(daemon: Daemon) -> int:
    return sum(view["secure"] for view in daemon.views.values())


def _unwatched(daemon: Daemon) -> int:
    return sum(any(alert["code"] == "unwatched" for alert in view["alerts"]) for view in daemon.views.values())


async def _panel(daemon: Daemon, code: str) -> None:
    """A screen of one establishment that reads everything and looks at nothing."""
    url = f"{daemon.url}/v1/live?establishment={code}"
    async with daemon.http.ws_connect(url, headers={"Authorization": f"Bearer {TOKEN}"}, max_msg_size=0) as line:
        async for told in line:
            assert told.type is aiohttp.WSMsgType.TEXT


def _stop(screens: list[asyncio.Task[None]]) -> None:
    for screen in screens:
        screen.cancel()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__)
    parser.add_argument("what", choices=("live", "restart", "burst", "day"))
    parser.add_argument("--sessions", type=int, help="5,000, 10,000 and 1,000 if not given; of a day, at most so many")
    parser.add_argument("--limit", type=int, default=5_000, help="of live and restart: meetings that vmrd looks at")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="vmrd-scale-") as folder:
        match asked.what:
            case "live":
                asyncio.run(live(Path(folder), asked.sessions or 5_000, asked.limit, again=False))
            case "restart":
                asyncio.run(live(Path(folder), asked.sessions or 10_000, asked.limit, again=True))
            case "burst":
                asyncio.run(burst(Path(folder), asked.sessions or 1_000))
            case _:
                return day.main(asked.sessions)
    return 0


if __name__ == "__main__":
    sys.exit(main())
