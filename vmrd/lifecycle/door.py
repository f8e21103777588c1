"""Who may come to a session's door now: judged before Pexip lets them ring, so that who is refused is never there.

Pexip asks twice (external policy): what an alias is, before a call is answered, and what a caller is to be there,
before a SIP or H.323 caller types a PIN and after a web caller did. The answer is *pass* or a reason to turn away:

| caller                                             | at the first question | at the second    |
|----------------------------------------------------|-----------------------|------------------|
| to an alias that was never issued, or is spent     | `spent`               | `spent`          |
| a telephone                                        | `phone`               | `phone`          |
| a stream, or a protocol that is not allowed        | `protocol`            | `protocol`       |
| before the link works                              | web passes; `early`   | `early`          |
| of a booking that waits for its approval           | web passes; `early`   | `early`          |
| while the meeting ends, and after it               | web passes; `over`    | `over`           |
| anybody else                                       | passes                | passes           |

A web client is asked for its PIN between the two, and by that challenge vmrd itself learns whether the nodes know an
alias: before a meeting that the link works, after it that the link is dead. So for the web a closed door shows at the
second question only, and what was proved is proved of the nodes, not of our own answer.

A telephone is convicted by its number alone, because a call has no picture yet: a `tel:` address at once, any other
number unless the call says that it brings video. Our own room is never taken for one. Passing the door is no admission:
whoever passes waits, is classified by what they show (`callers`), and is the officer's to let in.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from vmrd.lifecycle import facts as f
from vmrd.lifecycle.callers import from_a_number
from vmrd.lifecycle.draft import Draft
from vmrd.lifecycle.inputs import PhoneAtDoor, Protocol
from vmrd.lifecycle.numbers import same_address
from vmrd.lifecycle.rules import Rules
from vmrd.lifecycle.session import Session
from vmrd.lifecycle.words import LIVE, OVER, Control, Instant, Phase

OPEN_TO: frozenset[Protocol] = frozenset({Protocol.WEB, Protocol.CONTROL, Protocol.UNKNOWN})
"""What is never turned away for its protocol: apps begin as control only, and a word nobody told us of is for the
officer to judge."""


_APPS = frozenset({Protocol.WEB, Protocol.CONTROL})
_NEVER_PHONES = _APPS | {Protocol.SKYPE, Protocol.STREAMING}


class Question(StrEnum):
    """Which of the two Pexip asks: what the alias is, or what the caller is to be there."""

    SERVICE = "service"
    PARTICIPANT = "participant"


class Why(StrEnum):
    """Why somebody is turned away."""

    SPENT = "spent"
    PHONE = "phone"
    PROTOCOL = "protocol"
    EARLY = "early"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who calls an alias. `asserted`: what the telephone network vouches for. `video`: said to bring it."""

    protocol: Protocol
    address: str
    asserted: tuple[str, ...] = ()
    video: bool = False


@dataclass(frozen=True, slots=True)
class Doorway:
    """What must be known of a session to judge at its door; `version` tells the newer of two."""

    session: str
    version: int
    phase: Phase
    opens_at: Instant
    awaits_approval: bool
    room_address: str | None


def doorway(session: Session, rules: Rules) -> Doorway | None:
    """The door of a session; None where there is none: not our room, or its link is proved dead."""
    if session.control is not Control.FULL or (session.phase in OVER and not session.watched):
        return None
    return Doorway(
        session=session.id,
        version=session.version,
        phase=session.phase,
        opens_at=session.starts_at - rules.prepare_before,
        awaits_approval=session.needs_approval,
        room_address=session.room_address,
    )


def judge(
    door: Doorway | None, caller: Caller, question: Question, now: Instant, allowed: frozenset[Protocol]
) -> Why | None:
    """Why this caller is turned away; None lets them pass. `allowed` holds at least what is `OPEN_TO` everybody."""
    if door is None:
        return Why.SPENT
    if is_phone(caller) and not _is_room(door, caller):
        return Why.PHONE
    if caller.protocol not in allowed:
        return Why.PROTOCOL
    if question is Question.SERVICE and caller.protocol in _APPS:
        return None
    if door.phase in OVER or door.phase is Phase.ENDING:
        return Why.OVER
    if door.phase not in LIVE and (door.awaits_approval or now < door.opens_at):
        return Why.EARLY
    return None


def is_phone(caller: Caller) -> bool:
    """Whether this is somebody on a telephone; a name never convicts, and no web client ever is one."""
    if caller.protocol in _NEVER_PHONES:
        return False
    return from_a_number((caller.address, *caller.asserted), picture=caller.video)


def noted(draft: Draft, given: PhoneAtDoor) -> None:
    """A phone was turned away at the door: journalled, and an officer hears of it, for it may be the lawyer."""
    if draft.session.phase in OVER or given.call in draft.session.turned_away:
        return
    draft.fact(f.PhoneTurnedAway(given.call, given.name_ref, given.at))
    draft.alert("phone-at-door")


def _is_room(door: Doorway, caller: Caller) -> bool:
    return door.room_address is not None and same_address(caller.address, door.room_address)
