"""`pexip-mock run`: the mock on its own. `pexip-mock scenario` is in `scenario_cli`."""

import argparse
import asyncio
import json
import os
import resource
import signal
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from pexip_mock.given import BadInput
from pexip_mock.knobs import Knobs
from pexip_mock.server import MockServer
from pexip_mock.wire import Json
from pexip_mock.world_document import WorldFile, read_world

CONFIGURATION_ERROR = 3
OPEN_FILES = 65_536


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(prog="pexip-mock", description="A stateful mock of Pexip Infinity on loopback.")
    commands = top.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="run until interrupted")
    run.add_argument("--port", type=int, default=0, help="of the Management Node; nodes follow it (default: any)")
    run.add_argument("--user", default="admin", help="management user (default: admin)")
    run.add_argument("--password", default="mock-password", help="management password")
    run.add_argument("--fast", action="store_true", help="near-zero delays")
    run.add_argument("--seed", type=int, help="of all chance (default: the world's, or 1)")
    run.add_argument("--config", type=Path, help="TOML file of knobs")
    run.add_argument("--world", type=Path, help="JSON file: the configuration to begin with; written again at the end")
    run.add_argument("--clock-file", type=Path, help="publish the business clock here")
    scenario = commands.add_parser("scenario", help="play a scenario and say whether all came out as written")
    scenario.add_argument("file", type=Path, help="TOML file; docs/scenarios.md describes it")
    scenario.add_argument("--url", help="a running mock, as its own first line says; without it one is started")
    scenario.add_argument(
        "--fast", action="store_true", help="start a mock with near-zero delays, and skip all waiting"
    )
    scenario.add_argument("--act", help="play this named act of the file instead of its steps")
    scenario.add_argument("--alias", default="", help="the alias, where the file names none")
    scenario.add_argument("--user", default="admin", help="management user (default: admin)")
    scenario.add_argument("--password", default="mock-password", help="management password")
    return top


async def run(server: MockServer, begin_with: WorldFile | None, keep: Path | None) -> None:
    """Serve until interrupted, terminated or broken, after saying where; `keep`: where its configuration is written."""
    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, over.set)
    async with server:
        if begin_with is not None:
            await server.load(begin_with)
        say(server)
        waiting = {asyncio.create_task(over.wait()), asyncio.create_task(server.until_broken())}
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for task in waiting:
            task.cancel()
        if keep is not None and over.is_set():
            write_world(keep, await server.dump())


def say(server: MockServer) -> None:
    """Where everything is: sentences for a person, one line of JSON for a program."""
    if sys.stdout.isatty():
        lines = [
            f"Management Node  {server.management_url}/api/admin/  (user {server.user})",
            *(f"Node {name}  {url}" for name, url in zip(server.knobs.nodes, server.node_urls, strict=True)),
            f"Control          {server.control_url}/state",
            f"Be a caller      {server.management_url}/",
            "Stop with Ctrl-C.",
        ]
        sys.stdout.write("\n".join(lines) + "\n")
    else:
        where = {
            "management": server.management_url,
            "nodes": list(server.node_urls),
            "mock": server.control_url,
            "page": f"{server.management_url}/",
        }
        sys.stdout.write(json.dumps(where | {"user": server.user, "password": server.password}) + "\n")
    sys.stdout.flush()


def write_world(file: Path, world: Json) -> None:
    """Keep a configuration, readable by its owner alone: PINs are in it. The file is the old one or the new, whole."""
    draft = file.with_name(f"{file.name}.new")
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(world, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    os.replace(draft, file)


def beginning(given: argparse.Namespace) -> tuple[Knobs, int, WorldFile | None]:
    """Knobs, seed and configuration to begin with: options win over the world's own knobs and seed.

    Raises OSError and ValueError (BadInput, BadKnob, no TOML, no JSON).
    """
    world = WorldFile({}, None, {})
    if given.world is not None and not given.world.absolute().parent.is_dir():
        raise FileNotFoundError(f"{given.world}: there is no such folder to keep the world in")
    if given.world is not None and given.world.exists():
        world = read_world(json.loads(given.world.read_text(encoding="utf-8")))
    turned = dict(world.turned or {})
    if given.fast:
        standard, fast = asdict(Knobs()), asdict(Knobs.fast())
        turned |= {name: value for name, value in fast.items() if value != standard[name]}
    if given.config is not None:
        turned |= tomllib.loads(given.config.read_text(encoding="utf-8"))
    seed = given.seed if given.seed is not None else 1 if world.seed is None else world.seed
    return Knobs().changed(turned), seed, replace(world, turned=turned, seed=None) if world.records else None


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point; 0 after an orderly stop, 3 for knobs or a world that make no sense, 1 when a port is taken.

    What `pexip-mock scenario` answers is told in `scenario_cli`.
    """
    given = parser().parse_args(arguments)
    if given.command == "scenario":
        from pexip_mock.scenario_cli import play  # not needed by `run`, which shall be there at once

        return asyncio.run(play(given))
    try:
        knobs, seed, world = beginning(given)
    except BadInput as bad:
        return _wrong_world(given.world, bad)
    except (OSError, ValueError) as fault:
        return _fail(str(fault), CONFIGURATION_ERROR)
    allow_many_connections()
    server = MockServer(
        knobs, user=given.user, password=given.password, port=given.port, seed=seed, clock_file=given.clock_file
    )
    try:
        asyncio.run(run(server, world, given.world))
    except BadInput as bad:
        return _wrong_world(given.world, bad)
    except OSError as fault:
        return _fail(str(fault), 1)
    return 0


def _wrong_world(file: Path, bad: BadInput) -> int:
    return _fail(
        "\npexip-mock: ".join(f"{file}: {fault.at or 'the file'} {fault.sentence}" for fault in bad.faults),
        CONFIGURATION_ERROR,
    )


def _fail(sentence: str, code: int) -> int:
    sys.stderr.write(f"pexip-mock: {sentence}\n")
    return code


def allow_many_connections() -> None:
    """Raise this process's own limit of open files: every event stream is one, and 1,024 are usual."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
