"""What a step of the story is made of, and who takes part."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from vmrd.demo.cast import YOURS
from vmrd.demo.crowd import Crowd
from vmrd.demo.officer import Officer, Screen
from vmrd.demo.verify import Check


@dataclass(frozen=True, slots=True)
class Players:
    """`officers`: room -> the officer looking at that room's meeting. `aliases`: room -> its meeting's alias."""

    officers: Mapping[str, Officer]
    aliases: Mapping[str, str]
    crowd: Crowd

    @property
    def officer(self) -> Officer:
        """Who looks after the viewer's own room."""
        return self.officers[YOURS.room]

    @property
    def alias(self) -> str:
        """The alias of the viewer's own meeting."""
        return self.aliases[YOURS.room]


Act = Callable[[Players], Awaitable[object]]


def _anything(_seen: Screen) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Step:
    """One step: it is done when Pexip's own account confirms it and the officer's screen shows it.

    `press`: what the viewer is to press; without it the step happens by itself. `play` does it: the officer's part, or
    what others do. `cue`: seconds after which others do it unasked; None waits for the viewer's word. `room`: whose
    meeting is judged.
    """

    title: str
    confirm: Check
    press: str = ""
    play: Act | None = None
    shows: Callable[[Screen], bool] = _anything
    cue: float | None = 0.0
    room: str = YOURS.room
