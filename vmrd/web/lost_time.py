"""What an establishment lost of its booked time over some days, and to what, for whoever has to answer for it.

Added up from the journals when it is asked for, one session at a time, so that a month of a busy prison holds up nobody
who presses Lock meanwhile. A session whose journal cannot be read is counted and adds nothing.
"""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

from aiohttp import web

from vmrd.lifecycle.capacity import day, day_of
from vmrd.lifecycle.minutes import Lost, added, minutes_lost
from vmrd.lifecycle.rules import MINUTE
from vmrd.lifecycle.session import Session
from vmrd.lifecycle.words import Control, Phase, Result
from vmrd.store.base import Rx, SessionFilter, Store, Unreadable
from vmrd.web.availability import read_day, seen_establishment
from vmrd.web.dispatch import Incoming, answered
from vmrd.web.establishment_shapes import LostTimeView
from vmrd.web.press_shapes import LostView
from vmrd.web.problem import FaultShape, Problem, counted

MOST_DAYS = 31
"""Days that are added up at once."""


async def shown(incoming: Incoming) -> web.Response:
    """Sessions of ours that began on these local days."""
    establishment = seen_establishment(incoming)
    first, last = _days(incoming)
    where = SessionFilter(establishments=(establishment.code,), start=day(first).start, end=day(last).end)
    found = await incoming.deps.store.read(lambda rx: rx.sessions(where))
    ours = [session for session in found if session.control is Control.FULL]
    ended = [session for session in ours if session.phase in (Phase.ENDED, Phase.CLOSED)]
    lost = [await _lost(incoming.deps.store, session) for session in ended]
    outcomes = Counter(session.outcome.result for session in ended if session.outcome is not None)
    return answered(
        LostTimeView(
            establishment=establishment.code,
            from_=first.isoformat(),
            to=last.isoformat(),
            ended=len(ended),
            unreadable=lost.count(None),
            cancelled=sum(session.phase is Phase.CANCELLED for session in ours),
            failed=sum(session.phase is Phase.FAILED for session in ours),
            room_lost_to_works=sum(bool(session.works) for session in ours),
            booked_minutes=sum(session.booked_end - session.starts_at for session in ended) // MINUTE,
            minutes_lost=LostView.model_validate(
                added(each for each in lost if each is not None), from_attributes=True
            ),
            results={result: outcomes[result] for result in Result if outcomes[result]},
        )
    )


async def _lost(store: Store, session: Session) -> Lost | None:
    def query(rx: Rx) -> Lost:
        dated = zip(rx.journal(session.id), rx.facts(session.id), strict=True)
        return minutes_lost((row.at, fact) for row, fact in dated)

    try:
        return await store.read(query)
    except Unreadable:
        return None


def _days(incoming: Incoming) -> tuple[date, date]:
    """The first and the last day asked for; the week that ends today where nothing was said. Raises `Problem`."""
    today = day_of(incoming.deps.engine.clock.now())
    last = read_day(incoming, "to") or today
    first = read_day(incoming, "from") or last - timedelta(days=6)
    if first <= last < first + timedelta(days=MOST_DAYS):
        return first, last
    detail = f"Days are given from the first to the last, {MOST_DAYS} at most."
    raise Problem("invalid", counted(1), errors=[FaultShape(pointer="/to", code="days", detail=detail)])
