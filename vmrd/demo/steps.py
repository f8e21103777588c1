"""What a step of a story is made of, and who takes part."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from vmrd.config import Config
from vmrd.demo.cast import KNOCKER, PHONE, STRANGER, YOURS
from vmrd.demo.clerk import Clerk
from vmrd.demo.crowd import Crowd
from vmrd.demo.officer import Officer, Screen
from vmrd.demo.verify import Check, every, meeting, never_inside, not_recorded, one_vmr

ALWAYS = every(one_vmr, never_inside(PHONE, STRANGER, KNOCKER), not_recorded)
"""What must be so after every step that judges the viewer's own meeting."""
NOT_SHOWN = "the officer's screen does not show it yet"


@dataclass(frozen=True, slots=True)
class Players:
    """`officers`: room -> the officer looking at that room's meeting. `aliases`: room -> its meeting's alias.
    `clerk`: who books. `config`: what vmrd was started with, so that its database can be looked at from outside."""

    officers: Mapping[str, Officer]
    aliases: Mapping[str, str]
    crowd: Crowd
    clerk: Clerk
    config: Config

    @property
    def officer(self) -> Officer:
        """Who looks after the viewer's own room."""
        return self.officers[YOURS.room]

    @property
    def alias(self) -> str:
        """The alias of the viewer's own meeting."""
        return self.aliases[YOURS.room]


Act = Callable[[Players], Awaitable[object]]


class Step(Protocol):
    """One step of a story.

    `press`: what the viewer is to press; without it the step happens by itself. `play` does it: the officer's part, or
    what others do. `cue`: seconds after which others do it unasked; None waits for the viewer's word.
    """

    @property
    def title(self) -> str: ...
    @property
    def press(self) -> str: ...
    @property
    def play(self) -> Act | None: ...
    @property
    def cue(self) -> float | None: ...

    async def not_yet(self, players: Players, *, spoilt: bool) -> str | None:
        """What is not so yet, None when the step is done. `spoilt`: a step before it went wrong."""


def _anything(_seen: Screen) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class MeetingStep:
    """Done when Pexip's own account of a meeting confirms it and the officer's screen shows it. `room`: whose."""

    title: str
    confirm: Check
    press: str = ""
    play: Act | None = None
    shows: Callable[[Screen], bool] = _anything
    cue: float | None = 0.0
    room: str = YOURS.room

    async def not_yet(self, players: Players, *, spoilt: bool) -> str | None:
        # Once the viewer went on although something was wrong, what it spoilt is not held against every step.
        always = self.room == YOURS.room and not spoilt
        check = every(ALWAYS, self.confirm) if always else self.confirm
        why = check(meeting(await players.crowd.state(), players.aliases[self.room]))
        if why is None and not self.shows(await players.officers[self.room].look()):
            return NOT_SHOWN
        return why
