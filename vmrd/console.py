"""What commands share: their options, how they end, and how they speak.

Exit codes: 0 ok, 1 failed, 2 usage, 3 configuration, 4 not reachable.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar

import structlog
import typer

from vmrd.config import Config, ConfigError, load
from vmrd.logging import leaves, place_of, priority
from vmrd.store.base import StoreError

log = structlog.get_logger(__name__)

T = TypeVar("T")

FAILED, USAGE, CONFIGURATION, UNREACHABLE = 1, 2, 3, 4
DEFAULT_CONFIG = Path("/etc/vmrd/vmrd.toml")

ConfigFile = Annotated[Path, typer.Option("--config", envvar="VMRD_CONFIG", help="TOML file")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object for programs")]


def configured(path: Path) -> Config:
    """The configuration, or the end of the command."""
    try:
        return load(path)
    except ConfigError as fault:
        fail(str(fault), CONFIGURATION)


def stored(look: Callable[[], T]) -> T:
    """What `look` finds in the database, or the end of the command."""
    try:
        return look()
    except ConfigError as fault:
        fail(str(fault), CONFIGURATION)
    except StoreError as fault:
        fail(str(fault), FAILED)


def work(task: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run it to its end; what stops it ends the command.

    A database that fails is no fault of the program: one line says what it said. What nobody foresaw is told by type
    and place: Python's own traceback would print an exception's text, and so whatever a person typed, into the log.
    """
    try:
        stored(lambda: asyncio.run(task()))
    except typer.Exit:
        raise
    except Exception as bad:
        faults = list(leaves(bad))
        failed = [each for each in faults if isinstance(each, StoreError)]
        if len(failed) == len(faults):
            fail(f"{failed[0]}. vmrd ends; meetings stay as they are in Pexip", FAILED)
        for each in faults:
            log.critical("ended_by_fault", error=type(each).__name__, at=place_of(each))
        raise typer.Exit(FAILED) from None


def say(as_json: bool, value: dict[str, Any], lines: list[str]) -> None:
    """One JSON object for a program, or lines for a person."""
    if as_json:
        typer.echo(json.dumps(value))
    else:
        for line in lines:
            typer.echo(line)


def fail(sentence: str, code: int) -> NoReturn:
    """Say why on standard error and end with the code."""
    for line in sentence.splitlines():
        typer.echo(f"{priority('error')}{line}", err=True)
    raise typer.Exit(code)
