"""`vmrd demo`: sets the stage, says where it is, and plays the story or lets the viewer play it.

Exit codes as everywhere: 0, 1 when the story was not confirmed, 2 for a wrong option, 3 when a port cannot be had.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import tomllib
from collections.abc import Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import typer

from pexip_mock.knobs import Knobs
from pexip_mock.refusal import BadKnob
from vmrd.config import ConfigError
from vmrd.demo.officer import NotShown, Refused
from vmrd.demo.play import LIMIT, LIMIT_WITH_FAULT, Play, Result
from vmrd.demo.stage import NotSet, Plan, Stage, human, stage
from vmrd.demo.stories import STORIES
from vmrd.demo.transcript import Transcript
from vmrd.logging import configure
from vmrd.sender import Unanswered
from vmrd.store.base import StoreError
from vmrd.store.place import Place, Server

FAILED, USAGE, CONFIGURATION = 1, 2, 3
NO_STORY, DEFAULT_STORY = "none", "consultation"
_OTHER_WORDS = {"re_lock": "relock"}
_SQLITE = "sqlite:///"
_POSTGRESQL = "postgresql://"
_TAMPER = "tamper"


class Broken(Exception):
    """vmrd or the mock stopped by itself."""


class WrongOption(Exception):
    """An option that cannot be; the text says what can."""


async def demo(
    *,
    headless: bool,
    story: str,
    leave: bool,
    fault: str | None,
    port: int,
    database: str | None,
    platform: Path | None,
    as_json: bool,
    policy: bool = False,
) -> int:
    """Run the rehearsal until it is over or told to stop; the exit code."""
    _forget_the_environment()
    configure("error")
    try:
        plan = planned(headless=headless, story=story, fault=fault, port=port, database=database, platform=platform)
        plan = asked_first(plan, story) if policy else plan
        work = _rehearse(plan, story, headless=headless, leave=leave, as_json=as_json)
        return await _until_stopped(work, FAILED if headless and leave else 0)
    except WrongOption as wrong:
        return _fail(str(wrong), USAGE)
    except ConfigError as fault_:
        return _fail(str(fault_), CONFIGURATION)
    except (NotSet, NotShown, Refused, StoreError) as failed:
        return _fail(f"the stage could not be set: {failed}", FAILED)
    except Broken:
        return _fail("vmrd or the mock stopped by itself", FAILED)
    except (aiohttp.ClientError, Unanswered) as lost:
        return _fail(f"the stage could not be set: no answer ({type(lost).__name__})", FAILED)


def planned(
    *, headless: bool, story: str, fault: str | None, port: int, database: str | None, platform: Path | None = None
) -> Plan:
    """What the options ask for. Raises `WrongOption`."""
    if story != NO_STORY and story not in STORIES:
        raise WrongOption(f"--story: {', '.join(STORIES)} or {NO_STORY}")
    knobs = human() if not headless else Knobs.fast()
    return Plan(port, _place(database, story), _turned(knobs, platform), fault=_operation(fault, story))


def asked_first(plan: Plan, story: str) -> Plan:
    """The same with policy. Raises `WrongOption` for a story, in which a telephone stands at the door."""
    if story != NO_STORY:
        raise WrongOption(f"--policy turns telephones away before they are part of a story; add --story {NO_STORY}")
    return replace(plan, policy=True)


async def _rehearse(plan: Plan, story: str, *, headless: bool, leave: bool, as_json: bool) -> int:
    async with stage(plan) as built:
        others = [asyncio.create_task(_watch(built)), asyncio.create_task(built.controls.run())]
        performance = asyncio.create_task(_perform(built, plan, story, headless=headless, as_json=as_json))
        try:
            await asyncio.wait({performance, *others}, return_when=asyncio.FIRST_COMPLETED)
            if performance.done() and not leave:
                performance.result()
                await asyncio.wait(others, return_when=asyncio.FIRST_COMPLETED)
            if any(task.done() for task in others):
                raise Broken
            return performance.result()
        finally:
            for task in (performance, *others):
                task.cancel()


async def _perform(built: Stage, plan: Plan, story: str, *, headless: bool, as_json: bool) -> int:
    """Say where everything is and play; the exit code."""
    if story == NO_STORY:
        built.controls.has_story = False
        for act in ("those booked arrive",) if plan.policy else ("the uninvited arrive", "those booked arrive"):
            await built.players.crowd.play(act, built.players.alias)
    _introduce(built, story, headless=headless, as_json=as_json)
    if story == NO_STORY:
        return 0
    chosen = STORIES[story]
    if headless or chosen.to_read:
        return await _play_alone(built, plan, story, err=as_json, paged=not headless and sys.stdin.isatty())
    play = Play(story, chosen.steps, built.players, lambda _result: None)
    await built.controls.signed_in.wait()
    built.controls.play = play
    await play.with_viewer()
    return 0


async def _play_alone(built: Stage, plan: Plan, story: str, *, err: bool, paged: bool) -> int:
    """Play it without a viewer and say how each step came out, on standard error if that is wanted; the exit code.

    `paged`: somebody reads along, and says when to go on.
    """
    chosen, transcript = STORIES[story], Transcript(built.players.clerk)

    def told(result: Result) -> None:
        for line in (result.line(), *(transcript.lines() if chosen.to_read else ())):
            typer.echo(line, err=err)

    for line in chosen.preface:
        typer.echo(line, err=err)
    play = Play(
        story, chosen.steps, built.players, told, LIMIT if plan.fault is None else LIMIT_WITH_FAULT, chosen.judge
    )
    if paged:
        play.turned = _enter
    confirmed = await play.alone()
    built.controls.has_story = False
    typer.echo(play.summary())
    return 0 if confirmed else FAILED


async def _enter() -> None:
    """Wait for a line of standard input, which is a terminal."""
    typer.echo("Enter shows the next step.")
    loop, pressed = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(sys.stdin, pressed.set)
    try:
        await pressed.wait()
        sys.stdin.readline()
    finally:
        loop.remove_reader(sys.stdin)


async def _watch(built: Stage) -> None:
    """Return only when vmrd or the mock broke by itself."""
    mock = asyncio.create_task(built.mock.until_broken())
    await asyncio.wait({mock, built.vmrd.work}, return_when=asyncio.FIRST_COMPLETED)
    mock.cancel()


async def _until_stopped(work: Coroutine[Any, Any, int], stopped: int) -> int:
    """The work's own exit code, or `stopped` when somebody stopped it; what it built is taken down either way."""
    task = asyncio.create_task(work)
    loop = asyncio.get_running_loop()
    for caught in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(caught, task.cancel)
    try:
        return await task
    except asyncio.CancelledError:
        return stopped


def _introduce(built: Stage, story: str, *, headless: bool, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(built.addresses()))
        return
    typer.echo("vmrd demo: a rehearsal on this machine. No real people, no real prison, no real Pexip.")
    if headless:
        return
    typer.echo(f"Sign in with one click:  {built.sign_in}")
    if story == NO_STORY:
        typer.echo("No story: press what you like, and use the controls at the foot of the page.")
    elif not STORIES[story].to_read:
        typer.echo('Then press what the strip at the foot of the page says, or "Play it for me".')
    typer.echo(f"API {built.vmrd.api}/v1   ops {built.vmrd.ops}/metrics   Pexip {built.mock.control_url}/state")
    typer.echo(f"Its configuration: {built.file}   (see `vmrd check-config --config FILE`)")
    typer.echo(f"Be a caller yourself:  {built.mock.management_url}/")
    typer.echo("Stop with Ctrl+C.")


def _operation(fault: str | None, story: str) -> str | None:
    if fault is None:
        return None
    name = fault.strip().lower().replace("-", "_")
    name = _OTHER_WORDS.get(name, name)
    breakable = STORIES[DEFAULT_STORY if story == NO_STORY else story].breakable
    if name not in breakable:
        raise WrongOption(f"--fault: the story turns red without one of {', '.join(breakable)}")
    return name


def _turned(knobs: Knobs, platform: Path | None) -> Knobs:
    """The mock's knobs, with those of the file turned."""
    if platform is None:
        return knobs
    try:
        return knobs.changed(tomllib.loads(platform.read_text("utf-8")))
    except OSError as unread:
        raise WrongOption(f"--platform: {unread.strerror}") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, BadKnob) as wrong:
        raise WrongOption(f"--platform: {wrong}") from None


def _place(database: str | None, story: str) -> Place | None:
    if database is None:
        return None
    if database.startswith(_POSTGRESQL):
        if story == _TAMPER:
            raise WrongOption(f"--story {_TAMPER} takes an SQLite file apart: leave --database out, or name a file")
        return Server(database)
    scheme, has_scheme, _ = database.partition("://")
    if has_scheme and not database.startswith(_SQLITE):
        raise WrongOption(f"--database: {scheme} is no store; give {_POSTGRESQL}…, {_SQLITE}FILE or a file name")
    path = Path(database.removeprefix(_SQLITE)).absolute()
    if path.exists():
        raise WrongOption("--database: that file exists; the demo begins with a new one")
    if not path.parent.is_dir():
        raise WrongOption("--database: there is no such folder")
    return path


def _forget_the_environment() -> None:
    """A rehearsal must never reach a real platform because of a variable left in somebody's shell."""
    for name in list(os.environ):
        if name.startswith("VMRD_") or name == "CREDENTIALS_DIRECTORY":
            del os.environ[name]


def _fail(sentence: str, code: int) -> int:
    typer.echo(sentence, err=True)
    return code
