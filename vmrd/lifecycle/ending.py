"""From End to a link that is proved dead, and the record of how it came out.

People are disconnected first and the prison room last. `ended` follows only when Pexip's status shows nobody, twice,
`Rules.empty_twice_apart` apart, because status lags behind. Deleting a vmr does not end its conference, and nodes go
on answering for the alias until replication is through; so the session is watched by name until then and any new
instance is disconnected without ever asking for a token (asking would bring the conference back to life).
"""

from __future__ import annotations

from vmrd.lifecycle import facts as f
from vmrd.lifecycle.commands import (
    LETTER,
    DeleteVmr,
    DisconnectLeg,
    EndConference,
    EndInstance,
    ProbeAlias,
    ReleaseControl,
    WipeSecrets,
)
from vmrd.lifecycle.draft import Draft
from vmrd.lifecycle.session import Outcome, Session
from vmrd.lifecycle.words import OVER, Control, Kind, Phase, Result, Where


def settle(draft: Draft) -> None:
    """Rules of ending, ended and closed."""
    if draft.session.phase is Phase.ENDING:
        _ending(draft)
    if draft.session.phase in OVER:
        _over(draft)


def _ending(draft: Draft) -> None:
    session = draft.session
    if session.control is not Control.FULL:
        draft.fact(f.PhaseChanged(Phase.ENDED, session.ending_why, draft.now))
        return
    if session.prisoner.inside:
        draft.alert("prisoner-still-in")
    else:
        draft.end_alert("prisoner-still-in")
    people = [
        leg
        for leg in session.legs.values()
        if leg.where is not Where.LEFT and leg.kind is not Kind.OWN and leg.id != session.endpoint.leg
    ]
    for leg in people:
        draft.ask(DisconnectLeg(leg.id))
    if session.empty_at is not None and any(leg.since > session.empty_at for leg in people):
        draft.fact(f.EmptinessBroken())
    asked_at = session.ending_at if session.ending_at is not None else draft.now
    inside = any(leg.where is Where.INSIDE for leg in people)
    draft.alert_while(inside and draft.reached(asked_at + draft.rules.unconfirmed_after), "end-unconfirmed")
    if session.empty_at is None and (not people or draft.reached(asked_at + draft.rules.guests_out_within)):
        draft.ask(EndConference())


def _over(draft: Draft) -> None:
    session, rules = draft.session, draft.rules
    draft.end_alert("prisoner-still-in")
    draft.end_alert("end-unconfirmed")
    if session.control is Control.FULL and session.vmr_may_stand:
        if session.own_leg is not None:
            draft.ask_once(ReleaseControl())
        if session.phase in (Phase.CANCELLED, Phase.FAILED):
            draft.ask_once(EndInstance(session.vmr_name))
        if "stray-instance" in session.alerts:
            draft.ask(EndInstance(session.vmr_name))
        if session.vmr_deleted_at is None:
            draft.ask_once(DeleteVmr(session.generation, session.vmr_name))
            return
        if session.link_dead_at is None:
            if draft.reached(session.vmr_deleted_at + rules.replication + rules.watch_after_delete):
                draft.ask(ProbeAlias(session.generation, session.alias), every=rules.probe_every)
                if session.nodes_ready[0] > 0:  # it stands after all: made behind the back of its deletion
                    draft.ask(DeleteVmr(session.generation, session.vmr_name), every=rules.replication)
            return
    if session.phase is Phase.ENDED:
        _outcome(draft)
    unsent = any(name.startswith(LETTER) for name in draft.session.asks)  # the address is one of the secrets
    if draft.session.phase is not Phase.ENDED and not session.secrets_wiped and not unsent:
        draft.ask_once(WipeSecrets())


def _outcome(draft: Draft) -> None:
    session = draft.session
    if session.outcome is None:
        draft.fact(f.OutcomeProposed(propose(session)))
        return
    ended_at = session.ended_at if session.ended_at is not None else draft.now
    if session.outcome.confirmed_by is not None or draft.reached(ended_at + draft.rules.close_unconfirmed_after):
        draft.fact(f.PhaseChanged(Phase.CLOSED, session.reason, draft.now))


def propose(session: Session) -> Outcome:
    """What the session looks to have been, for an officer to confirm."""
    attended = tuple(sorted({leg.check.attendee for leg in session.legs.values() if leg.check is not None}))
    if session.opened_at is None:
        visitors = any(leg.kind not in (Kind.OWN, Kind.ENDPOINT) for leg in session.legs.values())
        result = Result.NEVER_OPENED if visitors else Result.VISITOR_NO_SHOW
    elif not any(leg.kind not in (Kind.OWN, Kind.ENDPOINT) for leg in session.legs.values()):
        result = Result.VISITOR_NO_SHOW
    else:
        result = Result.NORMAL
    return Outcome(result, session.prisoner.was_inside, attended)
