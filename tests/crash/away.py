"""Pexip away for a minute, before each step of the consultation: said plainly while it lasts, healed when it ends.

While it is away the business clock moves on by a minute, so every timer of the rules has its chance to do harm. In a
running meeting the screen must say BLIND and the light must be dark; afterwards the story goes on as if nothing were.
"""

from __future__ import annotations

from tests.crash.house import House
from tests.crash.story import Story

STEPS = ("control", "arrive", "refuse", "open", "lock", "admit", "relock", "unlock", "end", "over")
LIVE = frozenset({"opening", "open", "private", "interrupted"})


class Outage(Story):
    """The story with an outage before one step."""

    def __init__(self, house: House, step: str) -> None:
        super().__init__(house, None)
        self.away_before = step
        self.was_blind = False

    async def _before(self, name: str) -> None:
        if name != self.away_before:
            return
        await self.house.control("POST", "/platform", {"away": True})
        live = (await self._view())["phase"] in LIVE
        if live:
            dark = await self._until("BLIND", lambda v: v["darkBecause"] == "blind" and not v["secure"])
            assert dark["secureUntil"] is None
        await self.house.control("POST", "/clock", {"advanceSeconds": 60, "stepSeconds": 5})
        if live:
            await self._until("the alarm", lambda v: any(alert["code"] == "blind" for alert in v["alerts"]))
            self.was_blind = True
        await self.house.control("POST", "/platform", {"away": False})
        if live:
            await self._until("sight is back", lambda v: all(alert["code"] != "blind" for alert in v["alerts"]))
