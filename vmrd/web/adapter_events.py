"""`POST /v1/adapters/{name}/events`: a booking system's own event, and what becomes of it.

| the event, or the booking it names                      | answer                                             |
|---------------------------------------------------------|----------------------------------------------------|
| caller without the adapter's secret                     | 401                                                |
| no event at all                                         | 400, 422                                           |
| a wish to confirm the subscription of the adapter's own | 202 `noted`, once SNS has confirmed it             |
| topic                                                   |                                                    |
| any other word about a subscription                     | 202 `noted`; told to ops, nobody is called         |
| of a kind, establishment or state that is not ours      | 202 `ignored`                                      |
| the system cannot be asked now, or too many bookings    | 503: its queue keeps the event and sends it again  |
| wait (`turnstile`)                                      |                                                    |
| the system has no such booking                          | 202 `ignored`                                      |
| no booking can be made of it, or the rules refuse it    | 202 `refused`: to send it again would not help     |
| a booking, or a prisoner who left or was merged         | 202 `taken`, with the answer of `POST /v1/bookings/events` |

Each is counted; a refusal is also logged, by codes. A message that was taken is answered again without asking.
"""

from __future__ import annotations

import re

import structlog
from aiohttp import hdrs, web
from pydantic import ValidationError

from vmrd.adapters import prisoners
from vmrd.adapters.adapter import Adapter
from vmrd.adapters.envelope import SUBSCRIBES, DomainEvent, Handshake, Unreadable, opened
from vmrd.adapters.reading import LeftAlone, Mapped, Unmappable
from vmrd.adapters.subscription import address
from vmrd.adapters.upstream import NotAnswered, NotThere
from vmrd.store.base import message_scope
from vmrd.web import prisoner_events
from vmrd.web.booking_shapes import BookingAnswer, BookingEventIn
from vmrd.web.bookings import Delivery, accept
from vmrd.web.bounds import OutOfBounds, keep
from vmrd.web.deps import Deps
from vmrd.web.dispatch import Incoming, answered
from vmrd.web.prisoner_shapes import AdapterAnswer, PrisonerEventAnswer, PrisonerEventIn
from vmrd.web.problem import TYPES, FaultShape, Problem, counted, unreadable
from vmrd.web.turnstile import Busy
from vmrd.web.unknown import unknown

log = structlog.get_logger(__name__)

_AGAIN_AFTER = 30
_CARRIER_ID = "X-Amz-Sns-Message-Id"
_PLACE_IN_LIST = re.compile(r"/\d+")


async def take_event(incoming: Incoming) -> web.Response:
    """Take an event of one adapter; see the module's table."""
    request, deps = incoming.request, incoming.deps
    adapter = deps.adapters.get(request.match_info["name"])
    if adapter is None:
        raise Problem("not-found", "There is nothing here for you.")
    if not adapter.admits(request.headers.get(hdrs.AUTHORIZATION, "")):
        deps.metrics.adapter(adapter.name, "stranger")
        response = Problem("not-signed-in", "The adapter's secret is missing or wrong.").response()
        # SNS sends the password of its endpoint's address only where it is asked for it.
        response.headers[hdrs.WWW_AUTHENTICATE] = 'Basic realm="vmrd", Bearer'
        return response
    try:
        arrived = opened(await request.read(), request.headers.get(_CARRIER_ID))
        answer = await _answer(deps, adapter, arrived)
    except Unreadable as bad:
        deps.metrics.adapter(adapter.name, "unreadable")
        raise _no_event(bad) from None
    except NotAnswered as silent:
        deps.metrics.adapter(adapter.name, "again")
        log.warning("adapter_later", sender=adapter.sender.system, why=silent.code)
        why = "The booking cannot be read now. Send the event again later."
        raise Problem("upstream", why, again_after=_AGAIN_AFTER) from None
    except Busy:
        deps.metrics.adapter(adapter.name, "again")
        raise
    deps.metrics.adapter(adapter.name, answer.outcome)
    if answer.outcome == "refused":
        log.warning("adapter_refused", sender=adapter.sender.system, why=",".join(answer.codes))
    return answered(answer, 202)


async def _answer(deps: Deps, adapter: Adapter, arrived: DomainEvent | Handshake) -> AdapterAnswer:
    """Raises `Unreadable` and `NotAnswered`."""
    if isinstance(arrived, Handshake):
        why = await _shaken(adapter, arrived)
        log.warning("adapter_subscription", sender=adapter.sender.system, what=arrived.kind, why=why)
        return AdapterAnswer(outcome="noted", codes=(arrived.kind, why))
    message = f"{adapter.name}:{arrived.message}"
    if arrived.event_type in prisoners.EVENTS:
        return await _about_a_prisoner(deps, adapter, arrived, message)
    if arrived.event_type not in adapter.kind.events:
        return AdapterAnswer(outcome="ignored", codes=("event_type",))
    booking = adapter.kind.named(arrived)
    async with adapter.turn(booking):
        scope = message_scope(adapter.sender.system)
        receipt = await deps.store.read(lambda rx: rx.receipt(scope, message))
        if receipt is not None and receipt.digest == arrived.digest:
            return _taken(receipt.answer)
        try:
            body = await adapter.upstream.read(booking.path)
            read = adapter.kind.mapped(body, booking.number, adapter.ours)
        except NotThere:
            return AdapterAnswer(outcome="ignored", codes=("not_there",))
        except Unmappable as bad:
            return AdapterAnswer(outcome="refused", codes=bad.codes)
        if isinstance(read, LeftAlone):
            return AdapterAnswer(outcome="ignored", codes=(read.code,))
        more = unknown(read.event.get("booking"))
        warnings = (*read.warnings, *more.warnings)
        delivery = Delivery(message, arrived.digest, read_back=True, warnings=warnings, also=more.lines)
        return await _take(deps, adapter, read, delivery)


async def _shaken(adapter: Adapter, asked: Handshake) -> str:
    """What became of a word about a subscription. Raises `NotAnswered`."""
    if asked.kind != SUBSCRIBES:
        return "ended"  # its token would subscribe us again
    if adapter.topic is None:
        return "no_topic"
    if asked.topic != adapter.topic or asked.token is None:
        return "not_ours"
    confirmed = await adapter.upstream.confirm(address(adapter.topic, asked.token))
    return "confirmed" if confirmed else "not_confirmed"


async def _about_a_prisoner(deps: Deps, adapter: Adapter, arrived: DomainEvent, message: str) -> AdapterAnswer:
    """Nothing is read back: the event says all that matters. Raises `Unreadable`."""
    event = prisoners.worded(arrived, adapter.sender.system)
    if isinstance(event, LeftAlone):
        return AdapterAnswer(outcome="ignored", codes=(event.code,))
    given = PrisonerEventIn.model_validate(event)
    left = given.prisoner.establishment
    if left is not None and not _concerns_us(deps, adapter, left.prison_code):
        return AdapterAnswer(outcome="ignored", codes=("establishment",))
    try:
        async with deps.turnstile.turn():
            _, body = await prisoner_events.accept(deps, adapter.sender, given, message, arrived.digest)
    except Problem as problem:
        return await _refused(deps, problem)
    return AdapterAnswer(outcome="taken", prisoner=PrisonerEventAnswer.model_validate_json(body))


async def _take(deps: Deps, adapter: Adapter, read: Mapped, delivery: Delivery) -> AdapterAnswer:
    try:
        try:
            given = BookingEventIn.model_validate(read.event)
        except ValidationError as fault:
            raise unreadable(fault, BookingEventIn) from None
        booking = given.booking
        if not _concerns_us(deps, adapter, booking.establishment.prison_code):
            return AdapterAnswer(outcome="ignored", codes=("establishment",))
        if read.only_known and await deps.store.read(lambda rx: rx.booking(booking.id)) is None:
            return AdapterAnswer(outcome="ignored", codes=("not_by_video",))
        async with deps.turnstile.turn():
            _, body = await accept(deps, adapter.sender, given, delivery)
    except Problem as problem:
        return await _refused(deps, problem)
    return _taken(body)


async def _refused(deps: Deps, problem: Problem) -> AdapterAnswer:
    """Raises the problem again where it is none of the event's."""
    if isinstance(problem, OutOfBounds):
        await keep(deps, problem)
    if TYPES[problem.name].status >= 500:
        raise problem
    return AdapterAnswer(outcome="refused", codes=_codes(problem))


def _concerns_us(deps: Deps, adapter: Adapter, code: str) -> bool:
    """A topic tells of every prison; one that vmrd does not run, or not for this system, is nobody's fault."""
    allowed = not adapter.sender.establishments or code in adapter.sender.establishments
    return allowed and any(each.code == code for each in deps.config.establishments)


def _taken(body: bytes) -> AdapterAnswer:
    return AdapterAnswer(outcome="taken", booking=BookingAnswer.model_validate_json(body))


def _codes(problem: Problem) -> tuple[str, ...]:
    """What was wrong and where, without the numbers of list items: few enough to be searched for in a log."""
    places = {f"{error.code}:{_PLACE_IN_LIST.sub('/#', error.pointer)}" for error in problem.errors}
    return (problem.name, *sorted(places))


def _no_event(bad: Unreadable) -> Problem:
    if bad.code == "no_json":
        return Problem("malformed", "The body is not readable JSON.")
    fault = FaultShape(pointer=bad.pointer, code=bad.code, detail="This is no event of a booking system.")
    return Problem("invalid", counted(1), errors=[fault])
