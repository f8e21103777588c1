"""Presses that only say something: ticks, acknowledgements, the list of people, the outcome, a replaced link."""

from __future__ import annotations

from typing import assert_never

from vmrd.lifecycle import facts as f
from vmrd.lifecycle import inputs as i
from vmrd.lifecycle.commands import DeleteVmr, EndInstance
from vmrd.lifecycle.copying import replace
from vmrd.lifecycle.dealing import deal
from vmrd.lifecycle.draft import Draft
from vmrd.lifecycle.refusal import Refused
from vmrd.lifecycle.words import OVER, KnockState, Phase

MOMENTS = frozenset(
    {
        "prisoner-signalled",
        "guest-trouble",
        "lock-drift",
        "phone-at-door",
        "phone-was-inside",
        "recorder-was-inside",
        "unexpected-host",
        "interrupted",
        "booking-changed",
        "booking-cancelled",
        "opened-elsewhere",
        "command-refused",
        "secure-overridden",
    }
)
"""Alerts about a moment rather than a state: acknowledging them ends them. The others end when their cause does."""

Word = (
    i.Expect
    | i.Waive
    | i.EvidenceReceived
    | i.Acknowledge
    | i.DealWith
    | i.ReminderGiven
    | i.OfficerLeft
    | i.Signalled
    | i.ShareAnnounced
    | i.TroubleReported
    | i.Approve
    | i.Decline
    | i.ConfirmOutcome
    | i.ReplaceVmr
    | i.Note
    | i.Reveal
)


def word(draft: Draft, given: Word) -> Refused | None:
    """Presses that only say something."""
    session = draft.session
    if session.phase in OVER and isinstance(
        given,
        i.Expect
        | i.Waive
        | i.EvidenceReceived
        | i.ReminderGiven
        | i.OfficerLeft
        | i.Signalled
        | i.ShareAnnounced
        | i.TroubleReported
        | i.Approve,
    ):
        return not_running(draft)
    match given:
        case i.Expect(attendee=attendee, by=by):
            if attendee.ref not in session.attendees:
                draft.fact(f.Expected(replace(attendee, added_by=by), by))
        case i.Waive(attendee=ref, by=by):
            if ref not in session.attendees:
                return Refused("unknown-attendee", "That person is not on the list.")
            if session.attendees[ref].waived_by is None:
                draft.fact(f.Waived(ref, by))
        case i.EvidenceReceived():
            return _evidence(draft, given)
        case i.Acknowledge(what=what, by=by):
            return _acknowledge(draft, what, by)
        case i.DealWith(what=what, by=by):
            deal(draft, what, by)
        case i.ReminderGiven(by=by):
            if not session.ticks.reminder_given:
                draft.fact(f.ReminderTicked(by, draft.now))
        case i.OfficerLeft(by=by):
            if not session.ticks.officer_left:
                draft.fact(f.OfficerLeftTicked(by, draft.now))
        case i.Signalled(by=by):
            draft.alert("prisoner-signalled", by=by)
        case i.ShareAnnounced(by=by):
            if draft.rules.presenting_stopped and not session.screen_share_declared:
                return Refused("not-declared", "Here guests can show a screen only if the booking said so beforehand.")
            if not session.share_expected:
                draft.fact(f.ShareAnnounced(by, draft.now))
        case i.TroubleReported(by=by):
            draft.alert("guest-trouble", by=by)
        case i.Approve(by=by):
            if session.needs_approval:
                draft.fact(f.Approved(by, draft.now))
        case i.Decline():
            return _decline(draft, given)
        case i.ConfirmOutcome():
            return _confirm(draft, given)
        case i.ReplaceVmr(alias=alias, by=by):
            return _replace_vmr(draft, alias, by)
        case i.Note(text_ref=ref, by=by):
            if ref not in session.noted:
                draft.fact(f.Noted(ref, by, draft.now))
        case i.Reveal(what=what, about=about, by=by):
            if session.secrets_wiped:
                return Refused("wiped", "This session is closed. Its PINs and hidden names are destroyed.")
            draft.fact(f.Revealed(what, about, by, draft.now))
        case _:
            assert_never(given)
    return None


def _evidence(draft: Draft, given: i.EvidenceReceived) -> Refused | None:
    attendee = draft.session.attendees.get(given.attendee)
    if attendee is None:
        return Refused("unknown-attendee", "That person is not on the list.")
    if not draft.rules.id_profile.in_advance:
        return Refused("not-asked", "This prison does not ask for documents before the meeting.")
    if given.received and attendee.evidence_by is None:
        draft.fact(f.EvidenceReceived(given.attendee, given.by, draft.now))
    elif not given.received and attendee.evidence_by is not None:
        draft.fact(f.EvidenceWithdrawn(given.attendee, given.by))
    return None


def _acknowledge(draft: Draft, what: str, by: str) -> Refused | None:
    knock = draft.session.knocks.get(what)
    if knock is not None:
        if knock.state is KnockState.RINGING:
            draft.fact(f.KnockAnswered(what, KnockState.ACKNOWLEDGED, by, draft.now))
        return None
    alert = draft.session.alerts.get(what)
    if alert is None:
        return None  # It ended while the officer's finger was on its way: nothing to acknowledge, nothing wrong.
    if alert.acknowledged_by is None:
        draft.fact(f.AlertAcknowledged(what, by, draft.now))
    if alert.code in MOMENTS:
        draft.fact(f.AlertEnded(what))
    return None


def _decline(draft: Draft, given: i.Decline) -> Refused | None:
    """Only what waits for a decision can be declined; a meeting that stands is cancelled where it was booked."""
    if draft.session.phase in OVER and draft.session.reason == "not-approved":
        return None
    if not draft.session.needs_approval or draft.session.phase is not Phase.PLANNED:
        return Refused("not-asked", "Nobody asks for this meeting to be approved. Whoever booked it can cancel it.")
    draft.fact(f.Declined(given.by, given.reason_ref))
    draft.fact(f.PhaseChanged(Phase.FAILED, "not-approved", draft.now))
    return None


def _confirm(draft: Draft, given: i.ConfirmOutcome) -> Refused | None:
    outcome = draft.session.outcome
    if outcome is None:
        return Refused("no-outcome", "There is no outcome to confirm yet. It is proposed once the link is dead.")
    if outcome.confirmed_by is None:
        result = given.result or outcome.result
        draft.fact(f.OutcomeConfirmed(replace(outcome, result=result, confirmed_by=given.by)))
    return None


def _replace_vmr(draft: Draft, alias: str, by: str) -> Refused | None:
    session = draft.session
    if session.alias == alias:
        return None
    burnt = session.pin_burnt and session.phase is Phase.OPEN
    if session.phase not in (Phase.PREPARING, Phase.READY, Phase.INTERRUPTED) and not burnt:
        return Refused("not-now", "The link can be replaced before the meeting is opened, or once its PIN is known.")
    if session.prisoner.inside:
        return Refused("prisoner-in", "Take the prisoner out first. Making a new link ends this meeting.")
    draft.command(EndInstance(session.vmr_name))  # whoever waits behind the old link would wait for nobody
    if session.meeting is not None or session.legs:
        draft.fact(f.MeetingLost("replaced", draft.now))
    draft.fact(f.VmrReplaced(session.generation + 1, alias, by))
    draft.ask_once(DeleteVmr(session.generation, session.vmr_name))
    draft.fact(f.PhaseChanged(Phase.PREPARING, "replaced", draft.now))
    return None


def not_running(draft: Draft) -> Refused:
    phase = draft.session.phase
    if phase in OVER or phase is Phase.ENDING:
        return Refused("over", "This meeting is over.")
    if phase is Phase.INTERRUPTED:
        return Refused("interrupted", "The meeting was interrupted. Press Open to start it again, or End.")
    return Refused("not-running", "This meeting has not been opened yet.")
