"""Documents a prison wants before the meeting: who said when that they came, and nothing of the documents."""

from dataclasses import replace

from tests.lifecycle.story import INTERPRETER, LAWYER, OFFICER, amended, planned, secure
from vmrd.lifecycle import facts as f
from vmrd.lifecycle import inputs as i
from vmrd.lifecycle.identity import IdProfile
from vmrd.lifecycle.rules import Rules

ASKS = Rules(id_profile=IdProfile(in_advance=True))
CAME = i.EvidenceReceived(LAWYER.ref, True, OFFICER)
DID_NOT = i.EvidenceReceived(LAWYER.ref, False, OFFICER)


def test_that_documents_came_is_said_once_by_whom_and_when_and_can_be_taken_back() -> None:
    story = planned(ASKS).when(CAME).then(f.EvidenceReceived)
    attendee = story.session.attendees[LAWYER.ref]
    assert (attendee.evidence_by, attendee.evidence_at) == (OFFICER, story.now)
    story.when(CAME).nothing()
    story.when(DID_NOT).then(f.EvidenceWithdrawn)
    assert story.session.attendees[LAWYER.ref].evidence_by is None
    story.when(DID_NOT).nothing()


def test_it_is_said_of_nobody_unknown_and_not_where_no_prison_asks() -> None:
    planned(ASKS).when(i.EvidenceReceived("nobody", True, OFFICER)).refuses("unknown-attendee")
    planned().when(CAME).refuses("not-asked")


def test_it_outlives_an_amendment_but_not_another_person_in_the_same_place() -> None:
    story = planned(ASKS).when(CAME)
    story.when(amended(2, attendees=(LAWYER, INTERPRETER)))
    assert story.session.attendees[LAWYER.ref].evidence_by == OFFICER
    story.when(amended(3, attendees=(replace(LAWYER, name_ref="ref-Somebody Else"),)))
    assert story.session.attendees[LAWYER.ref].evidence_by is None


def test_what_the_booking_desk_said_is_not_restamped_by_its_next_amendment() -> None:
    desk = replace(LAWYER, evidence_by="desk", evidence_at=1)
    story = planned(ASKS).when(amended(2, attendees=(desk,)))
    story.when(amended(3, attendees=(replace(desk, evidence_at=2),)))
    assert story.session.attendees[LAWYER.ref].evidence_at == 1


def test_documents_that_have_not_come_hold_no_meeting_up() -> None:
    assert secure(ASKS).session.attendees[LAWYER.ref].evidence_by is None
