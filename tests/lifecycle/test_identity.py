"""Who has been identified: the documents, the practitioner's word, the officer's eye, and what voids a check."""

from __future__ import annotations

import pytest

from tests.lifecycle.story import (
    CARD,
    INTERPRETER,
    LAWYER,
    OFFICER,
    Story,
    arrived,
    browser,
    checked,
    codec,
    opened,
    own,
    phone,
    secure,
    waiting,
)
from vmrd.lifecycle import facts as f
from vmrd.lifecycle import inputs as i
from vmrd.lifecycle.identity import IdProfile
from vmrd.lifecycle.rules import Rules
from vmrd.lifecycle.words import Document, Phase

LETTER, PASSPORT, LICENCE = Document.HEADED_LETTER, Document.PASSPORT, Document.PHOTO_DRIVING_LICENCE


def check(story: Story, *documents: Document, leg: str = "ada", who: str = LAWYER.ref, word: bool = False) -> Story:
    return story.when(i.CheckId(leg, who, documents, OFFICER, word))


@pytest.mark.parametrize("documents", [CARD, (LETTER, PASSPORT), (LICENCE, LETTER), (Document.PHOTO_CARD, PASSPORT)])
def test_either_a_photo_card_or_a_headed_letter_with_a_photo_identifies(documents: tuple[Document, ...]) -> None:
    story = check(opened(), *documents).then(f.Checked)
    assert story.session.checked_attendees() == {LAWYER.ref}


@pytest.mark.parametrize("documents", [(), (LETTER,), (PASSPORT,), (LICENCE,), (PASSPORT, LICENCE)])
def test_less_does_not(documents: tuple[Document, ...]) -> None:
    story = check(opened(), *documents).refuses("documents")
    assert story.session.checked_attendees() == frozenset()


def test_a_paper_licence_cannot_even_be_named() -> None:
    assert {str(document) for document in Document} == {
        "photo_card",
        "headed_letter",
        "passport",
        "photo_driving_licence",
    }


def test_a_prison_may_ask_for_more() -> None:
    strict = Rules(id_profile=IdProfile(also=frozenset({PASSPORT, LICENCE})))
    story = check(opened(strict), *CARD).refuses("documents")
    assert story.refused is not None
    assert "a passport or a photo driving licence" in story.refused.sentence
    check(story, Document.PHOTO_CARD, LICENCE).then(f.Checked)


def test_an_interpreter_needs_the_practitioners_word_and_the_officers_own_eye() -> None:
    story = opened(attendees=(LAWYER, INTERPRETER)).seen(browser("lin", "Lin Wu"))
    check(story, *CARD, leg="lin", who=INTERPRETER.ref).refuses("documents")
    check(story, leg="lin", who=INTERPRETER.ref, word=True).refuses("documents")
    check(story, *CARD, leg="lin", who=INTERPRETER.ref, word=True).then(f.Checked)


def test_somebody_who_sends_no_picture_cannot_be_checked() -> None:
    check(opened().seen(browser(has_video=False)), *CARD).refuses("no-video")


def test_id_is_seen_on_the_prison_rooms_own_screen() -> None:
    check(arrived(), *CARD).refuses("not-open")
    check(opened().gone("codec"), *CARD).refuses("no-endpoint")


@pytest.mark.parametrize(
    ("story", "leg", "code"),
    [
        (opened().seen(waiting("late", "Bo")), "late", "not-inside"),
        (opened(), "codec", "own"),
        (opened(), "own", "own"),
        (opened().seen(phone()), "phone", "cannot-be-checked"),
        (opened().gone("ada"), "ada", "left"),
        (opened(), "nobody", "left"),
    ],
)
def test_only_a_person_who_is_inside_can_be_checked(story: Story, leg: str, code: str) -> None:
    check(story, *CARD, leg=leg).refuses(code)


def test_only_somebody_on_the_list_can_be_checked_and_an_officer_may_add_them() -> None:
    story = check(opened(), *CARD, who=INTERPRETER.ref).refuses("unknown-attendee")
    story.when(i.Expect(INTERPRETER, OFFICER)).then(f.Expected)
    assert story.session.attendees[INTERPRETER.ref].added_by == OFFICER
    story.when(i.Expect(INTERPRETER, OFFICER)).nothing()
    check(story, *CARD, who=INTERPRETER.ref, word=True).then(f.Checked)


def test_pressing_check_again_changes_nothing_and_other_documents_are_another_check() -> None:
    story = check(checked(), *CARD).nothing()
    check(story, LETTER, PASSPORT).then(f.Checked)


def test_a_rename_voids_the_check() -> None:
    story = secure().seen(browser(name="Somebody Else"))
    assert story.one(f.CheckVoided).why == "renamed"
    assert story.dark() == {"unchecked:ada", "nobody-checked", f"required-missing:{LAWYER.ref}"}


def test_a_second_device_voids_the_check_of_the_first() -> None:
    story = secure().seen(browser("ada-phone", "Ada Byron"))
    check(story, *CARD, leg="ada-phone")
    assert story.one(f.CheckVoided).leg == "ada"
    assert story.dark() == {"unchecked:ada"}


def test_somebody_who_comes_back_is_checked_again() -> None:
    story = secure().gone("ada").seen(browser("ada2"))
    assert "unchecked:ada2" in story.dark()


def test_a_connection_that_was_gone_and_shows_again_is_no_longer_checked() -> None:
    story = secure().gone("ada").seen(browser())
    assert story.one(f.CheckVoided).why == "left"
    assert "unchecked:ada" in story.dark()


def test_a_check_can_be_withdrawn() -> None:
    story = secure().when(i.WithdrawCheck("ada", OFFICER)).then(f.CheckVoided)
    assert "unchecked:ada" in story.dark()
    story.when(i.WithdrawCheck("ada", OFFICER)).nothing()
    story.when(i.WithdrawCheck("nobody", OFFICER)).refuses("unknown-participant")


def test_a_required_person_may_be_waived_by_a_named_officer() -> None:
    story = secure(attendees=(LAWYER,)).when(i.Expect(INTERPRETER, OFFICER))
    assert story.dark() == {f"required-missing:{INTERPRETER.ref}"}
    story.when(i.Waive(INTERPRETER.ref, OFFICER)).then(f.Waived)
    assert story.light().secure
    story.when(i.Waive(INTERPRETER.ref, OFFICER)).nothing()
    story.when(i.Waive("nobody", OFFICER)).refuses("unknown-attendee")


def test_the_prison_room_is_the_leg_we_called_or_one_an_officer_claimed_never_a_name() -> None:
    story = arrived(None, waiting("fake", "MDI Video 1"), room_address=None).when(i.Open(OFFICER))
    story.roster(own(), browser(), codec("fake", dialled_out=False), started=True)
    assert "claim-room" in story.alerts()
    assert not story.session.endpoint_inside
    story.when(i.CallRoom(OFFICER)).refuses("no-address")
    story.when(i.ClaimRoom("fake", OFFICER)).in_phase(Phase.OPEN)
    assert story.session.endpoint.claimed_by == OFFICER
    assert "claim-room" not in story.alerts()
    story.when(i.ClaimRoom("fake", OFFICER)).nothing()


@pytest.mark.parametrize(
    ("leg", "code"), [("phone", "cannot-be-room"), ("own", "cannot-be-room"), ("late", "not-inside")]
)
def test_what_cannot_be_the_prison_room(leg: str, code: str) -> None:
    story = opened().gone("codec").seen(phone()).seen(waiting("late", "Bo"))
    story.when(i.ClaimRoom(leg, OFFICER)).refuses(code)


def test_there_is_one_prison_room() -> None:
    opened().when(i.ClaimRoom("ada", OFFICER)).refuses("room-known")
