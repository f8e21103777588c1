"""An event about a prisoner as a booking system sends it, and what it is answered."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from vmrd.lifecycle.words import Phase
from vmrd.web.booking_shapes import BookingAnswer, EstablishmentIn, Short, SourceIn
from vmrd.web.shapes import Asked, Shape


class PrisonerMovedIn(Asked):
    """`establishment`: the one that was left. `arrivedAt`: of a transfer, where they are now, if no more is known: what
    is booked anywhere else goes. `temporary`: to a hospital or a court, and expected back.
    `keptPrisonerNumber`: of a merge, the number that stands for both records from now on."""

    prisoner_number: Annotated[Short, Field(examples=["A1234AA"])]
    establishment: EstablishmentIn | None = None
    arrived_at: EstablishmentIn | None = None
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


class AdapterAnswer(Shape):
    """`taken`, with what a sender of the booking, or of the word about a prisoner, would have been answered; `ignored`,
    it does not concern us; `refused`, it can be no booking; `noted`, for ops. `codes` say why and hold nothing else."""

    outcome: Literal["taken", "ignored", "refused", "noted"]
    codes: tuple[str, ...] = ()
    booking: BookingAnswer | None = None
    prisoner: PrisonerEventAnswer | None = None
