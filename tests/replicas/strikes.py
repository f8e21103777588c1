"""One round: whoever holds a meeting is struck, another takes over, the former gets well, and nothing of it shows."""

from __future__ import annotations

import asyncio
import json
import signal
import time
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tests.replicas.cable import End, allowed
from tests.replicas.fleet import Fleet, Replica
from tests.replicas.life import Meeting
from tests.replicas.pipe import Cut
from vmrd.store.leases import watching


class Kind(StrEnum):
    KILLED = "killed"
    HUNG = "hung"
    STOPPED = "stopped"
    CUT_FROM_DATABASE = "cut from database"
    CUT_FROM_PEXIP = "cut from Pexip"
    UNPLUGGED = "unplugged"


LEASES_RUN_OUT = frozenset({Kind.KILLED, Kind.HUNG, Kind.CUT_FROM_DATABASE, Kind.UNPLUGGED})
"""Whose successor knows that the former holder may be alive, and puts out its control leg."""


@dataclass(frozen=True, slots=True)
class Held:
    """Who has a meeting, under which number, and with which control token (its row, and what is in it)."""

    owner: str
    fence: int
    sealed: bytes
    token: Any


@dataclass(frozen=True, slots=True)
class TakenOver:
    """`seconds` from the misfortune until another held the lease and the control token."""

    kind: Kind
    session: str
    seconds: float


async def strike(fleet: Fleet, meetings: list[Meeting], kind: Kind) -> list[TakenOver]:
    """Play one round; how long each meeting of the victim was without a holder. Raises `AssertionError`."""
    former = {each.session: await fleet.until(lambda each=each: held(fleet, each), "held") for each in meetings}  # type: ignore[misc]
    struck = fleet.chance.choice(list(former.values())).owner
    victim = next(replica for replica in fleet.replicas if replica.name == struck)
    losing = [each for each in meetings if former[each.session].owner == struck]
    await asyncio.sleep(fleet.chance.uniform(0.0, 1.0))
    how, end = fleet.chance.choice(tuple(Cut)), fleet.chance.choice(tuple(End))
    began = time.monotonic()
    _misfortune(victim, kind, how, end)
    taken = await asyncio.gather(*(_taken_over(fleet, each, former[each.session], kind, began) for each in losing))
    if kind in LEASES_RUN_OUT:
        for each in losing:
            await _refused(fleet, former[each.session])
    await _recovered(fleet, victim, kind, end)
    for each in meetings:
        await _one_holder(fleet, each)
    return list(taken)


def possible() -> tuple[Kind, ...]:
    """What can be done to a replica on this machine."""
    return tuple(kind for kind in Kind if kind is not Kind.UNPLUGGED or allowed())


def _misfortune(victim: Replica, kind: Kind, how: Cut, end: End) -> None:
    match kind:
        case Kind.KILLED:
            victim.signal(signal.SIGKILL)
        case Kind.HUNG:
            victim.signal(signal.SIGSTOP)
        case Kind.STOPPED:
            victim.signal(signal.SIGTERM)
        case Kind.CUT_FROM_DATABASE:
            victim.database.cut(how)
        case Kind.CUT_FROM_PEXIP:
            for pipe in victim.pexip:
                pipe.cut(how)
        case Kind.UNPLUGGED:
            assert victim.cable is not None
            victim.cable.pull(end)


async def _recovered(fleet: Fleet, victim: Replica, kind: Kind, end: End) -> None:
    match kind:
        case Kind.KILLED | Kind.STOPPED:
            await victim.ended()
            await victim.start()
        case Kind.HUNG:
            victim.signal(signal.SIGCONT)
        case Kind.CUT_FROM_DATABASE:
            victim.database.mend()
        case Kind.CUT_FROM_PEXIP:
            for pipe in victim.pexip:
                pipe.mend()
        case Kind.UNPLUGGED:
            assert victim.cable is not None
            victim.cable.plug(end)
    await fleet.ready(victim)


async def held(fleet: Fleet, meeting: Meeting) -> Held | None:
    """Who holds the meeting now; None while nobody does."""
    found = await fleet.rows(
        "SELECT owner, fence FROM lease WHERE name = %s AND until > %s",
        watching(meeting.session),
        int(fleet.mock.world.business * 1000),
    )
    kept = await fleet.rows(
        "SELECT name, sealed FROM secret WHERE session_id = %s AND name LIKE 'control-%%'", meeting.session
    )
    if not found or not kept:
        return None
    name, sealed = kept[0]
    token = await fleet.read(lambda rx: rx.secret(meeting.session, name))
    return Held(*found[0], sealed, json.loads(token)) if token else None


async def _taken_over(fleet: Fleet, meeting: Meeting, former: Held, kind: Kind, began: float) -> TakenOver:
    async def successor() -> bool:
        now = await held(fleet, meeting)
        return now is not None and now.fence > former.fence and now.sealed != former.sealed

    await fleet.until(successor, f"{meeting.session} is taken over from {former.owner}, {kind}")
    return TakenOver(kind, meeting.session, time.monotonic() - began)


async def _refused(fleet: Fleet, former: Held) -> None:
    """What the former holder may still send, with the token it believes in, Pexip refuses."""
    _, alias, token = former.token[:3]

    async def dead() -> bool:
        url = f"{fleet.mock.node_urls[0]}/api/client/v2/conferences/{alias}/refresh_token"
        async with fleet.http.post(url, headers={"token": token}) as answer:
            return answer.status == 403

    await fleet.until(dead, "the former holder's token is dead")


async def _one_holder(fleet: Fleet, meeting: Meeting) -> None:
    """One lease that lasts, and one control leg in the conference."""

    async def one() -> bool:
        state = await fleet.control("GET", "/state")
        legs = [
            leg
            for each in state["conferences"]
            if each["name"] == meeting.name and each["endedAt"] is None
            for leg in each["participants"]
            if leg["kind"] == "api" and leg["leftAt"] is None
        ]
        return await held(fleet, meeting) is not None and len(legs) == 1

    await fleet.until(one, f"{meeting.session} has one holder")
