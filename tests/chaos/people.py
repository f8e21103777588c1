"""The officer at a panel of the real daemon, and what the crowd and the judge of `tests/cosim` want to know of it."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from pexip_mock.people import Where as There
from pexip_mock.world import World
from tests.chaos.loop import of_host
from tests.chaos.site import Running, Site
from tests.chaos.troubles import Troubles
from tests.cosim.clock import Action
from tests.cosim.crowd import Who
from tests.cosim.faults import OPENS_AT
from tests.cosim.officer import Officer, live_name
from tests.cosim.shells import EPOCH, HOST_PIN
from vmrd.engine import Applied
from vmrd.lifecycle import inputs as i
from vmrd.lifecycle.decide import Decision, decide
from vmrd.lifecycle.refusal import Refused
from vmrd.lifecycle.rules import Rules
from vmrd.lifecycle.secure import light
from vmrd.lifecycle.session import Leg, Session
from vmrd.secret_names import host_pin
from vmrd.store.base import Tx


def keep_pin(tx: Tx, applied: Applied) -> None:
    """The Host PIN of a new vmr, kept with what orders it, as the web does."""
    session = applied.session
    tx.put_secret(session.id, host_pin(session.generation), HOST_PIN.removesuffix("#").encode())


@dataclass(slots=True)
class Line:
    """The clock as the people of a history use it."""

    site: Site

    @property
    def now(self) -> float:
        return self.site.now

    def after(self, delay: float, action: Action) -> None:
        self.site.after(delay, action)

    def at(self, moment: float, action: Action) -> None:
        self.site.at(moment, action)


class Panels:
    """The session as it is committed, and how the panels of every daemon show it.

    Stands where `Shells` and `Watcher` stand in the co-simulation.
    """

    def __init__(self, site: Site, faults: Troubles, session: Session) -> None:
        self.site, self.faults, self.session = site, faults, session
        self.world: World = site.mock.world
        self.clock = Line(site)
        self.aliases = {session.alias}
        self.checked: dict[str, float] = {}

    @property
    def rules(self) -> Rules:
        return self.site.rules

    @property
    def rng(self) -> Random:
        return self.faults.rng

    @property
    def token(self) -> str | None:
        return next((each.token for each in self.site.up() if each.token is not None), None)

    def lit(self) -> list[Running]:
        """Whose panels show the light. A browser goes dark by itself, whatever has become of its daemon."""
        return [each for each in self.site.running.values() if self._burns(each)]

    @property
    def fresh(self) -> bool:
        return any(self._left(each) > 0 for each in self.site.running.values())

    @property
    def seen_at(self) -> float:
        """When the oldest read that a burning light rests on began."""
        seen = [self.site.proved(each) for each in self.lit() or self.site.running.values()]
        return min(seen, default=float("-inf")) - (self.site.loop.time() - self.site.now)

    def submit(self, given: i.Input) -> Decision | Refused:
        """What would become of it; it is sent on its way as a press of the panel is."""
        now = EPOCH + int((self.site.now - OPENS_AT) * 1000)
        would = decide(self.session, given, now, self.rules)
        up = self.site.up()
        if isinstance(would, Refused) or not up:
            return Refused("nobody-answers", "Nobody answers.") if not up else would
        running = self.rng.choice(up)
        self.site.loop.create_task(
            self._press(running, given, self.session.roster_version), context=of_host(running.host)
        )
        return would

    async def _press(self, running: Running, given: i.Input, seen: int) -> None:
        daemon = running.daemon
        if daemon is None:
            return
        if isinstance(given, i.PrisonerIn):
            given = i.PrisonerIn(given.by, await daemon.eyes.read_now(self.session.id), given.reason_ref)
        also = keep_pin if isinstance(given, i.ReplaceVmr) else None
        answer = await daemon.engine.submit(self.session.id, given, seen_version=seen, also=also)
        if isinstance(given, i.CheckId) and isinstance(answer, Applied) and answer.facts:
            self.checked[given.leg] = self.site.now

    def _left(self, running: Running) -> float:
        return running.daemon.eyes.left(self.session.id, self.rules.eyes_fresh_for) if running.daemon else 0.0

    def _burns(self, running: Running) -> bool:
        session = running.known
        if session is None or running.daemon is None or self._left(running) <= 0:
            return False
        return light(session, self.rules, fresh=self.session.id not in running.daemon.engine.faults).secure


class AtThePanel(Officer):
    """As in the co-simulation, but a press travels, and may never arrive."""

    shells: Panels  # type: ignore[assignment]

    def stays_for(self, seconds: float) -> None:
        """How long the prisoner is let to talk."""
        self._stays = seconds

    @property
    def lit(self) -> bool:
        return bool(self.shells.lit())

    def press(self, given: i.Press) -> bool:
        taken = isinstance(self.shells.submit(given), Decision)
        if taken and isinstance(given, i.CheckId):
            self.checked[given.leg] = self.clock.now
        return taken

    def _read_now(self) -> bool:
        return True

    def _is_the_lawyer(self, leg: Leg) -> bool:
        """The officer looks at the person and at the name the panel shows."""
        live = self.shells.world.floor.legs.get(leg.id)
        there = live is not None and live.where is There.INSIDE and live.shown.video and not live.shown.video_muted
        if not there or self.crowd.truth(leg.id) is not Who.LAWYER or leg.name_ref is None:
            return False
        store = self.shells.site.disk.stores
        personal = store[0].look(lambda rx: rx.personal(self.shells.session.id)) if store else {}
        return personal.get(leg.name_ref) == live_name(live)
