"""Everybody who is not an officer: people who dial in, the room's remote control, the wall clock, Pexip itself.

They act through the mock's own control API; vmrd sees of them what a real platform would show.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp

from vmrd.demo.cast import DOMAIN, Visitor

GUEST = "none"
"""The PIN a browser sends for a guest who has none."""


class NoAnswer(Exception):
    """The caller was told that nobody is there under that address."""


class Unused(Exception):
    """The mock did not take what was asked of it."""


@dataclass(frozen=True, slots=True)
class Crowd:
    """`control` is the mock's control URL."""

    http: aiohttp.ClientSession
    control: str

    async def arrives(self, alias: str, visitor: Visitor) -> None:
        """A booked person dials with a browser."""
        await self.browser(alias, visitor.name)

    async def browser(self, alias: str, name: str) -> None:
        """Somebody dials with a browser, under the name they typed. Raises `NoAnswer`."""
        await self._dial({"alias": f"{alias}@{DOMAIN}", "name": name, "kind": "browser", "pin": GUEST})

    async def phone(self, alias: str, number: str) -> None:
        """Somebody dials by telephone. Raises `NoAnswer`."""
        await self._dial({"alias": f"{alias}@{DOMAIN}", "name": number, "kind": "phone", "number": number})

    async def press_keys(self, participant: str, digits: str) -> None:
        """Somebody presses keys on a room's remote control; the tones reach Pexip."""
        await self._post(f"/people/{participant}/dtmf", {"digits": digits})

    async def wait_until(self, business: float) -> None:
        """Move the wall clock ahead to this instant (epoch seconds), in steps that hide no timer."""
        now = float((await self._get("/clock"))["businessMs"]) / 1_000
        await self.let_pass(business - now)

    async def let_pass(self, seconds: float) -> None:
        """Move the wall clock ahead by so many seconds."""
        if seconds > 0:
            await self._post("/clock", {"advanceSeconds": seconds, "stepSeconds": max(1.0, seconds / 60)})

    async def clock_rate(self, rate: float) -> None:
        """Let the wall clock run so much faster than real time."""
        await self._post("/clock", {"rate": rate})

    async def away(self, away: bool) -> None:
        """Take the whole platform away, or bring it back."""
        await self._post("/platform", {"away": away})

    async def breaks(self, operation: str) -> None:
        """From now on Pexip takes this operation and does nothing. Raises `Unused` for one it does not know."""
        await self._post("/faults", {"operation": operation, "how": "ignore", "times": None})

    async def state(self) -> Mapping[str, Any]:
        """The mock's whole truth."""
        return await self._get("/state")

    async def _dial(self, body: Mapping[str, object]) -> None:
        async with self.http.post(f"{self.control}/people", json=body) as answer:
            if answer.status == 404:
                raise NoAnswer
            if answer.status >= 300:
                raise Unused(f"the mock answered {answer.status} to somebody who dialled")

    async def _post(self, path: str, body: Mapping[str, object]) -> None:
        async with self.http.post(f"{self.control}{path}", json=body) as answer:
            if answer.status >= 300:
                raise Unused(f"the mock answered {answer.status} to {path}")

    async def _get(self, path: str) -> dict[str, Any]:
        async with self.http.get(f"{self.control}{path}") as answer:
            answer.raise_for_status()
            found: dict[str, Any] = await answer.json()
            return found
