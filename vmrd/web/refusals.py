"""What booking systems sent that they may not send, for an auditor: over HTTP, and for `vmrd journal refusals`."""

from __future__ import annotations

from aiohttp import web

from vmrd.clock import as_text
from vmrd.store.refusal import Bound, RefusalRow
from vmrd.web.dispatch import Incoming, answered
from vmrd.web.shapes import Moment, Shape

AT_MOST = 1_000
_OUTSIDE = {
    Bound.SYSTEM: "another booking system's",
    Bound.EVENT_TYPE: "not among its event types",
    Bound.ESTABLISHMENT: "not among its establishments",
}


class RefusalView(Shape):
    """An event that was answered 403, as often as it came within a minute. `outside`: of what the sender may send, its
    own bookings, its event types or its establishments. `establishment` null: another than ours, or none, was named."""

    sender: str
    event_type: str
    establishment: str | None
    outside: Bound
    times: int
    first_at: Moment
    last_at: Moment


class RefusalsView(Shape):
    """The newest first, at most 1,000."""

    refusals: tuple[RefusalView, ...]


async def listed(incoming: Incoming) -> web.Response:
    """Those of the auditor's establishments; an auditor of all of them also sees what named none of ours."""
    where = incoming.person.establishments
    rows = await incoming.deps.store.read(lambda rx: rx.refusals(0, AT_MOST, where))
    return answered(RefusalsView(refusals=tuple(view(row) for row in rows)))


def view(row: RefusalRow) -> RefusalView:
    told = row.refusal
    return RefusalView(
        sender=told.sender,
        event_type=told.event_type,
        establishment=told.establishment,
        outside=told.bound,
        times=row.times,
        first_at=as_text(row.first_at),
        last_at=as_text(row.last_at),
    )


def line(shown: RefusalView) -> str:
    """For a terminal."""
    where, often = shown.establishment or "-", "once" if shown.times == 1 else f"{shown.times} times"
    return f"{shown.last_at}  {shown.sender}  {shown.event_type}  {where}  {_OUTSIDE[shown.outside]}  {often}"
