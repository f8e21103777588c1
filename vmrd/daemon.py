"""The composition root: builds every part once and owns every task.

One TaskGroup owns the shared tasks. Whichever of them fails ends the daemon with a non-zero exit, and systemd starts it
again: a daemon that limps on without its alarm or dispatcher would show officers a calm screen and do nothing. What
belongs to one session fails alone (see `engine`, `watcher`, `dispatcher`).
"""

from __future__ import annotations

import asyncio
import secrets
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from vmrd import clock_check, joining, systemd
from vmrd.alarm import Alarm
from vmrd.carry import TAG, Carrier
from vmrd.clock import Clock, SharedClock, SystemClock
from vmrd.config import Config, ConfigError
from vmrd.config_retention import WitnessConfig
from vmrd.dispatcher import Dispatcher
from vmrd.echo import Echo
from vmrd.engine import Engine
from vmrd.eyes import Eyes
from vmrd.health import Health
from vmrd.holding import Controls
from vmrd.known import Known
from vmrd.lifecycle.session import Session
from vmrd.lifecycle.words import Instant, Letter
from vmrd.measures import Measured, Measures
from vmrd.metrics import Metrics
from vmrd.notify import Notifier, Target, WayIn
from vmrd.notify import Poster as Post
from vmrd.outage import Outage
from vmrd.pexip.budget import Budget
from vmrd.pexip.client import Client
from vmrd.pexip.http import PexipHttp
from vmrd.pexip.management import Management
from vmrd.pexip.reached import Reached
from vmrd.poster import Poster
from vmrd.pruning import Pruning
from vmrd.reconcile import Reconcile
from vmrd.settings import Settings
from vmrd.shadow.build import Shadow, shadow_of
from vmrd.shadow.carrier import RecordingCarrier, Silent
from vmrd.shadow.observer import Observer
from vmrd.shadow.places import Places
from vmrd.sight import SharedSight
from vmrd.store.base import Lease, Store
from vmrd.store.opening import connect
from vmrd.store.retention import Cutoffs
from vmrd.store.secrets import StoreKeys, derive_keys
from vmrd.store.timed import TimedStore
from vmrd.timekeeping import clock_with, keep_time
from vmrd.watch import Watch
from vmrd.watcher import Watcher
from vmrd.web.establishments import entry_for
from vmrd.web.view import join_link
from vmrd.witness import Witness, confidant

if TYPE_CHECKING:
    from vmrd.joining import Message
    from vmrd.mail.postman import Postman

log = structlog.get_logger(__name__)

_MANAGEMENT_AT_ONCE = 6
"""Requests to the Management Node under way at once: more of them slow it down for everybody."""
_ALIVE_WITHIN = 20.0
"""Seconds within which alarm, dispatcher and watcher must have gone round, or the watchdog is not fed."""


@dataclass(frozen=True, slots=True)
class Daemon:
    """Every part of a running vmrd; `run` owns their tasks. `observer`: in shadow, in the place of those that watch."""

    settings: Settings
    clock: Clock
    store: Store
    engine: Engine
    eyes: Eyes
    sight: SharedSight
    metrics: Metrics
    alarm: Alarm
    dispatcher: Dispatcher
    watcher: Watcher
    reconcile: Reconcile
    measures: Measures
    witness: Witness
    client: Client
    management: Management
    health: Health
    echo: Echo
    outage: Outage
    observer: Observer | None = None

    @property
    def config(self) -> Config:
        """The configuration in force."""
        return self.settings.config

    async def run(self) -> None:
        """Do the work until cancelled; raises when a shared task fails, but for a database server (`outage`)."""
        await clock_check.check(self.store, self.clock)
        async with asyncio.TaskGroup() as tasks:
            for name, run in self._shared():
                tasks.create_task(self.outage.through(run), name=name)
            tasks.create_task(self.echo.run(), name="echo")
            tasks.create_task(keep_time(self.clock, self.store), name="clock")
            tasks.create_task(systemd.watchdog(self.alive), name="watchdog")
            tasks.create_task(self.health.run(), name="health")

    def _shared(self) -> list[tuple[str, Callable[[], Awaitable[None]]]]:
        """What cannot go on while the store is away."""
        pruning = Pruning(self.store, self.clock, self._gone)
        watching = (
            [("watcher", self.watcher.run), ("reconcile", self.reconcile.run)]
            if self.observer is None
            else [("observer", self.observer.run)]
        )
        return [
            ("alarm", self.alarm.run),
            ("dispatcher", self.dispatcher.run),
            *watching,
            ("sight", self.sight.run),
            ("pruning", pruning.run),
            ("witness", self.witness.run),
            ("measures", self.measures.run),
            ("measure", self._measure),
        ]

    def alive(self) -> bool:
        """Whether the shared loops went round lately; the dispatcher's writes to the store, the others' read it."""
        return _alive(self.clock, self.alarm, self.dispatcher, self.watcher if self.observer is None else None)

    def _gone(self, now: Instant) -> Cutoffs:
        return self.config.retention.before(now)

    async def _measure(self) -> None:
        while True:
            depth, dead = await self.store.read(lambda rx: (rx.outbox_depth(), rx.dead_deliveries()))
            self.outage.answered()
            self.metrics.outbox({str(lane): waiting for lane, waiting in depth.items()})
            self.metrics.dead_deliveries(dead)
            await asyncio.sleep(5.0)


@asynccontextmanager
async def build(config: Config) -> AsyncIterator[Daemon]:
    """Make every part, and take them down again in reverse order."""
    async with AsyncExitStack() as stack:
        metrics = Metrics()
        place = config.store.place
        store = TimedStore(connect(place, store_keys(config)), metrics.store_write)
        stack.push_async_callback(store.close)
        shadow = shadow_of(config.shadow, place, metrics)
        if shadow is not None:
            stack.callback(shadow.record.close)
        clock = await clock_with(config, store)
        settings = Settings(config)
        engine = Engine(store, clock, settings.rules, metrics)
        pexip, trust = config.pexip, trust_of(config)
        reached, budget = Reached(metrics.pexip), Budget()
        metrics.budget(budget.used)
        http = PexipHttp(
            pexip.management,
            auth=(pexip.user, pexip.password.get_secret_value()),
            verify=trust,
            timeout=pexip.request_timeout,
            concurrency=_MANAGEMENT_AT_ONCE,
            kept=2,
            budget=budget,
            report=reached.told,
            transport=shadow.over(trust) if shadow is not None else None,
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
                transport=shadow.over(trust) if shadow is not None else None,
            )
        )
        poster: Post = (
            await stack.enter_async_context(Poster(allow_private=config.allow_private_callbacks))
            if shadow is None
            else Silent(shadow.tally)
        )
        eyes, known, controls, owner = Eyes(clock), Known(engine), Controls(), secrets.token_hex(8)
        sight = SharedSight(store, eyes)
        if store.shared:
            eyes.ask = sight.ask

        def watch(session_id: str, lease: Lease) -> Watch:
            return Watch(
                session_id, lease, engine, client, management, controls, eyes, known, pexip.domain, store.shared
            )

        def way_in(session: Session) -> WayIn:
            return WayIn(
                link=join_link(pexip.web_join, session.alias, pexip.domain),
                uri=f"{session.alias}@{pexip.domain}",
                documents=settings.rules(session.establishment).id_profile,
            )

        notifier = Notifier(store, clock, metrics, poster, partial(_target, settings), way_in)
        postman = postman_of(settings, engine, way_in)
        carrier = (
            Carrier(store, client, management, controls, pexip.domain, pexip.location)
            if shadow is None
            else RecordingCarrier(store, clock, shadow.record)
        )
        alarm, watcher = Alarm(engine), Watcher(engine, owner, watch)
        dispatcher = Dispatcher(engine, carrier, notifier, owner, postman)
        if store.shared:
            dispatcher.elsewhere = known.elsewhere = watcher.elsewhere
            watcher.gained = dispatcher.look
        daemon = Daemon(
            settings=settings,
            clock=clock,
            store=store,
            engine=engine,
            eyes=eyes,
            sight=sight,
            metrics=metrics,
            alarm=alarm,
            dispatcher=dispatcher,
            watcher=watcher,
            reconcile=Reconcile(engine, management),
            measures=Measures(store, clock, Measured(metrics.registry)),
            witness=_witness(config, store, clock, poster),
            client=client,
            management=management,
            health=Health(
                store=store,
                clock=clock,
                eyes=eyes,
                rules=settings.rules,
                metrics=metrics,
                asked=reached,
                ask=management.nodes,
                nodes=lambda: (len(client.nodes), client.away),
                alive=lambda: daemon.alive(),
                present=lambda: not isinstance(place, Path) or place.exists(),
            ),
            echo=Echo(engine, dispatcher.look, sight.said, alone=not store.shared),
            outage=Outage(survived=store.shared),
            observer=None if shadow is None else _observer(shadow, engine, management),
        )
        engine.taker = daemon.dispatcher.taker
        engine.tells = notifier.wanted
        engine.listeners.extend(
            [
                daemon.alarm.heard,
                daemon.dispatcher.heard,
                daemon.watcher.heard,
                known.heard,
                daemon.reconcile.heard,
                daemon.measures.heard,
            ]
        )
        yield daemon


def _alive(clock: Clock, alarm: Alarm, dispatcher: Dispatcher, watcher: Watcher | None) -> bool:
    """The alarm may sleep for as long as the clock's patience; the other two go round every second or two. No watcher
    goes round in a shadow."""
    now = asyncio.get_running_loop().time()
    if now - alarm.ticked >= _ALIVE_WITHIN + clock.patience:
        return False
    rounds = (dispatcher.ticked,) if watcher is None else (dispatcher.ticked, watcher.ticked)
    return now - min(rounds) < _ALIVE_WITHIN


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
    """The clock business is done by on this machine."""
    return SharedClock(config.clock_file) if config.clock_file else SystemClock()


def store_keys(config: Config) -> StoreKeys:
    """The store's keys from the configured master key."""
    return derive_keys(bytes.fromhex(config.store.key.get_secret_value().strip()))


def postman_of(settings: Settings, engine: Engine, way_in: Callable[[Session], WayIn]) -> Postman | None:
    """Who writes to those who booked, where a mail server is configured."""
    smtp = settings.config.smtp
    if smtp is None or settings.config.shadow.enabled:
        return None
    from vmrd.mail.postman import Postman  # calendars and letters are slow to load, and not everybody sends them
    from vmrd.mail.smtp import MailServer

    def message(letter: Letter, session: Session) -> Message:
        entry, way = entry_for(settings.config, session.establishment), way_in(session)
        return joining.message(letter, session, entry, engine.rules(session.establishment), way.link, way.uri)

    return Postman(engine.store, engine.clock, engine.metrics, MailServer(smtp), message, smtp.sender)


def _observer(shadow: Shadow, engine: Engine, management: Management) -> Observer:
    places = Places(shadow.config.match)
    return Observer(engine, management, shadow.config, shadow.record, shadow.tally, places)


def _witness(config: Config, store: Store, clock: Clock, poster: Post) -> Witness:
    told = WitnessConfig(every=config.witness.every) if config.shadow.enabled else config.witness
    return Witness(
        store, clock, poster, told.every, confidant(told.url, (each.get_secret_value() for each in told.secrets))
    )


def _target(settings: Settings, system: str) -> Target | None:
    sender = next((each for each in settings.config.senders if each.system == system), None)
    if sender is None or sender.callback_url is None or settings.config.shadow.enabled:
        return None
    secrets = tuple(each.get_secret_value() for each in sender.callback_secrets or sender.secrets)
    return Target(sender.system, sender.callback_url, secrets, sender.distributor)
