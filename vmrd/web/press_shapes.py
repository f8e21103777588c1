"""What officers' presses say, and what is answered beside the view."""

from __future__ import annotations

from itertools import permutations
from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, JsonValue, StringConstraints, model_validator

from vmrd.lifecycle.words import AttendeeRole, Document, Phase, Result
from vmrd.web.shapes import NO_NULS, Asked, Moment, Shape

_SAID = r"^[^\x00]*[^\s\x00][^\x00]*$"
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=400, pattern=_SAID)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120, pattern=_SAID)]
Ref = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=NO_NULS)]


class Plain(Asked):
    """A press that needs nothing said."""


class ToLeg(Asked):
    """About one participant. `reason` is kept with the session's erasable texts."""

    participant: Ref
    reason: Text | None = None


class RefuseAllGiven(Asked):
    """Everybody who is meant, as the officer saw them named: whoever came since is not refused with them."""

    participants: Annotated[tuple[Ref, ...], Field(min_length=1, max_length=100)]
    reason: Text | None = None


class CheckGiven(Asked):
    """This participant is this attendee, and these documents were seen on the prison room's own screen."""

    participant: Ref
    attendee: Ref
    documents: tuple[Document, ...]
    practitioner_word: bool = False


class ExpectGiven(Asked):
    name: Name
    role: AttendeeRole = AttendeeRole.OTHER
    required: bool = False


class WaiveGiven(Asked):
    attendee: Ref


class EvidenceGiven(Asked):
    """`received` false takes it back. Neither a document nor its number is said here."""

    attendee: Ref
    received: bool = True


class AcknowledgeGiven(Asked):
    """`what`: the `key` of an alert or the `id` of a knock. `participant`: every knock of this participant."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [
                {"required": [one], "properties": {one: {"type": "string"}, other: {"type": "null"}}}
                for one, other in permutations(("what", "participant"))
            ]
        }
    )

    what: Ref | None = None
    participant: Ref | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if (self.what is None) == (self.participant is None):
            raise ValueError("say either what or participant")
        return self


class WithReason(Asked):
    reason: Text | None = None


class ExtendGiven(Asked):
    """Minutes added to the present end."""

    minutes: Annotated[int, Field(ge=1, le=240)]


class ConfirmGiven(Asked):
    """`result`: what it was, where vmrd's proposal is wrong."""

    result: Result | None = None


class NoteGiven(Asked):
    text: Text


class SectionView(Shape):
    title: str
    lines: tuple[str, ...]


class JoiningView(Shape):
    """`guidanceVersion`: which wording this is. `worksFrom`: from then on the link is answered."""

    session: str
    guidance_version: str
    link: str
    uri: str
    works_from: Moment
    sections: tuple[SectionView, ...]


class RevealGiven(Asked):
    """`attendee` is needed for `attendee-name`."""

    what: Literal["host-pin", "prisoner-name", "attendee-name", "background"]
    attendee: Ref | None = None


class RevealedView(Shape):
    what: str
    value: str


class EntryView(Shape):
    """One fact of the journal; references to people are names again as long as those are kept."""

    seq: int
    at: Moment
    fact: str
    by: str | None
    text: str
    details: dict[str, JsonValue]


class LostView(Shape):
    """Whole minutes of the booked time that were lost, by what they were lost to; all 0 while the meeting is not over.
    `overrun`: minutes beyond the booked end."""

    late_open: int
    drop_outs: int
    late_guest: int
    id_check: int
    fetching: int
    overrun: int


class RecordView(Shape):
    """Who did what when. `until`: the last entry; entries are never changed or taken away."""

    session: str
    booking_id: str
    establishment: str
    room: str
    phase: Phase
    starts_at: Moment
    ends_at: Moment
    opened_at: Moment | None
    first_locked_at: Moment | None
    ended_at: Moment | None
    link_dead_at: Moment | None
    checks: tuple[EntryView, ...]
    knocks: tuple[EntryView, ...]
    locks: tuple[EntryView, ...]
    prisoner: tuple[EntryView, ...]
    minutes_lost: LostView
    entries: tuple[EntryView, ...]


class SignInGiven(Asked):
    name: Name
    password: Annotated[str, Field(min_length=1, max_length=200)]


class MeView(Shape):
    """Who is signed in. `csrf`: what a browser sends as `X-CSRF-Token`; None for a bearer token."""

    name: str
    role: str
    establishments: tuple[str, ...]
    csrf: str | None
