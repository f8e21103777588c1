"""Somebody without documents counts as identified only if two people say so, each by name."""

from __future__ import annotations

import pytest

from tests.lifecycle.story import INTERPRETER, LAWYER, OFFICER, Story, arrived, browser, opened
from vmrd.lifecycle import facts as f
from vmrd.lifecycle import inputs as i
from vmrd.lifecycle.rules import MINUTE
from vmrd.lifecycle.words import Document

SECOND = "s.upervisor"


def asked(story: Story | None = None, who: str = LAWYER.ref, *, word: bool = False) -> Story:
    return (story or opened()).when(i.AskOverride("ada", who, word, "left the card at home", OFFICER))


def confirmed(story: Story, by: str = SECOND) -> Story:
    return story.when(i.ConfirmOverride("ada", by))


def test_what_one_asks_and_another_confirms_counts_with_both_names() -> None:
    story = asked().then(f.OverrideAsked)
    assert story.session.checked_attendees() == frozenset()
    confirmed(story).then(f.Overridden, f.Checked)
    [fact] = [each for each in story.facts if isinstance(each, f.Overridden)]
    assert (fact.asked_by, fact.by, fact.reason_ref) == (OFFICER, SECOND, "left the card at home")
    assert story.session.checked_attendees() == {LAWYER.ref}
    assert story.session.overrides == {}


def test_nobody_confirms_what_they_asked_for_themselves() -> None:
    story = confirmed(asked(), OFFICER).refuses("same-person")
    assert story.session.checked_attendees() == frozenset()


def test_what_is_not_confirmed_in_five_minutes_must_be_asked_again() -> None:
    story = asked()
    story.at(story.now + 5 * MINUTE - 1)
    assert story.session.overrides
    story.at(story.now + 1)
    assert [each for each in story.facts if isinstance(each, f.OverrideLapsed)]
    confirmed(story).refuses("not-asked")


def test_it_is_about_this_very_connection_under_this_very_name() -> None:
    renamed = asked().seen(browser("ada", name="Somebody Else"))
    assert renamed.session.overrides == {}
    confirmed(renamed).refuses("not-asked")
    assert asked().gone("ada").session.overrides == {}


def test_documents_that_are_shown_after_all_end_it() -> None:
    story = (
        asked().when(i.CheckId("ada", LAWYER.ref, (Document.PHOTO_CARD,), OFFICER)).then(f.Checked, f.OverrideLapsed)
    )
    confirmed(story).refuses("not-asked")


def test_asking_twice_is_asking_once() -> None:
    asked(asked()).nothing()


def test_the_practitioner_s_word_is_no_document_and_is_asked_for_all_the_same() -> None:
    def with_interpreter() -> Story:
        return opened(attendees=(LAWYER, INTERPRETER))

    asked(with_interpreter(), INTERPRETER.ref).refuses("documents")
    confirmed(asked(with_interpreter(), INTERPRETER.ref, word=True)).then(f.Overridden, f.Checked)


@pytest.mark.parametrize(("leg", "who", "code"), [("nobody", LAWYER.ref, "left"), ("ada", "p9", "unknown-attendee")])
def test_it_is_about_somebody_who_is_there_and_on_the_list(leg: str, who: str, code: str) -> None:
    opened().when(i.AskOverride(leg, who, True, "why", OFFICER)).refuses(code)


def test_a_face_must_be_seen_all_the_same() -> None:
    arrived().when(i.AskOverride("ada", LAWYER.ref, True, "why", OFFICER)).refuses("not-open")
    blind = asked().seen(browser("ada", has_video=False))
    confirmed(blind).refuses("no-video")
