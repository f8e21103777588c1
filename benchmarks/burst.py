"""Nine o'clock: so many prepared meetings are opened, checked and locked, Pexip at 20 ms and its limit on.

Officers press Open within forty seconds of each other. As soon as the room and both lawyers are inside, each checks
both and presses Lock. A press waits for its answer, an officer's command for Pexip's doing it: from the press to the
instant at which the mock has started, or locked, the meeting, Pexip's own 20 ms included.
"""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from benchmarks.estate import Daemon, estate, spread, until
from benchmarks.estate_mock import name_of, session_of
from vmrd.lifecycle.rules import MINUTE

LATENCY_S = 0.02
PRESSED_WITHIN_S = 40.0
"""Seconds over which the officers press Open."""
DONE_WITHIN_S = 60.0
WAITED_AT_MOST_S = 1.0
LIMIT = 1_000
"""Requests to the Management Node in a minute, after which it answers 429; half of them are ours."""
_PATIENCE_S = 60.0
_GATHERING_S = 240.0


class Burst:
    """The officers. `commands`: when Open and Lock were pressed, by what Pexip then does, and the meeting's name."""

    def __init__(self, daemon: Daemon, sessions: int) -> None:
        self.daemon, self.sessions = daemon, sessions
        self.answered: list[float] = []
        self.opened: list[float] = []
        self.locked: list[float] = []
        self.commands: dict[str, dict[str, float]] = {"started": {}, "locked": {}}
        self.refused: Counter[str] = Counter()
        self._changed: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)
        daemon.heard = lambda view: self._changed[view["id"]].set()

    async def run(self) -> None:
        rng = random.Random(9)
        await asyncio.gather(*(self._officer(n, rng.uniform(0, PRESSED_WITHIN_S)) for n in range(self.sessions)))

    async def _officer(self, number: int, after: float) -> None:
        session, name = session_of(number), name_of(number)
        await asyncio.sleep(after)
        began = self.commands["started"][name] = time.monotonic()
        await self._press(session, "open")
        await self._until(session, _can_be_checked)
        self.opened.append(time.monotonic() - began)
        for leg in [each for each in self.daemon.views[session]["participants"] if each["kind"] == "browser"]:
            attendee = "p0" if leg["name"].startswith("Priya") else "p1"
            body = {"participant": leg["id"], "attendee": attendee, "documents": ["photo_card"]}
            await self._press(session, "check", body)
        began = self.commands["locked"][name] = time.monotonic()
        await self._press(session, "lock")
        await self._until(session, lambda view: view["lock"]["state"] == "locked")
        self.locked.append(time.monotonic() - began)

    async def _press(self, session: str, action: str, body: dict[str, Any] | None = None) -> None:
        began = time.monotonic()
        status, answer = await self.daemon.press(session, action, body)
        self.answered.append(time.monotonic() - began)
        if status != 202:
            self.refused[f"{action}: {answer.get('code', status)}"] += 1

    async def _until(self, session: str, holds: Callable[[dict[str, Any]], bool]) -> None:
        changed = self._changed[session]
        with suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE_S):
                while not holds(self.daemon.views[session]):
                    changed.clear()
                    await changed.wait()


def _can_be_checked(view: dict[str, Any]) -> bool:
    inside = [leg for leg in view["participants"] if leg["where"] == "inside" and leg["kind"] == "browser"]
    return view["phase"] == "open" and view["endpoint"]["state"] == "inside" and len(inside) == 2


async def burst(folder: Path, sessions: int) -> None:
    async with estate(folder, 0, sessions, latency=LATENCY_S, starts_in=2 * MINUTE) as (mock, daemon):
        daemon.launch()
        await daemon.ready()
        screen = asyncio.create_task(daemon.look())
        await until(lambda: len(daemon.views) == sessions, _GATHERING_S, "every session is shown")
        await mock.ask("meet")
        with suppress(TimeoutError):
            await until(lambda: _waited_for(daemon) == sessions, _GATHERING_S, "all wait")
        waiting, before = _waited_for(daemon), await mock.ask("asked")
        cpu, mocks, own = daemon.used()[0], mock.cpu(), time.process_time()
        officers = Burst(daemon, sessions)
        await officers.run()
        used = (daemon.used()[0] - cpu, mock.cpu() - mocks, time.process_time() - own)
        after, happened = await mock.ask("asked"), await mock.ask("happened")
        screen.cancel()
    print(f"nine o'clock: {waiting} of {sessions} were waited for; refused: {dict(officers.refused)}")
    _tell(officers, happened, after)
    _tell_cost(used, sessions, before["asked"], after["asked"])


def _waited_for(daemon: Daemon) -> int:
    """Meetings with both lawyers at the door and our own leg there: those whose token is held."""
    return sum(len(view["participants"]) >= 3 for view in daemon.views.values())


def _tell(officers: Burst, happened: dict[str, dict[str, float]], asked: dict[str, Any]) -> None:
    pressed, locked = officers.commands["started"], happened["locked"]
    first = min(pressed.values())
    in_time = sum(at - first <= DONE_WITHIN_S for at in locked.values())
    last = max(locked.values(), default=first) - first
    _verdict(
        f"opened and locked within {DONE_WITHIN_S:.0f} s: {in_time} of {officers.sessions}, the last at {last:.0f} s",
        in_time == officers.sessions,
    )
    delays = {
        what: [happened[what][name] - at for name, at in asked_for.items() if name in happened[what]]
        for what, asked_for in officers.commands.items()
    }
    waits = [*officers.answered, *delays["started"], *delays["locked"]]
    _verdict(f"most that an officer's press or command waited: {max(waits):.2f} s", max(waits) <= WAITED_AT_MOST_S)
    print(f"    a press to its answer: {spread(officers.answered)}")
    print(f"    Open to Pexip's start: {spread(delays['started'])}; to all inside: {spread(officers.opened)}")
    print(f"    Lock to Pexip's lock: {spread(delays['locked'])}; to its showing: {spread(officers.locked)}")
    most = asked["busiest"]
    _verdict(
        f"the Management Node was asked {most} times in its busiest minute, {most / LIMIT:.0%} of its limit; "
        f"429 came {asked['429']} times",
        most <= LIMIT / 2 and not asked["429"],
    )


def _tell_cost(used: tuple[float, float, float], sessions: int, before: dict[str, int], after: dict[str, int]) -> None:
    daemon, mock, own = (each / sessions * 1e3 for each in used)
    each = {what: (count - before.get(what, 0)) / sessions for what, count in after.items()}
    print(
        f"    CPU of a meeting until it is locked, looking at all included: {daemon:.1f} ms of vmrd"
        f" (mock {mock:.1f}, officers and screen {own:.1f}); requests of it: "
        + ", ".join(f"{what} {count:.1f}" for what, count in sorted(each.items()) if count)
    )
    print(f"    machine's load {os.getloadavg()[0]:.1f}", flush=True)


def _verdict(what: str, met: bool) -> None:
    print(f"    {'met   ' if met else 'MISSED'} {what}")
