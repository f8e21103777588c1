"""Performing drills one after the other, each in a house of its own, and telling how each step came out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import aiohttp

from vmrd.demo.crowd import NotTaken
from vmrd.demo.officer import NotShown, Refused
from vmrd.demo.play import Play
from vmrd.drill.drill import Drill, Figures, steps
from vmrd.drill.house import house
from vmrd.drill.judge import Judge
from vmrd.sender import Unanswered

LIMIT = 90.0
"""Seconds a step may take: a daemon is started again meanwhile, on a busy machine."""
_QUIET = 0.6
"""Seconds before the failure, so that each counter was scraped before it grows."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a drill ended. `figures`: see `drill.Figures`."""

    name: str
    confirmed: int
    failed: int
    figures: str

    def told(self) -> dict[str, object]:
        """For a program."""
        return {"name": self.name, "confirmed": self.confirmed, "not": self.failed, "figures": self.figures}

    def line(self) -> str:
        """The last line of a drill."""
        return f"drill {self.name}: {self.confirmed} steps confirmed, {self.failed} not; {self.figures}"


async def perform(drill: Drill, judge: Judge | None, told: Callable[[str], None]) -> Outcome:
    """Play it and tell each step as it ends. Never raises for what the drill finds."""
    figures = Figures()
    try:
        async with house(drill.setting) as built:
            await asyncio.sleep(_QUIET)
            play = Play(
                drill.name,
                steps(drill, built, judge, figures),
                built.players,
                lambda result: told(result.line()),
                LIMIT,
            )
            await play.alone()
            if play.confirmed < len(play.steps):
                for line in list(built.keeper.said)[-5:]:
                    told(f"        vmrd said: {line}")
            return Outcome(drill.name, play.confirmed, len(play.steps) - play.confirmed, figures.words())
    except (NotShown, Refused, NotTaken, Unanswered, aiohttp.ClientError, TimeoutError) as unset:
        told(f"NOT     the consultation could not be brought to SECURE: {unset or type(unset).__name__}")
        return Outcome(drill.name, 0, 1, figures.words())
