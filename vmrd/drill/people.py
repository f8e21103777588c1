"""Drills in which people do what they should not, or do not do what they should."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import time

from vmrd.demo import cast
from vmrd.demo.cast import BARRISTER, KNOCKER, PHONE, PRIVATE
from vmrd.demo.verify import every, inside_are, locked_throughout, one_vmr, started_once
from vmrd.drill.drill import TOUCHED, Drill
from vmrd.drill.house import House
from vmrd.drill.looks import cleared, fell_silent, is_dark_because, offers, says
from vmrd.drill.platform import nothing
from vmrd.drill.scrape import Recording, Sign, above, grown
from vmrd.drill.setting import Setting

_ONE_MEETING = every(inside_are(BARRISTER.name), started_once, one_vmr)


# --- at the door ------------------------------------------------------------------------------------------------------

KNOCK_UNANSWERED = Drill(
    name="knock-unanswered",
    what="Somebody knocks, and nobody answers for a minute",
    breaks=lambda house: house.crowd.browser(house.alias, KNOCKER),
    lasts=lambda house: house.pass_time(62),
    mends=lambda house: house.officer.press_on("refuse", KNOCKER),
    signs=(above("VmrdKnockUnanswered", "vmrd_oldest_knock_seconds", 60),),
    healed=(fell_silent("vmrd_oldest_knock_seconds"),),
    darkens=False,
)


async def _phone_slips_in(house: House) -> None:
    """The room is unlocked for somebody, without the prisoner, and a telephone comes in before anybody else."""
    await house.officer.press("prisoner-out")
    await house.officer.press("unlock")
    await house.officer.until(lambda seen: seen.lock == "unlocked")
    await house.crowd.phone(house.alias, PHONE)


async def lock_and_bring_in(house: House) -> None:
    """The officer locks the room, and fetches the prisoner once SECURE is lit."""
    await house.officer.press("lock")
    await house.officer.bring_in()


PHONE_INSIDE = Drill(
    name="phone-inside",
    what="The room is unlocked, and a telephone comes in",
    breaks=_phone_slips_in,
    mends=nothing,
    then=lock_and_bring_in,
    signs=(grown("VmrdCallerExposed", "vmrd_exposures_total", kind="phone"),),
    sees=(says("phone-was-inside"), offers("lock", "end")),
    meanwhile=_ONE_MEETING,
    after=TOUCHED,
)


async def _walk_in_with_the_pin(house: House) -> None:
    shown = await house.call("POST", f"/v1/sessions/{house.officer.session}/reveal", {"what": "host-pin"})
    await house.hand(
        "/people", {"alias": f"{house.alias}@{cast.DOMAIN}", "name": KNOCKER, "kind": "browser", "pin": shown["value"]}
    )


HOST_PIN_KNOWN = Drill(
    name="host-pin-known",
    what="Somebody walks through the lock with the Host PIN",
    breaks=_walk_in_with_the_pin,
    mends=lambda house: house.officer.press_on("remove", KNOCKER),
    signs=(
        grown("VmrdUnexpectedHost", "vmrd_alerts_total", code="unexpected-host"),
        above("VmrdBreach", "vmrd_breach_sessions", 0),
    ),
    sees=(is_dark_because("breach"), says("unexpected-host"), offers("end", "prisoner-out")),
    healed=(cleared("breach"), fell_silent("vmrd_breach_sessions")),
    meanwhile=every(locked_throughout, started_once, one_vmr),
)

# --- in the meeting ---------------------------------------------------------------------------------------------------


async def _record(house: House, *, on: bool) -> None:
    await house.hand(f"/conferences/{house.name}", {"recording": on})


RECORDING = Drill(
    name="recording",
    what="Somebody starts to record the meeting in Pexip",
    breaks=lambda house: _record(house, on=True),
    mends=lambda house: _record(house, on=False),
    signs=(above("VmrdBreach", "vmrd_breach_sessions", 0),),
    sees=(is_dark_because("breach"), says("breach"), says("recording"), offers("end", "prisoner-out")),
    healed=(cleared("breach"), cleared("recording"), fell_silent("vmrd_breach_sessions")),
)
LOCK_DRIFT = Drill(
    name="lock-drift",
    what="*7 on the room's remote control unlocks the room",
    breaks=lambda house: house.crowd.press_keys(house.alias, PRIVATE.room, "*7"),
    mends=nothing,
    signs=(grown("VmrdLockDrift", "vmrd_alerts_total", code="lock-drift"),),
    sees=(says("lock-drift"),),
    darkens=None,
    meanwhile=TOUCHED,
    after=TOUCHED,
)


async def _unlock_and_forget(house: House) -> None:
    await house.officer.press("prisoner-out")
    await house.officer.press("unlock")


LEFT_UNLOCKED = Drill(
    name="left-unlocked",
    what="The room is unlocked and forgotten for a quarter of an hour",
    breaks=_unlock_and_forget,
    lasts=lambda house: house.pass_time(902),
    mends=nothing,
    then=lock_and_bring_in,
    signs=(above("VmrdUnlockedTooLong", "vmrd_longest_unlocked_seconds", 900),),
    sees=(says("lock-reminder"), offers("lock")),
    healed=(cleared("lock-reminder"), fell_silent("vmrd_longest_unlocked_seconds")),
    meanwhile=_ONE_MEETING,
    after=TOUCHED,
)

# --- time -------------------------------------------------------------------------------------------------------------

OVERRUN = Drill(
    name="overrun",
    what="A hearing, which only a person ends, runs on for more than a quarter of an hour",
    breaks=lambda house: house.pass_time(2 * 60 * 60 + 16 * 60),
    mends=lambda house: house.officer.press("extend", minutes=60),
    signs=(above("VmrdOverrun", "vmrd_longest_overrun_seconds", 900),),
    sees=(says("overrun"), offers("extend", "end")),
    healed=(cleared("overrun"), fell_silent("vmrd_longest_overrun_seconds")),
    darkens=False,
    setting=Setting(purpose="parole_hearing"),
)


async def _three_wait(house: House) -> None:
    """Three meetings are due, their guests wait, and nobody presses Open."""
    due = [
        replace(booking, number=1060 + number, start=time(9, 45), end=time(10, 15))
        for number, booking in enumerate((cast.YOURS, cast.WAITING, cast.LATER))
    ]
    house.held["due"] = officers = [await house.book(booking) for booking in due]
    for officer, booking in zip(officers, due, strict=True):
        seen = await officer.until(lambda seen: seen.phase == "ready", 30.0)
        await house.crowd.browser(seen.alias, booking.visitors[0].name)
    await house.pass_time(21 * 60 + 30)


async def _open_them(house: House) -> None:
    await asyncio.gather(*(officer.press("open") for officer in house.held["due"]))


async def _are_late(house: House) -> str | None:
    late = [officer for officer in house.held["due"] if "late-open" in (await officer.look()).alerts]
    return None if len(late) == 3 else f"{len(late)} of them say so"


async def _are_open(house: House) -> str | None:
    opened = [officer for officer in house.held["due"] if (await officer.look()).phase == "open"]
    return None if len(opened) == 3 else f"{len(opened)} of them are open"


NOT_OPENED = Drill(
    name="not-opened",
    what="Three meetings are due, their guests wait, and nobody opens them",
    breaks=_three_wait,
    mends=_open_them,
    signs=(grown("VmrdOpenedLate", "vmrd_alerts_total", over=2, code="late-open"),),
    sees=(("Officers read on each: the meeting should have been opened by now", _are_late),),
    healed=(("All three are open", _are_open),),
    darkens=False,
)

# --- panels -----------------------------------------------------------------------------------------------------------


async def _close_panel(house: House) -> None:
    house.tasks["panel"].cancel()


async def _open_panel(house: House) -> None:
    house.tasks["panel"] = asyncio.create_task(house.panel.run())


PANEL_GONE = Drill(
    name="panel-gone",
    what="The only panel is closed while the prisoner is in",
    breaks=_close_panel,
    mends=_open_panel,
    signs=(Sign("VmrdNoPanel", ("vmrd_panel_clients",), lambda seen: seen.latest("vmrd_panel_clients") == 0),),
)


def _nobody_would_hear(seen: Recording) -> bool:
    return seen.latest("vmrd_panels_with_sound", establishment=cast.PRISON) == 0


SOUND_OFF = Drill(
    name="sound-off",
    what="The sound of the only panel is off",
    breaks=lambda house: house.panel.sound(on=False),
    mends=lambda house: house.panel.sound(on=True),
    signs=(Sign("VmrdNoSound", ("vmrd_knocks_ringing", "vmrd_panels_with_sound"), _nobody_would_hear),),
    darkens=False,
)

DRILLS = (
    KNOCK_UNANSWERED,
    PHONE_INSIDE,
    HOST_PIN_KNOWN,
    RECORDING,
    LOCK_DRIFT,
    LEFT_UNLOCKED,
    OVERRUN,
    NOT_OPENED,
    PANEL_GONE,
    SOUND_OFF,
)
