"""The part of the configuration that says which prisons there are, their rooms and their own rules; see `config`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field

from vmrd.config_senders import Part
from vmrd.lifecycle.intake_words import Room
from vmrd.lifecycle.words import Document
from vmrd.opening_hours import HoursConfig, hours_of
from vmrd.rooms import Premises

_DAY, _WEEK = 86_400.0, 7 * 86_400.0
CODE = r"^[A-Z0-9]{3,4}$"
QUESTION_KEY = r"^[a-z0-9-]{1,40}$"
TELEPHONE = r"^\+?[0-9][0-9 ()-]{5,23}$"
NO_SPACE = r"^\S{1,250}$"

Code = Annotated[str, Field(pattern=CODE)]
Name = Annotated[str, Field(min_length=1, max_length=100)]


class RoomConfig(Part):
    """A physical video room."""

    key: str = Field(pattern=NO_SPACE, description="What the booking system calls it", examples=["MDI-VCC-1"])
    name: Name = Field(description="What officers call it", examples=["Video room 1"])
    address: str | None = Field(
        default=None,
        pattern=NO_SPACE,
        description="What Pexip calls to reach its screen; leave out for a browser PC",
        examples=["room1@rooms.example.org"],
    )
    dps_location_id: str | None = Field(
        default=None,
        pattern=NO_SPACE,
        description="What HMPPS's own services call it, beside the key",
        examples=["a4fe3fef-34fd-4354-8dea-12efe0000001"],
    )
    screen_share: bool = Field(
        default=True,
        description="Whether its equipment shows what a guest presents; a booking that declares it is warned if not",
    )

    @property
    def names(self) -> tuple[str, ...]:
        """Everything a booking may call it."""
        return (self.key,) if self.dps_location_id is None else (self.key, self.dps_location_id)


def _seconds(description: str, *, least: float = 0.0, most: float = _DAY) -> float | None:
    field: float | None = Field(default=None, ge=least, le=most, description=f"{description} (seconds)")
    return field


class TimingConfig(Part):
    """Seconds. What is not set keeps the rule's default."""

    prepare_before: float | None = _seconds("The meeting is made so long before the start", least=60, most=4 * _WEEK)
    open_before: float | None = _seconds("Officers may open so long before the start")
    probe_after: float | None = _seconds("A meeting just made is first asked for after so long", most=3_600)
    probe_every: float | None = _seconds("And then so often until every node knows it", least=0.1, most=3_600)
    late_open_after: float | None = _seconds("Not opened so long after the start: alert")
    lock_reminder_after: float | None = _seconds("Open and not locked for so long: alert")
    tick_reminder_after: float | None = _seconds("Somebody inside and not checked for so long: reminder")
    knock_escalates_after: float | None = _seconds("A knock nobody answers for so long: alert")
    end_grace: float | None = _seconds("Consultations end so long after their end unless extended")
    replication: float | None = _seconds("A meeting made is known everywhere after so long", most=3_600)
    watch_after_delete: float | None = _seconds("A meeting deleted is watched for so long", most=3_600)
    guests_only: float | None = _seconds("The platform's own: guests alone are put out after so long", least=1)
    waiting_for_host: float | None = _seconds("The platform's own: who waits is put out after so long", least=1)
    remind_before: float | None = _seconds(
        "Whoever booked, and the booking system, are reminded so long before the start; 0: never", most=4 * _WEEK
    )


class IdConfig(Part):
    """What must be seen of a guest on top of the guidance's documents."""

    also: tuple[Document, ...] = Field(
        default=(), description="Documents of which one must be seen as well", examples=[["passport"]]
    )
    in_advance: bool = Field(
        default=False, description="The prison wants to have seen them before the meeting: said to guests and officers"
    )


class QuestionConfig(Part):
    """What this prison asks of every booking on top of the guidance; answered under `answers` by its key."""

    key: str = Field(pattern=QUESTION_KEY, description="What the answer is called", examples=["vehicle"])
    text: str = Field(
        min_length=1,
        max_length=200,
        description="The question",
        examples=["Who brings papers to the gate, and when?"],
    )


class EstablishmentConfig(Part):
    """A prison or young offender institution."""

    code: Code = Field(description="Its NOMIS code", examples=["MDI"])
    name: Name = Field(description="Its name, as officers and guests read it", examples=["HMP Example"])
    telephone: str | None = Field(
        default=None,
        pattern=TELEPHONE,
        description="Whom a guest may ring on the day",
        examples=["01632 960100"],
    )
    opening: Literal["default", "locked-first"] = Field(
        default="default", description="locked-first: people are admitted one by one (high security)"
    )
    encryption_required: bool = Field(default=False, description="An unencrypted leg keeps the light dark")
    unexpected_hosts_removed: bool = Field(
        default=False, description="A Host nobody expects is put out at once, and not only alarmed about"
    )
    undeclared_presentation: Literal["alarmed", "stopped"] = Field(
        default="alarmed",
        description="stopped: guests can show a screen only where the booking said so a minute before the meeting; "
        "a Host still can",
    )
    notice_hours: float = Field(
        default=48.0,
        ge=0,
        le=24 * 60,
        description="Hours; a booking with less needs a person's word, where vmrd is the booking desk",
    )
    rooms: tuple[RoomConfig, ...] = Field(default=(), description="Its video rooms")
    hours: HoursConfig | None = Field(default=None, description="When its rooms can be booked; all day if not said")
    identity: IdConfig = Field(default=IdConfig(), description="What is asked for on top of the guidance's documents")
    timing: TimingConfig = Field(default=TimingConfig(), description="Its own, over the whole estate's")
    questions: tuple[QuestionConfig, ...] = Field(default=(), description="Asked of every booking")

    @cached_property
    def premises(self) -> Premises:
        """Its rooms and when they can be booked."""
        rooms = {room.key: Room(room.key, room.address, room.screen_share) for room in self.rooms}
        return Premises(self.code, rooms, hours_of(self.hours))

    @cached_property
    def room_names(self) -> Mapping[str, str]:
        """The key of each room by every name a booking system may call it."""
        return {name: room.key for room in self.rooms for name in room.names}
