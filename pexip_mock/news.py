"""How what happened reaches the nodes, the streams, the sinks and the Management Node: each with its own lag.

Every reader has a copy of each conference and learns of a change after a fixed delay of its own, so it hears of changes
in the right order but later than others. The first node lags by `event_delay_s`, the others by `node_lag_s` more, the
status API by `status_lag_s`. Streams and sinks are fed when the copy of their node changes. The one exception is a new
leg, which its own node knows at once: a roster always holds the reader's own entry.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from pexip_mock.events import (
    ConferenceFacts,
    ConferenceUpdate,
    Departure,
    Disconnected,
    EventStream,
    MessageReceived,
    ParticipantCreate,
    ParticipantDelete,
    ParticipantUpdate,
    PresentationStart,
    PresentationStop,
    RefreshWanted,
    SinkEventName,
    Stage,
    StreamEvent,
    SyncBegin,
    SyncEnd,
)
from pexip_mock.ground import Ground
from pexip_mock.meetings import Conference
from pexip_mock.people import Leg, Participant, Service
from pexip_mock.sink_feeds import SinkFeeds

STATUS = "management"


@dataclass(slots=True, eq=False)
class View:
    """One reader's copy of one conference, and the streams that hang on it."""

    facts: ConferenceFacts
    nodes: list[str]
    roster: dict[str, Participant] = field(default_factory=dict)
    streams: list[EventStream] = field(default_factory=list)


def facts_of(conference: Conference) -> ConferenceFacts:
    """What is told of a conference, at this moment."""
    vmr = conference.vmr
    return ConferenceFacts(
        conference.uuid, vmr.name, vmr.service_type, vmr.tag, conference.born_at, conference.flags, conference.ended_at
    )


class News:
    """Carries changes to every reader's copy.

    The status API's copy is also kept by name (instances that follow each other may overlap in it) and leg by leg.
    """

    def __init__(self, ground: Ground, sinks: SinkFeeds) -> None:
        self._ground = ground
        self._sinks = sinks
        self.views: dict[str, dict[str, View]] = {reader: {} for reader in (*ground.knobs.nodes, STATUS)}
        self.status_named: dict[str, dict[str, View]] = {}
        self.status_legs: dict[str, Participant] = {}
        self.past_conferences: deque[tuple[ConferenceFacts, tuple[str, ...]]] = deque()
        self.past_legs: deque[tuple[str, Departure]] = deque()

    def joined(self, leg: Leg) -> None:
        """A leg appeared; its node may be new to the conference."""
        conference, shown = leg.conference, leg.shown
        if leg.node not in conference.nodes:
            conference.nodes.append(leg.node)
            self._learn_of(conference, leg.node)
            self._later(STATUS, lambda: self._learn_of(conference, STATUS))
        self._appear(leg.node, conference.uuid, shown)
        for reader in self._readers(conference):
            if reader != leg.node:
                self._later(reader, lambda reader=reader: self._appear(reader, conference.uuid, shown))  # type: ignore[misc]

    def changed(self, leg: Leg) -> None:
        """A roster entry changed."""
        conference, shown = leg.conference, leg.shown
        for reader in self._readers(conference):
            self._later(reader, lambda reader=reader: self._update(reader, conference.uuid, shown))  # type: ignore[misc]

    def left(self, leg: Leg) -> None:
        """A leg is gone, for the reason it carries."""
        conference = leg.conference
        assert leg.left_at is not None
        departure = Departure(leg.shown, leg.reason, leg.left_at)
        for reader in self._readers(conference):
            self._later(reader, lambda reader=reader: self._depart(reader, conference.uuid, departure))  # type: ignore[misc]
        ground, row = self._ground, (conference.uuid, departure)
        ground.soon(ground.knobs.history_lag_s, lambda: ground.keep(self.past_legs, row))

    def flags_changed(self, conference: Conference) -> None:
        """The conference's own flags changed."""
        facts = facts_of(conference)
        for reader in self._readers(conference):
            self._later(reader, lambda reader=reader: self._reflag(reader, facts))  # type: ignore[misc]

    def ended(self, conference: Conference) -> None:
        """The last leg has left."""
        facts = facts_of(conference)
        for reader in self._readers(conference):
            self._later(reader, lambda reader=reader: self._forget(reader, facts))  # type: ignore[misc]
        ground, row = self._ground, (facts, tuple(conference.legs))
        ground.soon(ground.knobs.history_lag_s, lambda: ground.keep(self.past_conferences, row))

    def forget(self, uuid: str) -> bool:
        """Take a conference that is over, and its legs, from the history; False when it is not there."""
        kept = [one for one in self.past_conferences if one[0].uuid != uuid]
        if len(kept) == len(self.past_conferences):
            return False
        legs = [one for one in self.past_legs if one[0] != uuid]
        self.past_conferences.clear()
        self.past_conferences.extend(kept)
        self.past_legs.clear()
        self.past_legs.extend(legs)
        return True

    def presented(self, leg: Leg, started: bool) -> None:
        """Somebody began or ceased to present: told to all inside who may receive presentations."""
        event = PresentationStart(leg.shown) if started else PresentationStop()
        for other in leg.conference.live.values():
            if other.shown.service is Service.CONFERENCE and other.shown.rx_presentation:
                self.tell(other, event)

    def said(self, conference: Conference, message: MessageReceived) -> None:
        """A chat message for everybody inside but the one who wrote it."""
        for leg in conference.live.values():
            if leg.shown.service is Service.CONFERENCE and leg.uuid != message.uuid:
                self.tell(leg, message)

    def wants_refresh(self, leg: Leg) -> None:
        """Ask the client of this leg to refresh its token."""
        self.tell(leg, RefreshWanted())

    def tell(self, leg: Leg, event: StreamEvent) -> None:
        """An event for this leg alone; lost where it reads no stream."""
        uuid = leg.conference.uuid
        self._later(leg.node, lambda: self._push(leg.node, uuid, event, leg))

    def open_stream(self, leg: Leg) -> EventStream:
        """A new stream for this leg, in place of any other, beginning with everything its node knows."""
        stream = EventStream(leg, self._ground.knobs.stream_buffer)
        view = self.views[leg.node][leg.conference.uuid]
        for former in [old for old in view.streams if old.leg is leg]:
            former.end()
            view.streams.remove(former)
        flags_first = self._ground.knobs.flags_before_roster
        if flags_first:
            stream.push(ConferenceUpdate(view.facts.flags))
        stream.push(SyncBegin())
        for participant in view.roster.values():
            stream.push(ParticipantCreate(participant))
        stream.push(SyncEnd())
        if not flags_first:
            stream.push(ConferenceUpdate(view.facts.flags))
        view.streams.append(stream)
        self._tell_who_presents(view, leg.shown)
        return stream

    def close_stream(self, stream: EventStream) -> None:
        """The reader of this stream is gone."""
        view = self.views[stream.leg.node].get(stream.leg.conference.uuid)
        if view is not None and stream in view.streams:
            view.streams.remove(stream)
        stream.ended = True

    def view(self, leg: Leg) -> View:
        """What the node of this leg knows of its conference."""
        return self.views[leg.node][leg.conference.uuid]

    def _readers(self, conference: Conference) -> tuple[str, ...]:
        return (*conference.nodes, STATUS)

    def _later(self, reader: str, action: Callable[[], None]) -> None:
        knobs = self._ground.knobs
        if reader == STATUS:
            self._ground.soon(knobs.status_lag_s, action)
        else:
            self._ground.soon(knobs.event_delay_s + (knobs.node_lag_s if reader != knobs.nodes[0] else 0.0), action)

    def _learn_of(self, conference: Conference, reader: str) -> None:
        views, uuid = self.views[reader], conference.uuid
        if uuid in views:
            views[uuid].nodes = list(conference.nodes)
            return
        view = views[uuid] = View(facts_of(conference), list(conference.nodes))
        if reader == STATUS:
            self.status_named.setdefault(view.facts.name, {})[uuid] = view
        else:
            view.roster.update({leg.uuid: leg.shown for leg in conference.live.values()})
            self._sinks.tell(reader, SinkEventName.CONFERENCE_STARTED, view.facts)

    def _appear(self, reader: str, uuid: str, shown: Participant) -> None:
        if (view := self.views[reader].get(uuid)) is None:
            return
        self._enter(reader, view, shown)
        self._fan_out(view, ParticipantCreate(shown))
        if reader == shown.node:
            self._sinks.tell(reader, SinkEventName.PARTICIPANT_CONNECTED, shown)

    def _update(self, reader: str, uuid: str, shown: Participant) -> None:
        if (view := self.views[reader].get(uuid)) is None or shown.uuid not in view.roster:
            return
        former = view.roster[shown.uuid]
        self._enter(reader, view, shown)
        self._fan_out(view, ParticipantUpdate(shown))
        if former.service is not shown.service:
            self._tell_who_presents(view, shown)
        if reader == shown.node:
            self._sinks.tell(reader, SinkEventName.PARTICIPANT_UPDATED, shown)
        if former.service is not shown.service or former.has_media is not shown.has_media:
            self._restage(view)

    def _depart(self, reader: str, uuid: str, departure: Departure) -> None:
        shown = departure.participant
        if (view := self.views[reader].get(uuid)) is None or view.roster.pop(shown.uuid, None) is None:
            return
        if reader == STATUS:
            del self.status_legs[shown.uuid]
        for stream in list(view.streams):
            if stream.leg.uuid == shown.uuid:
                stream.push(Disconnected(departure.reason))
                stream.end()
                view.streams.remove(stream)
        self._fan_out(view, ParticipantDelete(shown.uuid))
        if reader == shown.node:
            self._sinks.tell(reader, SinkEventName.PARTICIPANT_DISCONNECTED, departure)
            self._sinks.tell(reader, SinkEventName.STREAMS_DESTROYED, departure)

    def _reflag(self, reader: str, facts: ConferenceFacts) -> None:
        if (view := self.views[reader].get(facts.uuid)) is None:
            return
        view.facts = facts
        self._fan_out(view, ConferenceUpdate(facts.flags))
        if reader != STATUS:
            self._sinks.tell(reader, SinkEventName.CONFERENCE_UPDATED, facts)

    def _forget(self, reader: str, facts: ConferenceFacts) -> None:
        if (view := self.views[reader].pop(facts.uuid, None)) is None:
            return
        if reader == STATUS:
            self._forget_status(view)
        else:
            ended = facts if facts.ended_at is not None else replace(facts, ended_at=self._ground.clock.business)
            self._sinks.tell(reader, SinkEventName.CONFERENCE_ENDED, ended)

    @staticmethod
    def _tell_who_presents(view: View, reader: Participant) -> None:
        if reader.service is not Service.CONFERENCE or not reader.rx_presentation:
            return
        for presenter in [one for one in view.roster.values() if one.presenting]:
            for stream in view.streams:
                if stream.leg.uuid == reader.uuid:
                    stream.push(PresentationStart(presenter))

    def _enter(self, reader: str, view: View, shown: Participant) -> None:
        view.roster[shown.uuid] = shown
        if reader == STATUS:
            self.status_legs[shown.uuid] = shown

    def _forget_status(self, view: View) -> None:
        for uuid in view.roster:
            del self.status_legs[uuid]
        named = self.status_named[view.facts.name]
        del named[view.facts.uuid]
        if not named:
            del self.status_named[view.facts.name]

    def _restage(self, view: View) -> None:
        if self._ground.knobs.content_events and view.streams:
            speaking = tuple(p.uuid for p in view.roster.values() if p.has_media and p.service is Service.CONFERENCE)
            self._fan_out(view, Stage(speaking))

    def _push(self, node: str, uuid: str, event: StreamEvent, to: Leg) -> None:
        view = self.views[node].get(uuid)
        for stream in view.streams if view is not None else ():
            if stream.leg is to:
                stream.push(event)

    @staticmethod
    def _fan_out(view: View, event: StreamEvent) -> None:
        for stream in view.streams:
            stream.push(event)
