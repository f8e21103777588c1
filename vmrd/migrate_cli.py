"""`vmrd migrate`: the schema of this release, and moving a site from an SQLite file to PostgreSQL."""

from __future__ import annotations

from typing import Annotated

import typer
from pydantic import ValidationError

from vmrd.config import Config
from vmrd.config_store import StoreConfig
from vmrd.console import DEFAULT_CONFIG, USAGE, AsJson, ConfigFile, configured, fail, say, stored
from vmrd.store.place import Place, Server


def migrate(
    copy_to: Annotated[
        str | None, typer.Option("--copy-to", metavar="URL", help="Move the SQLite file into this empty PostgreSQL")
    ] = None,
    config: ConfigFile = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Bring the database's schema up to this release; or move everything to PostgreSQL, with the daemon stopped."""
    from vmrd.store.opening import migrate as apply

    chosen = configured(config)
    if copy_to is not None:
        _move(chosen, copy_to, as_json)
        return
    applied = stored(lambda: apply(chosen.store.place))
    say(as_json, {"applied": applied}, [f"applied {name}" for name in applied] or ["nothing to do"])


def _move(config: Config, url: str, as_json: bool) -> None:
    from vmrd.daemon import store_keys

    path = config.store.path
    if path is None:
        fail("--copy-to moves an SQLite file, and store.url is PostgreSQL already", USAGE)
    target = _target(config, url)
    from vmrd.store.postgres.copy import copy

    tables = stored(lambda: copy(path, target, store_keys(config).seal))
    say(
        as_json,
        {"copied": {table.name: table.rows for table in tables}},
        [
            *(f"{table.name}: {table.rows} rows, read back and compared" for table in tables),
            "the journal verifies in its new place",
            "put store.url in place of store.path, keep store.key as it is, and move the file away",
        ],
    )


def _target(config: Config, url: str) -> Server:
    """The URL as it would be judged in the configuration, or the end of the command."""
    try:
        place: Place = StoreConfig(url=url, password=config.store.password, key=config.store.key).place
    except ValidationError as fault:
        faults = [error.get("ctx", {}).get("error", error["msg"]) for error in fault.errors(include_input=False)]
        fail("; ".join(f"--copy-to: {each}" for each in faults), USAGE)
    assert isinstance(place, Server)
    return place
