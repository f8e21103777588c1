"""What is told of an establishment."""

from __future__ import annotations

from vmrd.directory.contacts import Channel, Hours, Party
from vmrd.directory.entries import Kind, Video
from vmrd.lifecycle.words import Document, Result
from vmrd.web.availability_shapes import LocalDate
from vmrd.web.press_shapes import LostView
from vmrd.web.shapes import Shape


class RoomView(Shape):
    """`canBeCalled`: Pexip calls its codec; otherwise somebody joins from the room. `screenShare`: whether it can show
    what a guest presents."""

    key: str
    name: str
    can_be_called: bool
    screen_share: bool


class HoursView(Shape):
    """When rooms can be booked, in local time, each stretch as `HH:MM-HH:MM`; closed on a day without any."""

    monday: tuple[str, ...]
    tuesday: tuple[str, ...]
    wednesday: tuple[str, ...]
    thursday: tuple[str, ...]
    friday: tuple[str, ...]
    saturday: tuple[str, ...]
    sunday: tuple[str, ...]


class IdProfileView(Shape):
    """Any one of `ways` identifies a person; where `also` is not empty, one of those is wanted on top. `inAdvance`: the
    prison wants to have seen the documents before the meeting."""

    ways: tuple[tuple[Document, ...], ...]
    also: tuple[Document, ...]
    in_advance: bool


class ContactView(Shape):
    """A way to the booking desk. `parties` empty: for everybody; `hours` null: all day."""

    channel: Channel
    value: str
    extension: str | None
    hours: Hours | None
    parties: tuple[Party, ...]


class EstablishmentView(Shape):
    """`operator` empty: HMPPS itself. `contacts` come from the directory, the best first; empty: no route is known.
    `vcc`: a site of a Video Conferencing Centre. `video`: how far it is with its video rooms, null where nobody said.
    `escalation`: whom to ask when access for works is refused. `hours` null: not said, so no booking is refused for its
    hour."""

    code: str
    name: str
    telephone: str | None
    operator: str
    kinds: tuple[Kind, ...]
    vcc: bool
    video: Video | None
    contacts: tuple[ContactView, ...]
    spoc: ContactView | None
    escalation: ContactView | None
    rooms: tuple[RoomView, ...]
    hours: HoursView | None
    id_profile: IdProfileView


class LostTimeView(Shape):
    """Sessions that began on these local days, both included. `ended`: those whose meeting is over; `unreadable` of
    them could not be added. `failed`: their room never stood. `roomLostToWorks`: booked in a room that works had.
    `results`: how they came out, as far as it is proposed or confirmed."""

    establishment: str
    from_: LocalDate
    to: LocalDate
    ended: int
    unreadable: int
    cancelled: int
    failed: int
    room_lost_to_works: int
    booked_minutes: int
    minutes_lost: LostView
    results: dict[Result, int]


class EstablishmentsView(Shape):
    """In order of their codes."""

    establishments: tuple[EstablishmentView, ...]
