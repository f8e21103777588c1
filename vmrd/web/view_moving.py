"""What of a view changes although nothing has happened: the time, how fresh our eyes are, and what hangs on either.

Every running meeting is read every few seconds, and each read moves its light's end on every screen. Making the whole
view for that would cost ten times as much as the read's own answer; so a view is written in two parts, and only this
one is made anew.
"""

from __future__ import annotations

from vmrd.clock import as_text
from vmrd.lifecycle.rules import SECOND
from vmrd.lifecycle.session import Session
from vmrd.lifecycle.words import OVER, RUNNING, Instant, Kind, Role
from vmrd.web import sentences
from vmrd.web import view_shapes as v
from vmrd.web.around import Around
from vmrd.web.shapes import Moment, Shape
from vmrd.web.view_asked import asked


class MovingView(Shape):
    """The members of a `SessionView` that change without a commit."""

    as_of: Moment
    secure_until: Moment | None
    evidence: str
    asked: tuple[v.AskedView, ...]
    clocks: v.ClocksView
    eyes: v.EyesView


MOVING = frozenset(MovingView.model_fields)
"""The members of a view that are made here."""


def moving(session: Session, around: Around, *, secure: bool) -> MovingView:
    """The moving part of the view of a session whose light is `secure`."""
    fresh = around.fresh_for > 0 and around.faulty_since is None
    return MovingView(
        as_of=as_text(around.now),
        secure_until=as_text(around.now + int(around.fresh_for * SECOND)) if secure else None,
        evidence=sentences.evidence(session, around.seen_at if fresh else None),
        asked=asked(session, around),
        clocks=_clocks(session, around),
        eyes=v.EyesView(
            source="read" if around.fresh_for > 0 else "none",
            fresh_at=as_text(around.seen_at) if around.seen_at is not None else None,
        ),
    )


def joined(still: bytes, moved: bytes) -> bytes:
    """One JSON object of two."""
    return still[:-1] + b"," + moved[1:]


def _clocks(session: Session, around: Around) -> v.ClocksView:
    return v.ClocksView(
        ends_in=None if session.phase in OVER else _seconds(session.ends_at, around.now),
        waiting_drops_in=_waiting_drops_in(session, around),
        guests_only_drops_in=_guests_only_drops_in(session, around),
    )


def _waiting_drops_in(session: Session, around: Around) -> int | None:
    """When the first of those who wait is dropped: one timer for unstarted and for locked rooms."""
    waiting = [leg.since for leg in session.held() if leg.kind is not Kind.OWN]
    return _seconds(min(waiting) + around.rules.waiting_for_host, around.now) if waiting else None


def _guests_only_drops_in(session: Session, around: Around) -> int | None:
    """When guests are dropped because no Host with media is inside. Our own control leg does not count as one."""
    meeting = session.meeting
    if session.phase not in RUNNING or meeting is None or not meeting.started or session.endpoint_inside:
        return None
    if any(leg.role is Role.HOST and leg.has_media for leg in session.people_inside()) or not session.people_inside():
        return None
    alone_since = max(meeting.started_at or 0, session.endpoint.lost_at or 0)
    return _seconds(alone_since + around.rules.guests_only, around.now)


def _seconds(until: Instant, now: Instant) -> int:
    return (until - now) // SECOND
