"""The eyes of a shadow: event sinks first, the status of the Management Node second, and nothing else.

    event ──► of a prison room? ──► which session? ──► input of the core ──► what officers were seen to do (`hands`)
    status, every few seconds ──► the same, and whatever no event had told

Live, an event is a hint and a read over our own token is the truth. A shadow has no token, so its events are believed:
they are ahead of the status list, which lags by seconds (facts 1.4) and would take back what an event just told. A
status row is therefore believed only where no event of that meeting came for `status_lag`; then it decides, and
what it changes is counted, since each such change is an event that never came. Events of one node come in order, those
of several do not: an event older than the last one about the same leg, or the same lock, is dropped.

Nothing here ever makes a light: the eyes are never called fresh (`vmrd.eyes`), and a screen in shadow has no light.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import structlog

from vmrd.config_shadow import ShadowConfig
from vmrd.engine import Applied, Engine
from vmrd.lifecycle import facts as f
from vmrd.lifecycle import inputs as i
from vmrd.lifecycle.session import Session
from vmrd.lifecycle.words import LIVE, OVER, Instant, Phase
from vmrd.pexip.errors import PexipError
from vmrd.pexip.management import Management
from vmrd.pexip.sink import SinkHint
from vmrd.pexip.status import Instance
from vmrd.pexip.watch_only import Tally
from vmrd.shadow.bookings import EARLY, session_of
from vmrd.shadow.hands import seen_done
from vmrd.shadow.places import Place, Places
from vmrd.shadow.record import DAY, Record, Unbooked
from vmrd.store.base import SessionFilter

log = structlog.get_logger(__name__)

_PRESSES = 4
"""How many presses one observation may amount to: reopened, claimed and locked, say."""
_QUIET = 30.0
"""Seconds after which the roster of a meeting is read though no event is missing; without any events, at each round."""
_SEEN = (f.LegObserved, f.LegLeft, f.Locked, f.Unlocked, f.MeetingLost)
_NOT_OVER = tuple(phase for phase in Phase if phase not in OVER)


@dataclass(slots=True)
class _Meeting:
    """One meeting in a prison room. `told_at`: monotonic second of its last event; `nodes`: those it runs on."""

    name: str
    place: Place
    began: Instant
    session: str | None = None
    told_at: float = float("-inf")
    nodes: set[str] = field(default_factory=set)
    latest: dict[str, Instant] = field(default_factory=dict)
    locked: bool = False
    started: bool = False
    read_at: float = float("-inf")


@dataclass(slots=True)
class Observer:
    """`run` is its task; `told` is what each event comes to. `figures`: what is to be counted on file."""

    engine: Engine
    management: Management
    config: ShadowConfig
    record: Record
    tally: Tally
    places: Places
    figures: Counter[str] = field(default_factory=Counter)
    _meetings: dict[str, _Meeting] = field(default_factory=dict)
    _orders: dict[str, i.Order] = field(default_factory=dict)
    _gone: dict[str, Instant] = field(default_factory=dict)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    _counted: Counter[str] = field(default_factory=Counter)
    _blind_since: Instant | None = None
    _hears: bool = False

    async def run(self) -> None:
        """Read the status again and again until cancelled; what cannot be read is a gap in the record."""
        while True:
            try:
                await self.look()
            except PexipError as failed:
                log.info("status_not_read", error=type(failed).__name__)
                self._blind()
            else:
                self._blind_since = None
            self._keep_figures()
            await asyncio.sleep(self.config.poll_every)

    async def look(self) -> None:
        """Compare everything with the status once. Raises `PexipError` when it cannot be read."""
        begun = time.monotonic()
        running = await self.management.running()
        for instance in running:
            if self.places.asks_aliases(instance.name):
                await self._ask_aliases(instance.name)
        ours = {each.name: each for each in running if self.places.of(each.name) is not None}
        self.figures["status reads"] += 1
        for instance in ours.values():
            try:
                await self._read(instance)
            except PexipError as failed:  # of this meeting alone: the list of all was read a moment ago
                log.info("roster_not_read", error=type(failed).__name__)
                self.figures["rosters not read"] += 1
        async with self._turn:
            for name, meeting in list(self._meetings.items()):
                if name not in ours and meeting.told_at < begun - self.config.status_lag:
                    await self._gone_by_status(meeting)
            await self._time_passes()

    async def _ask_aliases(self, name: str) -> None:
        """Learn the aliases of a name; what cannot be read now is asked for in the next round."""
        try:
            self.places.learn(name, await self.management.aliases(name))
        except PexipError as failed:
            log.info("aliases_not_read", error=type(failed).__name__)
            self.figures["aliases not read"] += 1

    # --- one meeting -------------------------------------------------------------------------------------------------

    async def told(self, hint: SinkHint) -> None:
        """Take down one event about a meeting in a prison room."""
        async with self._turn:
            await self._told(hint)

    async def _told(self, hint: SinkHint) -> None:
        meeting = self._meeting(hint.conference_name)
        if meeting is None:
            return
        about = hint.left or (hint.sighting.leg if hint.sighting is not None else "")
        if hint.at < meeting.latest.get(about, 0):
            self.figures["events out of order"] += 1
            return
        meeting.latest[about] = hint.at
        meeting.told_at = time.monotonic()
        self._hears = True
        session = await self._session(meeting)
        if hint.locked is not None:
            meeting.nodes.add(hint.node)
            meeting.locked, meeting.started = hint.locked, meeting.started if hint.started is None else hint.started
        if hint.ended:
            meeting.nodes.discard(hint.node)
            if not meeting.nodes and (session is None or not session.inside()):
                await self._over(meeting, "ended")  # with people inside, it goes on at a node that told us nothing yet
            return
        if session is None:
            return
        for given in self._inputs(hint, meeting, self._order(session)):
            await self._submit(session.id, given, "changes told by events")

    def _inputs(self, hint: SinkHint, meeting: _Meeting, order: i.Order) -> list[i.Input]:
        found: list[i.Input] = []
        if hint.sighting is not None:
            found.append(i.LegSeen(order, i.Source.STREAM, hint.sighting))
        if hint.left is not None:
            found.append(i.LegGone(order, i.Source.STREAM, hint.left, hint.reason))
        if hint.locked is not None:
            found.append(i.ConferenceSeen(order, i.Source.STREAM, meeting.locked, meeting.started, recording=False))
        return found

    async def _read(self, instance: Instance) -> None:
        """What the status says of one meeting, unless an event may know better."""
        begun = time.monotonic()
        known = self._meetings.get(instance.name)
        if known is not None and not self._to_be_read(known, instance, begun):
            async with self._turn:
                await self._session(known)
            return
        legs = await self.management.legs(instance.name)
        async with self._turn:
            meeting = self._meeting(instance.name)
            if meeting is None or meeting.told_at >= begun - self.config.status_lag:
                return
            meeting.locked, meeting.started, meeting.read_at = instance.locked, instance.started, begun
            session = await self._session(meeting)
            if session is None:
                return
            seen = i.RosterSeen(
                self._order(session),
                i.Source.READ,
                legs,
                instance.locked,
                instance.started,
                recording=False,
                instance=instance.id,
            )
            await self._submit(session.id, seen, "changes only the status showed")

    def _to_be_read(self, meeting: _Meeting, instance: Instance, now: float) -> bool:
        """Whether its roster is worth a request: all who use the Management Node share one limit."""
        if meeting.told_at >= now - self.config.status_lag:
            return False
        differs = (meeting.locked, meeting.started) != (instance.locked, instance.started)
        return differs or not self._hears or meeting.read_at < now - _QUIET

    def _meeting(self, name: str) -> _Meeting | None:
        place = self.places.of(name)
        if place is None:
            return None
        return self._meetings.setdefault(name, _Meeting(name, place, self.engine.clock.now()))

    async def _gone_by_status(self, meeting: _Meeting) -> None:
        if meeting.session is not None:
            self.figures["changes only the status showed"] += 1
        await self._over(meeting, "not-in-status")

    async def _over(self, meeting: _Meeting, reason: str) -> None:
        """No such conference runs any more."""
        self._meetings.pop(meeting.name, None)
        if meeting.session is not None:
            await self._lost(meeting.session, reason)

    async def _lost(self, session_id: str, reason: str) -> None:
        session = await self._stored(session_id)
        if session is not None:
            self._gone.setdefault(session_id, self.engine.clock.now())
            await self._submit(session_id, i.ConferenceGone(self._order(session), reason), None)

    # --- sessions ----------------------------------------------------------------------------------------------------

    async def _session(self, meeting: _Meeting) -> Session | None:
        """The session that meets there now. A former one has run on into it, and is over."""
        now = self.engine.clock.now()
        found = session_of(meeting.place, await self._sessions(meeting.place.establishment), now, meeting.session)
        former, meeting.session = meeting.session, found.id if found is not None else None
        if former != meeting.session:
            meeting.read_at = float("-inf")  # of all that came before, the new one knows nothing
            if former is not None:
                await self._lost(former, "ran-on")
        if found is None:
            place = meeting.place
            seen = Unbooked(place.establishment or "", place.room or "", meeting.began, now)
            self.record.unbooked(hashlib.sha256(meeting.name.encode()).hexdigest()[:16], seen)
        elif found.id in self._gone:
            del self._gone[found.id]
        return found

    async def _time_passes(self) -> None:
        """Sessions whose meeting is gone: over at their time; and whoever was live when vmrd last stopped."""
        bound = {meeting.session for meeting in self._meetings.values()}
        for session in await self._sessions():
            if session.id in bound:
                await self._hands(session)
            elif session.phase is Phase.ENDING:
                await self._submit(session.id, i.EmptySeen(), None)
            elif session.meeting is not None:
                await self._lost(session.id, "not-in-status")
            elif session.phase in LIVE:
                self._gone.setdefault(session.id, self.engine.clock.now())
                await self._hands(session)

    async def _sessions(self, establishment: str | None = None) -> Sequence[Session]:
        now = self.engine.clock.now()
        places = () if establishment is None else (establishment,)
        return await self.engine.store.read(
            lambda rx: rx.sessions(SessionFilter(places, now - DAY, now + EARLY + 1, _NOT_OVER))
        )

    async def _stored(self, session_id: str) -> Session | None:
        return await self.engine.store.read(lambda rx: rx.session(session_id))

    def _order(self, session: Session) -> i.Order:
        """The next place in this run's one stream about the session; each run of vmrd begins a stream of its own."""
        former = self._orders.get(session.id)
        order = i.Order(former.generation, former.number + 1) if former else i.Order(session.seen[0] + 1, 1)
        self._orders[session.id] = order
        return order

    async def _submit(self, session_id: str, given: i.Input, counted_as: str | None) -> None:
        answer = await self.engine.submit(session_id, given)
        if not isinstance(answer, Applied):
            return
        if counted_as is not None:
            self.figures[counted_as] += sum(isinstance(fact, _SEEN) for fact in answer.facts)
        await self._hands(answer.session)

    async def _hands(self, session: Session) -> None:
        for _ in range(_PRESSES):
            press = seen_done(session, self.engine.clock.now(), self._gone.get(session.id))
            if press is None:
                return
            answer = await self.engine.submit(session.id, press)
            if not isinstance(answer, Applied) or not answer.facts:
                return
            session = answer.session
            if isinstance(press, i.LockRoom):  # it is locked already: that is how it was seen
                shown = i.ConferenceSeen(self._order(session), i.Source.STREAM, True, True, recording=False)
                await self.engine.submit(session.id, shown)
                return

    # --- how well was watched ----------------------------------------------------------------------------------------

    def _blind(self) -> None:
        now = self.engine.clock.now()
        self._blind_since = self._blind_since or now
        self.figures["status reads failed"] += 1
        self.record.blind(self._blind_since, now)

    def _keep_figures(self) -> None:
        """Put on file what came since the last time: a kill costs one interval."""
        sent = Counter({f"sent {method}": count for method, count in self.tally.sent.items()})
        sent["refused at the transport"] = self.tally.refused
        self.record.count(self.figures, self.engine.clock.now())
        self.record.count(sent - self._counted, self.engine.clock.now())
        self._counted = sent
        self.figures.clear()
