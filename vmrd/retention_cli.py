"""`vmrd purge` and `vmrd subject`: what is old enough goes, and what one person may ask.

A person is named on standard input, never as an argument: everybody else on the machine may read arguments, and shells
keep them. All of it may be done while a daemon runs.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from typing import TYPE_CHECKING, Annotated

import typer

from vmrd.console import DEFAULT_CONFIG, FAILED, USAGE, AsJson, ConfigFile, configured, fail, say, stored
from vmrd.store.retention import Kept

if TYPE_CHECKING:
    from vmrd.config import Config
    from vmrd.store.base import Tx
    from vmrd.store.retention import Counts, Hold

subject = typer.Typer(no_args_is_help=True, help="What is kept of one person, and erasing it.")


def purge(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say how much would go")] = False,
    config: ConfigFile = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Let go of what is old enough by the times under "retention", as the daemon does once a day."""
    from vmrd.daemon import clock_of, store_keys
    from vmrd.store.opening import open_for_reading

    chosen = configured(config)

    def looked() -> tuple[Counts, list[Hold]]:
        with open_for_reading(chosen.store.place, store_keys(chosen)) as rx:
            return rx.purgeable(chosen.retention.before(clock_of(chosen).now())), rx.holds()

    counts, held = stored(looked)
    if not dry_run:
        counts = stored(lambda: _purged(chosen))
    word = "would go" if dry_run else "gone"
    say(
        as_json,
        {
            "dryRun": dry_run,
            "counts": {kept.value: counts[kept] for kept in Kept},
            "onHold": [each.session_id for each in held],
        },
        [
            *(f"{kept.value}: {counts[kept]} {word}" for kept in Kept),
            *(f"session {each.session_id}: on hold ({each.reason}), nothing of it goes" for each in held),
        ],
    )


def _purged(config: Config) -> Counts:
    from vmrd.daemon import clock_of, store_keys
    from vmrd.pruning import AT_ONCE, note
    from vmrd.store.opening import write_once

    before, gone = config.retention.before(clock_of(config).now()), Counter[Kept]()
    place, keys = config.store.place, store_keys(config)
    while any((step := write_once(place, keys, lambda tx: tx.purge(before, AT_ONCE))).values()):
        gone.update(step)
    if gone.total():
        write_once(place, keys, lambda tx: note(tx, gone, before.now, "command line"))
    return gone


@subject.command("export")
def export(config: ConfigFile = DEFAULT_CONFIG) -> None:
    """Print what is kept of the person named on standard input, as JSON: each session, what was written, what happened.

    Nothing of anybody else is in it but remarks that name this person; read those before you hand it over.
    """
    from vmrd.daemon import store_keys
    from vmrd.store.opening import open_for_reading
    from vmrd.subjects import kept_of

    chosen, person = configured(config), _person()

    def look() -> list[dict[str, object]]:
        with open_for_reading(chosen.store.place, store_keys(chosen)) as rx:
            return kept_of(rx, person)

    typer.echo(json.dumps({"sessions": stored(look)}, indent=2, ensure_ascii=False))


@subject.command("erase")
def erase(
    session: Annotated[
        str | None, typer.Option(help="Everybody of this session, instead of one person everywhere")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be erased")] = False,
    config: ConfigFile = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Erase the person named on standard input from every session that is over. Facts and seals stay valid.

    Exit code 1 where a session is not over yet, or on hold: its people are needed until then. Backups keep what they
    hold.
    """
    from vmrd.daemon import clock_of, store_keys
    from vmrd.store.opening import write_once
    from vmrd.subjects import Erased, erase_person, erase_session

    chosen = configured(config)
    person = _person() if session is None else ""

    def step(tx: Tx) -> Erased:
        now = clock_of(chosen).now()
        if session is not None:
            return erase_session(tx, session, now, dry_run=dry_run)
        return erase_person(tx, person, now, dry_run=dry_run)

    done = stored(lambda: write_once(chosen.store.place, store_keys(chosen), step))
    word = "would be erased" if dry_run else "erased"
    say(
        as_json,
        {
            "dryRun": dry_run,
            "erased": dict(done.texts),
            "notOver": list(done.not_over),
            "onHold": list(done.on_hold),
        },
        [
            *(f"session {each}: {count} texts {word}" for each, count in done.texts.items()),
            *(f"session {each}: not over yet, so nothing was erased; do it again afterwards" for each in done.not_over),
            *(f"session {each}: on hold, so nothing was erased; see vmrd hold list" for each in done.on_hold),
        ]
        or ["nothing is kept of them"],
    )
    if done.not_over or done.on_hold:
        raise typer.Exit(FAILED)


def _person() -> str:
    """A name, or a prisoner's number: asked of a person, read from a pipe."""
    given: str = typer.prompt("Name or number", err=True) if sys.stdin.isatty() else sys.stdin.readline()
    return given.strip() or fail("say on standard input whom you mean: a name, or a prisoner's number", USAGE)
