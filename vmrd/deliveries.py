"""`vmrd deliveries`: what booking systems were told and bookers emailed, what was not taken, and sending it again.

Works beside a running daemon, which finds what is to be sent again within a second.
"""

from __future__ import annotations

from typing import Annotated

import typer

from vmrd.clock import as_text
from vmrd.console import DEFAULT_CONFIG, FAILED, USAGE, AsJson, ConfigFile, configured, fail, say, stored
from vmrd.store.base import Tx
from vmrd.store.delivery import Delivery, DeliveryState

app = typer.Typer(help="What booking systems were told and bookers emailed, and what was not taken.")

_ALL = 1_000_000
_NOT_TAKEN = (DeliveryState.WAITING, DeliveryState.DEAD)


@app.callback(invoke_without_command=True)
def listed(
    context: typer.Context,
    failed: Annotated[bool, typer.Option("--failed", help="Only what was not taken")] = False,
    limit: Annotated[int, typer.Option(min=1, help="The newest so many")] = 200,
    config: ConfigFile = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """List callbacks and emails from their first try on, the newest first."""
    from vmrd.daemon import store_keys
    from vmrd.store.opening import open_for_reading

    if context.invoked_subcommand is not None:
        return
    chosen = configured(config)
    states = _NOT_TAKEN if failed else tuple(DeliveryState)

    def look() -> list[Delivery]:
        with open_for_reading(chosen.store.place, store_keys(chosen)) as rx:
            return rx.deliveries(states, limit)

    found = stored(look)
    say(as_json, {"deliveries": [_shown(each) for each in found]}, [_line(each) for each in found] or ["none"])


@app.command()
def replay(
    ids: Annotated[list[str] | None, typer.Argument(metavar="ID...", help="As listed")] = None,
    all_failed: Annotated[bool, typer.Option("--all-failed", help="Everything that was given up")] = False,
    config: ConfigFile = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Send again, under the same id, for another day of tries."""
    from vmrd.daemon import clock_of, store_keys
    from vmrd.store.opening import write_once

    if bool(ids) == all_failed:
        fail("name the deliveries to send again, or give --all-failed", USAGE)
    chosen = configured(config)
    replayed, unknown = stored(
        lambda: write_once(chosen.store.place, store_keys(chosen), lambda tx: _again(tx, ids, clock_of(chosen).now()))
    )
    say(
        as_json,
        {"replayed": replayed, "unknown": unknown},
        [f"{each}: to be sent again" for each in replayed] or ["nothing to send again"],
    )
    if unknown:
        fail(f"there is no such delivery: {', '.join(unknown)}", FAILED)


def _again(tx: Tx, ids: list[str] | None, now: int) -> tuple[list[str], list[str]]:
    """Puts what is named, or all that was given up, back in the outbox; what was, and what is not known."""
    if ids is None:
        chosen = tx.deliveries((DeliveryState.DEAD,), _ALL)
    else:
        chosen = [found for each in dict.fromkeys(ids) if (found := tx.delivery(each)) is not None]
    for delivery in chosen:
        tx.tell_again(delivery, now)
    known = [delivery.id for delivery in chosen]
    return known, [each for each in ids or () if each not in known]


def _shown(delivery: Delivery) -> dict[str, object]:
    return {
        "id": delivery.id,
        "event": delivery.event,
        "target": delivery.target,
        "state": delivery.state.value,
        "attempts": delivery.attempts,
        "answer": delivery.answer,
        "occurredAt": as_text(delivery.occurred_at),
        "triedAt": as_text(delivery.tried_at),
        "nextAt": as_text(delivery.next_at) if delivery.next_at is not None else None,
    }


def _line(delivery: Delivery) -> str:
    tries = f"{delivery.attempts} {'try' if delivery.attempts == 1 else 'tries'}"
    shown = [delivery.id, delivery.event, delivery.target, delivery.state.value, tries, delivery.answer]
    if delivery.next_at is not None:
        shown.append(f"next {as_text(delivery.next_at)}")
    return "  ".join(shown)
