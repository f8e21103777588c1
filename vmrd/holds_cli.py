"""`vmrd hold`: sessions that an inquiry or a court wants, of which nothing is purged or erased meanwhile.

Why is one of a few codes, because what is typed freely names people; who asked and by which letter belongs into the
file of the case. May be done while a daemon runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from vmrd.clock import as_text
from vmrd.console import DEFAULT_CONFIG, FAILED, AsJson, ConfigFile, configured, fail, say, stored
from vmrd.store.retention import Hold, HoldReason

if TYPE_CHECKING:
    from vmrd.store.base import Tx

app = typer.Typer(no_args_is_help=True, help="Sessions of which nothing may be purged or erased.")

Reason = Annotated[HoldReason, typer.Option("--reason-code", help="Why, as a code")]
_BY = "command line"


@app.command("add")
def add(session: str, reason: Reason, config: ConfigFile = DEFAULT_CONFIG) -> None:
    """Keep all of a session until the hold is removed. The sealed audit says so."""
    from vmrd.daemon import clock_of, store_keys
    from vmrd.store.opening import write_once

    chosen = configured(config)

    def step(tx: Tx) -> bool:
        return tx.hold(Hold(session, reason, clock_of(chosen).now()), _BY)

    if not stored(lambda: write_once(chosen.store.place, store_keys(chosen), step)):
        fail("it is on hold already, or there is no such session", FAILED)


@app.command("remove")
def remove(session: str, reason: Reason, config: ConfigFile = DEFAULT_CONFIG) -> None:
    """End a hold: what is old enough goes with the next purge. The sealed audit says so."""
    from vmrd.daemon import clock_of, store_keys
    from vmrd.store.opening import write_once

    chosen = configured(config)

    def step(tx: Tx) -> bool:
        return tx.end_hold(session, reason, _BY, clock_of(chosen).now())

    if not stored(lambda: write_once(chosen.store.place, store_keys(chosen), step)):
        fail("it is not on hold", FAILED)


@app.command("list")
def listed(config: ConfigFile = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
    """Which sessions are on hold, why and since when."""
    from vmrd.daemon import store_keys
    from vmrd.store.opening import open_for_reading

    chosen = configured(config)

    def look() -> list[Hold]:
        with open_for_reading(chosen.store.place, store_keys(chosen)) as rx:
            return rx.holds()

    found = stored(look)
    say(
        as_json,
        {"holds": [{"session": e.session_id, "reason": e.reason, "since": as_text(e.since)} for e in found]},
        [f"{each.session_id}  {each.reason}  since {as_text(each.since)}" for each in found] or ["none"],
    )
