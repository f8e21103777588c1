"""`prisoner.transferred`, `.released` and `.merged`, which come the way bookings come; see `vmrd.prisoner_events`."""

from __future__ import annotations

import hashlib

from aiohttp import web

from vmrd import prisoner_events
from vmrd.clock import from_datetime
from vmrd.config import Config, SenderConfig
from vmrd.intake_answers import Answered
from vmrd.lifecycle.intake import PRISONER_NUMBER
from vmrd.prisoner_events import Followed, PrisonerEvent
from vmrd.web import prisoner_shapes as s
from vmrd.web.dispatch import Incoming, parsed
from vmrd.web.problem import FaultShape, Problem, counted

_MERGED = "prisoner.merged"


async def taken(incoming: Incoming, sender: SenderConfig, message: str, body: bytes) -> web.Response:
    """Take an event about a prisoner: 202 where something followed, 200 where nothing had to."""
    given = parsed(s.PrisonerEventIn, body)
    assert isinstance(given, s.PrisonerEventIn)
    event = _event(given, sender, incoming.deps.config, message, body)
    answer = await prisoner_events.take(incoming.deps.engine, event, _encode)
    if isinstance(answer, Answered):
        if answer.receipt.digest != event.body_digest:
            raise Problem("key-reused", "This message id was used for another body.")
        return web.Response(body=answer.receipt.answer, status=answer.receipt.status, content_type="application/json")
    status, encoded = _encode(answer)
    return web.Response(body=encoded, status=status, content_type="application/json")


def _event(given: s.PrisonerEventIn, sender: SenderConfig, config: Config, message: str, body: bytes) -> PrisonerEvent:
    """What the event says, and whether this sender may say it. Raises `Problem`."""
    if given.source.system != sender.system:
        raise Problem("forbidden", "The key that signed this belongs to another booking system.")
    if not sender.may_send(given.event_type):
        raise Problem("forbidden", "This booking system may not send events of this type.")
    told, merged = given.prisoner, given.event_type == _MERGED
    left = told.establishment.prison_code if told.establishment is not None else None
    faults = list(_faults(told, left, merged, config))
    if faults:
        raise Problem("invalid", counted(len(faults)), errors=faults)
    if left is not None and sender.establishments and left not in sender.establishments:
        raise Problem("forbidden", "This booking system may not speak for this establishment.")
    return PrisonerEvent(
        sender=sender.system,
        message=message,
        body_digest=hashlib.sha256(body).hexdigest(),
        happened=from_datetime(given.occurred_at),
        number=_number(told.prisoner_number),
        establishments=sender.establishments,
        left=None if merged else left,
        why=given.event_type,
        kept=_number(told.kept_prisoner_number) if merged and told.kept_prisoner_number is not None else None,
        temporary=told.temporary and not merged,
    )


def _faults(told: s.PrisonerMovedIn, left: str | None, merged: bool, config: Config) -> list[FaultShape]:
    found = []
    sentence = "A prisoner number looks like a letter, 4 digits, 2 letters."
    if not PRISONER_NUMBER.fullmatch(_number(told.prisoner_number)):
        found.append(FaultShape(pointer="/prisoner/prisonerNumber", code="prisoner_number", detail=sentence))
    if merged:
        if not PRISONER_NUMBER.fullmatch(_number(told.kept_prisoner_number or "")):
            found.append(FaultShape(pointer="/prisoner/keptPrisonerNumber", code="prisoner_number", detail=sentence))
    elif left is None:
        said = "Say which establishment was left."
        found.append(FaultShape(pointer="/prisoner/establishment", code="missing", detail=said))
    elif left not in {each.code for each in config.establishments}:
        here, said = "/prisoner/establishment/prisonCode", "vmrd does not run this establishment."
        found.append(FaultShape(pointer=here, code="unknown_establishment", detail=said))
    return found


def _number(text: str) -> str:
    return text.strip().upper()


def _encode(followed: Followed) -> tuple[int, bytes]:
    shape = s.PrisonerEventAnswer(
        sessions=tuple(
            s.FollowedView(session_id=each.id, booking_id=each.booking_id, state=each.phase)
            for each in followed.sessions
        )
    )
    return (202 if followed.sessions else 200), shape.model_dump_json().encode()
