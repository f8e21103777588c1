"""A drill in which there are more meetings than vmrd can look at."""

from __future__ import annotations

from vmrd.demo import cast
from vmrd.drill.drill import Drill
from vmrd.drill.house import House
from vmrd.drill.looks import fell_silent
from vmrd.drill.scrape import above
from vmrd.drill.setting import Setting

_LIMIT = "meetings_at_most = {}"


async def _one_too_many(house: House) -> None:
    """A guest waits for a second meeting, which somebody must look at from then on."""
    house.held["second"] = officer = await house.book(cast.WAITING)
    seen = await officer.until(lambda seen: seen.phase == "ready", 30.0)
    await house.crowd.browser(seen.alias, cast.WAITING.visitors[0].name)


async def _allow_more(house: House) -> None:
    file = house.folder / "vmrd.toml"
    file.write_text(file.read_text("utf-8").replace(_LIMIT.format(1), _LIMIT.format(2)), "utf-8")
    await house.restart()


async def _says_so(house: House) -> str | None:
    alerts = (await house.held["second"].look()).alerts
    return None if "unwatched" in alerts else "the screen does not say so"


async def _is_seen(house: House) -> str | None:
    return None if await _says_so(house) else "the screen still says so"


TOO_MANY_MEETINGS = Drill(
    name="too-many-meetings",
    what="vmrd may look at one meeting, and a guest waits for a second",
    breaks=_one_too_many,
    mends=_allow_more,
    signs=(above("VmrdUnwatched", "vmrd_unwatched_sessions", 0),),
    sees=(("Officers read of the second that vmrd is not watching it", _says_so),),
    healed=(
        ("The alarm of the second is gone from the screen", _is_seen),
        fell_silent("vmrd_unwatched_sessions"),
    ),
    darkens=False,
    setting=Setting(meetings=1),
)

DRILLS = (TOO_MANY_MEETINGS,)
