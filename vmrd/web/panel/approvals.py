"""Meetings that take place only if a supervisor says so: what is asked for, why it waits, and the decision by name.

Who decided is in the record, and so is why a meeting was declined. Whoever booked it is told in either case.
"""

from __future__ import annotations

from dataclasses import dataclass

from vmrd.lifecycle.words import Phase, Purpose
from vmrd.store.base import Rx, SessionFilter
from vmrd.web.caller import Caller
from vmrd.web.contract import SUPERVISING
from vmrd.web.deps import Deps
from vmrd.web.panel.render import Screen
from vmrd.web.panel.speech import english
from vmrd.web.panel.speech import gettext as _
from vmrd.web.problem import Problem
from vmrd.web.view_shapes import SessionView
from vmrd.web.viewer import Look, look


@dataclass(frozen=True, slots=True)
class Asked:
    """A meeting that waits for a decision. `why`: each a sentence without its end."""

    view: SessionView
    why: tuple[str, ...]


async def screen(deps: Deps, caller: Caller) -> Screen:
    """Every meeting of the caller's establishments that waits, the next first. Raises `Problem`."""
    if caller.role not in SUPERVISING:
        raise Problem("forbidden", f"Your role ({caller.role}) may not do this.")

    def query(rx: Rx) -> list[Look]:
        planned = rx.sessions(SessionFilter(caller.establishments, phases=(Phase.PLANNED,)))
        return [look(rx, session) for session in planned if session.needs_approval]

    views = [deps.viewer.view(seen) for seen in await deps.store.read(query)]
    waiting = [Asked(view, _why(view)) for view in views]
    return Screen(part="approvals.html", title=_("Approvals"), path="/approvals", values={"waiting": waiting})


def _why(view: SessionView) -> tuple[str, ...]:
    why = [english(flag.text) for flag in view.flags]
    if view.purpose is Purpose.OTHER:
        why.insert(0, _("a use that this prison decides on each time"))
    return tuple(why) or (_("whoever booked it asks this prison first"),)
