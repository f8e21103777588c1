"""The drill of a shadow: a second vmrd watches the same platform, and tries to do something there."""

from __future__ import annotations

import asyncio
import tomllib
from pathlib import Path

from vmrd.demo.as_toml import as_toml
from vmrd.demo.cast import BARRISTER, PRISON, PRIVATE
from vmrd.drill.drill import Drill
from vmrd.drill.house import House, free_port
from vmrd.drill.keeper import Keeper
from vmrd.drill.scrape import above
from vmrd.store.migrate import migrate


async def _let_it_try(house: House) -> None:
    """It is started beside the other one, by a database of its own, and tries to put the lawyer out."""
    ops = free_port()
    config = _config(house, ops)
    (leg,) = [leg for leg in (await house.meeting()).of(BARRISTER.name) if leg.where == "inside"]
    house.held["shadow"] = keeper = Keeper(config, ("vmrd.drill.faulty", leg.id))
    house.tasks["shadow"] = asyncio.create_task(keeper.run())
    house.watch_another(f"http://127.0.0.1:{ops}")


def _config(house: House, ops: int) -> Path:
    values = tomllib.loads((house.folder / "vmrd.toml").read_text("utf-8"))
    database = house.folder / "shadow.db"
    values["store"]["path"] = str(database)
    values["listen"] |= {"port": free_port(), "ops_port": ops}
    match = {"name": "vmrd-.+", "establishment": PRISON, "room": PRIVATE.room}
    values["shadow"] = {"enabled": True, "match": [match]}
    config = house.folder / "shadow.toml"
    config.touch(mode=0o600)
    config.write_text(as_toml(values), "utf-8")
    migrate(database)
    return config


async def _stop_it(house: House) -> None:
    house.tasks["shadow"].cancel()
    await asyncio.gather(house.tasks["shadow"], return_exceptions=True)


async def _is_logged(house: House) -> str | None:
    said = house.held["shadow"].said
    return None if any("shadow_refused" in line for line in said) else "no line of its log says so"


SHADOW_REFUSED = Drill(
    name="shadow-refused",
    what="A shadow that watches the platform has a fault, and tries to put the lawyer out",
    breaks=_let_it_try,
    mends=_stop_it,
    signs=(above("VmrdShadowRefused", "vmrd_shadow_refused_total", 0),),
    sees=(("The shadow's log says what was refused", _is_logged),),
    darkens=False,
)

DRILLS = (SHADOW_REFUSED,)
