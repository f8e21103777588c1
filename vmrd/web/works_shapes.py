"""Windows of works as they are sent and told. Organisations are named in them, never people."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from vmrd.lifecycle.works import Consent, WorksKind
from vmrd.web.availability_shapes import ClashView
from vmrd.web.booking_shapes import EstablishmentIn, Key, PrisonRoomIn, Short, SourceIn
from vmrd.web.shapes import Asked, Moment, Shape

Local = Annotated[str, StringConstraints(max_length=20), Field(examples=["2026-11-05T08:00"])]
"""A local date and time of day in London."""
_NO_NULS = r"^[^\x00]*$"
Organisation = Annotated[str, StringConstraints(max_length=100, pattern=_NO_NULS)]
Note = Annotated[str, StringConstraints(max_length=400, pattern=_NO_NULS)]
Rooms = Annotated[tuple[Key, ...], Field(min_length=1, max_length=100)]
Sessions = Annotated[tuple[Key, ...], Field(max_length=2_000)]


class WorksGiven(Asked):
    """A window of works. `visitLead`: the organisation that leads the visit. `spocTold`: the establishment's single
    point of contact was told, which is kept with your name and the time. `confirm`: the ids of every session that you
    know to be hit; without them an agreed window that hits any is answered 409 with the list, and not saved."""

    kind: WorksKind
    rooms: Rooms
    from_: Local
    to: Local
    supplier: Organisation | None = None
    visit_lead: Organisation | None = None
    note: Note | None = None
    consent: Consent = Consent.REQUESTED
    spoc_told: bool = False
    confirm: Sessions = ()


class WorksChange(Asked):
    """What is to be another; what is left out stays. See `WorksGiven`."""

    kind: WorksKind | None = None
    rooms: Rooms | None = None
    from_: Local | None = None
    to: Local | None = None
    supplier: Organisation | None = None
    visit_lead: Organisation | None = None
    note: Note | None = None
    consent: Consent | None = None
    spoc_told: Literal[True] | None = None
    confirm: Sessions = ()


class ToldView(Shape):
    at: Moment
    by: str


class WorksEntryView(Shape):
    """A change: `did` is `added`, `changed` or `withdrawn`; `consent` as it was left; `hit` the sessions known then."""

    at: Moment
    did: str
    by: str
    consent: Consent
    hit: tuple[str, ...]


class WorksView(Shape):
    """A window of works. `to` and `endsAt` null: until it is ended. `blocks`: its rooms are out of use. `source`: its
    id in the booking system it came from. `clashes`: sessions that lack their room because of it."""

    id: str
    establishment: str
    kind: WorksKind
    rooms: tuple[str, ...]
    from_: str
    to: str | None
    starts_at: Moment
    ends_at: Moment | None
    supplier: str | None
    visit_lead: str | None
    note: str | None
    consent: Consent
    blocks: bool
    withdrawn: bool
    spoc_told: ToldView | None
    source: str | None
    clashes: tuple[ClashView, ...]
    history: tuple[WorksEntryView, ...]


class WorksListView(Shape):
    """Windows that are not over and not withdrawn, in order of their start."""

    works: tuple[WorksView, ...]


class RoomOutIn(Asked):
    """A room out of use, by the id its booking system gives the block. `from` null: from now on. `to` null: until
    `room.restored` with the same id. `supplier`: who works there, if it is known."""

    id: Annotated[str, StringConstraints(min_length=3, max_length=100)]
    version: Annotated[int, Field(ge=0, le=2**53)]
    establishment: EstablishmentIn
    prison_room: PrisonRoomIn
    from_: Local | None = None
    to: Local | None = None
    timezone: Short = "Europe/London"
    supplier: Organisation | None = None


class RoomEventIn(Asked):
    """A room went out of use or came back. The full state each time; versions order events as those of bookings."""

    event_type: Literal["room.out_of_use", "room.restored"]
    source: SourceIn
    room: RoomOutIn


class RoomEventAnswer(Shape):
    """`result` as for a booking. `worksId`: the window it became. `clashes`: sessions that lack their room; the prison
    is told of them."""

    room_event_id: str
    version: int
    result: Literal["accepted", "duplicate", "stale"]
    works_id: str
    clashes: tuple[ClashView, ...]
