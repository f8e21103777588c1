"""What a day came to: how each meeting ended, what its booked time was lost to, and what somebody has yet to confirm.

    GET /panel/summary      HTML for a browser; CSV or JSON where `Accept` says `text/csv` or `application/json`
    GET /panel/summary.csv, /panel/summary.json     the same two for whoever can only follow a link

Minutes are those of `lifecycle/minutes`, replayed from each journal. A meeting whose journal cannot be read stands in
the list and says so. What leaves as CSV or JSON names no prisoner and no visitor.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from functools import partial

from aiohttp import hdrs, web

from vmrd.lifecycle import facts as f
from vmrd.lifecycle.minutes import Lost, added, minutes_lost
from vmrd.lifecycle.rules import MINUTE
from vmrd.lifecycle.words import OVER, Control, Phase, Purpose, Result, SegmentKind
from vmrd.store.base import Rx, Unreadable
from vmrd.web.caller import Caller
from vmrd.web.deps import Deps
from vmrd.web.panel import days
from vmrd.web.panel.board import tagged
from vmrd.web.panel.record_page import lost as in_words
from vmrd.web.panel.render import Screen
from vmrd.web.panel.speech import gettext as _
from vmrd.web.panel.words import PHASES, RESULTS
from vmrd.web.press_shapes import LostView
from vmrd.web.shapes import Moment, Shape
from vmrd.web.view_shapes import SessionView
from vmrd.web.viewer import Look

_DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for a formula when a cell begins with it."""


class MeetingSummary(Shape):
    """`minutesLost` is None while the meeting is not over, for rooms that are not ours, and for an unreadable journal.
    `confirmedBy` None: `result` is what vmrd proposes."""

    session: str
    establishment: str
    room: str
    purpose: Purpose
    segment: SegmentKind
    phase: Phase
    starts_at: Moment
    ends_at: Moment
    opened_at: Moment | None
    ended_at: Moment | None
    result: Result | None
    confirmed_by: str | None
    to_confirm: bool
    knocks: int
    unreadable: bool
    minutes_lost: LostView | None


class DaySummary(Shape):
    """Counts of `meetings`; `minutesLost` and `bookedMinutes` are of those that were held in our own rooms."""

    date: str
    establishments: tuple[str, ...]
    opened_late: int
    knocks: int
    to_confirm: int
    booked_minutes: int
    minutes_lost: LostView
    meetings: tuple[MeetingSummary, ...]


@dataclass(frozen=True, slots=True)
class _Held:
    """What the journal says. `booked`: minutes; `lost` None: nothing vmrd could know of."""

    look: Look
    knocks: int
    booked: int
    lost: Lost | None
    unreadable: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One meeting of the list. `came_to`: how it ended, or how it stands; `confirm`: somebody has to say so yet."""

    view: SessionView
    tag: str
    came_to: str
    lost: tuple[tuple[str, int], ...]
    knocks: int
    unreadable: bool
    confirm: bool


def _held(rx: Rx, seen: Look) -> _Held:
    session = seen.session
    booked = (session.booked_end - session.starts_at) // MINUTE
    try:
        journal = [(row.at, fact) for row, fact in zip(rx.journal(session.id), rx.facts(session.id), strict=True)]
    except Unreadable:
        return _Held(seen, len(session.knocks), booked, None, unreadable=True)
    over = session.phase in (Phase.ENDED, Phase.CLOSED) and session.control is Control.FULL
    knocks = sum(isinstance(fact, f.Knocked) for _, fact in journal)
    return _Held(seen, knocks, booked, minutes_lost(journal) if over else None, unreadable=False)


async def screen(deps: Deps, caller: Caller, day: days.Day) -> Screen:
    """The day's summary as a page."""
    held = await days.booked(deps, caller, day, _held)
    views = [deps.viewer.view(each.look) for each in held]
    tags = tagged(views)
    summary = _summed(day, held, views)
    return Screen(
        part="summary.html",
        title=f"{_('Summary')} – {day.written}",
        path=day.path("summary"),
        session_id="none",  # replaying a day's journals is not done for every change
        values={
            "day": day,
            "summary": summary,
            "total": in_words(summary.minutes_lost),
            "lines": tuple(
                Line(
                    view=view,
                    tag=tags[view.id],
                    came_to=_came_to(view),
                    lost=in_words(each.lost or Lost()),
                    knocks=each.knocks,
                    unreadable=each.unreadable,
                    confirm=_unsaid(view),
                )
                for each, view in zip(held, views, strict=True)
            ),
        },
    )


def _unsaid(view: SessionView) -> bool:
    said = view.outcome is not None and view.outcome.confirmed_by is not None
    return "confirm-outcome" in view.allowed and not said


def _came_to(view: SessionView) -> str:
    if view.outcome is None or view.phase not in OVER:
        return PHASES[view.phase]
    return RESULTS[view.outcome.result]


def _summed(day: days.Day, held: list[_Held], views: list[SessionView]) -> DaySummary:
    counted = [each for each in held if each.lost is not None]
    return DaySummary(
        date=day.on.isoformat(),
        establishments=(day.chosen,) if day.chosen else tuple(sorted(day.choices)),
        opened_late=sum(each.lost.late_open > 0 for each in counted if each.lost is not None),
        knocks=sum(each.knocks for each in held),
        to_confirm=sum(map(_unsaid, views)),
        booked_minutes=sum(each.booked for each in counted),
        minutes_lost=LostView(**asdict(added(each.lost for each in counted if each.lost is not None))),
        meetings=tuple(map(_meeting, held, views)),
    )


def _meeting(held: _Held, view: SessionView) -> MeetingSummary:
    outcome = view.outcome
    return MeetingSummary(
        session=view.id,
        establishment=view.establishment,
        room=view.room_name,
        purpose=view.purpose,
        segment=view.segment,
        phase=view.phase,
        starts_at=view.starts_at,
        ends_at=view.ends_at,
        opened_at=view.opened_at,
        ended_at=view.ended_at,
        result=outcome.result if outcome is not None else None,
        confirmed_by=outcome.confirmed_by if outcome is not None else None,
        to_confirm=_unsaid(view),
        knocks=held.knocks,
        unreadable=held.unreadable,
        minutes_lost=LostView(**asdict(held.lost)) if held.lost is not None else None,
    )


def wanted(request: web.Request) -> str:
    """`csv`, `json`, or "" for a page."""
    ending = request.path.rpartition(".")[2]
    if ending in ("csv", "json"):
        return ending
    accepted = request.headers.get(hdrs.ACCEPT, "")
    if "text/html" in accepted:
        return ""
    return "csv" if "text/csv" in accepted else "json" if "application/json" in accepted else ""


async def told(deps: Deps, caller: Caller, day: days.Day, form: str) -> web.Response:
    """The day's summary for a machine."""
    held = await days.booked(deps, caller, day, _held)
    summary = _summed(day, held, [deps.viewer.view(each.look) for each in held])
    name = f"attachment; filename=summary-{summary.date}.{form}"
    if form == "json":
        return web.Response(text=summary.model_dump_json(by_alias=True), content_type="application/json")
    return web.Response(text=_csv(summary.meetings), content_type="text/csv", headers={hdrs.CONTENT_DISPOSITION: name})


def _csv(meetings: Iterable[MeetingSummary]) -> str:
    """A line for each meeting, with its lost minutes in columns of their own."""
    plain = [name for name in MeetingSummary.model_fields if name != "minutes_lost"]
    causes = [each.name for each in fields(Lost)]
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow([*plain, *causes])
    for meeting in meetings:
        lost = meeting.minutes_lost
        minutes = [getattr(lost, cause) if lost is not None else "" for cause in causes]
        rows.writerow([*map(partial(_cell, meeting), plain), *minutes])
    return text.getvalue()


def _cell(meeting: MeetingSummary, name: str) -> str:
    value = getattr(meeting, name)
    text = "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    return f"'{text}" if text.startswith(_DANGEROUS) else text
