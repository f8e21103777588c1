"""The officer: does what the guidance says, at a human pace, and now and then presses something silly.

One thing the officer never does is vouch for somebody who is not that person: who is let past the eye of the officer is
no matter of the core. Everything else they may get wrong.
"""

from __future__ import annotations

from pexip_mock.people import Where as There
from tests.cosim.crowd import LAWYER, Crowd, Who
from tests.cosim.faults import HEALED_AT, Faults
from tests.cosim.shells import Shells
from tests.cosim.watcher import Watcher
from tests.lifecycle.story import CARD, OFFICER
from tests.lifecycle.story import LAWYER as BOOKED
from vmrd.lifecycle import inputs as i
from vmrd.lifecycle.decide import Decision
from vmrd.lifecycle.secure import light
from vmrd.lifecycle.session import Leg, Session
from vmrd.lifecycle.words import LIVE, OVER, KnockState, Phase, Where


class Officer:
    """`checked`: legs whose ID this officer saw, and when; `prisoner_in`: since when the prisoner is in the room."""

    def __init__(self, shells: Shells, watcher: Watcher, crowd: Crowd, faults: Faults) -> None:
        self.shells, self.watcher, self.crowd, self.clock = shells, watcher, crowd, shells.clock
        self.rng = faults.rng
        self.checked: dict[str, float] = {}
        self.prisoner_in: float | None = None
        self.silly = self.rng.choice((0.0, 0.05, 0.15))
        self.hasty = self.rng.random() < 0.25  # locks before anything else
        self.lazy = self.rng.random() < 0.25  # leaves strangers where they are
        self._judged: Session | None = None
        self._may_burn = False
        self._seen_private = False
        self._stays = self.rng.uniform(10.0, 90.0)
        self._look()

    @property
    def lit(self) -> bool:
        """Whether the light burns on the panel."""
        return self.may_burn and self.watcher.fresh

    @property
    def may_burn(self) -> bool:
        """Whether it burns as soon as our eyes are fresh."""
        session = self.shells.session
        if session is not self._judged:
            self._judged = session
            self._may_burn = light(session, self.shells.rules, fresh=True).secure
        return self._may_burn

    def press(self, given: i.Press) -> bool:
        """Press; whether it was taken."""
        taken = isinstance(self.shells.submit(given), Decision)
        if taken and isinstance(given, i.CheckId):
            self.checked[given.leg] = self.clock.now
        return taken

    def _look(self) -> None:
        session = self.shells.session
        if session.phase is Phase.CLOSED:
            return
        self.clock.after(self.rng.uniform(1.0, 4.0) if session.phase in LIVE else 10.0, self._look)
        if self.rng.random() < self.silly and self.clock.now < HEALED_AT:
            self._do_something_silly()
        else:
            self._do_the_next_thing()
        self._room_follows()

    def _room_follows(self) -> None:
        """The prisoner really goes where the officer said."""
        inside = self.shells.session.prisoner.inside
        if inside and self.prisoner_in is None:
            self.prisoner_in = self.clock.now
            self._seen_private = True
        elif not inside:
            self.prisoner_in = None

    def _do_the_next_thing(self) -> None:
        session = self.shells.session
        late = self.clock.now > HEALED_AT
        match session.phase:
            case Phase.READY | Phase.INTERRUPTED:
                if late or (session.phase is Phase.INTERRUPTED and self.rng.random() < 0.1):
                    self.press(i.End(OFFICER))
                elif not self._refuse_strangers() and (session.held() or session.phase is Phase.INTERRUPTED):
                    self.press(i.Open(OFFICER))
            case Phase.OPENING:
                if late:
                    self.press(i.End(OFFICER))
            case Phase.OPEN | Phase.PRIVATE if late or (self._seen_private and not session.prisoner.inside):
                self.press(i.PrisonerOut(OFFICER))
                self.press(i.End(OFFICER))
            case Phase.OPEN:
                self._make_it_secure()
            case Phase.PRIVATE:
                self._stand_by()
            case Phase.ENDING:
                self.press(i.PrisonerOut(OFFICER))
            case Phase.ENDED if session.outcome is not None:
                self.press(i.ConfirmOutcome(OFFICER))
            case _:
                pass

    def _make_it_secure(self) -> None:
        session = self.shells.session
        if self.hasty and not session.lock.wanted:
            self.press(i.LockRoom(OFFICER))
            return
        if self._claim_the_room() or self._refuse_strangers() or self._remove_strangers() or self._check():
            return
        if self.lit:
            self.press(i.PrisonerIn(OFFICER, eyes_fresh=self._read_now()))
        elif not session.lock.wanted:
            self.press(i.LockRoom(OFFICER))

    def _stand_by(self) -> None:
        session = self.shells.session
        began = self.prisoner_in if self.prisoner_in is not None else self.clock.now
        if session.paused_by is not None:
            self.press(i.Resume(OFFICER))
        elif session.breach and self.rng.random() < 0.5:
            self.press(i.PrisonerOut(OFFICER))
            self._seen_private = False
        elif self._refuse_strangers() or self._remove_strangers():
            return
        elif self.clock.now - began > self._stays:
            self.press(i.PrisonerOut(OFFICER))

    def _refuse_strangers(self) -> bool:
        for leg in self.shells.session.held():
            who = self.crowd.truth(leg.id)
            if self.lazy:
                break
            if who not in (Who.LAWYER, Who.ROOM, None) and f"remove:{leg.id}" not in self.shells.session.asks:
                return self.press(i.Refuse(leg.id, OFFICER))
        for knock in self.shells.session.knocks.values():
            if knock.state is KnockState.RINGING and self.crowd.truth(knock.leg) is Who.LAWYER:
                if self.shells.session.prisoner.inside:
                    return self.press(i.Acknowledge(knock.id, OFFICER))
                return self.press(i.Admit(knock.leg, OFFICER))
        return False

    def _remove_strangers(self) -> bool:
        session = self.shells.session
        for leg in session.people_inside():
            who = self.crowd.truth(leg.id)  # phones and recorders are left to the rules
            unwanted = (who in (Who.STRANGER, Who.INTRUDER) and not self.lazy) or (
                who is Who.ROOM and session.endpoint_inside
            )
            if unwanted and f"remove:{leg.id}" not in session.asks:
                return self.press(i.Remove(leg.id, OFFICER))
        return False

    def _check(self) -> bool:
        for leg in self.shells.session.people_inside():
            if leg.check is None and self._is_the_lawyer(leg):
                return self.press(i.CheckId(leg.id, BOOKED.ref, CARD, OFFICER))
        return False

    def _is_the_lawyer(self, leg: Leg) -> bool:
        live = self.shells.world.floor.legs.get(leg.id)
        there = live is not None and live.where is There.INSIDE and live.shown.video and not live.shown.video_muted
        return there and self.crowd.truth(leg.id) is Who.LAWYER and leg.name_ref == f"ref-{live_name(live)}"

    def _claim_the_room(self) -> bool:
        session = self.shells.session
        if session.endpoint_inside:
            return False
        for leg in session.people_inside():
            if self.crowd.truth(leg.id) is Who.ROOM:
                return self.press(i.ClaimRoom(leg.id, OFFICER))
        return False

    def _read_now(self) -> bool:
        """The live read made for the press."""
        return self.watcher.fresh and not self.watcher.faults.cut_off(self.clock.now)

    def _do_something_silly(self) -> None:
        session, rng = self.shells.session, self.rng
        legs = [leg.id for leg in session.legs.values() if leg.where is not Where.LEFT]
        leg = rng.choice(legs) if legs else "nobody"
        presses: list[i.Press] = [
            i.Open(OFFICER),
            i.LockRoom(OFFICER),
            i.UnlockRoom(OFFICER),
            i.Admit(leg, OFFICER),
            i.Refuse(leg, OFFICER),
            i.Remove(leg, OFFICER),
            i.WithdrawCheck(leg, OFFICER),
            i.CallRoom(OFFICER),
            i.PrisonerIn(OFFICER, self.watcher.fresh, "note-1"),
            i.PrisonerOut(OFFICER),
            i.Pause(OFFICER),
            i.Resume(OFFICER),
            i.Waive(BOOKED.ref, OFFICER),
        ]
        if rng.random() < 0.1 and session.phase not in OVER:
            presses = [i.End(OFFICER), i.ReplaceVmr("wvkqjhzrtmbcfg", OFFICER)]
        self.press(rng.choice(presses))


def live_name(live: object) -> str:
    """The name a leg bears at this moment."""
    return getattr(getattr(live, "shown", None), "display_name", LAWYER)
