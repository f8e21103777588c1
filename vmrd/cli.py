"""The command line.

Secrets are never arguments: they come from the configuration and its credentials. Every command that reads has
`--json` for programs.
"""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import Annotated, Any

import typer

from vmrd import backups_cli
from vmrd.bookings_cli import app as bookings_app
from vmrd.console import (
    DEFAULT_CONFIG,
    FAILED,
    UNREACHABLE,
    USAGE,
    AsJson,
    ConfigFile,
    configured,
    fail,
    say,
    stored,
    work,
)
from vmrd.deliveries import app as deliveries_app
from vmrd.directory.cli import app as directory_app
from vmrd.lifecycle.rules import HOUR
from vmrd.officers_cli import app as officer_app
from vmrd.store.base import StoreError
from vmrd.store.refusal import RefusalRow

app = typer.Typer(
    add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, help="Prison video links."
)
journal_app = typer.Typer(no_args_is_help=True, help="The audit trail.")
app.add_typer(journal_app, name="journal")
app.add_typer(officer_app, name="officer")
app.add_typer(bookings_app, name="bookings")
app.add_typer(deliveries_app, name="deliveries")
app.add_typer(directory_app, name="directory")
app.command()(backups_cli.backup)
app.command()(backups_cli.restore)


def main() -> None:
    """Entry point of `vmrd`."""
    app()


@app.command()
def run(config: ConfigFile = DEFAULT_CONFIG) -> None:
    """Run the daemon until it is told to stop."""
    from vmrd.logging import configure
    from vmrd.serve import serve

    chosen = configured(config)
    configure(chosen.log_level)
    work(lambda: serve(chosen))


@app.command()
def demo(
    headless: Annotated[bool, typer.Option(help="Play the story by itself, against the API")] = False,
    story: Annotated[str, typer.Option(help="consultation, booking, or none")] = "consultation",
    exit: Annotated[bool, typer.Option("--exit", help="End with the story")] = False,
    fault: Annotated[str | None, typer.Option(help="Break this operation in the mock; the story must end red")] = None,
    port: Annotated[int, typer.Option(help="Port of the panel; 0 for any free one")] = 0,
    database: Annotated[
        str | None, typer.Option(help="Where to keep the state; a temporary folder if not given")
    ] = None,
    platform: Annotated[
        Path | None, typer.Option(help="TOML file of knobs: how the mock Pexip behaves where nobody knows the real one")
    ] = None,
    policy: Annotated[
        bool, typer.Option("--policy", help="Pexip asks vmrd who may come in; with --story none")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """A mock Pexip, the daemon and a story to press through. Needs nothing else."""
    from vmrd.demo.run import demo as play

    raise typer.Exit(
        asyncio.run(
            play(
                headless=headless,
                story=story,
                leave=exit,
                fault=fault,
                port=port,
                database=database,
                platform=platform,
                as_json=as_json or not sys.stdout.isatty(),
                policy=policy,
            )
        )
    )


@app.command()
def migrate(config: ConfigFile = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
    """Bring the database's schema up to this release."""
    from vmrd.store.migrate import migrate as apply

    applied = stored(lambda: apply(configured(config).store.path))
    say(as_json, {"applied": applied}, [f"applied {name}" for name in applied] or ["nothing to do"])


@app.command()
def diagram() -> None:
    """The life of a session as a Mermaid drawing, made from the code."""
    from vmrd.lifecycle.diagram import mermaid

    typer.echo(mermaid())


@app.command()
def openapi() -> None:
    """The OpenAPI document of the HTTP API."""
    from vmrd.web.contract import openapi as document

    typer.echo(json.dumps(document(), indent=2))


@app.command()
def authorisation() -> None:
    """Who may do what, route by route and role by role, made from the code."""
    from vmrd.web.authorisation import page

    typer.echo(page(), nl=False)


@app.command()
def watch(
    url: Annotated[str, typer.Option(help="Base URL of vmrd")] = "http://127.0.0.1:8080",
    establishment: Annotated[str | None, typer.Option(help="Code; all of yours if not given")] = None,
    once: Annotated[bool, typer.Option("--once", help="Print the board as it stands and end")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Each view as a line of JSON, as it comes")] = False,
) -> None:
    """The board in the terminal, live; it presses nothing. Where the output is no terminal, `--once` is meant.

    The bearer token of an officer is VMRD_TOKEN, or the systemd credential `watch__token`, or is asked for.
    """
    from rich.console import Console

    from vmrd.terminal import Refused, Target, Unreachable, follow, print_once, print_views

    console = Console()
    try:
        target = Target(url, _watch_token(), establishment)
    except ValueError:
        fail("--url is not an http or https address", USAGE)
    try:
        if as_json:
            asyncio.run(print_views(target, once=once))
        elif once or not console.is_terminal:
            asyncio.run(print_once(target, console))
        else:
            asyncio.run(follow(target, console))
    except Unreachable:
        fail("vmrd does not answer there", UNREACHABLE)
    except Refused as why:
        fail(str(why), FAILED)
    except KeyboardInterrupt:
        raise typer.Exit(0) from None


def _watch_token() -> str:
    """Never an argument: every other user of the machine may read those."""
    credentials = os.environ.get("CREDENTIALS_DIRECTORY")
    kept = Path(credentials) / "watch__token" if credentials is not None else None
    token = os.environ.get("VMRD_TOKEN") or (kept.read_text() if kept is not None and kept.exists() else "")
    if not token and sys.stdin.isatty():
        token = typer.prompt("Token", hide_input=True, err=True)
    return token.strip() or fail("set VMRD_TOKEN to an officer's bearer token", USAGE)


@journal_app.command("verify")
def journal_verify(config: ConfigFile = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
    """Check every fact against its chain and its seal."""
    from vmrd.daemon import store_keys
    from vmrd.store.journal import verify

    chosen = configured(config)

    def look() -> list[Any]:
        if not chosen.store.path.exists():
            raise StoreError(f"there is no database at {chosen.store.path}")
        try:
            with closing(sqlite3.connect(f"file:{chosen.store.path}?mode=ro", uri=True)) as connection:
                return list(verify(connection, store_keys(chosen).seal))
        except sqlite3.Error as bad:
            raise StoreError(f"the database cannot be read ({type(bad).__name__})") from None

    faults = stored(look)
    say(
        as_json,
        {"accepted": not faults, "faults": [{"where": fault.where, "what": fault.what} for fault in faults]},
        [f"{fault.where}: {fault.what}" for fault in faults] or ["the journal is as it was written"],
    )
    if faults:
        raise typer.Exit(FAILED)


@journal_app.command("export")
def journal_export(session: str, config: ConfigFile = DEFAULT_CONFIG) -> None:
    """Print one session's facts, a JSON object a line."""
    from vmrd.clock import as_text
    from vmrd.daemon import store_keys
    from vmrd.store.sqlite import open_for_reading

    chosen = configured(config)

    def look() -> list[str]:
        with open_for_reading(chosen.store.path, store_keys(chosen)) as rx:
            return [
                json.dumps(
                    {
                        "session": row.session_id,
                        "seq": row.seq,
                        "at": as_text(row.at),
                        "fact": row.type,
                        "body": json.loads(row.body),
                        "hash": row.hash.hex(),
                    }
                )
                for row in rx.journal(session)
            ]

    lines = stored(look)
    if not lines:
        fail("there is no such session", FAILED)
    for line in lines:
        typer.echo(line)


@journal_app.command("refusals")
def journal_refusals(
    days: Annotated[int, typer.Option(min=1, help="The last so many days")] = 90,
    limit: Annotated[int, typer.Option(min=1, help="The newest so many")] = 1_000,
    config: ConfigFile = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """What booking systems sent that they may not send: who, of what type, for which establishment, how often."""
    from vmrd.daemon import clock_of, store_keys
    from vmrd.store.sqlite import open_for_reading
    from vmrd.web.refusals import line, view

    chosen = configured(config)

    def look() -> list[RefusalRow]:
        with open_for_reading(chosen.store.path, store_keys(chosen)) as rx:
            return rx.refusals(clock_of(chosen).now() - days * 24 * HOUR, limit)

    found = [view(row) for row in stored(look)]
    say(
        as_json,
        {"refusals": [each.model_dump(mode="json") for each in found]},
        [line(each) for each in found] or ["none"],
    )


@journal_app.command("audit")
def journal_audit(
    config: ConfigFile = DEFAULT_CONFIG,
    limit: Annotated[int, typer.Option(help="At most so many, the newest first")] = 100,
    as_json: AsJson = False,
) -> None:
    """What happened to accounts and sign-ins: who came in and by what, who was put out, which seal was broken."""
    from vmrd.clock import as_text
    from vmrd.daemon import store_keys
    from vmrd.store.base import AuditEntry
    from vmrd.store.sqlite import open_for_reading

    chosen = configured(config)

    def look() -> list[AuditEntry]:
        with open_for_reading(chosen.store.path, store_keys(chosen)) as rx:
            return rx.audit(limit)

    entries = stored(look)
    say(
        as_json,
        {"entries": [{"at": as_text(e.at), "what": e.kind, "who": e.who, **e.detail} for e in entries]},
        [f"{as_text(e.at)}  {e.kind}  {e.who}  {' '.join(f'{k}={v}' for k, v in e.detail.items())}" for e in entries],
    )
