"""Event streams: frames for typed events, and the connection that carries them.

Each connection begins with the conference's state and the whole roster; nothing is replayed. Events without payload
carry `null`, because the vendor's client ignores empty data. After `disconnect` the stream ends.
"""

import asyncio
import base64
import json
from typing import assert_never

from aiohttp import web

from pexip_mock.client_shapes import flags_json, participant_json
from pexip_mock.events import (
    CallDisconnected,
    CameraMoved,
    ConferenceUpdate,
    Disconnected,
    EventStream,
    MessageReceived,
    ParticipantCreate,
    ParticipantDelete,
    ParticipantUpdate,
    PresentationRevoked,
    PresentationStart,
    PresentationStop,
    Referred,
    RefreshWanted,
    Stage,
    StreamEvent,
    SyncBegin,
    SyncEnd,
)
from pexip_mock.faults import ON_EVENTS, Fault, How
from pexip_mock.live import Platform
from pexip_mock.meetings import Conference
from pexip_mock.operations import Operation
from pexip_mock.people import Leg, Role

HEADERS = {"Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-cache"}
NAMES = (Operation.EVENTS, Operation.ANY)
LATE = frozenset({How.DELAY, How.HOLD_AFTER})
RECENT = 256


def payload(event: StreamEvent, conference: Conference, *, to_host: bool) -> tuple[str, object]:
    """An event's name and data on the wire, as a Host or a Guest of this conference may see it."""
    match event:
        case ConferenceUpdate(flags):
            return "conference_update", flags_json(flags, conference)
        case SyncBegin():
            return "participant_sync_begin", None
        case SyncEnd():
            return "participant_sync_end", None
        case ParticipantCreate(participant):
            return "participant_create", participant_json(participant, conference.vmr, to_host=to_host)
        case ParticipantUpdate(participant):
            return "participant_update", participant_json(participant, conference.vmr, to_host=to_host)
        case ParticipantDelete(uuid):
            return "participant_delete", {"uuid": uuid}
        case Stage(participants):
            return "stage", [
                {"participant_uuid": uuid, "stage_index": index, "vad": 0} for index, uuid in enumerate(participants)
            ]
        case PresentationStart(participant):
            return "presentation_start", {
                "presenter_name": participant.display_name,
                "presenter_uri": participant.uri if to_host else "",
                "presenter_uuid": participant.uuid,
            }
        case PresentationStop():
            return "presentation_stop", {}
        case PresentationRevoked():
            return "presentation_start", {"presenter_name": "", "presenter_uri": "", "presenter_uuid": ""}
        case MessageReceived(origin, uuid, media_type, said, direct):
            return "message_received", {
                "origin": origin,
                "uuid": uuid,
                "type": media_type,
                "payload": said,
                "direct": direct,
            }
        case Referred(alias, token):
            return "refer", {"alias": alias, "token": token}
        case CallDisconnected(call, reason):
            return "call_disconnected", {"call_uuid": call, "reason": reason}
        case CameraMoved(action, movement, milliseconds):
            return "fecc", {
                "action": action,
                "movement": [{"axis": axis, "direction": direction} for axis, direction in movement],
                "timeout": milliseconds,
            }
        case RefreshWanted():
            return "refresh_token", None
        case Disconnected(reason):
            return "disconnect", {"reason": reason}
        case _:
            assert_never(event)


class Scribe:
    """Writes each event once for all who see the same of it.

    A change is told to every stream of a conference as one object; its text is found again by that object and by
    whether the reader is a Host. An entry holds its event, so no later event can be taken for it.
    """

    def __init__(self) -> None:
        self._recent: dict[tuple[int, bool], tuple[StreamEvent, bytes]] = {}

    def lines(self, event: StreamEvent, reader: Leg) -> bytes:
        """The event's name and data, as lines of a frame."""
        to_host = reader.role is Role.CHAIR
        key = id(event), to_host
        if (known := self._recent.get(key)) is not None:
            return known[1]
        name, data = payload(event, reader.conference, to_host=to_host)
        lines = f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode()
        if len(self._recent) >= RECENT:
            del self._recent[next(iter(self._recent))]
        self._recent[key] = event, lines
        return lines


class Connection:
    """One client reading one stream."""

    def __init__(self, platform: Platform, stream: EventStream, node: str, scribe: Scribe) -> None:
        self._platform = platform
        self._stream = stream
        self._node = node
        self._scribe = scribe
        self._news = asyncio.Event()
        self._cut = False
        self._count = 0
        self._kept_back: bytes | None = None

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Write events until the stream ends, is cut, or the client goes away."""
        response = web.StreamResponse(headers=HEADERS)
        self._stream.wake = self._news.set
        self._news.set()
        closed = self._platform.watch_stream(self._sever)
        try:
            await response.prepare(request)
            if self._platform.faults.meet(NAMES, frozenset({How.DISCONNECT})) is not None:
                self._sever()
            await self._write_all(response)
        except ConnectionResetError:
            pass  # the client went away, which is its right
        finally:
            closed()
            self._stream.wake = None
            self._platform.world.news.close_stream(self._stream)
        if self._cut and request.transport is not None:
            request.transport.close()
        return response

    def _sever(self) -> None:
        self._cut = True
        self._news.set()

    async def _write_all(self, response: web.StreamResponse) -> None:
        keepalive = self._platform.world.knobs.sse_keepalive_s
        while not self._cut:
            self._news.clear()
            await self._write(response, self._stream.take())
            if self._stream.ended:
                break
            try:
                async with asyncio.timeout(keepalive or None):
                    await self._news.wait()
            except TimeoutError:
                await response.write(b":\n\n")

    async def _write(self, response: web.StreamResponse, events: list[StreamEvent]) -> None:
        """Write these in as few pieces as faults allow: what came before a late event is not late."""
        ready = b""
        for event in events:
            frame = self._frame(event)
            fault = self._platform.faults.meet(NAMES, ON_EVENTS)
            if fault is not None and fault.how in LATE:
                await self._send(response, ready)
                ready = b""
            ready += frame if fault is None and self._kept_back is None else await self._befallen(frame, fault)
        await self._send(response, ready)

    async def _befallen(self, frame: bytes, fault: Fault | None) -> bytes:
        """What is written at this frame's turn."""
        how = fault.how if fault is not None else None
        if fault is not None and how is How.DELAY:
            await asyncio.sleep(fault.delay_s)
        elif fault is not None and how is How.HOLD_AFTER:
            await self._platform.hold(fault)
        elif how is How.DUPLICATE:
            frame += frame
        elif how is How.REORDER and self._kept_back is None:
            self._kept_back = frame
            return b""
        if self._kept_back is not None:
            frame += self._kept_back
            self._kept_back = None
        return frame

    async def _send(self, response: web.StreamResponse, frames: bytes) -> None:
        if frames and not self._cut:
            await response.write(frames)

    def _frame(self, event: StreamEvent) -> bytes:
        self._count += 1
        number = base64.b64encode(f"{self._node}_{self._count}".encode())
        return b"id: %b\n%b" % (number, self._scribe.lines(event, self._stream.leg))
