"""`pexip-mock run`: the mock on its own."""

import argparse
import asyncio
import json
import resource
import signal
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path

from pexip_mock.knobs import Knobs
from pexip_mock.refusal import BadKnob
from pexip_mock.server import MockServer

CONFIGURATION_ERROR = 3
OPEN_FILES = 65_536


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(prog="pexip-mock", description="A stateful mock of Pexip Infinity on loopback.")
    run = top.add_subparsers(dest="command", required=True).add_parser("run", help="run until interrupted")
    run.add_argument("--port", type=int, default=0, help="of the Management Node; nodes follow it (default: any)")
    run.add_argument("--user", default="admin", help="management user (default: admin)")
    run.add_argument("--password", default="mock-password", help="management password")
    run.add_argument("--fast", action="store_true", help="near-zero delays")
    run.add_argument("--seed", type=int, default=1, help="of all chance (default: 1)")
    run.add_argument("--config", type=Path, help="TOML file of knobs")
    run.add_argument("--clock-file", type=Path, help="publish the business clock here")
    return top


async def run(server: MockServer) -> None:
    """Serve until interrupted, terminated or broken, after saying where."""
    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, over.set)
    async with server:
        say(server)
        waiting = {asyncio.create_task(over.wait()), asyncio.create_task(server.until_broken())}
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for task in waiting:
            task.cancel()


def say(server: MockServer) -> None:
    """Where everything is: sentences for a person, one line of JSON for a program."""
    if sys.stdout.isatty():
        lines = [
            f"Management Node  {server.management_url}/api/admin/  (user {server.user})",
            *(f"Node {name}  {url}" for name, url in zip(server.knobs.nodes, server.node_urls, strict=True)),
            f"Control          {server.control_url}/state",
            "Stop with Ctrl-C.",
        ]
        sys.stdout.write("\n".join(lines) + "\n")
    else:
        where = {"management": server.management_url, "nodes": list(server.node_urls), "mock": server.control_url}
        sys.stdout.write(json.dumps(where | {"user": server.user, "password": server.password}) + "\n")
    sys.stdout.flush()


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point; 0 after an orderly stop, 3 for a knob that makes no sense, 1 when a port is taken."""
    given = parser().parse_args(arguments)
    knobs = Knobs.fast() if given.fast else Knobs()
    try:
        if given.config is not None:
            knobs = knobs.changed(tomllib.loads(given.config.read_text(encoding="utf-8")))
    except (OSError, tomllib.TOMLDecodeError, BadKnob) as fault:
        sys.stderr.write(f"pexip-mock: {fault}\n")
        return CONFIGURATION_ERROR
    allow_many_connections()
    server = MockServer(
        knobs,
        user=given.user,
        password=given.password,
        port=given.port,
        seed=given.seed,
        clock_file=given.clock_file,
    )
    try:
        asyncio.run(run(server))
    except OSError as fault:
        sys.stderr.write(f"pexip-mock: {fault}\n")
        return 1
    return 0


def allow_many_connections() -> None:
    """Raise this process's own limit of open files: every event stream is one, and 1,024 are usual."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
