"""What one connection to a conference's event stream says, from the first full roster on.

A connection is a generation: it begins with the whole truth and never replays (facts 2.6). Pexip opens a bracket, names
everybody, closes it, and sends the conference's own state somewhere around it:

| state     | event                      | becomes                                                              |
|-----------|----------------------------|----------------------------------------------------------------------|
| gathering | participant create, update | an entry of the roster to come                                       |
| gathering | bracket closed             | `Synced`, once the state is known; until then `wants_state`          |
| following | participant create, update | `LegChanged`                                                         |
| following | participant delete         | `LegDeleted`                                                         |
| following | conference update          | `StateChanged`                                                       |
| following | bracket opened             | gathering again, so that a second `Synced` replaces everything       |
| any       | `disconnect`               | `Disconnected`; our leg is out and nothing more follows              |
| any       | `refresh_token`            | `RefreshNow`                                                         |
| any       | every other event          | nothing: chat, captions, presentations and voice activity unparsed   |

Data that makes no sense raises `Malformed`. While gathering it must end the connection, because a roster that lacks a
leg would look complete; while following the next read of the roster makes up for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass

import structlog
from pydantic import TypeAdapter

from vmrd.lifecycle.inputs import Sighting
from vmrd.pexip import words
from vmrd.pexip.errors import Malformed, Unreachable
from vmrd.pexip.http import RawEvent
from vmrd.pexip.wire import (
    ClientConference,
    ClientParticipant,
    ConferenceState,
    Id,
    Roster,
    Text,
    Vendor,
    parse,
    roster,
)

SYNCHRONISE_WITHIN = 10.0
MALFORMED_LIMIT = 5

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Synced:
    """Everybody, and the conference's state; whatever was believed before is replaced."""

    roster: Roster


@dataclass(frozen=True, slots=True)
class LegChanged:
    """This leg came, or something about it changed; always the whole of it."""

    sighting: Sighting


@dataclass(frozen=True, slots=True)
class LegDeleted:
    """This leg left."""

    leg: str


@dataclass(frozen=True, slots=True)
class StateChanged:
    """The conference's own state, whole."""

    locked: bool
    started: bool
    recording: bool


@dataclass(frozen=True, slots=True)
class Disconnected:
    """Our own leg was put out, or the conference ended. `reason` is one of the codes of `words.reason`."""

    reason: str


@dataclass(frozen=True, slots=True)
class RefreshNow:
    """Pexip asks for the token to be refreshed at once, as after a change of our role."""


StreamEvent = Synced | LegChanged | LegDeleted | StateChanged | Disconnected | RefreshNow


class _Left(Vendor):
    uuid: Id


class _Farewell(Vendor):
    reason: Text = ""


_PARTICIPANT = TypeAdapter(ClientParticipant)
_CONFERENCE = TypeAdapter(ClientConference)
_LEFT = TypeAdapter(_Left)
_FAREWELL = TypeAdapter(_Farewell | None)


class Reader:
    """Turns the events of one connection into ours."""

    def __init__(self) -> None:
        self._gathering = True
        self._complete = False
        self._legs: dict[str, Sighting] = {}
        self._state: ConferenceState | None = None

    @property
    def gathering(self) -> bool:
        """Whether the roster is not, or not any more, complete."""
        return self._gathering

    @property
    def wants_state(self) -> bool:
        """Whether everybody has been named and only the conference's own state is missing."""
        return self._complete and self._state is None

    def provide(self, state: ConferenceState) -> tuple[StreamEvent, ...]:
        """The state, read by other means because the stream has not told it."""
        self._state = state
        return self._synced()

    def take(self, name: str, data: str) -> tuple[StreamEvent, ...]:
        """What this event means to us: nothing, or one event. Raises Malformed."""
        match name:
            case "participant_create" | "participant_update":
                return self._leg(parse(_PARTICIPANT, data, name).sighting())
            case "participant_delete":
                return self._left(parse(_LEFT, data, name).uuid)
            case "conference_update":
                return self._conference(parse(_CONFERENCE, data, name).state())
            case "participant_sync_begin":
                self._gathering, self._complete, self._legs = True, False, {}
                return ()
            case "participant_sync_end":
                self._complete = True
                return self._synced()
            case "disconnect":
                return (Disconnected(_farewell(data)),)
            case "refresh_token":
                return (RefreshNow(),)
            case _:
                return ()

    def _leg(self, sighting: Sighting) -> tuple[StreamEvent, ...]:
        if not self._gathering:
            return (LegChanged(sighting),)
        self._legs[sighting.leg] = sighting
        return ()

    def _left(self, leg: str) -> tuple[StreamEvent, ...]:
        if not self._gathering:
            return (LegDeleted(leg),)
        self._legs.pop(leg, None)
        return ()

    def _conference(self, state: ConferenceState) -> tuple[StreamEvent, ...]:
        self._state = state
        if not self._gathering:
            return (StateChanged(state.locked, state.started, state.recording),)
        return self._synced()

    def _synced(self) -> tuple[StreamEvent, ...]:
        if not self._complete or self._state is None or not self._gathering:
            return ()
        legs, self._legs, self._gathering = tuple(self._legs.values()), {}, False
        return (Synced(roster(self._state, legs)),)


class Connection:
    """One connection, read: `synchronise` once, then `follow`."""

    def __init__(
        self,
        raw: AsyncIterator[RawEvent],
        read_state: Callable[[], Awaitable[ConferenceState]],
        unreadable: Callable[[], None],
    ) -> None:
        """`read_state` asks for the conference's state, where the stream does not tell it; `unreadable` is told of
        every event that is passed over because it makes no sense.
        """
        self._raw = raw
        self._read_state = read_state
        self._unreadable = unreadable
        self._reader = Reader()
        self._told: list[StreamEvent] = []

    async def synchronise(self) -> None:
        """Read up to the first complete roster, or our dismissal. Raises Unreachable when neither comes in time."""
        try:
            async with asyncio.timeout(SYNCHRONISE_WITHIN):
                async for event in self._raw:
                    self._told += self._reader.take(event.name, event.data)
                    if self._reader.wants_state:
                        self._told += self._reader.provide(await self._read_state())
                    if any(isinstance(one, Synced | Disconnected) for one in self._told):
                        return
        except TimeoutError:
            pass
        raise Unreachable(sent=True)

    async def follow(self) -> AsyncGenerator[StreamEvent, None]:
        """What was told so far, then everything that comes, until our leg is put out. Raises what the stream raises,
        and Malformed when it is unreadable again and again, or while it names everybody anew.
        """
        events: Sequence[StreamEvent] = self._told
        passed_over = 0
        while True:
            for event in events:
                yield event
                if isinstance(event, Disconnected):
                    return
            raw = await anext(self._raw)
            try:
                events = self._reader.take(raw.name, raw.data)
            except Malformed as error:
                passed_over += 1
                self._unreadable()
                if passed_over == 1:
                    log.warning("pexip.event_unreadable", what=error.what)
                if passed_over >= MALFORMED_LIMIT or self._reader.gathering:
                    raise
                events = ()


def _farewell(data: str) -> str:
    """Why we were put out. That we were must be told even when the reason cannot be read."""
    try:
        told = parse(_FAREWELL, data, "disconnect")
    except Malformed:
        return "other"
    return words.reason(told.reason) if told else "other"
