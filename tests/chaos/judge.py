"""What the judge of the co-simulation cannot see: what only real shells, stores and several daemons can get wrong.

Everything is measured by the mock's own account, by the campaign's clock or in the database's tables; nothing by what a
daemon believes.
"""

from __future__ import annotations

from collections.abc import Iterator

from pexip_mock.meetings import Conference
from pexip_mock.people import Kind, Where
from tests.chaos.people import AtThePanel, Panels
from tests.chaos.troubles import Troubles
from tests.cosim.crowd import Crowd, Who
from tests.cosim.judge import Broken, Judge
from tests.cosim.shells import DOMAIN
from vmrd.door import Said
from vmrd.lifecycle.door import Question, Why
from vmrd.lifecycle.words import OVER, RUNNING, LockState, Phase
from vmrd.pexip.policy import read_ask

ONE_CALL_WITHIN = 20.0
CALL_SHOWN_WITHIN = 8.0
"""Seconds after which Pexip's status has shown a call to whoever looks before calling."""
ONE_HOLDER_WITHIN = 40.0
CARRIED_WITHIN = 40.0
DOOR_FOLLOWS_WITHIN = 3.0
BLIND_ALARMED_WITHIN = 10.0
_LOOK_EVERY = 2.0
_ROUND = 0.6
"""Seconds a panel may be behind: a timer, a packet."""


class Witness(Judge):
    """The co-simulation's judge, and more to judge."""

    officer: AtThePanel
    shells: Panels  # type: ignore[assignment]
    faults: Troubles

    def __init__(self, shells: Panels, crowd: Crowd, officer: AtThePanel, faults: Troubles) -> None:
        super().__init__(shells, shells, crowd, officer, faults)  # type: ignore[arg-type]
        self._looks_at = 0.0
        self._waiting_since: float | None = None
        self._shut_since = self._open_since = float("inf")

    def look(self) -> None:
        super().look()
        self._fresh()
        if self.clock.now >= self._looks_at:
            self._looks_at = self.clock.now + _LOOK_EVERY
            self._happened = -1  # what nobody's event tells is looked at again
            self._outbox()
            self._doors()
            self._blind()

    def _everything(self, conference: Conference | None) -> Iterator[tuple[str, float, bool]]:
        yield from super()._everything(conference)
        session = self.shells.session
        if not (conference is not None and conference.flags.locked) and self._shown_as_locked():
            yield "the lock is shown as confirmed and Pexip has none", ONE_CALL_WITHIN, True
        if conference is None:
            return
        calls = [
            leg for leg in conference.live.values() if leg.shown.outbound and self.crowd.truth(leg.uuid) is Who.ROOM
        ]
        if len(calls) > 1 and session.phase not in OVER:
            yield "the prison room is called twice", ONE_CALL_WITHIN, True
            began = sorted(leg.shown.start_time for leg in calls)
            if began[-1] - began[0] > CALL_SHOWN_WITHIN:
                yield "the prison room is called while it is in a call", 0.0, False
        ours = [leg for leg in conference.live.values() if leg.kind is Kind.API and leg.where is Where.INSIDE]
        if len(ours) > 1 and session.phase not in OVER:
            yield "two of our control legs are in the meeting", ONE_HOLDER_WITHIN, True

    def _shown_as_locked(self) -> bool:
        """On the panels of any daemon that answers."""
        shown = [each.known for each in self.shells.site.up()]
        return any(
            session is not None and session.phase in RUNNING and session.lock.state is LockState.LOCKED
            for session in (self.shells.session, *shown)
        )

    def _alarmed(self) -> bool:
        """A panel whose daemon does not answer says so itself, over everything else."""
        return (
            super()._alarmed() or not self.shells.site.up() or self.faults.calm_since(self.clock.now) >= self.clock.now
        )

    def _fresh(self) -> None:
        """The light rests on a read that this campaign has itself seen begin, lately enough. A replica that has just
        taken a meeting over goes on by what the former told, until its own first read."""
        site = self.shells.site
        for running in self.shells.lit():
            age = site.loop.time() - (running.seen_at if site.rests_on_its_own(running) else site.last_read())
            if age > self.shells.rules.eyes_fresh_for / 1000 + _ROUND:
                raise Broken(f"lit at {self.clock.now:.1f} on a read that is {age:.1f} s old")

    def _outbox(self) -> None:
        """A command that may be carried out now is carried out, poked or not."""
        store = next(iter(self.shells.site.disk.stores), None)
        waits = store is not None and store.waits()
        now = self.clock.now
        self._waiting_since = (self._waiting_since if self._waiting_since is not None else now) if waits else None
        if self._waiting_since is not None:
            since = max(self._waiting_since, self.faults.calm_since(now))
            if now - since > CARRIED_WITHIN:
                raise Broken(
                    f"a command waits since {self._waiting_since:.1f} and nobody carries it out, now {now:.1f}"
                )

    def _doors(self) -> None:
        """What Pexip is answered by every daemon, whichever of them has brought the meeting to where it is."""
        now, session = self.clock.now, self.shells.session
        shut = session.phase in OVER or session.phase is Phase.ENDING
        self._shut_since = min(self._shut_since, now) if shut else float("inf")
        self._open_since = min(self._open_since, now) if session.phase in RUNNING else float("inf")
        ask = read_ask(f"protocol=webrtc&call_direction=dial_in&local_alias={session.alias}{DOMAIN}")
        for running in self.shells.site.up():
            answer = running.door.answer(ask, Question.PARTICIPANT) if running.door is not None else None
            if answer is None:  # it would ask the store
                continue
            shut_for, open_for = now - self._shut_since, now - self._open_since
            if shut_for > DOOR_FOLLOWS_WITHIN and answer.said not in (Why.OVER, Why.SPENT):
                raise Broken(f"the door of {running.host} lets in who comes {shut_for:.1f} s after the end")
            if open_for > DOOR_FOLLOWS_WITHIN and answer.said is not Said.PASSED:
                raise Broken(f"the door of {running.host} does not let in who is expected: {answer.said}")

    def _blind(self) -> None:
        """Where nobody can see a meeting that runs, it rings: counted from the last read that anybody had, while the
        daemons themselves are well."""
        session, rules, site = self.shells.session, self.shells.rules, self.shells.site
        seen = site.last_read() - site.loop.time() + self.clock.now
        since = max(seen, self.faults.shaken_until, self._open_since)
        unseen = self.clock.now - since - (rules.eyes_fresh_for + rules.blind_alarm_after) / 1_000
        if session.phase in RUNNING and unseen > BLIND_ALARMED_WITHIN and "blind" not in session.alerts:
            raise Broken(f"nobody sees the meeting since {since:.1f} and no alarm rings, now {self.clock.now:.1f}")
