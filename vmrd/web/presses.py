"""From a press as sent to the core's input. Whatever an officer typed becomes a reference inside the transaction."""

from __future__ import annotations

from collections.abc import Callable

from pydantic import BaseModel

from vmrd import minting
from vmrd.engine import Maker
from vmrd.lifecycle import inputs as i
from vmrd.lifecycle.identity import WORD_NEEDED
from vmrd.lifecycle.rules import MINUTE
from vmrd.lifecycle.session import Attendee, Session
from vmrd.web import press_shapes as p

Ref = Callable[[str], str]


def press_of(action: str, given: BaseModel, by: str, session: Session, *, eyes_fresh: bool) -> list[Maker]:
    """The inputs a press stands for: one, save that what is said of a participant is said of each of its knocks."""
    match given:
        case p.AcknowledgeGiven(what=what, participant=leg):
            knocks = [knock.id for knock in session.knocks.values() if knock.leg == leg]
            made = i.DealWith if action == "deal-with" else i.Acknowledge
            return [_made(made(each, by)) for each in ([what] if what is not None else knocks)]
        case _:
            return [lambda ref: _input(action, given, by, session, ref, eyes_fresh=eyes_fresh)]


def _made(given: i.Input) -> Maker:
    return lambda ref: given


def _input(action: str, given: BaseModel, by: str, session: Session, ref: Ref, *, eyes_fresh: bool) -> i.Input:
    match given:
        case p.ToLeg(participant=leg, reason=reason):
            return _to_leg(action, leg, by, ref(reason) if reason else None)
        case p.RefuseAllGiven(participants=legs, reason=reason):
            return i.RefuseAll(legs, by, ref(reason) if reason else None)
        case p.CheckGiven(participant=leg, attendee=attendee, documents=documents, practitioner_word=word):
            return i.CheckId(leg, attendee, documents, by, practitioner_word=word)
        case p.ExpectGiven(name=name, role=role, required=required):
            added = f"added-{minting.session_id()[-10:]}"
            return i.Expect(Attendee(added, ref(name), role, required, role in WORD_NEEDED), by)
        case p.WaiveGiven(attendee=attendee):
            return i.Waive(attendee, by)
        case p.EvidenceGiven(attendee=attendee, received=received):
            return i.EvidenceReceived(attendee, received, by)
        case p.WithReason(reason=reason) if action == "prisoner-in":
            return i.PrisonerIn(by, eyes_fresh, ref(reason) if reason else None)
        case p.WithReason(reason=reason):
            return i.End(by, ref(reason) if reason else None)
        case p.ExtendGiven(minutes=minutes):
            return i.Extend(session.ends_at + minutes * MINUTE, by)
        case p.ConfirmGiven(result=result):
            return i.ConfirmOutcome(by, result)
        case p.NoteGiven(text=text):
            return i.Note(ref(text), by)
        case _:
            return _plain(action, by)


def _to_leg(action: str, leg: str, by: str, reason_ref: str | None) -> i.Input:
    match action:
        case "admit":
            return i.Admit(leg, by)
        case "refuse":
            return i.Refuse(leg, by, reason_ref)
        case "remove":
            return i.Remove(leg, by, reason_ref)
        case "withdraw-check":
            return i.WithdrawCheck(leg, by)
        case "claim-room":
            return i.ClaimRoom(leg, by)
    raise AssertionError(action)


_PLAIN: dict[str, Callable[[str], i.Input]] = {
    "open": i.Open,
    "lock": i.LockRoom,
    "unlock": i.UnlockRoom,
    "call-room": i.CallRoom,
    "prisoner-out": i.PrisonerOut,
    "pause": i.Pause,
    "resume": i.Resume,
    "reminder-given": i.ReminderGiven,
    "officer-left": i.OfficerLeft,
    "signalled": i.Signalled,
    "share-announced": i.ShareAnnounced,
    "trouble-reported": i.TroubleReported,
    "approve": i.Approve,
    "replace-vmr": lambda by: i.ReplaceVmr(minting.alias(), by),
}


def _plain(action: str, by: str) -> i.Input:
    return _PLAIN[action](by)
