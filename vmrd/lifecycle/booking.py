"""What a booking system may change, and when.

| the meeting is       | amendment                                        | cancellation               |
|----------------------|--------------------------------------------------|----------------------------|
| planned … ready      | applied whole                                    | cancelled, link destroyed  |
| running or ending    | attendees and a later end; banner for the rest   | banner; the officer decides |
| over                 | nothing                                          | nothing                    |

A live session is never hung up by a booking system (DESIGN section 5).
"""

from __future__ import annotations

from vmrd.lifecycle import facts as f
from vmrd.lifecycle.commands import key
from vmrd.lifecycle.draft import Draft
from vmrd.lifecycle.inputs import Amend, Cancel, PrisonerMerged
from vmrd.lifecycle.preparing import ensured, guests_may_present
from vmrd.lifecycle.refusal import Refused
from vmrd.lifecycle.session import Session
from vmrd.lifecycle.words import LIVE, OVER, Phase


def amend(draft: Draft, given: Amend) -> Refused | None:
    """Take over the newest state of the booking, as far as the meeting lets us."""
    session = draft.session
    if given.booking_version <= session.booking_version or session.phase in OVER:
        return None
    if session.phase not in LIVE and session.phase is not Phase.ENDING:
        draft.fact(_amended(given, draft, whole=True))
        _set_right(draft, session)
        return None
    draft.fact(_amended(given, draft, whole=False))
    _set_right(draft, session)
    waits = (given.starts_at, given.room, given.room_address) != (session.starts_at, session.room, session.room_address)
    if waits or given.ends_at < session.ends_at:
        draft.fact(f.AmendmentHeld(given.booking_version))
        draft.alert("booking-changed", str(given.booking_version))
    return None


def cancel(draft: Draft, given: Cancel) -> Refused | None:
    """Cancel before the meeting; during it, tell the officer."""
    session = draft.session
    if session.phase in OVER or given.booking_version < session.booking_version:
        return None
    if session.phase in LIVE or session.phase is Phase.ENDING:
        if "booking-cancelled" not in session.alerts and given.booking_version not in session.held_amendments:
            draft.fact(f.CancellationHeld(given.booking_version, given.reason))
            draft.alert("booking-cancelled")
        return None
    draft.fact(f.PhaseChanged(Phase.CANCELLED, given.reason, draft.now))
    return None


def merge(draft: Draft, given: PrisonerMerged) -> None:
    """The prisoner has another number from now on; a meeting that runs shows it too."""
    if draft.session.phase not in OVER and given.prisoner_ref != draft.session.prisoner_ref:
        draft.fact(f.PrisonerRenumbered(given.prisoner_ref))


def _set_right(draft: Draft, former: Session) -> None:
    """A vmr that is made, or being made, lets Guests show a screen or not as the booking says now. A conference that
    runs keeps what it began with: only one that begins after Pexip has replicated the change is another."""
    session, rules = draft.session, draft.rules
    if guests_may_present(session, rules) == guests_may_present(former, rules):
        return
    ensure = ensured(draft)
    if session.vmr_created_at is not None or key(ensure) in session.asks:
        draft.fact(f.Asked(key(ensure), draft.now))
        draft.command(ensure)


def _amended(given: Amend, draft: Draft, *, whole: bool) -> f.Amended:
    """`whole`: as asked. Otherwise nothing that would end the meeting early or unmake a check already made."""
    session = draft.session
    listed = frozenset(attendee.ref for attendee in given.attendees)
    checked = () if whole else session.checked_attendees() - listed
    return f.Amended(
        booking_version=given.booking_version,
        starts_at=given.starts_at if whole else session.starts_at,
        ends_at=given.ends_at if whole else max(given.ends_at, session.ends_at),
        room=given.room if whole else session.room,
        room_address=given.room_address if whole else session.room_address,
        attendees=(*given.attendees, *(session.attendees[ref] for ref in sorted(checked))),
        observation=given.observation,
        screen_share_declared=given.screen_share_declared,
        flags=given.flags,
        forwarding=given.forwarding,
        at=draft.now,
        booker=given.booker,
    )
