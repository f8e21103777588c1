"""Playing a story: by itself, or at the viewer's pace.

A step is done when Pexip's own account confirms it and the officer's screen shows it. By itself, each step has a few
seconds; after the first that is not confirmed nothing that follows would mean anything, so the rest counts as not. With
a viewer a step takes as long as they like, and "Play it for me" does it for them.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from vmrd.demo.crowd import NotTaken
from vmrd.demo.officer import NotShown, Refused
from vmrd.demo.steps import NOT_SHOWN, Players, Step
from vmrd.sender import Unanswered

LIMIT = 10.0
"""Seconds a step may take when nobody is asked to press anything."""
LIMIT_WITH_FAULT = 5.0
"""What was broken on purpose stays broken: long enough for vmrd to have tried again, and again."""
_LOOK_EVERY = 0.03
_LOOK_EVERY_FOR_A_VIEWER = 0.25
_CUE_FOR_ALL = 2.0


@dataclass(frozen=True, slots=True)
class Result:
    """How a step came out. `why`: what was not so, None when it was confirmed."""

    number: int
    title: str
    seconds: float
    why: str | None

    def line(self) -> str:
        """As the terminal shows it."""
        if self.why is None:
            return f"ok  {self.number:>2}  {self.title} ({self.seconds:.1f} s)"
        return f"NOT {self.number:>2}  {self.title}: {self.why} ({self.seconds:.1f} s)"


async def _at_once() -> None:
    """Nobody has to be waited for."""


@dataclass(slots=True)
class Play:
    """One performance. `told` hears of each result. `limit`: seconds for a step without a viewer. `judge`: who confirms
    its steps. `turned` returns when whoever reads along wants the next one.

    `waiting_for`: the step now under way, None before and after. `why`: what Pexip or the screen does not show yet.
    `failed`: why playing the step for the viewer did not work.
    """

    name: str
    steps: Sequence[Step]
    players: Players
    told: Callable[[Result], None]
    limit: float = LIMIT
    judge: str = "Pexip"
    turned: Callable[[], Awaitable[None]] = _at_once
    results: list[Result] = field(default_factory=list)
    waiting_for: Step | None = None
    why: str | None = None
    failed: str | None = None
    plays_all: bool = False
    _wanted: asyncio.Event = field(default_factory=asyncio.Event)
    _skipped: asyncio.Event = field(default_factory=asyncio.Event)
    _spoilt: bool = False

    @property
    def confirmed(self) -> int:
        return sum(result.why is None for result in self.results)

    @property
    def over(self) -> bool:
        return len(self.results) == len(self.steps)

    def summary(self) -> str:
        """The last line: what was not reached was not confirmed."""
        others = len(self.steps) - self.confirmed
        return f"story {self.name}: {self.confirmed} steps confirmed by {self.judge}, {others} not"

    def play_it(self) -> None:
        """Do the step for the viewer."""
        self._wanted.set()

    async def alone(self) -> bool:
        """Play the whole story; True when every step was confirmed."""
        for number, step in enumerate(self.steps, start=1):
            began = time.monotonic()
            try:
                async with asyncio.timeout(self.limit):
                    await self._act(step)
                    await self._until_done(step, _LOOK_EVERY)
                why = None
            except TimeoutError:
                why = self.why or NOT_SHOWN
            except _FAILED as failed:
                why = str(failed) or type(failed).__name__
            self._add(Result(number, step.title, time.monotonic() - began, why))
            if why is not None:
                return False
            if not self.over:
                await self.turned()
        return True

    def play_all(self) -> None:
        """Do this step and all that follow for the viewer, slowly enough to watch."""
        self.plays_all = True
        self._wanted.set()

    def skip(self) -> None:
        """Go on although the step is not confirmed."""
        self._skipped.set()

    async def with_viewer(self) -> None:
        """Wait at each step until it is done, by whomever; what others do comes unasked after its cue."""
        for number, step in enumerate(self.steps, start=1):
            began = time.monotonic()
            self.waiting_for = step
            self.failed = None
            self._wanted.clear()
            self._skipped.clear()
            helpers = [asyncio.create_task(self._prompt(step)), asyncio.create_task(self._skipped.wait())]
            done = asyncio.create_task(self._until_done(step, _LOOK_EVERY_FOR_A_VIEWER))
            try:
                await asyncio.wait({done, helpers[1]}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                await _stop(done, *helpers)
            confirmed = not done.cancelled()
            self._spoilt = self._spoilt or not confirmed
            self._add(
                Result(number, step.title, time.monotonic() - began, None if confirmed else self.why or NOT_SHOWN)
            )
        self.waiting_for = None
        self.why = None

    async def _prompt(self, step: Step) -> None:
        """Play the step when its cue comes or the viewer asks for it; again as often as they ask."""
        while step.play is not None:
            cue = _CUE_FOR_ALL if self.plays_all else None if step.press else step.cue
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(cue):
                    await self._wanted.wait()
            self._wanted.clear()
            try:
                await self._act(step)
            except _FAILED as failed:
                self.failed = str(failed)
            if cue is not None:
                return

    async def _act(self, step: Step) -> None:
        if step.play is not None:
            await step.play(self.players)

    async def _until_done(self, step: Step, pause: float) -> None:
        self.why = None
        while True:
            self.why = await self._not_yet(step)
            if self.why is None:
                return
            await asyncio.sleep(pause)

    async def _not_yet(self, step: Step) -> str | None:
        """What is not so yet; None when the step is done."""
        try:
            return await step.not_yet(self.players, spoilt=self._spoilt)
        except aiohttp.ClientError as lost:
            return f"no answer ({type(lost).__name__})"

    def _add(self, result: Result) -> None:
        self.results.append(result)
        self.told(result)


_FAILED = (Refused, NotShown, NotTaken, Unanswered, aiohttp.ClientError)


async def _stop(*tasks: asyncio.Task[Any]) -> None:
    """Cancel what still runs and wait for it; what had failed is raised."""
    for task in tasks:
        task.cancel()
    for task in tasks:
        with contextlib.suppress(asyncio.CancelledError):
            await task
