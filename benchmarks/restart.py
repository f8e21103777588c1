"""`python -m benchmarks.restart [--sessions N] [--panels N]`: vmrd is restarted while meetings run, told to and killed.

Every meeting is locked and has its prisoner inside. Between the end of one daemon and the start of the next, in some of
them, somebody knocks, a telephone calls and the room's remote control unlocks; a booking and a panel knock at the
socket, which is held as systemd holds it. Then: how long screens said NOT LIVE, how long until every light burns again,
what Pexip was asked, and whether anything was lost or done twice.

Mock, panels and vmrd share the machine, so the figures are upper limits.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from benchmarks.restart_house import HeldHouse, Panel, held_house
from tests.crash.house import DOMAIN, KEY
from tests.crash.story import booking
from vmrd.store.secrets import derive_keys
from vmrd.store.sqlite import open_for_reading

PATIENCE = 600.0
STEADY_S = 6.0
AT_ONCE = 100
"""Rooms opened together: for each the Management Node is asked before its endpoint is called; guests wait a minute."""
NOT_LIVE_S = 3.0
ONCE = ("vmr-created", "started", "dialled-out", "entered", "ended")
View = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of one restart; seconds are counted from the signal. `wrong`: what should not be so."""

    how: str
    gone: float
    ready: float
    first_view: float
    not_live: float
    all_lit: float
    cpu: float
    megabytes: float
    asked: Counter[str]
    wrong: tuple[str, ...]

    def lines(self) -> Iterable[str]:
        yield (
            f"{self.how}: gone after {self.gone:.1f} s, ready {self.ready:.1f} s, first view {self.first_view:.1f} s, "
            f"NOT LIVE for {self.not_live:.1f} s at most, every light again {self.all_lit:.1f} s"
        )
        asked = ", ".join(f"{operation} {count}" for operation, count in sorted(self.asked.items()))
        yield f"    CPU {self.cpu:.1f} s, {self.megabytes:.0f} MB; Pexip was asked: {asked}"
        yield from (f"    WRONG: {fault}" for fault in self.wrong)


class Estate:
    """Meetings that run, and the panels that show them."""

    def __init__(self, built: HeldHouse, count: int, panels: list[Panel]) -> None:
        self.built = built
        self.count = count
        self.panels = panels
        self.sessions: list[str] = []

    @property
    def screen(self) -> Panel:
        return self.panels[0]

    async def make(self) -> None:
        """Book, open, check, lock and bring in the prisoner, everywhere at once."""
        slots = asyncio.Semaphore(8)

        async def book(number: int) -> str:
            event = booking()
            event["booking"] |= {"id": f"desk:{number}", "prisoners": [{"prisonerNumber": f"A{number:04d}AA"}]}
            event["booking"]["segments"][0]["prisonRoom"]["locationKey"] = f"VCC-{number + 1}"
            async with slots:
                status, answer = await self.built.book(event)
            assert status == 202, answer
            return str(answer["sessionIds"][0]["sessionId"])

        self.sessions = list(await asyncio.gather(*map(book, range(self.count))))
        await self._all("ready", lambda view: view["phase"] == "ready")
        await self.built.control("POST", "/clock", {"advanceSeconds": 360, "stepSeconds": 60})
        await self._all("watched", lambda view: any(leg["kind"] == "own" for leg in view["participants"]))
        await self._each(lambda view: self.dial(view, "Priya Nair", "browser"))
        await self._all("waited for", lambda view: _leg(view, "Priya Nair") is not None)
        for first in range(0, self.count, AT_ONCE):
            await self._press("open", self.sessions[first : first + AT_ONCE])
            some = self.sessions[: first + AT_ONCE]
            await self.screen.until(lambda views, some=some: all(_is_open(views[each]) for each in some), PATIENCE)  # type: ignore[misc]
        await self._all("open", _is_open)
        await self._each(self._check)
        await self._press("lock")
        await self._all("SECURE", lambda view: view["secure"])
        await self._press("prisoner-in")
        await self._all("private", lambda view: view["phase"] == "private" and view["secure"])

    async def steady(self) -> str:
        """What it costs while nothing happens but looking."""
        began, cpu = time.monotonic(), self.built.cpu_and_memory()[0]
        await asyncio.sleep(STEADY_S)
        used, megabytes = self.built.cpu_and_memory()
        share = (used - cpu) / (time.monotonic() - began)
        return f"looking at {self.count} meetings: {share:.0%} of a core, {megabytes:.0f} MB"

    async def restart(self, how: signal.Signals) -> Outcome:
        """One restart with something going on in the gap."""
        before, breaches = await self._done(), self._breaches()
        knocked, called, unlocked = self.sessions[:3]
        views = dict(self.screen.views)
        for panel in self.panels:
            panel.forget()
        began = time.monotonic()
        await self.built.stop(how)
        gone = time.monotonic() - began
        name = f"Kim Knocker {how.name}"
        await self.dial(views[knocked], name, "browser")
        await self.dial(views[called], "+441632960123", "phone")
        await self.built.control("POST", f"/people/{views[unlocked]['endpoint']['participant']}/dtmf", {"digits": "*7"})
        self.built.launch()
        queued = asyncio.create_task(self.built.api("GET", f"/v1/sessions/{knocked}"))
        await self.built.until(self.built._ready, "vmrd is ready")
        ready = time.monotonic() - began
        await self.screen.until(lambda now: any(leg["name"] == name for leg in _legs(now.get(knocked))), PATIENCE)
        await self.screen.until(self._lit, PATIENCE)
        all_lit = time.monotonic() - began
        cpu, megabytes = self.built.cpu_and_memory()
        outcome = Outcome(
            how=how.name,
            gone=gone,
            ready=ready,
            first_view=max(panel.first_view or 0.0 for panel in self.panels) - began,
            not_live=max(panel.not_live for panel in self.panels),
            all_lit=all_lit,
            cpu=cpu,
            megabytes=megabytes,
            asked=await self._asked(),
            wrong=tuple([fault async for fault in self._faults(before, breaches, (await queued)[0])]),
        )
        await self._press("refuse", [knocked], participant=_leg(self.screen.views[knocked], name)["id"])  # type: ignore[index]
        await self.screen.until(lambda now: _leg(now[knocked], name) is None, PATIENCE)
        return outcome

    # --- judging ------------------------------------------------------------------------------------------------------

    def _lit(self, views: dict[str, View]) -> bool:
        return len(views) == self.count and all(view["secure"] for view in views.values())

    async def _faults(self, before: Counter[str], breaches: int, queued: int) -> AsyncIterator[str]:
        knocked, called, unlocked = (self.screen.views[session] for session in self.sessions[:3])
        if queued != 200:
            yield f"who asked while vmrd was away was answered {queued}"
        if not any(knock["state"] == "ringing" for knock in knocked["knocks"]):
            yield "the knock does not ring"
        if any(leg["kind"] == "phone" and leg["where"] != "left" for leg in called["participants"]):
            yield "the telephone is still there"
        if unlocked["lock"]["state"] != "locked":
            yield "the room that was unlocked meanwhile is not locked again"
        if self._breaches() == breaches:
            yield "that the room was unlocked with the prisoner inside is not on the record as a breach"
        after = await self._done()
        for what in ONCE:
            if after[what] != before[what]:
                yield f"{what}: {after[what] - before[what]} more than before"
        if (more := after["locked"] - before["locked"]) != 1:
            yield f"locked {more} times; one room had been unlocked"
        if (more := after["left"] - before["left"]) != 1:
            yield f"{more} left; only the telephone had to"

    def _breaches(self) -> int:
        """How often the record of the room that is unlocked says BREACH."""
        with open_for_reading(self.built.database, derive_keys(bytes.fromhex(KEY))) as rx:
            return sum(type(fact).__name__ == "BreachBegan" for fact in rx.facts(self.sessions[2]))

    async def _done(self) -> Counter[str]:
        """How often anything was done in Pexip, by its own account."""
        state = await self.built.control("GET", "/state")
        return Counter(line["what"] for line in state["history"])

    async def _asked(self) -> Counter[str]:
        """Requests to Pexip since the start, by operation."""
        asked: Counter[str] = Counter()
        for family in text_string_to_metric_families(await self.built.metrics()):
            for sample in family.samples:
                if sample.name == "vmrd_pexip_requests_total":
                    asked[sample.labels["operation"]] += int(sample.value)
        return asked

    # --- hands --------------------------------------------------------------------------------------------------------

    async def _all(self, what: str, holds: Callable[[View], bool]) -> None:
        began = time.monotonic()
        await self.screen.until(
            lambda views: len(views) == self.count and all(holds(view) for view in views.values()), PATIENCE
        )
        print(f"{self.count} meetings {what} ({time.monotonic() - began:.1f} s)", file=sys.stderr, flush=True)

    async def _each(self, do: Callable[[View], Any]) -> None:
        slots = asyncio.Semaphore(8)

        async def one(view: View) -> None:
            async with slots:
                await do(view)

        await asyncio.gather(*(one(view) for view in list(self.screen.views.values())))

    async def dial(self, view: View, name: str, kind: str) -> None:
        body = {"alias": f"{view['vmr']['alias'].split('@')[0]}@{DOMAIN}", "name": name, "kind": kind}
        body |= {"number": name} if kind == "phone" else {"pin": "none"}
        await self.built.control("POST", "/people", body)

    async def _check(self, view: View) -> None:
        leg = _leg(view, "Priya Nair")
        assert leg is not None
        await self._press("check", [view["id"]], participant=leg["id"], attendee="p1", documents=["photo_card"])

    async def _press(self, action: str, sessions: list[str] | None = None, **body: Any) -> None:
        slots = asyncio.Semaphore(8)

        async def one(session: str) -> None:
            key = {"Idempotency-Key": str(uuid.uuid4())}

            async def accepted() -> bool:
                status, answer = await self.built.api("POST", f"/v1/sessions/{session}/{action}", body, key)
                assert status in (202, 409), answer
                return bool(status == 202)

            async with slots:
                await self.built.until(accepted, f"{action} is accepted")

        await asyncio.gather(*map(one, sessions or self.sessions))


def _is_open(view: View) -> bool:
    return view["phase"] == "open" and bool((_leg(view, "Priya Nair") or {}).get("hasVideo", False))


def _legs(view: View | None) -> list[View]:
    return view["participants"] if view is not None else []


def _leg(view: View, name: str) -> View | None:
    return next((leg for leg in view["participants"] if leg["name"] == name and leg["where"] != "left"), None)


async def measure(folder: Path, sessions: int, panels: int) -> list[Outcome]:
    """Both ways of restarting, one after the other; what it costs before is said on standard error."""
    async with held_house(folder, rooms=sessions) as built:
        await built.begin()
        screens = [Panel(f"http://127.0.0.1:{built.port}", reading=not number) for number in range(panels)]
        watching = [asyncio.create_task(screen.run(built.http)) for screen in screens]
        estate = Estate(built, sessions, screens)
        try:
            await estate.make()
            print(await estate.steady(), file=sys.stderr, flush=True)
            return [await estate.restart(how) for how in (signal.SIGTERM, signal.SIGKILL)]
        finally:
            for task in watching:
                task.cancel()
            await asyncio.gather(*watching, return_exceptions=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.restart", description=__doc__)
    parser.add_argument("--sessions", type=int, default=500)
    parser.add_argument("--panels", type=int, default=10)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="vmrd-restart-") as folder:
        outcomes = asyncio.run(measure(Path(folder), asked.sessions, asked.panels))
    for outcome in outcomes:
        print("\n".join(outcome.lines()))
    return int(any(outcome.wrong or outcome.not_live >= NOT_LIVE_S for outcome in outcomes))


if __name__ == "__main__":
    sys.exit(main())
