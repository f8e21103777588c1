"""Sessions as they stand in a store, without the core that would have made them."""

from collections.abc import Sequence
from dataclasses import replace

from vmrd.lifecycle.commands import Command
from vmrd.lifecycle.facts import Fact, Locked, Noted
from vmrd.lifecycle.session import Attendee, Check, Endpoint, Leg, Session
from vmrd.lifecycle.words import (
    AttendeeRole,
    Control,
    Document,
    Instant,
    Kind,
    Observation,
    Phase,
    Purpose,
    Role,
    SegmentKind,
    Where,
)
from vmrd.store.base import OutboxItem, Store, Taker, Tx

HOUR = 3_600_000
NOON = 1_767_268_800_000
TTL = 60_000


def session(name: str = "s1", **changes: object) -> Session:
    """A planned consultation in room VCC1 of MDI, from noon to one."""
    planned = Session(
        id=name,
        booking_id=f"booking-of-{name}",
        booking_version=1,
        segment=SegmentKind.MAIN,
        purpose=Purpose.LEGAL_CONSULTATION,
        establishment="MDI",
        room="VCC1",
        room_address=None,
        control=Control.FULL,
        starts_at=NOON,
        ends_at=NOON + HOUR,
        prisoner_ref="ref-prisoner",
        observation=Observation.CAMERA,
        alias="abcdefghijkl",
        generation=1,
        needs_approval=False,
        planned_at=NOON - 24 * HOUR,
        attendees={},
    )
    return replace(planned, **changes)  # type: ignore[arg-type]


def leg(name: str, where: Where = Where.INSIDE, check: Check | None = None) -> Leg:
    return Leg(
        id=name,
        name_ref=f"ref-{name}",
        kind=Kind.BROWSER,
        settled=True,
        role=Role.GUEST,
        where=where,
        has_media=True,
        has_video=True,
        encrypted=True,
        presenting=False,
        first_seen=NOON,
        since=NOON,
        check=check,
    )


def with_endpoint(live: Session, where: Where = Where.INSIDE) -> Session:
    """The same session with the prison room's own endpoint in (or no longer in) the meeting."""
    return replace(live, endpoint=Endpoint(leg="codec"), legs={"codec": leg("codec", where)})


def full_session() -> Session:
    """Six people inside, every one checked."""
    people = [f"person-{n}" for n in range(6)]
    return session(
        phase=Phase.PRIVATE,
        attendees={name: Attendee(name, f"ref-{name}", AttendeeRole.DEFENCE, required=True) for name in people},
        legs={
            name: leg(name, check=Check(name, (Document.HEADED_LETTER, Document.PASSPORT), False, "kshah", NOON))
            for name in people
        },
    )


def recorded(
    tx: Tx,
    what: Session,
    facts: Sequence[Fact] = (),
    commands: Sequence[Command] = (),
    *,
    wake_at: Instant | None = None,
    watched: bool = False,
    now: Instant = NOON,
    taker: Taker | None = None,
) -> list[OutboxItem]:
    return tx.record(what, facts, commands, wake_at=wake_at, watched=watched, now=now, command_ttl=TTL, taker=taker)


async def put(
    store: Store,
    what: Session,
    *commands: Command,
    facts: Sequence[Fact] = (Locked(NOON),),
    wake_at: Instant | None = None,
    watched: bool = False,
    now: Instant = NOON,
) -> None:
    """Record one session in a step of its own."""
    await store.write(
        [what.id], lambda tx: recorded(tx, what, facts, commands, wake_at=wake_at, watched=watched, now=now)
    )


def note(n: int) -> Noted:
    """A fact that can be told from its neighbours."""
    return Noted(text_ref=f"note-{n}", by="kshah", at=NOON + n)
