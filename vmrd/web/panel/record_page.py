"""The record of one meeting as a screen: what the API tells of it, in the prison's own time, to be read and printed."""

from __future__ import annotations

from dataclasses import fields

from vmrd.lifecycle.minutes import Lost
from vmrd.store.base import Rx
from vmrd.web.deps import Deps
from vmrd.web.panel.render import Screen
from vmrd.web.panel.speech import gettext as _
from vmrd.web.panel.words import LOST
from vmrd.web.press_shapes import LostView, RecordView
from vmrd.web.problem import Problem
from vmrd.web.record import build
from vmrd.web.view_shapes import SessionView


async def screen(deps: Deps, view: SessionView) -> Screen:
    """The record of this session as far as it goes. Raises `Problem` if there is none."""

    def query(rx: Rx) -> RecordView | None:
        session = rx.session(view.id)
        if session is None:
            return None
        return build(session, zip(rx.journal(view.id), rx.facts(view.id), strict=True), rx.personal(view.id))

    record = await deps.store.read(query)
    if record is None:
        raise Problem("not-found", _("There is no such meeting."))
    return Screen(
        part="record.html",
        title=f"{_('Record')} – {view.room_name}",
        path=f"/sessions/{view.id}/record",
        session_id=view.id,
        values={"view": view, "record": record, "lost": lost(record.minutes_lost)},
    )


def lost(minutes: Lost | LostView) -> tuple[tuple[str, int], ...]:
    """What minutes were lost to, in words, without what nothing was lost to."""
    told = ((LOST[each.name], getattr(minutes, each.name)) for each in fields(Lost))
    return tuple((words, count) for words, count in told if count)
