"""A booking system takes a room out of use, or gives it back: an agreed window of maintenance, by its own id there.

| event                            | answer                                                      |
|----------------------------------|-------------------------------------------------------------|
| its message id was answered      | the first answer, byte for byte                             |
| newer version                    | the window is made, changed or withdrawn; `accepted`        |
| same version, same content       | nothing changes; `duplicate`                                |
| same version, other content      | nothing changes; `Conflict`                                 |
| older version                    | nothing changes; `stale`                                    |

A room given back before it was taken is remembered as given back, so that the late message does not take it. The
system has already done what it tells, so sessions in the way are flagged to the prison and nobody is asked to confirm.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace

from vmrd import works
from vmrd.engine import Applied, Engine
from vmrd.intake_answers import Answered, Conflict, NotYours, Result
from vmrd.lifecycle.intake_changes import Standing, standing
from vmrd.lifecycle.words import Instant
from vmrd.lifecycle.works import FOREVER, Consent, Source, Window, WorksKind
from vmrd.store.base import Receipt, Tx, message_scope


@dataclass(frozen=True, slots=True)
class RoomEvent:
    """`message`, `body_digest`: of the delivery. `id`, `version`, `digest`: of what it says. `start` None: from now;
    `end` None: until it is given back. `restored`: it is given back."""

    sender: str
    message: str
    body_digest: str
    id: str
    version: int
    digest: str
    establishment: str
    room: str
    start: Instant | None
    end: Instant | None
    supplier: str | None
    restored: bool


@dataclass(frozen=True, slots=True)
class RoomTaken:
    """What became of an event; `clashes` are the sessions that have no room while the window stands."""

    result: Result
    window: Window
    clashes: tuple[works.Clash, ...]


Answer = RoomTaken | Conflict | NotYours | Answered
Encode = Callable[[RoomTaken], tuple[int, bytes]]


async def take(engine: Engine, event: RoomEvent, encode: Encode) -> Answer:
    """Take one event, in one transaction. Raises `StoreError`."""
    applied: list[Applied] = []
    scope, now = message_scope(event.sender), engine.clock.now()

    def step(tx: Tx) -> Answer:
        receipt = tx.receipt(scope, event.message)
        if receipt is not None:
            return Answered(receipt)
        answer = _decide(engine, tx, event, applied)
        if isinstance(answer, RoomTaken):
            status, body = encode(answer)
            tx.put_receipt(Receipt(scope, event.message, event.body_digest, status, body, now))
        return answer

    touched = await works.touched(engine, window_id(event.id), lambda former: _window(event, former, now))
    answer = await engine.transact(touched, step)
    for each in applied:
        engine.announce(each)
    return answer


def window_id(event_id: str) -> str:
    """The same for every event about one block."""
    return f"works-{hashlib.sha256(event_id.encode()).hexdigest()[:26]}"


def _decide(engine: Engine, tx: Tx, event: RoomEvent, applied: list[Applied]) -> Answer:
    former, now = tx.works_window(window_id(event.id)), engine.clock.now()
    if former is not None and former.source is not None:
        if former.establishment != event.establishment:
            return NotYours()
        stands = standing(former.source.version, former.source.digest, event.version, event.digest)
        if stands is Standing.CONFLICT:
            return Conflict()
        if stands is not Standing.NEW:
            result = Result.DUPLICATE if stands is Standing.DUPLICATE else Result.STALE
            return RoomTaken(result, former, tuple(works.clashes(tx, former, now)))
    window = _window(event, former, now)
    applied.extend(works.put(engine, tx, window, event.sender))
    return RoomTaken(Result.ACCEPTED, window, tuple(works.clashes(tx, window, now)))


def _window(event: RoomEvent, former: Window | None, now: Instant) -> Window:
    source = Source(event.id, event.version, event.digest)
    if event.restored and former is not None:
        return replace(former, source=source, withdrawn=True)
    # A block whose start is not told, and that stands, began when it was first told.
    began = former.start if former is not None and not former.withdrawn else now
    return Window(
        id=window_id(event.id),
        establishment=event.establishment,
        kind=WorksKind.MAINTENANCE,
        rooms=(event.room,),
        start=event.start if event.start is not None else began,
        end=event.end if event.end is not None else FOREVER,
        consent=Consent.AGREED,
        supplier=event.supplier,
        spoc_told=former.spoc_told if former is not None else None,
        source=source,
        withdrawn=event.restored,
    )
