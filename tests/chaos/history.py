"""One history over the real shells: drawn from its seed, told to its end, judged all along."""

from __future__ import annotations

import asyncio
import atexit
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache, partial
from pathlib import Path
from random import Random
from typing import Any
from unittest import mock

from tests.chaos.judge import Witness
from tests.chaos.ledger import Ledger, all_is_kept, all_is_over, must, secrets_of
from tests.chaos.loop import BEGAN, VirtualLoop, of_host
from tests.chaos.net import machine
from tests.chaos.people import AtThePanel, Panels, keep_pin
from tests.chaos.site import Running, Site, configured, open_mock, virtual
from tests.chaos.store import Disk
from tests.chaos.troubles import Troubles
from tests.cosim.crowd import LAWYER as NAME
from tests.cosim.crowd import Crowd
from tests.cosim.faults import HEALED_AT, LASTS, OPENS_AT, knobs, rules
from tests.cosim.judge import Broken
from tests.cosim.shells import DOMAIN, EPOCH
from tests.lifecycle.story import LAWYER, amended, plan
from vmrd import daemon as composition
from vmrd.config import Config
from vmrd.engine import Answer, Applied, Engine
from vmrd.known import Known
from vmrd.lifecycle import inputs as i
from vmrd.lifecycle.rules import HOUR
from vmrd.lifecycle.session import Session
from vmrd.lifecycle.words import OVER, Instant
from vmrd.poke import Poke
from vmrd.store import opening
from vmrd.store.base import Lease, StoreError, Tx
from vmrd.store.migrate import migrate
from vmrd.store.secrets import derive_keys

LIMIT = HEALED_AT + 900.0
AFTERWARDS = 30.0
_KEYS = derive_keys(bytes.fromhex("5a" * 32))
_BYSTANDERS = 3
_SESSION = "s1"
Ref = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Told:
    """What became of one history. `met`: the troubles that came about."""

    seed: int
    seconds: float
    facts: int
    lit: float
    was_private: bool
    replicas: bool
    met: Counter[str]


def tell(seed: int, faults: Troubles | None = None) -> Told:
    """Tell the history of this seed, with the troubles it draws or with these. Raises Broken, with the seed, when
    something that must never be was so."""
    try:
        return _tell(seed, faults)
    except Exception as failed:
        raise Broken(f"seed {seed}: {type(failed).__name__}: {failed}") from failed


def _tell(seed: int, faults: Troubles | None) -> Told:
    steps: dict[str, float] = {}
    epoch = EPOCH / 1000 - OPENS_AT
    with tempfile.TemporaryDirectory(dir=_place()) as folder, virtual(seed, steps, epoch) as loop:
        return loop.run_until_complete(_History(seed, Path(folder), loop, steps, epoch).run(faults))


@dataclass(slots=True)
class _History:
    seed: int
    folder: Path
    loop: VirtualLoop
    steps: dict[str, float]
    epoch: float
    accepted: list[str] = field(default_factory=list)
    ledger: Ledger = field(init=False)

    async def run(self, faults: Troubles | None) -> Told:
        rng = Random(self.seed)
        if faults is None:
            dice = Random(f"chaos {self.seed}")
            faults = Troubles(rng, dice=dice, replicas=dice.random() < 0.5)
        self.ledger = Ledger(faults.replicas)
        site = await self._build(rng, faults)
        with self._patched(site, faults):
            for name in site.names:
                site.start(name)
            return await self._told(site, faults)

    async def _build(self, rng: Random, faults: Troubles) -> Site:
        path = self.folder / "vmrd.db"
        shutil.copy(_migrated(), path)
        disk = Disk(
            path, _KEYS, self.loop, replicas=faults.replicas, clock=self._server if faults.replicas else self._wall
        )
        platform = await open_mock(self.loop, knobs(rng), self.seed, self.epoch)
        names = ("a", "b") if faults.replicas else ("a",)
        settings = config(located=self.seed % 2 == 0)
        return Site(self.loop, platform, disk, settings, rules(rng), _SESSION, names=names, steps=self.steps)

    def _server(self, _: str) -> Instant:
        """The database server's clock, a machine of its own: right, whatever those of its replicas say."""
        return self._wall("database")

    def _wall(self, host: str) -> Instant:
        return int((self.epoch + self.loop.time() - BEGAN + self.steps.get(machine(host), 0.0)) * 1000)

    @contextmanager
    def _patched(self, site: Site, faults: Troubles) -> Iterator[None]:
        poked, submit, shows = Poke.__call__, Engine.submit, Known.shows

        def poke(poke: Poke) -> None:
            if site.now > HEALED_AT or faults.dice.random() >= faults.pokes_lost:
                poked(poke)

        async def submitted(
            engine: Engine, session: str, given: Any, *, under: Lease | None = None, **how: Any
        ) -> Answer:
            if under is not None:
                how["also"] = partial(self._fenced, under)
            answer = await submit(engine, session, given, under=under, **how)
            if isinstance(given, i.RosterSeen) and given.source is i.Source.READ:
                site.committed_read(engine)
            return answer

        def known(self: Known, session: str, read: i.RosterSeen) -> bool:
            shown = shows(self, session, read)
            if shown:  # nothing is submitted for it
                site.committed_read(self.engine)
            return shown

        with (
            mock.patch.object(composition, "connect", side_effect=lambda *_: site.disk.open()),
            mock.patch.object(Poke, "__call__", poke),
            mock.patch.object(Engine, "submit", submitted),
            mock.patch.object(Known, "shows", known),
        ):
            yield

    def _fenced(self, lease: Lease, tx: Tx, applied: Applied) -> None:
        """In the transaction that keeps what somebody saw: whether the meeting was still theirs to watch."""
        row = tx._connection.execute("SELECT fence FROM lease WHERE name = ?", (lease.name,)).fetchone()  # type: ignore[attr-defined]
        kinds = [type(fact).__name__ for fact in applied.facts]
        self.ledger.reported(kinds, lease.fence, row[0] if row is not None else None)

    async def _told(self, site: Site, faults: Troubles) -> Told:
        session = await self._book(site, _planned)
        panels = Panels(site, faults, session)
        site.disk.committed = lambda host: self._committed(site, panels, host)
        crowd = Crowd(panels, faults)  # type: ignore[arg-type]
        officer = AtThePanel(panels, panels, crowd, faults)  # type: ignore[arg-type]
        officer.stays_for(faults.visit())
        witness = Witness(panels, crowd, officer, faults)
        faults.arrange(site.at, site)
        self._besides(site, faults, crowd, panels)
        self.loop.look = partial(self._look, witness)
        await self._until(site, lambda: panels.session.phase in OVER and panels.session.secrets_wiped)
        await asyncio.sleep(AFTERWARDS)
        self._at_the_end(site, panels, crowd)
        return Told(
            self.seed, site.now, self._facts, witness.lit_for, panels.session.prisoner.was_inside, faults.replicas,
            faults.met,
        )  # fmt: skip

    _facts: int = 0

    def _look(self, witness: Witness) -> None:
        witness.look()
        if self.ledger.wrong:
            raise Broken(self.ledger.wrong[0])

    async def _until(self, site: Site, done: Callable[[], bool]) -> None:
        while not done():
            await asyncio.sleep(2.0)
            if site.now > LIMIT:
                return

    def _committed(self, site: Site, panels: Panels, host: str) -> None:
        store = next(store for store in site.disk.stores if store.host == host)
        writer = next((each.daemon for each in site.running.values() if each.host == host), None)
        owner = writer.watcher.owner if writer is not None else None
        self.ledger.committed(host, owner, store.holder(_SESSION), store.control_token(_SESSION), self._server(host))
        found = store.look(lambda rx: rx.session(_SESSION))
        if found is not None:
            panels.session = found
            panels.aliases.add(found.alias)

    async def _book(self, site: Site, make: Callable[[Ref], i.Plan]) -> Session:
        """Have a booking accepted, as often as it takes; what was answered counts."""
        while True:
            await asyncio.sleep(0.5)
            must(site.now < OPENS_AT, "no booking is accepted: no daemon runs")
            if up := site.up():
                running = up[0]
                booked = self.loop.create_task(self._accept(running, make), context=of_host(running.host))
                await asyncio.wait([booked], timeout=5.0)
                if booked.done() and (session := booked.result()) is not None:
                    return session

    async def _accept(self, running: Running, make: Callable[[Ref], i.Plan]) -> Session | None:
        daemon, named = running.daemon, make(str)
        if daemon is None:
            return None

        try:
            answer = await daemon.engine.submit(named.session, make, also=keep_pin)
        except StoreError:
            return None
        if isinstance(answer, Applied):
            self.accepted.append(named.session)
            return answer.session
        return None

    def _besides(self, site: Site, faults: Troubles, crowd: Crowd, panels: Panels) -> None:
        """Other bookings come in meanwhile, and the booking system may change its mind about this one."""
        dice = faults.dice
        for number in range(_BYSTANDERS):
            make = partial(_bystander, number)
            site.at(dice.uniform(5.0, HEALED_AT), lambda make=make: self._come(site, make))  # type: ignore[misc]
        if dice.random() < 0.3:
            site.at(HEALED_AT + 20.0, crowd.redial)
        if dice.random() < 0.2:
            site.at(dice.uniform(5.0, HEALED_AT), lambda: panels.submit(_rebooked(dice, panels.session)))

    def _come(self, site: Site, make: Callable[[Ref], i.Plan]) -> None:
        if up := site.up():
            self.loop.create_task(self._accept(up[-1], make), context=of_host(up[-1].host))

    def _at_the_end(self, site: Site, panels: Panels, crowd: Crowd) -> None:
        links = [alias + DOMAIN for alias in panels.aliases]
        all_is_over(panels.session, site.mock.world, links, crowd.redial, secrets_of(site.disk.path, _SESSION))
        all_is_kept(site.disk.path, _KEYS, self.accepted)
        with opening.open_for_reading(site.disk.path, _KEYS) as rx:
            self._facts = len(rx.facts(_SESSION))


def _planned(ref: Ref) -> i.Plan:
    lawyer = replace(LAWYER, name_ref=ref(NAME))
    return plan(session=_SESSION, attendees=(lawyer,), prisoner_ref=ref("A1234AA"), starts_at=EPOCH,
                ends_at=EPOCH + int(LASTS * 1000), alias="hqzkwtrmvxabcd")  # fmt: skip


def _bystander(number: int, ref: Ref) -> i.Plan:
    return replace(
        _planned(ref), session=f"other{number}", booking_id=f"b-other{number}", alias=f"zqzkwtrmvxabc{'xyz'[number]}",
        room=f"MDI-VIDEO-{number + 2}", starts_at=EPOCH + 72 * HOUR, ends_at=EPOCH + 72 * HOUR + HOUR,
    )  # fmt: skip


def _rebooked(dice: Random, session: Session) -> i.Input:
    """The booking system changes its mind."""
    if dice.random() < 0.3:
        return i.Cancel(2, "withdrawn")
    until = session.ends_at + dice.choice((0, 60_000, -200_000))
    return amended(2, starts_at=EPOCH, ends_at=until, room_address=session.room_address, attendees=session.attendees)


@cache
def _migrated() -> Path:
    path = _place() / "vmrd.db"  # the configuration names it too
    migrate(path)
    return path


@cache
def _place() -> Path:
    """A folder of this process, in memory where there is one."""
    memory = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(prefix="vmrd-chaos-", dir=memory if memory.is_dir() else None))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@cache
def config(located: bool) -> Config:
    _migrated()
    return configured(_place(), located=located)
