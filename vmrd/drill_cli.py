"""`vmrd drill`: play a failure of the runbook on a mock platform, and see that alert, panel and recovery hold.

Exit codes as everywhere: 0 when every step was confirmed, 1 when one was not, 2 for a name that is none.
"""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from vmrd.console import FAILED, USAGE, AsJson, fail, say

if TYPE_CHECKING:
    from vmrd.drill.drill import Drill


def drill(
    name: Annotated[str | None, typer.Argument(help="Which; --list names them")] = None,
    every: Annotated[bool, typer.Option("--all", help="One after the other")] = False,
    listed: Annotated[bool, typer.Option("--list", help="Name the drills and the alerts each makes ring")] = False,
    as_json: AsJson = False,
) -> None:
    """Play a failure of the runbook, beside a consultation under way, on a mock platform of its own."""
    from vmrd.drill.catalogue import DRILLS

    if listed:
        say(as_json, {"drills": [_described(each) for each in DRILLS.values()]}, list(map(_line, DRILLS.values())))
        return
    if every == (name is not None):
        fail("give the name of a drill, or --all; --list names them", USAGE)
    if name is not None and name not in DRILLS:
        fail(f"there is no drill of that name: {', '.join(DRILLS)}", USAGE)
    chosen = tuple(DRILLS.values()) if name is None else (DRILLS[name],)
    if not asyncio.run(_perform(chosen, as_json=as_json)):
        raise typer.Exit(FAILED)


async def _perform(chosen: tuple[Drill, ...], *, as_json: bool) -> bool:
    """Whether every step of every drill was confirmed. With JSON, steps go to standard error."""
    from vmrd.drill.judge import judge
    from vmrd.drill.perform import perform

    outcomes = []
    for each in chosen:
        outcomes.append(outcome := await perform(each, judge(), lambda line: typer.echo(line, err=as_json)))
        typer.echo(outcome.line(), err=as_json)
        sys.stdout.flush()
    failed = [outcome.name for outcome in outcomes if outcome.failed]
    summary = f"{len(outcomes) - len(failed)} of {len(outcomes)} drills as expected"
    if as_json:
        say(True, {"drills": [outcome.told() for outcome in outcomes]}, [])
    elif len(outcomes) > 1:
        typer.echo(f"{summary}; not: {', '.join(failed)}" if failed else summary)
    return not failed


def _described(drill: Drill) -> dict[str, object]:
    return {"name": drill.name, "what": drill.what, "alerts": list(drill.alerts)}


def _line(drill: Drill) -> str:
    return f"{drill.name:<22} {drill.what}. Rings: {', '.join(drill.alerts) or 'nothing'}"
