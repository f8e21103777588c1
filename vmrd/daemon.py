"""The composition root: builds every part once and owns every task.

One TaskGroup owns the shared tasks. Whichever of them fails ends the daemon with a non-zero exit, and systemd starts it
again: a daemon that limps on without its alarm or dispatcher would show officers a calm screen and do nothing. What
belongs to one session fails alone (see `engine`, `watcher`, `dispatcher`).
"""

from __future__ import annotations

import asyncio
import secrets
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import cache

import structlog

from vmrd import clock_check, joining, systemd
from vmrd.alarm import Alarm
from vmrd.carry import TAG, Carrier
from vmrd.clock import Clock, SharedClock, SystemClock
from vmrd.config import Config, ConfigError, SenderConfig, rules_for
from vmrd.dispatcher import Dispatcher
from vmrd.engine import Engine
from vmrd.eyes import Eyes
from vmrd.joining import Message
from vmrd.lifecycle.rules import Rules
from vmrd.lifecycle.session import Session
from vmrd.lifecycle.words import Letter
from vmrd.mail.postman import Postman
from vmrd.mail.smtp import MailServer
from vmrd.measures import Measured, Measures
from vmrd.metrics import Metrics
from vmrd.notify import Notifier, Target, WayIn
from vmrd.pexip.budget import Budget
from vmrd.pexip.client import Client
from vmrd.pexip.http import PexipHttp
from vmrd.pexip.management import Management
from vmrd.poster import Poster
from vmrd.pruning import Pruning
from vmrd.reconcile import Reconcile
from vmrd.store.secrets import StoreKeys, derive_keys
from vmrd.store.sqlite import SqliteStore, connect
from vmrd.watch import Controls, Watch
from vmrd.watcher import Watcher
from vmrd.web.establishments import entry_for
from vmrd.web.view import join_link
from vmrd.witness import Witness, confidant

log = structlog.get_logger(__name__)

_MANAGEMENT_AT_ONCE = 6
"""Requests to the Management Node under way at once: more of them slow it down for everybody."""
_ALIVE_WITHIN = 20.0
"""Seconds within which the alarm and the dispatcher must have gone round, or the watchdog is not fed."""


@dataclass(frozen=True, slots=True)
class Daemon:
    """Every part of a running vmrd; `run` owns their tasks."""

    config: Config
    clock: Clock
    store: SqliteStore
    engine: Engine
    eyes: Eyes
    metrics: Metrics
    alarm: Alarm
    dispatcher: Dispatcher
    watcher: Watcher
    reconcile: Reconcile
    measures: Measures
    witness: Witness
    client: Client
    management: Management

    async def run(self) -> None:
        """Do the work until cancelled; raises when a shared task fails."""
        await clock_check.check(self.store, self.clock)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.alarm.run(), name="alarm")
            tasks.create_task(self.dispatcher.run(), name="dispatcher")
            tasks.create_task(self.watcher.run(), name="watcher")
            tasks.create_task(self.reconcile.run(), name="reconcile")
            tasks.create_task(Pruning(self.store, self.clock, self.config.retention.before).run(), name="pruning")
            tasks.create_task(self.witness.run(), name="witness")
            tasks.create_task(systemd.watchdog(self.alive), name="watchdog")
            tasks.create_task(self.measures.run(), name="measures")
            tasks.create_task(self._measure(), name="measure")

    def alive(self) -> bool:
        """Whether the shared loops went round lately; each round also passes through the store."""
        now = asyncio.get_running_loop().time()
        limit = _ALIVE_WITHIN + self.clock.patience
        return now - self.alarm.ticked < limit and now - self.dispatcher.ticked < _ALIVE_WITHIN

    async def _measure(self) -> None:
        while True:
            depth, dead = await self.store.read(lambda rx: (rx.outbox_depth(), rx.dead_deliveries()))
            self.metrics.outbox({str(lane): waiting for lane, waiting in depth.items()})
            self.metrics.dead_deliveries(dead)
            await asyncio.sleep(5.0)


@asynccontextmanager
async def build(config: Config) -> AsyncIterator[Daemon]:
    """Make every part, and take them down again in reverse order."""
    async with AsyncExitStack() as stack:
        metrics = Metrics()
        clock = clock_of(config)
        store = connect(config.store.path, store_keys(config))
        stack.push_async_callback(store.close)

        @cache
        @cache
        def rules(code: str) -> Rules:
            return rules_for(config, code)

        engine = Engine(store, clock, rules, metrics)
        pexip, trust = config.pexip, trust_of(config)
        http = PexipHttp(
            pexip.management,
            auth=(pexip.user, pexip.password.get_secret_value()),
            verify=trust,
            timeout=pexip.request_timeout,
            concurrency=_MANAGEMENT_AT_ONCE,
            kept=2,
            budget=Budget(),
            report=metrics.pexip,
        )
        management = Management(http, tag_prefix=TAG)
        stack.push_async_callback(management.aclose)
        client = await stack.enter_async_context(
            Client(
                pexip.nodes,
                verify=trust,
                timeout=pexip.request_timeout,
                report=metrics.pexip,
                alias_scan_limit=pexip.alias_scan_limit,
            )
        )
        poster = await stack.enter_async_context(Poster(allow_private=config.allow_private_callbacks))
        eyes, controls, owner = Eyes(clock), Controls(), secrets.token_hex(8)

        def watch(session_id: str) -> Watch:
            return Watch(session_id, engine, client, management, controls, eyes, pexip.domain)

        def way_in(session: Session) -> WayIn:
            return WayIn(
                link=join_link(pexip.web_join, session.alias, pexip.domain),
                uri=f"{session.alias}@{pexip.domain}",
                documents=rules(session.establishment).id_profile,
            )

        notifier = Notifier(store, clock, metrics, poster, _targets(config), way_in)
        postman = postman_of(config, engine, way_in)
        carrier = Carrier(store, client, management, controls, pexip.domain, pexip.location)
        daemon = Daemon(
            config=config,
            clock=clock,
            store=store,
            engine=engine,
            eyes=eyes,
            metrics=metrics,
            alarm=Alarm(engine),
            dispatcher=Dispatcher(engine, carrier, notifier, owner, postman),
            watcher=Watcher(engine, owner, watch),
            reconcile=Reconcile(engine, management),
            measures=Measures(store, clock, Measured(metrics.registry)),
            witness=_witness(config, store, clock, poster),
            client=client,
            management=management,
        )
        engine.taker = daemon.dispatcher.taker
        engine.tells = notifier.wanted
        engine.listeners.extend(
            [
                daemon.alarm.heard,
                daemon.dispatcher.heard,
                daemon.watcher.heard,
                daemon.reconcile.heard,
                daemon.measures.heard,
            ]
        )
        yield daemon


def trust_of(config: Config) -> bool | ssl.SSLContext:
    """Whom Pexip's certificates must come from. Raises `ConfigError` where the private CA's file cannot be used."""
    pexip = config.pexip
    if pexip.ca_file is None:
        return pexip.verify_tls
    try:
        return ssl.create_default_context(cafile=pexip.ca_file)
    except OSError:  # what is no certificate is an SSLError, which is one
        raise ConfigError(f"pexip.ca_file: {pexip.ca_file} is not there, or holds no certificate") from None


def clock_of(config: Config) -> Clock:
    """The clock business is done by."""
    return SharedClock(config.clock_file) if config.clock_file else SystemClock()


def store_keys(config: Config) -> StoreKeys:
    """The store's keys from the configured master key. Raises `ConfigError` when it is not 64 hex digits."""
    try:
        return derive_keys(bytes.fromhex(config.store.key.get_secret_value().strip()))
    except ValueError:
        raise ConfigError(
            "store.key: must be 64 hexadecimal digits (32 bytes); make one with openssl rand -hex 32"
        ) from None


def postman_of(config: Config, engine: Engine, way_in: Callable[[Session], WayIn]) -> Postman | None:
    """Who writes to those who booked, where a mail server is configured."""
    if config.smtp is None:
        return None

    def message(letter: Letter, session: Session) -> Message:
        entry, way = entry_for(config, session.establishment), way_in(session)
        return joining.message(letter, session, entry, engine.rules(session.establishment), way.link, way.uri)

    return Postman(engine.store, engine.clock, engine.metrics, MailServer(config.smtp), message, config.smtp.sender)


def _witness(config: Config, store: SqliteStore, clock: Clock, poster: Poster) -> Witness:
    told = config.witness
    return Witness(
        store, clock, poster, told.every, confidant(told.url, (each.get_secret_value() for each in told.secrets))
    )


def _targets(config: Config) -> Callable[[str], Target | None]:
    senders = {sender.system: _target(sender) for sender in config.senders}
    return senders.get


def _target(sender: SenderConfig) -> Target | None:
    if sender.callback_url is None:
        return None
    secrets = tuple(each.get_secret_value() for each in sender.callback_secrets or sender.secrets)
    return Target(sender.system, sender.callback_url, secrets, sender.distributor)
