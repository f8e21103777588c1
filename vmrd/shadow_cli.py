"""`vmrd shadow`: what a shadow saw and would have done. It may be read while the daemon watches."""

from __future__ import annotations

import json
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from vmrd.config import Config
from vmrd.console import CONFIGURATION, DEFAULT_CONFIG, USAGE, ConfigFile, configured, fail, stored
from vmrd.lifecycle.words import Instant

if TYPE_CHECKING:
    from vmrd.shadow.report import Report

app = typer.Typer(no_args_is_help=True, help="Shadow mode: what vmrd watched, and would have done.")


class Format(StrEnum):
    TEXT = "text"
    JSON = "json"
    CSV = "csv"


@app.callback()
def shadow() -> None:
    """Shadow mode: what vmrd watched, and would have done."""


@app.command()
def report(
    start: Annotated[str | None, typer.Option("--from", help="First day, YYYY-MM-DD; a week ago if not given")] = None,
    end: Annotated[str | None, typer.Option("--to", help="Last day; today if not given")] = None,
    establishment: Annotated[str | None, typer.Option(help="Code; all of them if not given")] = None,
    shape: Annotated[Format, typer.Option("--format")] = Format.TEXT,
    config: ConfigFile = DEFAULT_CONFIG,
) -> None:
    """What vmrd would have done against what officers did, and what could not be seen."""
    from vmrd.shadow import prose

    chosen = configured(config)
    if establishment is not None and establishment not in {each.code for each in chosen.establishments}:
        fail("--establishment is none of the configuration", USAGE)
    first, last = _day(start, "--from"), _day(end, "--to")
    made = stored(lambda: _made(chosen, first, last, establishment))
    match shape:
        case Format.TEXT:
            typer.echo("\n".join(prose.text(made)))
        case Format.JSON:
            typer.echo(json.dumps(prose.as_json(made)))
        case Format.CSV:
            typer.echo(prose.as_csv(made), nl=False)


def in_shadow(config: Config) -> Config:
    """The same configuration with shadow mode on, or the end of the command."""
    if not config.shadow.match:
        fail("--shadow: no [[shadow.match]] in the configuration says which meetings to watch", CONFIGURATION)
    return config.model_copy(update={"shadow": config.shadow.model_copy(update={"enabled": True})})


def _made(config: Config, first: date | None, last: date | None, establishment: str | None) -> Report:
    from vmrd.daemon import clock_of, store_keys
    from vmrd.shadow import mark, record
    from vmrd.shadow.build import record_path
    from vmrd.shadow.report import report_of
    from vmrd.shadow.story import story_of
    from vmrd.store.base import SessionFilter, StoreError
    from vmrd.store.sqlite import open_for_reading
    from vmrd.web.sentences import LONDON

    def midnight(day: date) -> Instant:
        return int(datetime.combine(day, time(), LONDON).timestamp() * 1_000)

    database = config.store.path
    if database is None or not mark.is_shadow(database):
        raise StoreError(f"the database at {database or config.store.url} is not a shadow's")
    now = clock_of(config).now()
    last = last or datetime.fromtimestamp(now / 1_000, LONDON).date()
    first = first or last - timedelta(days=6)
    if last < first:
        fail("--to lies before --from", USAGE)
    start, end = midnight(first), midnight(last + timedelta(days=1))
    places = (establishment,) if establishment is not None else ()
    with open_for_reading(database, store_keys(config)) as rx:
        found = rx.sessions(SessionFilter(establishments=places, start=start, end=end))
        stories = [story_of(session, rx.facts(session.id)) for session in found]
    noted = record.read(record_path(config.shadow, database), start, end)
    return report_of(stories, noted, start, end, now, places)


def _day(given: str | None, option: str) -> date | None:
    if given is None:
        return None
    try:
        return date.fromisoformat(given)
    except ValueError:
        fail(f"{option}: a date is written YYYY-MM-DD", USAGE)
