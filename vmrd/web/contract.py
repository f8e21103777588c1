"""Every call of the API in one table. Validation, access and the OpenAPI document are all read from it."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, RootModel, ValidationError

from vmrd.lifecycle.words import Phase
from vmrd.web import booking_shapes as b
from vmrd.web import policy_calls
from vmrd.web import press_shapes as p
from vmrd.web import prisoner_shapes as ps
from vmrd.web import works_shapes as ws
from vmrd.web.availability_shapes import AvailabilityView
from vmrd.web.call import Access, Call, Query
from vmrd.web.caller import Role
from vmrd.web.establishment_shapes import EstablishmentsView, EstablishmentView, LostTimeView
from vmrd.web.openapi import document
from vmrd.web.refusals import RefusalsView
from vmrd.web.signin_calls import SIGN_IN_CALLS
from vmrd.web.view_shapes import SessionsView, SessionView

WATCHING = (Role.OFFICER, Role.SUPERVISOR, Role.AUDITOR)
PRESSING = (Role.OFFICER, Role.SUPERVISOR)
SUPERVISING = (Role.SUPERVISOR,)


class EventIn(RootModel[b.BookingEventIn | ws.RoomEventIn | ps.PrisonerEventIn]):
    """What a booking system sends."""


class EventAnswer(RootModel[b.BookingAnswer | ws.RoomEventAnswer | ps.PrisonerEventAnswer]):
    """What it is answered."""


ALWAYS_TAKEN = frozenset(
    {"lock", "refuse", "refuse-all", "remove", "acknowledge", "deal-with", "end"}
    | {"prisoner-in", "prisoner-out", "signalled"}
)
"""Presses for which `If-Match` is ignored: what makes a room safe, or says what has happened, is never too late."""

_ACTIONS: dict[str, tuple[type[BaseModel], str]] = {
    "open": (p.Plain, "Open the meeting: sweep, start, call the prison room. Lets in everyone who is waiting"),
    "lock": (p.Plain, "Lock the meeting. Never refused while there is one"),
    "unlock": (p.Plain, "Unlock the meeting. Lets in everyone who is waiting"),
    "admit": (p.ToLeg, "Let in one participant who is waiting"),
    "refuse": (p.ToLeg, "Disconnect one participant who is waiting"),
    "refuse-all": (p.RefuseAllGiven, "Disconnect these participants who are waiting; whoever came since stays"),
    "remove": (p.ToLeg, "Disconnect one participant who is inside"),
    "check": (p.CheckGiven, "Say that a participant's ID was seen and whose it is"),
    "ask-override": (p.AskOverrideGiven, "Ask a second person to let somebody count as identified without documents"),
    "confirm-override": (p.ToLeg, "Confirm what another person asked for; the names of both are kept"),
    "withdraw-check": (p.ToLeg, "Take a check back"),
    "expect": (p.ExpectGiven, "Add a person to those expected"),
    "waive": (p.WaiveGiven, "Let the meeting be SECURE without a required attendee"),
    "evidence-received": (p.EvidenceGiven, "Say that an attendee's documents came before the meeting, or did not"),
    "claim-room": (p.ToLeg, "Say that a participant is the prison room's own screen"),
    "call-room": (p.Plain, "Call the prison room again"),
    "acknowledge": (p.AcknowledgeGiven, "Say that a knock or an alert was seen"),
    "deal-with": (p.AcknowledgeGiven, "Say that you are seeing to a knock or an alert; lapses after 30 seconds"),
    "prisoner-in": (p.WithReason, "Say that the prisoner is in the room. Reads the running meeting first"),
    "prisoner-out": (p.Plain, "Say that the prisoner has left the room"),
    "pause": (p.Plain, "An officer goes in to the prisoner: the light is dark without alarm"),
    "resume": (p.Plain, "The officer has left again"),
    "reminder-given": (p.Plain, "Tick: everyone was reminded when the meeting must end"),
    "officer-left": (p.Plain, "Tick: the officer left the room"),
    "signalled": (p.Plain, "The prisoner signalled to staff"),
    "share-announced": (p.Plain, "Somebody told the officer that they will share a screen"),
    "trouble-reported": (p.Plain, "A guest told the prison that they cannot connect"),
    "extend": (p.ExtendGiven, "Move the end"),
    "end": (p.WithReason, "End the meeting"),
    "approve": (p.Plain, "Approve a session that needs it"),
    "decline": (p.DeclineGiven, "Decline a session that needs approval: it will not take place"),
    "confirm-outcome": (p.ConfirmGiven, "Confirm how the session came out"),
    "replace-vmr": (p.Plain, "Make a new link and Host PIN, because the former are burnt or blocked"),
    "note": (p.NoteGiven, "Write a remark into the record"),
}
SUPERVISORS_ONLY = frozenset({"approve", "confirm-override", "decline", "replace-vmr"})


def _needs_nothing(asks: type[BaseModel]) -> bool:
    try:
        asks.model_validate({})
    except ValidationError:
        return False
    return True


def _press(action: str, asks: type[BaseModel], says: str) -> Call:
    return Call(
        name=f"press-{action}",
        method="POST",
        path=f"/v1/sessions/{{id}}/{action}",
        says=says,
        asks=asks,
        body_optional=_needs_nothing(asks),
        answers={202: SessionView},
        roles=SUPERVISING if action in SUPERVISORS_ONLY else PRESSING,
        headers=("Idempotency-Key",) if action in ALWAYS_TAKEN else ("Idempotency-Key", "If-Match"),
        problems=("not-found", "refused", "key-reused") + (() if action in ALWAYS_TAKEN else ("stale",)),
    )


_DAY = {"format": "date"}
_ONE = "|".join(Phase)
_PHASES = {"pattern": f"^(({_ONE})(,({_ONE}))*)?$"}
_ESTABLISHMENT = Query("establishment", "Only sessions of this establishment")

CALLS: tuple[Call, ...] = (
    Call(
        "take-booking",
        "POST",
        "/v1/bookings/events",
        "A booking was made, changed or cancelled, or a room went out of use or came back. Signed as Standard Webhooks "
        "say, or with a token and an Idempotency-Key; a repeated message id or key gets its first answer again. "
        "503 asks to send it again, which is always safe; after `Retry-After` seconds where it has that",
        {200: EventAnswer, 202: EventAnswer},
        access=Access.SENDER,
        asks=EventIn,
        headers=("Webhook-Id", "Webhook-Timestamp", "Webhook-Signature", "Idempotency-Key"),
        problems=("forbidden", "version_conflict", "claimed", "ambiguous_time", "key-reused", "busy"),
    ),
    Call(
        "take-adapter-event",
        "POST",
        "/v1/adapters/{name}/events",
        "A booking system's own thin event, plain or in an SNS envelope: the booking is asked for and taken. 503 asks "
        "to send it again; whatever else there is to say about a booking is answered 202",
        {202: ps.AdapterAnswer},
        access=Access.ADAPTER,
        headers=("X-Amz-Sns-Message-Id",),
        problems=("malformed", "invalid", "too-large", "not-found", "upstream", "busy"),
    ),
    Call(
        "show-booking",
        "GET",
        "/v1/bookings/{id:(?!events$)[^/]+}",
        "A booking with its sessions",
        {200: b.BookingView},
        roles=(Role.BOOKER, *WATCHING),
        problems=("not-found",),
    ),
    Call(
        "list-refusals",
        "GET",
        "/v1/refusals",
        "What booking systems sent that they may not send, kept for 90 days",
        {200: RefusalsView},
        roles=(Role.AUDITOR,),
    ),
    Call(
        "list-establishments",
        "GET",
        "/v1/establishments",
        "Establishments with their rooms, and the documents that identify people there",
        {200: EstablishmentsView},
    ),
    Call(
        "show-establishment",
        "GET",
        "/v1/establishments/{code}",
        "One establishment with its rooms and ID profile",
        {200: EstablishmentView},
        problems=("not-found",),
    ),
    Call(
        "show-availability",
        "GET",
        "/v1/establishments/{code}/availability",
        "When each room is free on a day, and when works have it",
        {200: AvailabilityView},
        roles=(Role.BOOKER, *WATCHING),
        query=(Query("date", "A local day (YYYY-MM-DD); today if absent", _DAY),),
        problems=("not-found", "invalid"),
    ),
    Call(
        "show-lost-time",
        "GET",
        "/v1/establishments/{code}/lost-time",
        "Minutes of booked time that were lost over some days, by what they were lost to",
        {200: LostTimeView},
        roles=WATCHING,
        query=(
            Query("from", "The first local day (YYYY-MM-DD); six days before the last if absent"),
            Query("to", "The last local day; today if absent. At most 31 days"),
        ),
        problems=("not-found", "invalid"),
    ),
    Call(
        "list-works",
        "GET",
        "/v1/establishments/{code}/works",
        "Windows of works that are not over",
        {200: ws.WorksListView},
        roles=WATCHING,
        problems=("not-found",),
    ),
    Call(
        "add-works",
        "POST",
        "/v1/establishments/{code}/works",
        "Make a window of works. An agreed one that hits sessions is saved only when `confirm` names all of them",
        {201: ws.WorksView},
        asks=ws.WorksGiven,
        roles=SUPERVISING,
        headers=("Idempotency-Key",),
        problems=("not-found", "clashes", "ambiguous_time", "key-reused"),
    ),
    Call(
        "show-works",
        "GET",
        "/v1/establishments/{code}/works/{id}",
        "A window of works with who changed it, withdrawn or not",
        {200: ws.WorksView},
        roles=WATCHING,
        problems=("not-found",),
    ),
    Call(
        "change-works",
        "PATCH",
        "/v1/establishments/{code}/works/{id}",
        "Change a window of works; what is left out stays. Clashes as when it was made",
        {200: ws.WorksView},
        asks=ws.WorksChange,
        roles=SUPERVISING,
        problems=("not-found", "clashes", "ambiguous_time"),
    ),
    Call(
        "withdraw-works",
        "DELETE",
        "/v1/establishments/{code}/works/{id}",
        "Withdraw a window of works: its rooms can be booked again. It stays on record",
        {204: None},
        roles=SUPERVISING,
        problems=("not-found",),
    ),
    Call(
        "list-sessions",
        "GET",
        "/v1/sessions",
        "Views of the sessions of a day",
        {200: SessionsView},
        roles=WATCHING,
        query=(
            _ESTABLISHMENT,
            Query("date", "Sessions that start on this local day (YYYY-MM-DD); about a day around now if absent", _DAY),
            Query("phase", "Only sessions in this phase; several with commas", _PHASES),
        ),
        problems=("invalid",),
    ),
    Call(
        "show-session",
        "GET",
        "/v1/sessions/{id}",
        "The view of a session",
        {200: SessionView},
        roles=WATCHING,
        problems=("not-found",),
    ),
    Call(
        "show-record",
        "GET",
        "/v1/sessions/{id}/record",
        "The session record: who, when, checks, knocks, lock times. As a page where `Accept` asks for text/html",
        {200: p.RecordView},
        roles=WATCHING,
        problems=("not-found",),
        other_types=("text/html",),
    ),
    Call(
        "show-joining",
        "GET",
        "/v1/sessions/{id}/joining",
        "What those who were booked are told: link, when it works, ID, rules. As text where `Accept` asks for text",
        {200: p.JoiningView},
        roles=(Role.BOOKER, *WATCHING),
        problems=("not-found", "refused"),
        other_types=("text/plain",),
    ),
    Call(
        "reveal",
        "POST",
        "/v1/sessions/{id}/reveal",
        "Show a Host PIN or a name that is kept apart; who looked is written into the record",
        {200: p.RevealedView},
        asks=p.RevealGiven,
        roles=PRESSING,
        problems=("not-found", "refused"),
    ),
    *(_press(action, asks, says) for action, (asks, says) in _ACTIONS.items()),
    Call(
        "live",
        "GET",
        "/v1/live",
        "WebSocket: every view, then each changed one, newest only. A panel says `sound on` or `sound off`; its `ping` "
        "is answered `pong`, never before every view was sent",
        {101: None},
        roles=WATCHING,
        query=(_ESTABLISHMENT,),
        problems=("malformed", "not-found", "cross-site"),
    ),
    Call(
        "take-pexip-event",
        "POST",
        "/pexip/events",
        "Pexip event sink, version 1 or 2, single or bulk; Basic sign-in",
        {200: None},
        access=Access.PEXIP,
        problems=("malformed", "too-large"),
    ),
    *policy_calls.CALLS,
    *SIGN_IN_CALLS,
    Call(
        "openapi",
        "GET",
        "/openapi.json",
        "This document",
        {200: None},
        access=Access.ANYBODY,
        other_types=("application/json",),
    ),
)
BY_NAME = {call.name: call for call in CALLS}


def actions() -> tuple[str, ...]:
    """The names of all presses."""
    return tuple(_ACTIONS)


def openapi() -> dict[str, Any]:
    """The OpenAPI 3.1 document of the whole API."""
    return document(CALLS)
