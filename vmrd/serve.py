"""Starting and stopping a whole vmrd: listeners, signals, readiness.

Two listeners: one for officers, booking systems and Pexip, one for ops on its own address. Stopping never ends a
meeting: rooms stay locked in Pexip, tokens are kept, and the next start takes up where this one left.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial

import structlog
from aiohttp import web

from vmrd import systemd
from vmrd.config import Config, ConfigError
from vmrd.daemon import Daemon, build

log = structlog.get_logger(__name__)

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_DRAIN = 5.0


@dataclass(frozen=True, slots=True)
class Running:
    """A daemon that serves: where, and its work as a task that ends only when something failed."""

    daemon: Daemon
    api: str
    ops: str
    work: asyncio.Task[None]


async def serve(config: Config) -> None:
    """Run until SIGTERM or SIGINT. Raises what made a shared task fail, and `ConfigError`."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for caught in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(caught, stop.set)
    async with running(config) as vmrd:
        log.info("ready", url=vmrd.api)
        systemd.notify("READY=1")
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({vmrd.work, stopping}, return_when=asyncio.FIRST_COMPLETED)
        systemd.notify("STOPPING=1")
        stopping.cancel()
        if vmrd.work.done():
            await vmrd.work


@asynccontextmanager
async def running(
    config: Config, furnish: Callable[[web.Application], None] = lambda _app: None
) -> AsyncIterator[Running]:
    """A daemon that works and serves for as long as the context lasts.

    `furnish` is given the main application before it listens: a rehearsal puts its own buttons there.
    """
    from vmrd.web.policy_desk import put_ahead
    from vmrd.web.routes import create_app, create_ops_app, make_deps

    if config.demo and config.listen.host not in _LOOPBACK:
        raise ConfigError("demo: one-click sign-in is for loopback only; set listen.host to 127.0.0.1")
    async with build(config) as daemon:
        deps = make_deps(daemon)
        given = systemd.sockets()
        app = create_app(deps)
        furnish(app)
        ahead = partial(put_ahead, deps.policy)
        api = await _listen(app, config.listen.host, config.listen.port, given[0] if given else None, ahead)
        ops = await _listen(create_ops_app(deps, daemon.health), config.listen.ops_host, config.listen.ops_port, None)
        work = asyncio.create_task(daemon.run(), name="vmrd")
        try:
            yield Running(daemon, _url(api), _url(ops), work)
        finally:
            for runner in (api, ops):
                await runner.cleanup()
            work.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await work


async def _listen(
    app: web.Application,
    host: str,
    port: int,
    given: object,
    ahead: Callable[[web.AppRunner], None] = lambda _runner: None,
) -> web.AppRunner:
    """`ahead` may put something before the application of a runner that is set up and does not listen yet."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=_DRAIN)
    await runner.setup()
    ahead(runner)
    site: web.BaseSite = (
        web.SockSite(runner, given) if isinstance(given, socket.socket) else web.TCPSite(runner, host, port)
    )
    try:
        await site.start()
    except OSError as busy:
        await runner.cleanup()
        raise ConfigError(f"cannot listen on {host} port {port}: {busy.strerror}") from None
    return runner


def _url(runner: web.AppRunner) -> str:
    host, port = runner.addresses[0][:2]
    return f"http://{host}:{port}"
