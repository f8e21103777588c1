"""What commands share: their options, how they end, and how they speak.

Exit codes: 0 ok, 1 failed, 2 usage, 3 configuration, 4 not reachable.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar

import typer

from vmrd.config import Config, ConfigError, load
from vmrd.store.base import StoreError

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
    """Run it to its end; what stops it ends the command. A database that fails is no fault of the program: one line
    says what it said, and not where in the program it was heard."""
    try:
        stored(lambda: asyncio.run(task()))
    except BaseExceptionGroup as group:
        failed, others = group.split(StoreError)
        if failed is None or others is not None:
            raise
        fail(f"{_first(failed)}. vmrd ends; meetings stay as they are in Pexip", FAILED)


def _first(group: BaseExceptionGroup[StoreError]) -> StoreError:
    first = group.exceptions[0]
    return _first(first) if isinstance(first, BaseExceptionGroup) else first


def say(as_json: bool, value: dict[str, Any], lines: list[str]) -> None:
    """One JSON object for a program, or lines for a person."""
    if as_json:
        typer.echo(json.dumps(value))
    else:
        for line in lines:
            typer.echo(line)


def fail(sentence: str, code: int) -> NoReturn:
    """Say why on standard error and end with the code."""
    typer.echo(sentence, err=True)
    raise typer.Exit(code)
