"""Starting and stopping a whole vmrd: listeners, signals, readiness.

Two listeners: one for officers, booking systems and Pexip, one for ops on its own address. Stopping never ends a
meeting: rooms stay locked in Pexip, tokens are kept, and the next start takes up where this one left.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import structlog
from aiohttp import web

from vmrd import collector, systemd, waiting
from vmrd.certificate import BadCertificate, Certificate
from vmrd.config import Config, ConfigError
from vmrd.config_listen import ListenConfig, is_loopback
from vmrd.daemon import Daemon, build
from vmrd.reload import reload
from vmrd.store.base import StoreError

if TYPE_CHECKING:
    from vmrd.web.deps import Deps

log = structlog.get_logger(__name__)

_DRAIN = 5.0
_SETTLED = 10.0
"""Seconds after the start in which all sessions are loaded. They stay: a full collection need not look at them again,
which with ten thousand would hold up everything for a good part of a second."""
Ahead = Callable[[web.AppRunner], None]
"""May put something before the application of a runner that is set up and does not listen yet."""


@dataclass(frozen=True, slots=True)
class Running:
    """A daemon that serves: where, and its work as a task that ends only when something failed.

    `reload` reads the configuration by what it is given, and puts all of it in force or nothing.
    """

    daemon: Daemon
    api: str
    ops: str
    work: asyncio.Task[None]
    reload: Callable[[Callable[[], Config]], asyncio.Task[None]]


async def serve(config: Config, again: Callable[[], Config]) -> None:
    """Run until SIGTERM or SIGINT; SIGHUP reads the configuration by `again`.

    Raises what made a shared task fail, and `ConfigError`.
    """
    stop, hangup = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    for caught in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(caught, stop.set)
    loop.add_signal_handler(signal.SIGHUP, hangup.set)
    await waiting.for_database(config.store.place, stop, _standing_in(config))
    if stop.is_set():
        return
    async with running(config) as vmrd:
        log.info("ready", url=vmrd.api)
        systemd.notify("READY=1")
        loop.call_later(_SETTLED, collector.keep)
        stopping = asyncio.create_task(stop.wait())
        reloading = asyncio.create_task(_reloads(hangup, vmrd, again))
        await asyncio.wait({vmrd.work, stopping, reloading}, return_when=asyncio.FIRST_COMPLETED)
        systemd.notify("STOPPING=1")
        for task in (stopping, reloading):
            if not task.done():
                task.cancel()
        for task in (vmrd.work, reloading):
            if task.done():
                await task


async def _reloads(hangup: asyncio.Event, vmrd: Running, again: Callable[[], Config]) -> None:
    """One at a time; any number asked for meanwhile are one more."""
    while True:
        await hangup.wait()
        hangup.clear()
        await vmrd.reload(again)


@asynccontextmanager
async def _standing_in(config: Config) -> AsyncIterator[None]:
    """Both listeners, while there is no daemon to serve."""
    from vmrd.web.standing_in import StandIn

    listen, here = config.listen, StandIn(config)
    given = next(iter(systemd.sockets()), None)
    copy = given.dup() if given is not None else None
    if given is not None:
        given.detach()  # it stays open for the daemon, which takes it up again
    api = await _listen(here.app(), listen.host, listen.port, copy, _certificate(listen))
    ops = await _listen(here.ops_app(), listen.ops_host, listen.ops_port)
    try:
        yield
    finally:
        for runner in (api, ops):
            await runner.cleanup()


@asynccontextmanager
async def running(
    config: Config, furnish: Callable[[web.Application], None] = lambda _app: None
) -> AsyncIterator[Running]:
    """A daemon that works and serves for as long as the context lasts.

    `furnish` is given the main application before it listens: a rehearsal puts its own buttons there.
    """
    from vmrd.web.routes import create_app, create_ops_app, make_deps

    given = next(iter(systemd.sockets()), None)
    listen = config.listen
    certificate = _certificate(listen)
    if given is not None and certificate is None and not listen.behind_proxy:
        _refuse_plain(given)
    async with build(config) as daemon:
        if certificate is not None:
            daemon.metrics.certificate("panel", certificate.expires_at)
        daemon.metrics.reloaded(ok=True)
        deps = make_deps(daemon)
        app = create_app(deps)
        furnish(app)
        api = await _listen(app, listen.host, listen.port, given, certificate, _ahead(deps))
        ops = await _listen(create_ops_app(deps, daemon.health), listen.ops_host, listen.ops_port)
        work = asyncio.create_task(daemon.run(), name="vmrd")

        def again(read: Callable[[], Config]) -> asyncio.Task[None]:
            return asyncio.create_task(_reload(deps, daemon, certificate, read), name="reload")

        try:
            yield Running(daemon, _url(api, certificate), _url(ops), work, again)
        finally:
            for runner in (api, ops):
                await runner.cleanup()
            work.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await work


async def _reload(deps: Deps, daemon: Daemon, certificate: Certificate | None, read: Callable[[], Config]) -> None:
    if not await reload(daemon, certificate, read):
        return
    try:
        await daemon.alarm.reconsider()
        if deps.policy.key is not None:
            await deps.policy.door.table.fill()
    except StoreError as bad:  # each session still finds the new rules at its next step
        log.error("rules_unread", error=str(bad))


def _ahead(deps: Deps) -> Sequence[Ahead]:
    from vmrd.web import policy_desk, proxies

    return (
        partial(policy_desk.put_ahead, deps.policy),
        partial(proxies.put_ahead, lambda: deps.config.listen.behind_proxy),
    )


def _certificate(listen: ListenConfig) -> Certificate | None:
    if listen.tls is None:
        return None
    try:
        return Certificate(*listen.tls)
    except BadCertificate as bad:
        raise ConfigError(f"listen.{bad.key}: {bad}") from None


def _refuse_plain(given: socket.socket) -> None:
    """What systemd listens on is not in the file, so it is looked at here."""
    if given.family in (socket.AF_INET, socket.AF_INET6) and not is_loopback(given.getsockname()[0]):
        raise ConfigError(
            "listen: the socket systemd gave is off loopback in plain HTTP: give tls_certificate and tls_key, or name "
            "the TLS proxy in front in behind_proxy, or let vmrd.socket listen on 127.0.0.1"
        )


async def _listen(
    app: web.Application,
    host: str,
    port: int,
    given: socket.socket | None = None,
    certificate: Certificate | None = None,
    ahead: Sequence[Ahead] = (),
) -> web.AppRunner:
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=_DRAIN)
    await runner.setup()
    for put in ahead:
        put(runner)
    tls = certificate.context if certificate is not None else None
    site: web.BaseSite = (
        web.SockSite(runner, given, ssl_context=tls)
        if given is not None
        else web.TCPSite(runner, host, port, ssl_context=tls)
    )
    try:
        await site.start()
    except OSError as busy:
        await runner.cleanup()
        raise ConfigError(f"cannot listen on {host} port {port}: {busy.strerror}") from None
    return runner


def _url(runner: web.AppRunner, certificate: Certificate | None = None) -> str:
    host, port = runner.addresses[0][:2]
    return f"{'http' if certificate is None else 'https'}://{f'[{host}]' if ':' in host else host}:{port}"
