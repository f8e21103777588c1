"""What waits for a supervisor: meetings that take place only if one says so, and somebody without documents.

Who decided is in the record, and so is why a meeting was declined. The system it was booked in is told in either case.
"""

from __future__ import annotations

from dataclasses import dataclass

from vmrd.lifecycle.words import LIVE, Phase, Purpose
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
    """Whatever waits in the caller's establishments, the earliest meeting first. Raises `Problem`."""
    if caller.role not in SUPERVISING:
        raise Problem("forbidden", f"Your role ({caller.role}) may not do this.")

    def query(rx: Rx) -> list[Look]:
        where = SessionFilter(caller.establishments, phases=(Phase.PLANNED, *LIVE))
        return [look(rx, each) for each in rx.sessions(where) if each.needs_approval or each.overrides]

    views = [deps.viewer.view(seen) for seen in await deps.store.read(query)]
    return Screen(
        part="approvals.html",
        title=_("Approvals"),
        path="/approvals",
        values={
            "waiting": [Asked(view, _why(view)) for view in views if view.needs_approval],
            "exceptions": [(view, each) for view in views for each in view.participants if each.override is not None],
        },
    )


def _why(view: SessionView) -> tuple[str, ...]:
    why = [english(flag.text) for flag in view.flags]
    if view.purpose is Purpose.OTHER:
        why.insert(0, _("a use that this prison decides on each time"))
    return tuple(why) or (_("whoever booked it asks this prison first"),)
