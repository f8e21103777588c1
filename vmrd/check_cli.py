"""`vmrd check-config`: is everything as the configuration says, here and in Pexip? It changes nothing."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from vmrd.console import CONFIGURATION, DEFAULT_CONFIG, FAILED, USAGE, AsJson, ConfigFile, fail, say

_PASSWORD = "PEXIP_ADMINISTRATOR_PASSWORD"  # noqa: S105  # where it comes from


def check_config(
    config: ConfigFile = DEFAULT_CONFIG,
    offline: Annotated[bool, typer.Option("--offline", help="Look at this machine only")] = False,
    administrator: Annotated[
        str | None,
        typer.Option(
            help=f"Read how Pexip is wired up with this account; its password is asked for, or is {_PASSWORD}"
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Test the configuration and, read-only, the platform it names; say for each line what to do.

    Exit codes: 0 nothing failed, 1 something will not work, 3 the configuration itself is wrong.
    """
    from vmrd.check.eyes import Reader
    from vmrd.check.lines import as_json as shown
    from vmrd.check.lines import as_text, has_failed
    from vmrd.check.survey import check

    if administrator is not None and offline:
        fail("--offline asks nobody, so there is nothing for --administrator to read", USAGE)
    reader = Reader(administrator, _password()) if administrator is not None else None
    usable, groups = check(config, offline=offline, reader=reader)
    say(as_json, shown(groups), list(as_text(groups)))
    if not usable:
        raise typer.Exit(CONFIGURATION)
    if has_failed(groups):
        raise typer.Exit(FAILED)


def _password() -> str:
    """Never an argument: every other user of the machine may read those."""
    given = os.environ.get(_PASSWORD, "")
    if not given and sys.stdin.isatty():
        given = typer.prompt("Password", hide_input=True, err=True)
    return given or fail(f"set {_PASSWORD} to the administrator's password", USAGE)
