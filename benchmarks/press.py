"""From the officer's press of Lock to Pexip receiving it, against asking Pexip directly.

The press goes the whole way: HTTP to a vmrd of its own process, sign-in, decision, commit to disk, outbox, dispatcher,
client API. The reference is one `httpx.AsyncClient.post` to the same mock, without any of that. Both ends are timed in
this process, where the mock runs.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import time
import uuid
from pathlib import Path
from typing import Any

import httpx

from benchmarks.bench import Result
from pexip_mock.live import Platform
from tests.crash.house import DOMAIN, House, house
from tests.crash.story import booking

ROUNDS = 4
PRESSES = 12
AT_ONCE = (1, 16)


class Receipts:
    """When the mock received a lock request, by the meeting's name."""

    def __init__(self, platform: Platform) -> None:
        self.at: dict[str, float] = {}
        was_asked = platform.lock_was_asked

        def ask(conference: str) -> bool:
            self.at[platform.world.floor.by_uuid[conference].name] = time.perf_counter()
            return was_asked(conference)

        platform.lock_was_asked = ask  # type: ignore[method-assign]

    def wall(self, session: str) -> float:
        """The same in seconds of the wall clock."""
        return time.time() - time.perf_counter() + self.at[name_of(session)]


def name_of(session: str) -> str:
    """What vmrd calls a session's meeting."""
    return f"vmrd-{session}-1"


async def measure(folder: Path) -> dict[str, Result]:
    """Medians at 1 and 16 sessions at once."""
    results = {}
    most = max(AT_ONCE)
    async with house(folder, 1, rooms=most) as built:
        receipts = Receipts(built.mock.platform)
        await built.begin()
        sessions = await asyncio.gather(*(opened(built, number) for number in range(most)))
        for concurrency in AT_ONCE:
            ours, direct, cpu = [], [], 0.0
            for _ in range(ROUNDS):
                begun = _cpu_seconds(built)
                for _ in range(PRESSES if concurrency == 1 else PRESSES // 2):
                    ours += await asyncio.gather(*(_press(built, receipts, one) for one in sessions[:concurrency]))
                cpu += _cpu_seconds(built) - begun
                direct += await _direct(built, concurrency, PRESSES)
            p50, least = statistics.median(ours) * 1e3, statistics.median(direct) * 1e3
            limit = least + 0.5 if concurrency == 1 else least * 0.5
            results[f"press of Lock to Pexip, {concurrency} at once"] = Result(
                value=round(p50, 2),
                unit="ms p50",
                goal="G4",
                ratio=round(p50 / least, 2),
                against=f"stock httpx to the mock and back, {least:.2f} ms p50",
                target=f"<= {limit:.2f} ms" + (" (direct + 0.5 ms)" if concurrency == 1 else " (half of direct)"),
                met=p50 <= limit,
                beside=f"p95 {statistics.quantiles(ours, n=20)[18] * 1e3:.2f} ms",
                cpu=f"{cpu / len(ours) * 1e3:.1f} ms, with the unlock and all the looking until both show",
            )
    return results


def _cpu_seconds(built: House) -> float:
    """What the daemon's process has used so far."""
    assert built.process is not None
    fields = Path(f"/proc/{built.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def opened(built: House, number: int) -> str:
    """A session of its own room that is open."""
    event = booking()
    event["booking"] |= {"id": f"desk:{number}", "prisoners": [{"prisonerNumber": f"A{number:04d}AA"}]}
    event["booking"]["segments"][0]["prisonRoom"]["locationKey"] = f"VCC-{number + 1}"
    _, answer = await built.book(event)
    session = str(answer["sessionIds"][0]["sessionId"])
    await _until(built, session, "ready")
    if number == 0:
        await built.control("POST", "/clock", {"advanceSeconds": 360, "stepSeconds": 60})
    await _until(built, session, "ready")
    await built.until(lambda: _press_open(built, session), "open is accepted")
    await _until(built, session, "open")
    return session


async def _press_open(built: House, session: str) -> bool:
    status, _ = await built.api("POST", f"/v1/sessions/{session}/open", {}, {"Idempotency-Key": str(uuid.uuid4())})
    return bool(status == 202)


async def _until(built: House, session: str, phase: str) -> Any:
    async def look() -> Any:
        _, view = await built.api("GET", f"/v1/sessions/{session}")
        return view if view["phase"] == phase else None

    return await built.until(look, f"{session} is {phase}")


async def _press(built: House, receipts: Receipts, session: str) -> float:
    name = name_of(session)
    receipts.at.pop(name, None)
    began = time.perf_counter()
    status, answer = await built.api("POST", f"/v1/sessions/{session}/lock", {})
    assert status == 202, answer

    async def received() -> float | None:
        return receipts.at.get(name)

    took = await built.until(received, "Pexip received the lock") - began

    await until_lock(built, session, "locked")
    await built.api("POST", f"/v1/sessions/{session}/unlock", {})
    await until_lock(built, session, "unlocked")
    return float(took)


async def until_lock(built: House, session: str, state: str) -> None:
    """Wait until vmrd says so of the lock."""

    async def is_so() -> bool:
        _, view = await built.api("GET", f"/v1/sessions/{session}")
        return bool(view["lock"]["state"] == state)

    await built.until(is_so, state)


async def _direct(built: House, concurrency: int, posts: int) -> list[float]:
    url = f"{built.mock.node_urls[0]}/api/client/v2/conferences/nobody%40{DOMAIN}/lock"
    async with httpx.AsyncClient() as http:
        await http.post(url, headers={"token": "none"})

        async def post() -> float:
            began = time.perf_counter()
            await http.post(url, headers={"token": "none"})
            return time.perf_counter() - began

        return [took for _ in range(posts) for took in await asyncio.gather(*(post() for _ in range(concurrency)))]
