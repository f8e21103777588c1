"""The queues between nodes and event sinks: one per sink per node, in order, at least once.

A feed is *flowing*, *backing off* after a failure (1 s, then twice as long each time), *stopped* with an alarm once the
wait has reached its longest, or *closing* because its sink was detached: it says so with a last event, tried once.
Restarting begins again at seq 1 with `eventsink_started`, and the alarm goes; an edit of a sink that flows is told with
`eventsink_updated` and keeps the numbers.
"""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import count

from pexip_mock.events import ConferenceFacts, Departure, SinkEvent, SinkEventName
from pexip_mock.ground import Ground
from pexip_mock.people import Participant


@dataclass(frozen=True, slots=True)
class Sink:
    """Where a node posts its events; an empty user means no authentication.

    `only`: names of the events wanted; None for all. A new `restart_date` asks for a restart of the publishers.
    """

    id: int
    name: str
    url: str
    user: str = ""
    password: str = ""
    version: int = 2
    bulk: bool = False
    only: frozenset[str] | None = None
    restart_date: str = ""


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something the platform complains of, or did until `lowered_at`."""

    id: int
    name: str
    node: str
    instance: str
    raised_at: float
    lowered_at: float | None = None


class Feed:
    """The events of one node for one sink. `wake` is called when there is something new."""

    __slots__ = ("_ground", "_queue", "_seq", "_wait", "closing", "node", "sink", "stopped", "wake")

    def __init__(self, ground: Ground, sink: Sink, node: str) -> None:
        self._ground = ground
        self._queue: deque[SinkEvent] = deque(maxlen=ground.knobs.sink_buffer)
        self._seq = 0
        self._wait = 0.0
        self.sink = sink
        self.node = node
        self.stopped = False
        self.closing = False
        self.wake: Callable[[], None] | None = None
        self.put(SinkEventName.STARTED, None)

    def put(self, name: SinkEventName, about: ConferenceFacts | Participant | Departure | None) -> None:
        """Queue one event, if the sink wants it; what a publisher says of itself is always told."""
        unwanted = self.sink.only is not None and about is not None and name not in self.sink.only
        if self.stopped or self.closing or unwanted:
            return
        self._seq += 1
        self._queue.append(SinkEvent(self.node, self._seq, self._ground.clock.business, name, about))
        if self.wake is not None:
            self.wake()

    def next_post(self, most: int) -> list[SinkEvent]:
        """What goes into the next request: one event, or what gathered for a bulk sink. What a publisher says of itself
        comes alone even there.
        """
        events = self.pending(most if self.sink.bulk else 1)
        alone = next((index for index, event in enumerate(events) if event.about is None), len(events))
        return events[: max(alone, 1)]

    def pending(self, most: int = 1) -> list[SinkEvent]:
        """The oldest events not yet delivered, at most so many."""
        return [event for event, _ in zip(self._queue, range(most), strict=False)]

    def delivered(self, events: list[SinkEvent]) -> None:
        """These were accepted by the receiver."""
        self._wait = 0.0
        for event in events:
            if self._queue and self._queue[0] is event:
                self._queue.popleft()

    def failed(self) -> float | None:
        """The receiver did not accept: elapsed seconds until the next try, or None when the publisher gives up."""
        knobs = self._ground.knobs
        if self._wait >= knobs.sink_backoff_last_s:
            self.stopped = True
            return None
        longer = max(self._wait * knobs.sink_backoff_factor, knobs.sink_backoff_first_s)
        self._wait = min(longer, knobs.sink_backoff_last_s)
        return self._wait

    def close(self) -> None:
        """The sink was detached: say so, and publish no more."""
        self.put(SinkEventName.STOPPED, None)
        self.closing = True
        if self.wake is not None:
            self.wake()

    def restart(self) -> None:
        """Begin anew: the queue is lost and seq starts again at 1."""
        self._queue.clear()
        self._seq, self._wait, self.stopped = 0, 0.0, False
        self.put(SinkEventName.STARTED, None)


class SinkFeeds:
    """All publishers, by sink and node, and the alarms they raised."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._alarm_ids = count(1)
        self.feeds: dict[tuple[int, str], Feed] = {}
        self.alarms: list[Alarm] = []
        self.past_alarms: list[Alarm] = []

    def attach(self, sink: Sink, nodes: Iterable[str] | None = None) -> list[Feed]:
        """These nodes (all, if not said) start to publish to this sink; returns the new feeds, one per node."""
        fresh = [Feed(self._ground, sink, node) for node in (self._ground.knobs.nodes if nodes is None else nodes)]
        self.feeds.update({(sink.id, feed.node): feed for feed in fresh})
        return fresh

    def detach(self, sink_id: int, node: str | None = None) -> None:
        """This node, or none at all, publishes to this sink any more."""
        for key in [key for key in self.feeds if key[0] == sink_id and node in (None, key[1])]:
            feed = self.feeds.pop(key)
            self._lower_alarm(feed)
            feed.close()

    def edit(self, feed: Feed, sink: Sink) -> list[Feed]:
        """The sink's record was changed; returns the feed if it had stopped and needs a publisher again."""
        restarts = feed.stopped or sink.restart_date != feed.sink.restart_date
        feed.sink = sink
        if restarts:
            return self.restart([feed])
        feed.put(SinkEventName.UPDATED, None)
        return []

    def restart(self, feeds: Iterable[Feed]) -> list[Feed]:
        """Let these begin anew; returns those that had stopped and need a publisher again."""
        stopped = []
        for feed in feeds:
            if feed.stopped:
                stopped.append(feed)
                self._lower_alarm(feed)
            feed.restart()
        return stopped

    def tell(self, node: str, name: SinkEventName, about: ConferenceFacts | Participant | Departure) -> None:
        """Queue one event of this node for every sink."""
        for feed in self.feeds.values():
            wanted = feed.sink.only is None or name.value in feed.sink.only
            known = name is not SinkEventName.STREAMS_DESTROYED or feed.sink.version >= 2
            if feed.node == node and wanted and known:
                feed.put(name, about)

    def raise_alarm(self, feed: Feed) -> None:
        """A publisher has given up."""
        self.alarms.append(
            Alarm(next(self._alarm_ids), "eventsink_stopped", feed.node, feed.sink.name, self._ground.clock.business)
        )

    def _lower_alarm(self, feed: Feed) -> None:
        """A publisher that had given up begins anew, or is no more."""
        for alarm in [one for one in self.alarms if (one.node, one.instance) == (feed.node, feed.sink.name)]:
            self.alarms.remove(alarm)
            self.past_alarms.append(replace(alarm, lowered_at=self._ground.clock.business))
