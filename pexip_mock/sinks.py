"""Event sinks over HTTP: one publisher per sink per node, in order, one request at a time, until it is accepted.

Anything but a 2xx within the limit is a failure, followed by a wait that doubles; after the longest wait the publisher
stops and an alarm is raised. What was sent and not answered in time comes again: a receiver may see it twice. A bulk
sink gets what gathered during an interval in one envelope of its own, and between them single events.

Nothing is told of the quality of media streams, for there are none: no `participant_media_stream_window`, and lists of
streams are empty.
"""

import asyncio
from typing import assert_never

import aiohttp

from pexip_mock.events import ConferenceFacts, Departure, SinkEvent, SinkEventName
from pexip_mock.faults import Fault, How
from pexip_mock.live import Platform
from pexip_mock.operations import Operation
from pexip_mock.people import Participant
from pexip_mock.sink_feeds import Feed
from pexip_mock.wire import Json, basic_header

BULK_MOST = 500
SINK_HOWS = frozenset(How) - {How.DISCONNECT}


class Publishers:
    """Delivers feeds; `deliver` is one publisher's whole life."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        """Get ready to post."""
        self._session = aiohttp.ClientSession()

    async def close(self) -> None:
        """Post no more."""
        if self._session is not None:
            await self._session.close()

    async def deliver(self, feed: Feed) -> None:
        """Post this feed's events as they come, until it is stopped or detached."""
        news = asyncio.Event()
        feed.wake = news.set
        while not feed.stopped:
            if not feed.pending():
                if feed.closing:
                    return
                news.clear()
                await news.wait()
                continue
            if _gathers(feed, feed.next_post(BULK_MOST)):
                await asyncio.sleep(self._platform.world.knobs.sink_bulk_interval_s)
            events = feed.next_post(BULK_MOST)
            if await self._post(feed, events):
                feed.delivered(events)
                continue
            wait = None if feed.closing else feed.failed()
            if wait is None:
                if not feed.closing:
                    self._platform.world.sinks.raise_alarm(feed)
                return
            await asyncio.sleep(wait)

    async def _post(self, feed: Feed, events: list[SinkEvent]) -> bool:
        fault = self._platform.faults.meet((Operation.SINK, Operation.ANY), SINK_HOWS)
        if fault is None:
            return await self._send(feed, events)
        return await self._post_badly(feed, events, fault)

    async def _post_badly(self, feed: Feed, events: list[SinkEvent], fault: Fault) -> bool:
        match fault.how:
            case How.DROP | How.STATUS:
                return False
            case How.IGNORE:
                return True  # the node believes it was delivered: these events are lost
            case How.LOSE_ANSWER:
                await self._send(feed, events)
                return False
            case How.DUPLICATE:
                await self._send(feed, events)
            case How.DELAY:
                await asyncio.sleep(fault.delay_s)
            case How.HOLD_BEFORE | How.HOLD_AFTER:
                await self._platform.hold(fault)
            case How.REORDER:
                following = feed.pending(len(events) + 1)[len(events) :]
                if following:
                    await self._send(feed, following)
            case How.DISCONNECT:
                pass
        return await self._send(feed, events)

    async def _send(self, feed: Feed, events: list[SinkEvent]) -> bool:
        assert self._session is not None
        sink = feed.sink
        knobs = self._platform.world.knobs
        body = event_json(events[0], sink.version)
        if _gathers(feed, events):
            body = {
                "node": "127.0.0.1",
                "seq": 0,
                "version": sink.version,
                "time": events[-1].time,
                "event": "eventsink_bulk",
                "data": [event_json(event, sink.version) for event in events],
            }
        headers = basic_header(sink.user, sink.password)
        timeout = aiohttp.ClientTimeout(total=knobs.sink_timeout_s)
        try:
            async with self._session.post(
                sink.url, json=body, headers=headers, timeout=timeout, allow_redirects=False
            ) as response:
                taken_as_heard = 400 <= response.status < 500 and not knobs.sink_4xx_is_failure
                return 200 <= response.status < 300 or taken_as_heard
        except (TimeoutError, aiohttp.ClientError):
            return False


def _gathers(feed: Feed, events: list[SinkEvent]) -> bool:
    """Whether these go into a bulk envelope."""
    return feed.sink.bulk and events[0].about is not None


def event_json(event: SinkEvent, version: int) -> Json:
    """One event in its envelope."""
    data: Json
    match event.about:
        case None:
            data = {}
        case ConferenceFacts() as facts:
            data = _conference(facts)
        case Participant() as shown:
            data = _participant(shown)
        case Departure() as departure:
            data = _departure(departure, event.name, version)
        case _:
            assert_never(event.about)
    return {
        "node": event.node,
        "seq": event.seq,
        "version": version,
        "time": event.time,
        "event": event.name.value,
        "data": data,
    }


def _conference(facts: ConferenceFacts) -> Json:
    data: Json = {
        "name": facts.name,
        "service_type": facts.service_type,
        "tag": facts.tag,
        "start_time": facts.born_at,
        "is_locked": facts.flags.locked,
        "is_started": facts.flags.started,
        "guests_muted": facts.flags.guests_muted,
    }
    return data if facts.ended_at is None else data | {"end_time": facts.ended_at}


def _departure(departure: Departure, name: SinkEventName, version: int) -> Json:
    shown = departure.participant
    if name is SinkEventName.STREAMS_DESTROYED:
        return {"uuid": shown.uuid, "media_streams": []}
    data = _participant(shown) | {
        "disconnect_reason": departure.reason,
        "duration": departure.left_at - shown.start_time,
        "end_time": departure.left_at,
    }
    return data | {"media_streams": []} if version == 1 else data


def _participant(shown: Participant) -> Json:
    source, destination = shown.aliases
    return {
        "uuid": shown.uuid,
        "call_id": shown.uuid,
        "conversation_id": shown.conversation,
        "related_uuids": list(shown.related),
        "conference": shown.conference,
        "display_name": shown.display_name,
        "source_alias": source,
        "destination_alias": destination,
        "role": shown.role.value,
        "service_type": shown.service.value,
        "service_tag": shown.tag,
        "protocol": shown.admin_protocol,
        "call_direction": "out" if shown.outbound else "in",
        "call_tag": shown.call_tag,
        "connect_time": shown.start_time,
        "has_media": shown.has_media,
        "is_muted": shown.muted,
        "is_client_muted": shown.client_muted,
        "is_presenting": shown.presenting,
        "is_streaming": shown.streaming,
        "is_idp_authenticated": False,
        "encryption": "On" if shown.encrypted else "Off",
        "rx_bandwidth": shown.bandwidth,
        "tx_bandwidth": shown.bandwidth,
        "media_node": shown.node if shown.has_media else "",
        "signalling_node": shown.node,
        "proxy_node": "",
        "remote_address": "192.0.2.55",
        "system_location": shown.location,
        "vendor": shown.vendor,
    }
