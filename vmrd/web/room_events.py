"""`room.out_of_use` and `room.restored`, which come the way bookings come; see `vmrd.room_events`."""

from __future__ import annotations

import hashlib

import orjson
from aiohttp import web

from vmrd import room_events
from vmrd.config import SenderConfig
from vmrd.intake_answers import Answered, Conflict, NotYours, Result
from vmrd.room_events import RoomEvent, RoomTaken
from vmrd.web import works_shapes as s
from vmrd.web.bounds import Spoken
from vmrd.web.dispatch import Incoming, parsed
from vmrd.web.problem import FaultShape, Problem, counted
from vmrd.web.works import Faults, clash_views


async def taken(incoming: Incoming, sender: SenderConfig, message: str, body: bytes) -> web.Response:
    """Take an event of a room: 202 for a change, 200 for none; a repeated message gets its first answer."""
    given = parsed(s.RoomEventIn, body)
    assert isinstance(given, s.RoomEventIn)
    event = _event(incoming, given, sender, message, body)
    answer = await room_events.take(incoming.deps.engine, event, _encode)
    match answer:
        case RoomTaken():
            status, encoded = _encode(answer)
            return web.Response(body=encoded, status=status, content_type="application/json")
        case Answered(receipt=receipt):
            if receipt.digest != event.body_digest:
                raise Problem("key-reused", "This message id was used for another body.")
            return web.Response(body=receipt.answer, status=receipt.status, content_type="application/json")
        case Conflict():
            raise Problem("version_conflict", "This version was sent before and said something else.")
        case NotYours():
            raise Problem("version_conflict", "This block belongs to another establishment. Restore it and block anew.")


def _event(incoming: Incoming, given: s.RoomEventIn, sender: SenderConfig, message: str, body: bytes) -> RoomEvent:
    """What the event says, and whether this sender may say it. Raises `Problem`."""
    told, config = given.room, incoming.deps.config
    code, faults = told.establishment.prison_code, Faults()
    spoken = Spoken(sender, given.event_type, code)
    spoken.require_own(config, given.source.system, told.id)
    establishment = next((each for each in config.establishments if each.code == code), None)
    if establishment is None:
        here = "/room/establishment/prisonCode"
        fault = FaultShape(pointer=here, code="unknown_establishment", detail="vmrd does not run this establishment.")
        raise Problem("invalid", counted(1), errors=[fault])
    spoken.require_here(config)
    called = told.prison_room.location_key or told.prison_room.dps_location_id or ""
    room = establishment.room_names.get(called, called)
    if room not in {each.key for each in establishment.rooms}:
        faults.add("/room/prisonRoom", "unknown_room", "The establishment has no such room.")
    if told.timezone != "Europe/London":
        faults.add("/room/timezone", "timezone", "Times are local to Europe/London.")
    start = faults.time("/room/from", told.from_) if told.from_ is not None else None
    end = faults.time("/room/to", told.to) if told.to is not None else None
    faults.check_order("/room/to", start, end)
    said = [given.event_type, told.model_dump(mode="json", exclude={"version"})]
    return RoomEvent(
        sender=sender.system,
        message=message,
        body_digest=hashlib.sha256(body).hexdigest(),
        id=told.id,
        version=told.version,
        digest=hashlib.sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest(),
        establishment=code,
        room=room,
        start=start,
        end=end,
        supplier=told.supplier,
        restored=given.event_type == "room.restored",
    )


def _encode(taken: RoomTaken) -> tuple[int, bytes]:
    assert taken.window.source is not None
    shape = s.RoomEventAnswer(
        room_event_id=taken.window.source.id,
        version=taken.window.source.version,
        result=taken.result.value,
        works_id=taken.window.id,
        clashes=clash_views(taken.clashes),
    )
    return (202 if taken.result is Result.ACCEPTED else 200), shape.model_dump_json().encode()
