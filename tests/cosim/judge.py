"""What must be true of the world, judged by the world's own record and the people's truth, never by the core's beliefs.

Each rule says when something is wrong *now*; a bound says how long it may be so before it counts, because nobody can
see faster than the platform tells. A time in which nothing can be reached does not count, except for the light: that
must be dark when it cannot be proved.
"""

from __future__ import annotations

from collections.abc import Iterator

from pexip_mock.meetings import Conference
from pexip_mock.people import Kind, Leg, Service, Where
from tests.cosim.crowd import Crowd, Who
from tests.cosim.faults import Faults
from tests.cosim.officer import Officer
from tests.cosim.shells import Shells
from tests.cosim.watcher import Watcher
from vmrd.lifecycle.session import Session
from vmrd.lifecycle.words import LIVE, OVER, RUNNING, Phase

SHOWN_WITHIN = 1.0
"""Seconds in which a node knows what happened at another, and a read that began later shows it."""
SEEN_WITHIN = 30.0
LIT_WITHIN = 30.0
ROOM_BACK_WITHIN = 60.0
PUT_OUT_WITHIN = 45.0
LOCKED_WITHIN = 45.0
ALARMED_WITHIN = 30.0
STRAY_FOR = 90.0
KNOCKS_WITHIN = 20.0


class Broken(AssertionError):
    """Something that must never be was so."""


class Judge:
    """Looks after every single thing that happens."""

    def __init__(self, shells: Shells, watcher: Watcher, crowd: Crowd, officer: Officer, faults: Faults) -> None:
        self.shells, self.watcher, self.crowd, self.officer, self.faults = shells, watcher, crowd, officer, faults
        self.world, self.clock = shells.world, shells.clock
        self.lit_for = 0.0
        self._lit_at: float | None = None
        self._session: Session | None = None
        self._happened = self._checked = -1
        self._prisoner_in: float | None = None
        self._wrong: dict[str, tuple[float, float, bool]] = {}
        self._unlocked_since = float("inf")
        self._no_room_since = float("inf")
        self._unwelcome: dict[str, float] = {}

    def look(self) -> None:
        """Judge this moment."""
        now, session, officer = self.clock.now, self.shells.session, self.officer
        account = self.world.account
        happened = account[-1].seq if account else 0
        if (
            session is not self._session
            or happened != self._happened
            or len(officer.checked) != self._checked
            or officer.prisoner_in != self._prisoner_in
        ):
            self._session, self._happened = session, happened
            self._checked, self._prisoner_in = len(officer.checked), officer.prisoner_in
            conference = self.world.floor.running.get(session.vmr_name)
            self._remember(conference)
            former = self._wrong
            self._wrong = {
                name: (former[name][0] if name in former else now, bound, needs_calm)
                for name, bound, needs_calm in self._everything(conference)
            }
        for name, (since, bound, needs_calm) in self._wrong.items():
            if now - since > bound and now - max(since, self.faults.calm_since(now) if needs_calm else since) > bound:
                raise Broken(f"{name} since {since:.1f}, now {now:.1f}, phase {session.phase}")
        self._light()

    def _everything(self, conference: Conference | None) -> Iterator[tuple[str, float, bool]]:
        session = self.shells.session
        if session.phase in OVER:
            if conference is not None and any(leg.where is not Where.ARRIVING for leg in conference.live.values()):
                yield "somebody meets under a dead session's name", STRAY_FOR, True
            return
        if conference is None or session.phase not in LIVE:
            return
        inside = {leg.uuid for leg in conference.live.values() if leg.where is Where.INSIDE}
        if inside != {leg.id for leg in session.inside()}:
            yield "the panel shows others inside than there are", SEEN_WITHIN, True
        prisoner = self.officer.prisoner_in is not None and session.prisoner.inside
        for leg in conference.live.values():
            where = leg.where
            if where is Where.INSIDE:
                who = self.crowd.truth(leg.uuid)
                if who in (Who.PHONE, Who.RECORDER):
                    yield f"{who} {leg.uuid} inside", PUT_OUT_WITHIN, True
                if prisoner and not self._welcome(leg) and not self._alarmed():
                    yield f"the prisoner with {who} {leg.uuid} and no alarm", ALARMED_WITHIN, False
            elif where is Where.WAITING and session.phase in RUNNING and self._should_knock(conference, leg):
                yield f"the knock of {leg.uuid} not rung", KNOCKS_WITHIN, True
        called = session.room_address and (session.endpoint.leg is not None or session.endpoint.lost_at is not None)
        if session.phase in (Phase.OPEN, Phase.PRIVATE) and called and not self._room_inside(inside):
            yield "the prison room is away", ROOM_BACK_WITHIN, True
        if self._all_is_well(conference) and not self.officer.may_burn:
            yield "dark though all is well", LIT_WITHIN, True
        if session.phase in RUNNING and session.lock.wanted and not conference.flags.locked:
            yield "unlocked though it shall be locked", LOCKED_WITHIN, True

    def _light(self) -> None:
        """Whatever the light says was true when the read it rests on began."""
        if not self.officer.lit:
            self._lit_at = None
            return
        now = self.clock.now
        self.lit_for += now - self._lit_at if self._lit_at is not None else 0.0
        self._lit_at = now
        proved = self.watcher.seen_at - SHOWN_WITHIN
        if self._unlocked_since < proved:
            raise Broken(f"lit at {now:.1f} though unlocked since {self._unlocked_since:.1f}")
        if self._no_room_since < proved:
            raise Broken(f"lit at {now:.1f} without the prison room since {self._no_room_since:.1f}")
        for uuid, since in self._unwelcome.items():
            if since < proved:
                raise Broken(f"lit at {now:.1f} with {self.crowd.truth(uuid)} {uuid} inside since {since:.1f}")

    def _remember(self, conference: Conference | None) -> None:
        now = self.clock.now
        inside = [leg for leg in conference.live.values() if leg.where is Where.INSIDE] if conference else []
        locked = conference is not None and conference.flags.locked
        self._unlocked_since = float("inf") if locked else min(self._unlocked_since, now)
        room = self._room_inside({leg.uuid for leg in inside})
        self._no_room_since = float("inf") if room else min(self._no_room_since, now)
        former = self._unwelcome
        self._unwelcome = {leg.uuid: former.get(leg.uuid, now) for leg in inside if not self._welcome(leg)}

    def _room_inside(self, inside: set[str]) -> bool:
        return any(self.crowd.truth(leg) is Who.ROOM for leg in inside)

    def _all_is_well(self, conference: Conference) -> bool:
        """Whether an officer would rightly expect the light to burn."""
        session = self.shells.session
        if session.phase not in (Phase.OPEN, Phase.PRIVATE) or session.paused_by is not None or session.asks:
            return False
        inside = [leg for leg in conference.live.values() if leg.where is Where.INSIDE]
        whos = [self.crowd.truth(leg.uuid) for leg in inside]
        company = whos.count(Who.LAWYER) == 1 and whos.count(Who.ROOM) == 1 and session.endpoint_inside
        locked = conference.flags.locked and conference.flags.started
        return company and locked and all(self._welcome(leg) for leg in inside)

    def _welcome(self, leg: Leg) -> bool:
        """Whether this leg may be with the prisoner: ours, the room's, or the lawyer as the officer saw them."""
        if leg.kind is Kind.API and not leg.shown.has_media:
            return True
        who = self.crowd.truth(leg.uuid)
        if who is Who.ROOM:
            return True
        checked = self.officer.checked.get(leg.uuid)
        return who is Who.LAWYER and checked is not None and self.crowd.renamed.get(leg.uuid, 0.0) < checked

    def _alarmed(self) -> bool:
        session = self.shells.session
        return session.paused_by is not None or "breach" in session.alerts or "blind" in session.alerts

    def _should_knock(self, conference: Conference, leg: Leg) -> bool:
        session = self.shells.session
        if leg.kind in (Kind.PHONE, Kind.RECORDER, Kind.API) or leg.shown.service is not Service.WAITING_ROOM:
            return False
        if (
            conference.started_at is None
            or not conference.flags.started
            or leg.shown.start_time < conference.started_at + KNOCKS_WITHIN
        ):
            return False
        return all(knock.leg != leg.uuid for knock in session.knocks.values())
