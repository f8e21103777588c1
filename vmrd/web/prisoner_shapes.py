"""An event about a prisoner as a booking system sends it, and what it is answered."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from vmrd.lifecycle.words import Phase
from vmrd.web.booking_shapes import EstablishmentIn, Short, SourceIn
from vmrd.web.shapes import Asked, Shape


class PrisonerMovedIn(Asked):
    """`establishment`: the one that was left. `temporary`: to a hospital or a court, and expected back.
    `keptPrisonerNumber`: of a merge, the number that stands for both records from now on."""

    prisoner_number: Annotated[Short, Field(examples=["A1234AA"])]
    establishment: EstablishmentIn | None = None
    temporary: bool = False
    kept_prisoner_number: Annotated[Short, Field(examples=["A9876AA"])] | None = None


class PrisonerEventIn(Asked):
    """`occurredAt` orders events: what was booked after it is left alone."""

    event_type: Literal["prisoner.transferred", "prisoner.released", "prisoner.merged"]
    occurred_at: AwareDatetime
    source: SourceIn
    prisoner: PrisonerMovedIn


class FollowedView(Shape):
    session_id: str
    booking_id: str
    state: Phase


class PrisonerEventAnswer(Shape):
    """The sessions for which something followed. One that runs goes on until an officer ends it."""

    sessions: tuple[FollowedView, ...]
