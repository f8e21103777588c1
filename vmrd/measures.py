"""What ops are told of the meetings: how long officers and Pexip took, and what stands open now.

*As it happens*, from each committed fact:

| metric                            | from → to                                                      |
|-----------------------------------|----------------------------------------------------------------|
| `vmrd_lock_confirm_seconds`       | Lock asked → Pexip shows it                                    |
| `vmrd_checked_to_locked_seconds`  | the last ID check → the first confirmed lock                   |
| `vmrd_open_unlocked_seconds`      | the meeting opened → the first confirmed lock                  |
| `vmrd_knock_answer_seconds`       | a knock → an officer's answer                                  |
| `vmrd_breach_seconds_total`, `vmrd_blind_seconds_total` | as long as each lasted, once it has ended |
| `vmrd_alerts_total{code}`         | each alert raised, `lock-drift` and `phone-inside` among them  |
| `vmrd_put_out_total{why}`         | legs put out by rule or by an officer                          |
| `vmrd_exposures_total{kind}`      | phones and recorders that were inside                          |
| `vmrd_lost_seconds_total{cause}`  | when a meeting is over, as in its record                       |

*As it stands*, every few seconds from the running sessions, per establishment: what an alert rule waits on. A gauge of
seconds is that of the worst session, so one bad room shows among a hundred good ones. Nothing here names a booking or
a person; establishments come from the configuration, so labels are bounded.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from vmrd.clock import Clock
from vmrd.engine import Applied
from vmrd.lifecycle import facts as f
from vmrd.lifecycle.commands import Lane
from vmrd.lifecycle.minutes import minutes_lost
from vmrd.lifecycle.session import Session
from vmrd.lifecycle.words import LIVE, RUNNING, UNWANTED, Instant, KnockState, LockState, Phase
from vmrd.store.base import Rx, SessionFilter, Store, Unreadable

log = structlog.get_logger(__name__)

_LOOK_EVERY = 5.0
_LAG_OVER = 0.25
_RINGING = ("late-open", "lock-drift", "unexpected-host", "vmr-late")
"""The alerts on the screen that a rule of Prometheus counts."""
_OFFICER = (0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1_800.0)
_PEXIP = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 30.0)
_LOOP = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0)


class Measured:
    """The collectors; see the module's table."""

    def __init__(self, r: CollectorRegistry) -> None:
        def since(name: str, says: str, buckets: tuple[float, ...]) -> Histogram:
            return Histogram(f"vmrd_{name}_seconds", says, registry=r, buckets=buckets)

        def worst(name: str, says: str) -> Gauge:  # the worst session's of each establishment
            return Gauge(f"vmrd_{name}", says, ["establishment"], registry=r)

        self.lock_confirm = since("lock_confirm", "Lock asked to lock shown by Pexip", _PEXIP)
        self.checked_to_locked = since("checked_to_locked", "Last ID check to first confirmed lock", _OFFICER)
        self.open_unlocked = since("open_unlocked", "Meeting opened to first confirmed lock", _OFFICER)
        self.knock_answer = since("knock_answer", "Knock to an officer's answer", _OFFICER)
        self.breach = Counter("vmrd_breach_seconds", "Seconds of BREACH that have ended", registry=r)
        self.blind = Counter("vmrd_blind_seconds", "Seconds of BLIND that have ended", registry=r)
        self.alerts = Counter("vmrd_alerts", "Alerts raised", ["code"], registry=r)
        self.put_out = Counter("vmrd_put_out", "Legs put out", ["why"], registry=r)
        self.exposures = Counter("vmrd_exposures", "Phones and recorders that were inside", ["kind"], registry=r)
        self.lost = Counter("vmrd_lost_seconds", "Booked time lost", ["cause"], registry=r)
        # For Prometheus a counter that was not there before has not increased: what a rule waits for is there at once.
        for code in _RINGING:
            self.alerts.labels(code)
        for kind in UNWANTED:
            self.exposures.labels(kind.value)
        self.knocks = worst("knocks_ringing", "Knocks nobody has answered")
        self.breaches = worst("breach_sessions", "Sessions in BREACH")
        self.worst: tuple[tuple[Gauge, Callable[[Session], Instant | None]], ...] = (
            (worst("oldest_knock_seconds", "Age of the oldest knock nobody has answered"), _knocking_since),
            (worst("longest_blind_seconds", "How long the worst session has been BLIND"), _blind_since),
            (worst("longest_unlocked_seconds", "How long the worst open session is not locked"), _unlocked_since),
            (worst("longest_unconfirmed_lock_seconds", "Age of the oldest lock not confirmed"), _unconfirmed_since),
            (worst("longest_overrun_seconds", "How far the worst running session is past its end"), _overrun_since),
        )
        self.outbox_age = Gauge("vmrd_outbox_oldest_seconds", "Age of the oldest command", ["lane"], registry=r)
        self.loop_lag = Histogram("vmrd_loop_lag_seconds", "Lateness of the event loop", registry=r, buckets=_LOOP)


@dataclass(slots=True)
class Measures:
    """One per daemon; `heard` is an engine's listener, `run` its task."""

    store: Store
    clock: Clock
    measured: Measured
    _breach: dict[str, Instant] = field(default_factory=dict)
    _blind: dict[str, Instant] = field(default_factory=dict)
    _ended: list[str] = field(default_factory=list)

    def heard(self, applied: Applied) -> None:
        """A commit with facts."""
        for fact in applied.facts:
            self._timed(applied.session, fact)
            self._counted(fact)

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self.look()
            for _ in range(round(_LOOK_EVERY / _LAG_OVER)):
                due = loop.time() + _LAG_OVER
                await asyncio.sleep(_LAG_OVER)
                self.measured.loop_lag.observe(max(loop.time() - due, 0.0))

    async def look(self) -> None:
        """Set what stands open now, and add what meetings lost that have ended since the last look."""

        def query(rx: Rx) -> tuple[list[Session], dict[Lane, Instant]]:
            return rx.sessions(SessionFilter(phases=tuple(LIVE))), dict(rx.outbox_oldest())

        live, oldest = await self.store.read(query)
        now = self.clock.now()
        self._stand(live, now)
        for lane in Lane:
            self.measured.outbox_age.labels(lane.value).set((now - oldest.get(lane, now)) / 1_000)
        ended, self._ended = self._ended, []
        for session_id in ended:
            await self._add_lost(session_id)

    async def _add_lost(self, session_id: str) -> None:
        """One journal that cannot be read costs its own minutes: raised, it would end the daemon for every room."""
        try:
            journal = await self.store.read(
                lambda rx: list(zip((row.at for row in rx.journal(session_id)), rx.facts(session_id), strict=True))
            )
        except Unreadable:
            log.error("minutes_not_added", session=session_id)
            return
        for cause, minutes in asdict(minutes_lost(journal)).items():
            self.measured.lost.labels(cause).inc(minutes * 60)

    def _timed(self, session: Session, fact: f.Fact) -> None:
        m = self.measured
        match fact:
            case f.Locked(at=at):
                if session.lock.requested_at is not None and session.lock.wanted:
                    m.lock_confirm.observe((at - session.lock.requested_at) / 1_000)
                if session.first_locked_at == at and session.opened_at is not None:
                    m.open_unlocked.observe(max(at - session.opened_at, 0) / 1_000)
                    checks = [leg.check.at for leg in session.inside() if leg.check is not None]
                    if checks:
                        m.checked_to_locked.observe(max(at - max(checks), 0) / 1_000)
            case f.KnockAnswered(knock=knock, by=by, at=at) if by is not None and knock in session.knocks:
                m.knock_answer.observe((at - session.knocks[knock].at) / 1_000)
            case f.BreachBegan(at=at):
                self._breach.setdefault(session.id, at)
            case f.BreachEnded(at=at):
                m.breach.inc(_lasted(self._breach, session.id, at))
            case f.WentBlind(at=at):
                self._blind.setdefault(session.id, at)
            case f.SightReturned(at=at):
                m.blind.inc(_lasted(self._blind, session.id, at))
            case f.PhaseChanged(to=Phase.ENDED, at=at):
                m.breach.inc(_lasted(self._breach, session.id, at))
                m.blind.inc(_lasted(self._blind, session.id, at))
                self._ended.append(session.id)
            case _:
                pass

    def _counted(self, fact: f.Fact) -> None:
        m = self.measured
        match fact:
            case f.AlertRaised(code=code):
                m.alerts.labels(code).inc()
            case f.RemovalRequested(why=why):
                m.put_out.labels(why).inc()
            case f.RefusalRequested():
                m.put_out.labels("refused").inc()
            case f.Exposed(kind=kind):
                m.exposures.labels(kind.value).inc()
            case _:
                pass

    def _stand(self, live: Iterable[Session], now: Instant) -> None:
        m, by_establishment = self.measured, defaultdict[str, list[Session]](list)
        for session in live:
            by_establishment[session.establishment].append(session)
        for gauge in (m.knocks, m.breaches, *(gauge for gauge, _ in m.worst)):
            gauge.clear()
        for code, sessions in by_establishment.items():
            m.knocks.labels(code).set(sum(len(_ringing(session)) for session in sessions))
            m.breaches.labels(code).set(sum(session.breach_since is not None for session in sessions))
            for gauge, since in m.worst:
                began = [at for session in sessions if (at := since(session)) is not None]
                gauge.labels(code).set(max(now - min(began, default=now), 0) / 1_000)


def _lasted(began: dict[str, Instant], session_id: str, until: Instant) -> float:
    """Seconds since it began; zero where it began before this daemon did."""
    return max(until - began.pop(session_id, until), 0) / 1_000


def _ringing(session: Session) -> list[Instant]:
    return [knock.at for knock in session.knocks.values() if knock.state is KnockState.RINGING]


def _knocking_since(session: Session) -> Instant | None:
    return min(_ringing(session), default=None)


def _blind_since(session: Session) -> Instant | None:
    return session.blind_since


def _unlocked_since(session: Session) -> Instant | None:
    if session.phase not in (Phase.OPEN, Phase.PRIVATE) or session.lock.state is LockState.LOCKED:
        return None
    return session.opened_at


def _unconfirmed_since(session: Session) -> Instant | None:
    return session.lock.requested_at if session.lock.state is LockState.LOCKING else None


def _overrun_since(session: Session) -> Instant | None:
    return session.ends_at if session.phase in RUNNING else None
