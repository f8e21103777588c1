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
from vmrd.web.bounds import Spoken
from vmrd.web.deps import Deps
from vmrd.web.dispatch import Incoming, parsed
from vmrd.web.problem import FaultShape, Problem, counted

_MERGED, _TRANSFERRED = "prisoner.merged", "prisoner.transferred"


async def taken(incoming: Incoming, sender: SenderConfig, message: str, body: bytes) -> web.Response:
    """Take an event about a prisoner: 202 where something followed, 200 where nothing had to."""
    given = parsed(s.PrisonerEventIn, body)
    assert isinstance(given, s.PrisonerEventIn)
    status, encoded = await accept(incoming.deps, sender, given, message, hashlib.sha256(body).hexdigest())
    return web.Response(body=encoded, status=status, content_type="application/json")


async def accept(
    deps: Deps, sender: SenderConfig, given: s.PrisonerEventIn, message: str, digest: str
) -> tuple[int, bytes]:
    """Take an event of a known sender, however it came: status and body of the answer. Raises `Problem`."""
    event = _event(given, sender, deps.config, message, digest)
    answer = await prisoner_events.take(deps.engine, event, _encode)
    if isinstance(answer, Answered):
        if answer.receipt.digest != event.body_digest:
            raise Problem("key-reused", "This message id was used for another body.")
        return answer.receipt.status, answer.receipt.answer
    return _encode(answer)


def _event(given: s.PrisonerEventIn, sender: SenderConfig, config: Config, message: str, digest: str) -> PrisonerEvent:
    """What the event says, and whether this sender may say it. Raises `Problem`."""
    told, merged = given.prisoner, given.event_type == _MERGED
    left = told.establishment.prison_code if told.establishment is not None and not merged else None
    arrived = None
    if given.event_type == _TRANSFERRED and told.arrived_at is not None and left is None:
        arrived = told.arrived_at.prison_code
    spoken = Spoken(sender, given.event_type, left)
    spoken.require_own(config, given.source.system)
    faults = _faults(told, merged)
    if not merged and arrived is None:
        faults += _faults_of_place(left, config)
    if faults:
        raise Problem("invalid", counted(len(faults)), errors=faults)
    spoken.require_here(config)
    return PrisonerEvent(
        sender=sender.system,
        message=message,
        body_digest=digest,
        happened=from_datetime(given.occurred_at),
        number=_number(told.prisoner_number),
        establishments=sender.establishments,
        left=left,
        arrived=arrived,
        why=given.event_type,
        kept=_number(told.kept_prisoner_number) if merged and told.kept_prisoner_number is not None else None,
        temporary=told.temporary and not merged,
    )


def _faults(told: s.PrisonerMovedIn, merged: bool) -> list[FaultShape]:
    found = []
    sentence = "A prisoner number looks like a letter, 4 digits, 2 letters."
    if not PRISONER_NUMBER.fullmatch(_number(told.prisoner_number)):
        found.append(FaultShape(pointer="/prisoner/prisonerNumber", code="prisoner_number", detail=sentence))
    if merged and not PRISONER_NUMBER.fullmatch(_number(told.kept_prisoner_number or "")):
        found.append(FaultShape(pointer="/prisoner/keptPrisonerNumber", code="prisoner_number", detail=sentence))
    return found


def _faults_of_place(left: str | None, config: Config) -> list[FaultShape]:
    if left is None:
        said = "Say which establishment was left."
        return [FaultShape(pointer="/prisoner/establishment", code="missing", detail=said)]
    if left not in {each.code for each in config.establishments}:
        here, said = "/prisoner/establishment/prisonCode", "vmrd does not run this establishment."
        return [FaultShape(pointer=here, code="unknown_establishment", detail=said)]
    return []


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
