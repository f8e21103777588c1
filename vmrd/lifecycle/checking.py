"""Who somebody is: their documents seen on the prison room's screen, or the exception that takes two people.

Somebody who cannot show the documents counts as identified only if an officer asks for it with a reason and another
person, a supervisor with a sign-in of their own, confirms it while it still stands. Both names and the reason are in
the journal. It is the one press that takes two: it alone can light SECURE against a rule of the guidance. What merely
says what has happened (the prisoner is in while the light is dark) must never wait for a second person, and takes a
reason and an alarm instead; going on without a required person lowers nobody's proof of who is there.

A request ends when it was confirmed, after `Rules.override_lapses_after`, and as soon as the connection it is about
leaves, takes another name or is checked.
"""

from __future__ import annotations

from vmrd.lifecycle import facts as f
from vmrd.lifecycle import inputs as i
from vmrd.lifecycle.draft import Draft
from vmrd.lifecycle.identity import WORD_MISSING, missing
from vmrd.lifecycle.refusal import Refused
from vmrd.lifecycle.session import Leg
from vmrd.lifecycle.words import UNWANTED, Document, Kind, Phase, Where


def check(draft: Draft, given: i.CheckId) -> Refused | None:
    session = draft.session
    leg = session.legs.get(given.leg)
    attendee = session.attendees.get(given.attendee)
    if leg is None or leg.where is Where.LEFT:
        return Refused("left", "They are no longer in the meeting.")
    if attendee is None:
        return Refused("unknown-attendee", "That person is not on the list. Add them with Expect first.")
    if leg.check is not None and (leg.check.attendee, leg.check.documents, leg.check.practitioner_word) == (
        given.attendee,
        given.documents,
        given.practitioner_word,
    ):
        return None
    refused = _cannot_be_checked(draft, leg)
    if refused is not None:
        return refused
    lacking = missing(attendee, given.documents, given.practitioner_word, draft.rules.id_profile)
    if lacking is not None:
        return Refused("documents", lacking)
    _identified(draft, leg.id, given.attendee, given.documents, given.practitioner_word, given.by)
    return None


def _cannot_be_checked(draft: Draft, leg: Leg) -> Refused | None:
    session = draft.session
    if session.phase not in (Phase.OPEN, Phase.PRIVATE):
        return Refused("not-open", "ID is checked on the prison room's own screen, once the meeting is open.")
    if not session.endpoint_inside:
        return Refused("no-endpoint", "Connect the prison room first: ID is checked on its screen.")
    if leg.where is not Where.INSIDE:
        return Refused("not-inside", "They are not in the meeting yet, so their picture cannot be seen.")
    if leg.id == session.endpoint.leg or leg.kind in (Kind.OWN, Kind.ENDPOINT):
        return Refused("own", "That is the prison's own connection. It needs no check.")
    if leg.kind in UNWANTED:
        return Refused("cannot-be-checked", "A phone caller or recorder cannot be checked.")
    if not leg.has_video:
        return Refused("no-video", "They send no picture. Ask them to turn their camera on, then check their ID.")
    return None


def withdraw(draft: Draft, leg_id: str, by: str) -> Refused | None:
    leg = draft.session.legs.get(leg_id)
    if leg is None:
        return Refused("unknown-participant", "That person is not in this meeting.")
    if leg.check is not None:
        draft.fact(f.CheckVoided(leg_id, "withdrawn", by))
    return None


def ask_override(draft: Draft, given: i.AskOverride) -> Refused | None:
    session = draft.session
    leg, attendee = session.legs.get(given.leg), session.attendees.get(given.attendee)
    if leg is None or leg.where is Where.LEFT:
        return Refused("left", "They are no longer in the meeting.")
    if attendee is None:
        return Refused("unknown-attendee", "That person is not on the list. Add them with Expect first.")
    if leg.check is not None:
        return Refused("checked", "Their ID has been checked. There is nothing to make an exception of.")
    refused = _cannot_be_checked(draft, leg)
    if refused is not None:
        return refused
    if attendee.needs_word and not given.practitioner_word:
        return Refused("documents", WORD_MISSING)
    pending = session.overrides.get(given.leg)
    if pending is None or (pending.attendee, pending.by) != (given.attendee, given.by):
        draft.fact(
            f.OverrideAsked(
                given.leg,
                given.attendee,
                given.practitioner_word,
                leg.name_ref,
                given.reason_ref,
                given.by,
                draft.now,
            )
        )
    return None


def confirm_override(draft: Draft, leg_id: str, by: str) -> Refused | None:
    pending, leg = draft.session.overrides.get(leg_id), draft.session.legs.get(leg_id)
    if pending is None or leg is None or pending.attendee not in draft.session.attendees:
        return Refused("not-asked", "Nobody asks for this any more. It may have run out: ask again.")
    if pending.by == by:
        return Refused("same-person", "You asked for this yourself. Another person must confirm it.")
    refused = _cannot_be_checked(draft, leg)
    if refused is not None:
        return refused
    draft.fact(f.Overridden(leg_id, pending.attendee, pending.reason_ref, pending.by, by, draft.now))
    _identified(draft, leg_id, pending.attendee, (), pending.practitioner_word, pending.by)
    return None


def settle(draft: Draft) -> None:
    """What was asked for and not confirmed in time, or is about somebody who is not there as they were, is over."""
    for leg_id, pending in draft.session.overrides.items():
        leg = draft.session.legs.get(leg_id)
        stands = (
            leg is not None and leg.where is Where.INSIDE and leg.check is None and leg.name_ref == pending.name_ref
        )
        if not stands or draft.reached(pending.at + draft.rules.override_lapses_after):
            draft.fact(f.OverrideLapsed(leg_id))


def _identified(
    draft: Draft, leg_id: str, attendee: str, documents: tuple[Document, ...], practitioner_word: bool, by: str
) -> None:
    for other in draft.session.inside():
        if other.id != leg_id and other.check is not None and other.check.attendee == attendee:
            # One person, one connection: which of the two shows the person can no longer be told.
            draft.fact(f.CheckVoided(other.id, "second-connection", by))
    draft.fact(f.Checked(leg_id, attendee, documents, practitioner_word, by, draft.now))
