"""A day on paper, for the hours in which the computer does not work: whom to fetch, who is expected, what to look at,
and how a room is opened, locked and ended by hand.

It holds what the list holds and no PIN: paper lies about. Protected names and prisoners' names are not on it either;
the lines beside them are for a pen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from vmrd.lifecycle.identity import IdProfile
from vmrd.lifecycle.words import OVER
from vmrd.web.caller import Caller
from vmrd.web.deps import Deps
from vmrd.web.panel import days
from vmrd.web.panel.board import tagged
from vmrd.web.panel.render import Screen
from vmrd.web.panel.screens import Way, ways
from vmrd.web.panel.speech import gettext as _
from vmrd.web.view_shapes import SessionView


@dataclass(frozen=True, slots=True)
class Sheet:
    """One meeting. `also`: at least one of these documents on top of a way, where the prison asks for more."""

    view: SessionView
    tag: str
    ways: tuple[Way, ...]
    also: tuple[str, ...]
    in_advance: bool


async def screen(deps: Deps, caller: Caller, day: days.Day) -> Screen:
    """The meetings of a day that are not over, or were not when it was printed."""
    looks = await days.booked(deps, caller, day, lambda rx, seen: seen)
    views = [deps.viewer.view(seen) for seen in looks]
    tags = tagged(views)
    profiles: Mapping[str, IdProfile] = {
        view.establishment: deps.engine.rules(view.establishment).id_profile for view in views
    }
    return Screen(
        part="print.html",
        title=_("The day on paper"),
        path=day.path("print"),
        session_id="none",  # a day's paper is made anew with the alarms and now and then, not with every change
        values={
            "day": day,
            "sheets": tuple(
                _sheet(view, tags[view.id], profiles[view.establishment]) for view in views if view.phase not in OVER
            ),
            "over": sum(view.phase in OVER for view in views),
        },
    )


def _sheet(view: SessionView, tag: str, profile: IdProfile) -> Sheet:
    return Sheet(view, tag, ways(profile), tuple(sorted(profile.also)), profile.in_advance)
