"""What Conferencing Nodes send us by themselves: event sinks, version 1 or 2, single or in bulk (facts 4).

Every event is a hint. They come per node, twice, out of order and late, and after trouble they stop for good; so a hint
may darken a light or point out where to look, and never lights anything.

| event                          | becomes                                                                  |
|--------------------------------|--------------------------------------------------------------------------|
| participant connected, updated | a sighting; without one when the event tells only part of the leg        |
| participant disconnected       | `left` and a reason code                                                 |
| conference started, updated    | `locked` and `started`, as far as told                                   |
| conference ended               | `ended`: at this node; other nodes may go on                             |
| all others                     | nothing                                                                  |

A sink hears of every meeting on the platform. Events of conferences that are not ours are dropped by name, before
anything else in them is read, and so are events about media.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from pydantic import Field, JsonValue, TypeAdapter, ValidationError

from vmrd.lifecycle.inputs import Sighting
from vmrd.lifecycle.words import Instant
from vmrd.pexip import words
from vmrd.pexip.errors import Malformed
from vmrd.pexip.wire import PlatformParticipant, Text, Vendor, parse


@dataclass(frozen=True, slots=True)
class SinkHint:
    """One event about a conference of ours. `at` is the node's wall clock; `seq` counts per node and starts anew."""

    conference_name: str
    sighting: Sighting | None
    left: str | None
    reason: str | None
    locked: bool | None
    started: bool | None
    ended: bool
    node: str
    seq: int
    at: Instant

    @property
    def key(self) -> tuple[str, int, int]:
        """Equal for two deliveries of one event; the time is in it because `seq` restarts (facts 4.1)."""
        return self.node, self.seq, self.at // 1000


@dataclass(frozen=True, slots=True)
class SinkBatch:
    """What one delivery held for us; `foreign` events were not ours, `malformed` ones could not be read.

    `numbers`: node and number of each event that could be read, foreign ones too, in the order in which they came.
    """

    hints: tuple[SinkHint, ...]
    foreign: int
    malformed: int
    numbers: tuple[tuple[str, int], ...] = field(default=(), compare=False)


class _Event(Vendor):
    event: str
    node: Text = ""
    seq: int = 0
    time: float = Field(default=0.0, ge=0, le=1e11)
    data: JsonValue = None


class _Conference(Vendor):
    is_locked: bool | None = None
    is_started: bool | None = None


class _Leaving(Vendor):
    uuid: str
    disconnect_reason: Text = ""


_EVENT = TypeAdapter(_Event)
_PARTICIPANT_EVENTS = frozenset({"participant_connected", "participant_updated", "participant_disconnected"})
_CONFERENCE_EVENTS = frozenset({"conference_started", "conference_updated", "conference_ended"})
_WHOLE = frozenset({"service_type", "current_service_type"})


def read_sink(body: bytes, prefix: str) -> SinkBatch:
    """As `read_events`, of the conferences whose name begins with `prefix`."""
    return read_events(body, lambda name: name.startswith(prefix))


def read_events(body: bytes, ours: Callable[[str], bool]) -> SinkBatch:
    """The hints in one delivery about conferences whose name is `ours`.

    Raises Malformed when the delivery as a whole is unreadable; one bad event in a bulk is only counted.
    """
    hints: list[SinkHint] = []
    numbers: list[tuple[str, int]] = []
    foreign = malformed = 0
    for raw in _singles(body):
        try:
            event = _Event.model_validate(raw)
            numbers.append((event.node, event.seq))
            name = _conference_of(event)
            if name is None or not ours(name):
                foreign += 1
            else:
                hints.append(_hint(event, name))
        except ValidationError:
            malformed += 1
    return SinkBatch(tuple(hints), foreign, malformed, tuple(numbers))


def _singles(body: bytes) -> list[JsonValue]:
    """The events of a delivery, however many; a bulk holds complete events (facts 4.1)."""
    delivery = parse(_EVENT, body, "sink event")
    if delivery.event != "eventsink_bulk":
        return [delivery.model_dump()]
    if not isinstance(delivery.data, list):
        raise Malformed("sink bulk")
    return delivery.data


def _conference_of(event: _Event) -> str | None:
    """The conference an event of a kind we read is about."""
    if not isinstance(event.data, dict):
        return None
    if event.event in _PARTICIPANT_EVENTS:
        name = event.data.get("conference")
    elif event.event in _CONFERENCE_EVENTS:
        name = event.data.get("name")
    else:
        return None
    return name if isinstance(name, str) else None


def _hint(event: _Event, name: str) -> SinkHint:
    """The event in our words. Raises ValidationError."""
    assert isinstance(event.data, dict)
    sighting = left = reason = locked = started = None
    if event.event == "participant_disconnected":
        leaving = _Leaving.model_validate(event.data)
        left, reason = leaving.uuid, words.reason(leaving.disconnect_reason)
    elif event.event in _PARTICIPANT_EVENTS:
        participant = PlatformParticipant.model_validate(event.data)
        if _WHOLE & event.data.keys():  # where a leg is cannot be guessed from an event that tells only what changed
            sighting = participant.sighting()
    elif event.event != "conference_ended":
        conference = _Conference.model_validate(event.data)
        locked, started = conference.is_locked, conference.is_started
    return SinkHint(
        conference_name=name,
        sighting=sighting,
        left=left,
        reason=reason,
        locked=locked,
        started=started,
        ended=event.event == "conference_ended",
        node=event.node,
        seq=event.seq,
        at=int(event.time * 1000),
    )
