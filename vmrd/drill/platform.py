"""Drills in which Pexip fails, or what lies between it and us."""

from __future__ import annotations

from dataclasses import replace

from vmrd.drill.drill import TOUCHED, Drill
from vmrd.drill.house import House
from vmrd.drill.looks import cleared, fell_silent, is_dark_because, offers, says
from vmrd.drill.scrape import Recording, Sign, above

_ALL_DARK = (is_dark_because("blind"), says("blind"), offers("end", "prisoner-out"))
_ALARM = 17
"""Seconds of the wall clock after which blindness rings: fifteen, and two for the daemon's own rounds."""


async def blind_until_it_rings(house: House) -> None:
    """Wait until vmrd itself says that it is blind, then let the wall clock pass the alarm's fifteen seconds."""

    async def is_told() -> bool:
        return (house.recording.latest("vmrd_blind_sessions") or 0) > 0

    await house.until(is_told, "vmrd tells that it is blind")
    await house.pass_time(_ALARM)


# --- nodes and platform -----------------------------------------------------------------------------------------------


async def _nodes(house: House, *, away: bool) -> None:
    for number in range(len(house.mock.node_urls)):
        await house.hand(f"/nodes/{number}", {"away": away})


NODE_DOWN = Drill(
    name="node-down",
    what="The conferencing nodes cannot be reached; the Management Node can",
    breaks=lambda house: _nodes(house, away=True),
    mends=lambda house: _nodes(house, away=False),
    lasts=blind_until_it_rings,
    signs=(above("VmrdBlind", "vmrd_longest_blind_seconds", 15),),
    sees=_ALL_DARK,
    healed=(cleared("blind"), fell_silent("vmrd_longest_blind_seconds")),
)


def _none_answered(seen: Recording) -> bool:
    """Of the last eight scrapes' requests, some were made and none got an answer."""
    return (
        seen.grew_lately(8, "vmrd_pexip_requests_total")
        > 0
        == seen.grew_lately(8, "vmrd_pexip_requests_total", outcome="ok")
    )


_AWAY = Sign("VmrdPexipAway", ("vmrd_pexip_requests_total",), _none_answered)

PLATFORM_AWAY = Drill(
    name="platform-away",
    what="The whole platform cannot be reached",
    breaks=lambda house: house.crowd.away(True),
    mends=lambda house: house.crowd.away(False),
    lasts=blind_until_it_rings,
    signs=(_AWAY,),
    sees=_ALL_DARK,
    healed=(cleared("blind"),),
)


async def _expire(house: House) -> None:
    house.certificates.expire()
    for gate in house.gates:
        await gate.cut()


async def _renew(house: House) -> None:
    house.certificates.renew()


CERTIFICATE_EXPIRED = Drill(
    name="certificate-expired",
    what="Pexip's certificate has expired, and every connection begins anew",
    breaks=_expire,
    mends=_renew,
    lasts=blind_until_it_rings,
    signs=(_AWAY,),
    sees=_ALL_DARK,
    healed=(cleared("blind"),),
)


async def nothing(_house: House) -> None:
    """It ends by itself."""


# --- streams, reads, tokens -------------------------------------------------------------------------------------------


async def _lose_streams(house: House) -> None:
    await house.fault("events", "status", status=503)
    for gate in house.gates[1:]:
        await gate.cut()


def _streams_missing(seen: Recording) -> bool:
    running = (seen.latest("vmrd_sessions", phase="open") or 0) + (seen.latest("vmrd_sessions", phase="private") or 0)
    return running > (seen.latest("vmrd_event_streams") or 0)


EVENTS_LOST = Drill(
    name="events-lost",
    what="The event streams break and cannot be had again; all else answers",
    breaks=_lose_streams,
    mends=House.heal,
    signs=(Sign("VmrdStreamsMissing", ("vmrd_sessions", "vmrd_event_streams"), _streams_missing),),
    sees=(is_dark_because("blind"), offers("end", "prisoner-out")),
)


async def _reads_fail(house: House) -> None:
    await house.fault("participants", "status", status=503)
    await house.fault("conference_status", "status", status=503)


def _a_fifth_failed(seen: Recording) -> bool:
    asked = seen.grew_lately(20, "vmrd_pexip_requests_total")
    return asked > 0 and seen.grew_lately(20, "vmrd_pexip_requests_total", outcome="ok") < 0.8 * asked


REQUESTS_FAILING = Drill(
    name="requests-failing",
    what="Pexip answers some requests with 503: the meeting cannot be read",
    breaks=_reads_fail,
    mends=House.heal,
    signs=(Sign("VmrdPexipFailing", ("vmrd_pexip_requests_total",), _a_fifth_failed),),
    sees=(is_dark_because("blind"), offers("end", "prisoner-out")),
)


async def _put_us_out(house: House) -> None:
    ours = [leg for leg in (await house.meeting()).legs if leg.is_control and leg.where != "left"]
    house.mock.world.leave(ours[0].id)


TOKEN_LOST = Drill(
    name="token-lost",
    what="An administrator of the platform disconnects vmrd's own connection: its token is dead",
    breaks=_put_us_out,
    mends=nothing,
    darkens=None,
)


# --- the lock ---------------------------------------------------------------------------------------------------------


async def _lock_in_vain(house: House) -> None:
    """The prisoner is taken out and the room unlocked for somebody; then Lock is pressed, and nothing comes of it."""
    await house.officer.press("prisoner-out")
    await house.officer.press("unlock")
    await house.officer.until(lambda seen: seen.lock == "unlocked")
    for operation in ("lock", "relock"):
        await house.fault(
            operation, str(house.held["how"]), **({"status": 503} if house.held["how"] == "status" else {})
        )
    await house.officer.press("lock")


async def _pexip_ignores_it(house: House) -> None:
    house.held["how"] = "ignore"
    await _lock_in_vain(house)


async def _pexip_refuses_it(house: House) -> None:
    house.held["how"] = "status"
    await _lock_in_vain(house)


async def bring_in_again(house: House) -> None:
    """Once SECURE is lit again, the officer fetches the prisoner again."""
    await house.officer.bring_in()


LOCK_NOT_CONFIRMED = Drill(
    name="lock-not-confirmed",
    what="Lock is pressed; Pexip says yes and does nothing",
    breaks=_pexip_ignores_it,
    mends=House.heal,
    lasts=lambda house: house.pass_time(12),
    then=bring_in_again,
    signs=(above("VmrdLockNotConfirmed", "vmrd_longest_unconfirmed_lock_seconds", 10),),
    sees=(says("lock-unconfirmed"), offers("end")),
    meanwhile=lambda seen: None if not seen.locked else "the meeting is locked",
    after=TOUCHED,
)
LOCK_REFUSED = replace(
    LOCK_NOT_CONFIRMED,
    name="lock-refused",
    what="Lock is pressed; Pexip answers every try with 503",
    breaks=_pexip_refuses_it,
)


DRILLS = (
    NODE_DOWN,
    PLATFORM_AWAY,
    CERTIFICATE_EXPIRED,
    EVENTS_LOST,
    REQUESTS_FAILING,
    TOKEN_LOST,
    LOCK_NOT_CONFIRMED,
    LOCK_REFUSED,
)
