"""The queues between nodes and event sinks: one per sink per node, in order, at least once.

A feed is *flowing*, *backing off* after a failure (1 s, then twice as long each time), or *stopped* with an alarm once
the wait has reached its longest. Restarting a stopped feed begins again at seq 1 with `eventsink_started`.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import count

from pexip_mock.events import ConferenceFacts, Departure, SinkEvent, SinkEventName
from pexip_mock.ground import Ground
from pexip_mock.people import Participant


@dataclass(frozen=True, slots=True)
class Sink:
    """Where a node posts its events: all, or `only` these; an empty user means no authentication."""

    id: int
    name: str
    url: str
    user: str = ""
    password: str = ""
    version: int = 2
    bulk: bool = False
    only: frozenset[str] | None = None


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

    __slots__ = ("_ground", "_queue", "_seq", "_wait", "node", "sink", "stopped", "wake")

    def __init__(self, ground: Ground, sink: Sink, node: str) -> None:
        self._ground = ground
        self._queue: deque[SinkEvent] = deque(maxlen=ground.knobs.sink_buffer)
        self._seq = 0
        self._wait = 0.0
        self.sink = sink
        self.node = node
        self.stopped = False
        self.wake: Callable[[], None] | None = None
        self.put(SinkEventName.STARTED, None)

    def put(self, name: SinkEventName, about: ConferenceFacts | Participant | Departure | None) -> None:
        """Queue one event."""
        if self.stopped:
            return
        self._seq += 1
        self._queue.append(SinkEvent(self.node, self._seq, self._ground.clock.business, name, about))
        if self.wake is not None:
            self.wake()

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
        self._wait = min(max(self._wait * 2, knobs.sink_backoff_first_s), knobs.sink_backoff_last_s)
        return self._wait

    def stop(self) -> None:
        """Publish no more."""
        self.stopped = True
        if self.wake is not None:
            self.wake()

    def restart(self) -> None:
        """Begin anew: the queue is lost and seq starts again at 1."""
        self._queue.clear()
        self._seq, self._wait, self.stopped = 0, 0.0, False
        self.put(SinkEventName.STARTED, None)


class SinkFeeds:
    """The publishers of all nodes, and the alarms they raised."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._alarm_ids = count(1)
        self.feeds: dict[tuple[int, str], Feed] = {}
        self.alarms: list[Alarm] = []
        self.past_alarms: list[Alarm] = []

    def attach(self, sink: Sink, nodes: tuple[str, ...] | None = None) -> list[Feed]:
        """These nodes, or all, start to publish to this sink; returns the new feeds, one per node."""
        fresh = [Feed(self._ground, sink, node) for node in nodes or self._ground.knobs.nodes]
        self.feeds.update({(sink.id, feed.node): feed for feed in fresh})
        return fresh

    def detach(self, sink_id: int, node: str | None = None) -> list[Feed]:
        """This node, or none at all, publishes to this sink any more; returns the feeds that ended."""
        gone = [self.feeds.pop(key) for key in list(self.feeds) if key[0] == sink_id and node in (None, key[1])]
        for feed in gone:
            feed.stop()
            self.lower_alarms(feed)
        return gone

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

    def lower_alarms(self, feed: Feed) -> None:
        """A publisher that had given up begins anew, or is no more."""
        for alarm in [one for one in self.alarms if (one.node, one.instance) == (feed.node, feed.sink.name)]:
            self.alarms.remove(alarm)
            self.past_alarms.append(replace(alarm, lowered_at=self._ground.clock.business))
