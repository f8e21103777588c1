"""Presses about the prisoner: in, out, and an officer who goes in to them.

`inside` is the officer's word, so it is never refused outright: with the light dark vmrd asks for a reason, writes it
down and raises the alarm, because the world has happened (DESIGN section 5).
"""

from __future__ import annotations

from vmrd.lifecycle import facts as f
from vmrd.lifecycle import inputs as i
from vmrd.lifecycle.draft import Draft
from vmrd.lifecycle.presses_words import not_running
from vmrd.lifecycle.refusal import Refused
from vmrd.lifecycle.secure import WORDS, Dark, dark_reasons
from vmrd.lifecycle.words import LIVE, Control, LockState, Phase


def prisoner_in(draft: Draft, given: i.PrisonerIn) -> Refused | None:
    session = draft.session
    ours = session.control is Control.FULL
    if session.prisoner.inside:
        return None
    if session.phase not in (LIVE if ours else {Phase.READY}):
        return not_running(draft)
    reasons = dark_reasons(session, draft.rules)
    codes = tuple(str(reason) for reason in reasons)
    if ours and not given.eyes_fresh:
        codes = (*codes, str(Dark.BLIND))
    if ours and codes and given.reason_ref is None:
        why = WORDS[reasons[0].code if reasons else Dark.BLIND].format(who="Somebody")
        return Refused(
            "not-secure",
            f"SECURE is not lit: {why}. Put that right first. If the prisoner is already in, give a reason.",
        )
    draft.fact(f.PrisonerCameIn(given.by, codes, given.reason_ref, draft.now))
    if session.lock.state is LockState.UNLOCKING:
        draft.fact(f.LockRequested(None, draft.now))  # the unlock would let everybody in who waits
        draft.end_ask("lock")
    if session.phase is Phase.OPEN:
        draft.fact(f.PhaseChanged(Phase.PRIVATE, None, draft.now))
    if ours and codes:
        draft.alert("secure-overridden")
    return None


def prisoner_out(draft: Draft, by: str) -> Refused | None:
    if not draft.session.prisoner.inside:
        return None
    draft.fact(f.PrisonerWentOut(by, draft.now))
    if draft.session.phase is Phase.PRIVATE:
        draft.fact(f.PhaseChanged(Phase.OPEN, None, draft.now))
    return None


def pause(draft: Draft, by: str) -> Refused | None:
    if draft.session.phase is not Phase.PRIVATE:
        return Refused("not-private", "Pause is for when an officer goes in to a prisoner. The prisoner is not in.")
    if draft.session.paused_by is None:
        draft.fact(f.Paused(by, draft.now))
    return None


def resume(draft: Draft, by: str) -> Refused | None:
    if draft.session.paused_by is not None:
        draft.fact(f.Resumed(by, draft.now))
    return None
