"""The record of one meeting as a screen: its journal as one officer would tell it to another, from the first entry to
the last and in the prison's own time, to be read and printed. Every fact of it, word for word, is the API's to tell.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields

from vmrd.lifecycle.facts import Fact
from vmrd.lifecycle.minutes import Lost
from vmrd.lifecycle.session import Session
from vmrd.store.base import JournalRow, Rx, Unreadable
from vmrd.web.deps import Deps
from vmrd.web.panel.render import Screen
from vmrd.web.panel.speech import gettext as _
from vmrd.web.panel.timeline import timeline
from vmrd.web.panel.words import LOST
from vmrd.web.press_shapes import LostView
from vmrd.web.problem import Problem
from vmrd.web.record import build
from vmrd.web.view_shapes import SessionView


async def screen(deps: Deps, view: SessionView) -> Screen:
    """The record of this session as far as it goes. Raises `Problem` if there is none."""

    def query(rx: Rx) -> tuple[Session | None, list[tuple[JournalRow, Fact]], Mapping[str, str]]:
        rows = zip(rx.journal(view.id), rx.facts(view.id), strict=True)
        return rx.session(view.id), list(rows), rx.personal(view.id)

    try:
        session, journal, personal = await deps.store.read(query)
    except Unreadable:
        raise Problem("fault", _("The journal of this meeting cannot be read. Call support.")) from None
    if session is None:
        raise Problem("not-found", _("There is no such meeting."))
    record = build(session, journal, personal)
    return Screen(
        part="record.html",
        title=f"{_('Record')} – {view.room_name}",
        path=f"/sessions/{view.id}/record",
        session_id=view.id,
        values={
            "view": view,
            "record": record,
            "lost": lost(record.minutes_lost),
            "entries": tuple(reversed(timeline(session, journal, personal, most=len(journal)))),
        },
    )


def lost(minutes: Lost | LostView) -> tuple[tuple[str, int], ...]:
    """What minutes were lost to, in words, without what nothing was lost to."""
    told = ((LOST[each.name], getattr(minutes, each.name)) for each in fields(Lost))
    return tuple((words, count) for words, count in told if count)
