"""Screens of a whole day: today's board, another day's list, the paper of a day and what a day came to.

Which day and which prison stand in the address, so that yesterday can be reloaded, printed and passed on:

    ?establishment=EXI&date=2026-05-05      both optional and in this order; without a date it is always today

A day that is none, or a prison that is not the caller's, is a page that is not there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeVar

from vmrd.lifecycle.capacity import day, day_of
from vmrd.store.base import Rx, SessionFilter
from vmrd.web.caller import Caller
from vmrd.web.deps import Deps
from vmrd.web.panel.speech import gettext as _
from vmrd.web.panel.speech import long_day
from vmrd.web.problem import Problem
from vmrd.web.viewer import Look, look

T = TypeVar("T")

NAMED = 3
"""Prisons a heading names."""
SCREENS = ("", "print", "summary")
_DATE = r"date=20\d\d-\d\d-\d\d"
PATH = rf"(/print|/summary)?(\?(establishment=[A-Z0-9]{{3,4}}(&{_DATE})?|{_DATE}))?"
"""How these screens' paths are written below `/panel`."""


@dataclass(frozen=True, slots=True)
class Day:
    """`choices`: the caller's prisons, code -> name; `chosen`: one of them, or "" for all."""

    on: date
    today: date
    chosen: str
    choices: Mapping[str, str]

    @property
    def title(self) -> str:
        return _("Today") if self.on == self.today else self.written

    @property
    def written(self) -> str:
        """`Tuesday 5 May 2026`."""
        return long_day(self.on)

    @property
    def where(self) -> str:
        """The prisons it is about: by name, or how many there are."""
        names = [self.choices[self.chosen]] if self.chosen else sorted(self.choices.values())
        return ", ".join(names) if len(names) <= NAMED else _("{count} prisons").format(count=len(names))

    def path(self, screen: str = "", days: int = 0) -> str:
        """Below `/panel`: one of these screens about this prison, this day or one some days on."""
        then = self.on + timedelta(days=days)
        asked = {"establishment": self.chosen, "date": "" if then == self.today else then.isoformat()}
        query = written(asked)
        return f"{f'/{screen}' if screen else ''}{query}"


def written(asked: Mapping[str, str]) -> str:
    """What an address says of day and prison, in the one order a path has it."""
    said = [f"{name}={asked[name]}" for name in ("establishment", "date") if asked.get(name)]
    return f"?{'&'.join(said)}" if said else ""


def asked(deps: Deps, caller: Caller, query: str) -> Day:
    """The day this query is about. Raises `Problem` for one that is none and for a prison that is not the caller's."""
    said = dict(each.split("=", 1) for each in query.split("&") if each)
    choices = {each.code: each.name for each in deps.config.establishments if caller.may_see(each.code)}
    today = day_of(deps.engine.clock.now())
    chosen = said.get("establishment", "")
    try:
        wanted = date.fromisoformat(said["date"]) if "date" in said else today
    except ValueError:
        raise Problem("not-found", _("There is no such day.")) from None
    if chosen and chosen not in choices:
        raise Problem("not-found", _("There is no such prison."))
    return Day(wanted, today, chosen, choices)


async def booked(deps: Deps, caller: Caller, about: Day, each: Callable[[Rx, Look], T]) -> list[T]:
    """What `each` makes of the day's sessions, which are those that begin on it, in order of their start."""
    stretch = day(about.on)
    where = SessionFilter((about.chosen,) if about.chosen else caller.establishments, stretch.start, stretch.end)
    return await deps.store.read(lambda rx: [each(rx, look(rx, session)) for session in rx.sessions(where)])
