"""From accepted booking to a room people can reach.

A vmr exists in the database of the Management Node at once but on the conferencing nodes only after replication
(60-90 s), so `preparing` lasts until every node answers for the alias. Nodes are asked gently: scanning for aliases
is quarantined. The control token is wanted from the first held leg or `Rules.open_before` before the start.
"""

from __future__ import annotations

from vmrd.lifecycle import facts as f
from vmrd.lifecycle.commands import EnsureVmr, ProbeAlias
from vmrd.lifecycle.draft import Draft
from vmrd.lifecycle.rules import Rules
from vmrd.lifecycle.session import Session
from vmrd.lifecycle.words import LIVE, OVER, Control, Kind, Phase


def settle(draft: Draft) -> None:
    """Rules of planned, preparing and ready."""
    _kept_right(draft)
    match draft.session.phase:
        case Phase.PLANNED:
            _planned(draft)
        case Phase.PREPARING:
            _preparing(draft)
        case Phase.READY:
            _watched(draft)
            _ready(draft)
        case _:
            _watched(draft)
            draft.end_alert("late-open")
            draft.end_alert("vmr-late")


def ensured(draft: Draft) -> EnsureVmr:
    """The vmr as it must stand."""
    session = draft.session
    return EnsureVmr(session.generation, session.vmr_name, session.alias, guests_may_present(session, draft.rules))


def _kept_right(draft: Draft) -> None:
    """A vmr that stands and was to be set otherwise (`booking`) is asked for until it is, or the meeting is over."""
    session = draft.session
    if (
        session.vmr_created_at is not None
        and session.phase not in OVER
        and f"ensure:{session.generation}" in session.asks
    ):
        draft.ask(ensured(draft))


def _watched(draft: Draft) -> None:
    """From the first arrival, or when the start is near, somebody keeps an eye on it; and always while it runs.

    A press of Open may come before the clock was looked at in that very instant: a meeting nobody watches never starts.
    """
    session = draft.session
    if session.control is not Control.FULL or session.control_wanted:
        return
    here = any(leg.kind is not Kind.OWN for leg in session.legs.values())
    near = session.phase is Phase.READY and (here or draft.reached(session.starts_at - draft.rules.open_before))
    if near or session.phase in LIVE:
        draft.fact(f.ControlWanted())


def _planned(draft: Draft) -> None:
    session, rules = draft.session, draft.rules
    if session.needs_approval:
        if draft.reached(session.ends_at):
            draft.fact(f.PhaseChanged(Phase.FAILED, "not-approved", draft.now))
        return
    if session.control is Control.FULL:
        if draft.reached(session.starts_at - rules.prepare_before):
            draft.fact(f.PhaseChanged(Phase.PREPARING, None, draft.now))
    elif draft.reached(session.starts_at - rules.open_before):
        draft.fact(f.PhaseChanged(Phase.READY, None, draft.now))


def guests_may_present(session: Session, rules: Rules) -> bool:
    """Whether the vmr is made so that Guests can show a screen: a rule may ask that the booking said so before."""
    return session.screen_share_declared or not rules.presenting_stopped


def _preparing(draft: Draft) -> None:
    session, rules = draft.session, draft.rules
    if session.vmr_created_at is None:
        draft.ask(ensured(draft))
    else:
        answering, nodes = session.nodes_ready
        if nodes > 0 and answering == nodes:
            draft.fact(f.PhaseChanged(Phase.READY, None, draft.now))
            return
        if draft.reached(session.vmr_created_at + rules.probe_after):
            draft.ask(ProbeAlias(session.generation, session.alias), every=rules.probe_every)
    if draft.reached(session.starts_at):
        draft.alert("vmr-late")
    since = session.preparing_since if session.preparing_since is not None else session.planned_at
    if draft.reached(max(session.starts_at, since) + rules.fail_preparing_after):
        draft.fact(f.PhaseChanged(Phase.FAILED, "vmr", draft.now))


def _ready(draft: Draft) -> None:
    session, rules = draft.session, draft.rules
    draft.end_alert("vmr-late")
    if session.control is not Control.FULL:
        return
    people = [leg for leg in session.legs.values() if leg.kind is not Kind.OWN]
    if session.meeting is not None and session.meeting.started:
        draft.fact(f.Opened(True, draft.now))
        draft.fact(f.PhaseChanged(Phase.OPEN, "opened-elsewhere", draft.now))
        draft.alert("opened-elsewhere")
        return
    if draft.reached(session.starts_at + rules.late_open_after):
        draft.alert("late-open")
    if draft.reached(session.ends_at + rules.end_grace):
        why = "never-opened" if people else "no-show"
        draft.fact(f.EndRequested(None, why, None, draft.now))
        draft.fact(f.PhaseChanged(Phase.ENDING, why, draft.now))
