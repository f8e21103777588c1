"""The command line.

Secrets are never arguments: they come from the configuration and its credentials. Every command that reads has
`--json` for programs.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from vmrd import backups_cli
from vmrd.bookings_cli import app as bookings_app
from vmrd.check_cli import check_config
from vmrd.console import (
    DEFAULT_CONFIG,
    FAILED,
    UNREACHABLE,
    USAGE,
    AsJson,
    ConfigFile,
    configured,
    fail,
    work,
)
from vmrd.deliveries import app as deliveries_app
from vmrd.directory.cli import app as directory_app
from vmrd.drill_cli import drill
from vmrd.holds_cli import app as hold_app
from vmrd.journal_cli import app as journal_app
from vmrd.migrate_cli import migrate
from vmrd.officers_cli import app as officer_app
from vmrd.retention_cli import purge
from vmrd.retention_cli import subject as subject_app
from vmrd.shadow_cli import app as shadow_app
from vmrd.shadow_cli import in_shadow

app = typer.Typer(
    add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, help="Prison video links."
)
app.add_typer(journal_app, name="journal")
app.add_typer(officer_app, name="officer")
app.add_typer(bookings_app, name="bookings")
app.add_typer(deliveries_app, name="deliveries")
app.add_typer(directory_app, name="directory")
app.command()(backups_cli.backup)
app.command()(backups_cli.restore)
app.command()(migrate)
app.command()(purge)
app.command()(check_config)
app.command()(drill)
app.add_typer(subject_app, name="subject")
app.add_typer(shadow_app, name="shadow")
app.add_typer(hold_app, name="hold")


def main() -> None:
    """Entry point of `vmrd`."""
    app()


def _tell_version(asked: bool) -> None:
    if asked:
        typer.echo(f"vmrd {version('vmrd')}")
        raise typer.Exit


@app.callback()
def _options(
    asked: Annotated[
        bool, typer.Option("--version", callback=_tell_version, is_eager=True, help="Print the release and end")
    ] = False,
) -> None:
    pass


@app.command()
def run(
    config: ConfigFile = DEFAULT_CONFIG,
    shadow: Annotated[bool, typer.Option("--shadow", help="Only watch, and note what would be done")] = False,
) -> None:
    """Run the daemon until it is told to stop."""
    gc.disable()  # looking through what is only being loaded, again and again, was a sixth of the start
    from vmrd import collector, waiting
    from vmrd.config import load
    from vmrd.logging import configure
    from vmrd.serve import serve

    collector.begin()
    with waiting.for_mending(config):
        chosen = in_shadow(configured(config)) if shadow else configured(config)
        configure(chosen.log_level)
        work(lambda: serve(chosen, lambda: load(config)))


@app.command()
def demo(
    headless: Annotated[bool, typer.Option(help="Play the story by itself, against the API")] = False,
    story: Annotated[str, typer.Option(help="consultation, booking, tamper, outage, or none")] = "consultation",
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
