"""A prisoner left an establishment, or two records of one prisoner became one: what follows for the sessions.

| event                     | sessions of the prisoner that were planned before it happened                          |
|---------------------------|----------------------------------------------------------------------------------------|
| transferred, released     | those at the establishment that was left: cancelled; a running one gets a banner only  |
| transferred, by arrival   | those at every other establishment the sender may speak for, in the same way           |
| the same, temporary       | none: a visit to hospital or court takes nobody's booking                              |
| merged                    | all that the sender may speak for: they are for the number that was kept               |

A session planned after the event is left alone, so a message that comes late does not cancel what was booked for a
prisoner who came back. Each message is answered once; another about the same finds nothing left to do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from vmrd import rooms
from vmrd.engine import Applied, Engine
from vmrd.intake_answers import Answered
from vmrd.lifecycle import inputs as i
from vmrd.lifecycle.intake_words import Stretch
from vmrd.lifecycle.session import Session
from vmrd.lifecycle.words import OVER, Instant, Phase
from vmrd.store.base import Claim, Receipt, Rx, SessionFilter, Tx, message_scope

_NOT_OVER = tuple(phase for phase in Phase if phase not in OVER)


@dataclass(frozen=True, slots=True)
class PrisonerEvent:
    """`message`, `body_digest`: of the delivery. `establishments`: where the sender may speak; empty means everywhere.
    `left`: the establishment that was left; `arrived`: the one where they are now, if that is what is known. Neither is
    there for a merge into `kept`."""

    sender: str
    message: str
    body_digest: str
    happened: Instant
    number: str
    establishments: tuple[str, ...]
    left: str | None = None
    arrived: str | None = None
    why: str = ""
    kept: str | None = None
    temporary: bool = False


@dataclass(frozen=True, slots=True)
class Followed:
    """The sessions for which something followed, as they stand now."""

    sessions: tuple[Session, ...]


Answer = Followed | Answered
Encode = Callable[[Followed], tuple[int, bytes]]


async def take(engine: Engine, event: PrisonerEvent, encode: Encode) -> Answer:
    """Take one event, in one transaction. Raises `StoreError`."""
    applied: list[Applied] = []

    def step(tx: Tx) -> Answer:
        scope = message_scope(event.sender)
        receipt = tx.receipt(scope, event.message)
        if receipt is not None:
            return Answered(receipt)
        for session in _concerned(tx, event):
            applied.extend(_follow(engine, tx, event, session))
        answer = Followed(tuple(each.session for each in applied))
        status, body = encode(answer)
        tx.put_receipt(Receipt(scope, event.message, event.body_digest, status, body, engine.clock.now()))
        return answer

    touched = await engine.store.read(lambda rx: [session.id for session in _concerned(rx, event)])
    answer = await engine.transact(touched, step)
    for each in applied:
        engine.announce(each)
    return answer


def _concerned(rx: Rx, event: PrisonerEvent) -> Iterator[Session]:
    """Names are not searched for anywhere: every session ahead is asked whom it is for. Such events are rare."""
    if event.temporary:
        return
    where = (event.left,) if event.left is not None else event.establishments
    for session in rx.sessions(SessionFilter(establishments=where, phases=_NOT_OVER)):
        if session.establishment == event.arrived or session.planned_at >= event.happened:
            continue
        if rx.personal(session.id).get(session.prisoner_ref) == event.number:
            yield session


def _follow(engine: Engine, tx: Tx, event: PrisonerEvent, session: Session) -> Iterator[Applied]:
    kept = event.kept
    if kept is None:
        answer = engine.apply(tx, session.id, i.Cancel(session.booking_version, event.why))
    else:
        answer = engine.apply(tx, session.id, lambda ref: i.PrisonerMerged(ref(kept)))
    if not isinstance(answer, Applied) or not answer.facts:
        return
    yield answer
    if answer.session.phase in OVER:
        tx.claim(session.id, ())
    elif kept is not None:
        tx.claim(session.id, _claims(tx, answer.session, kept))


def _claims(tx: Tx, session: Session, kept: str) -> list[Claim]:
    """The room, and the prisoner under the kept number where no other session has them then."""
    stretch = Stretch(session.starts_at, session.ends_at)
    wanted = rooms.claims(session.establishment, session.room, stretch, kept)
    return [
        each for each in wanted if tx.claim_holder(each.kind, each.subject, each.start, each.end, session.id) is None
    ]
