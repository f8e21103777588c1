"""Asked, confirmed, not confirmed: what Pexip does not show in time is said, so that somebody does it by hand."""

from __future__ import annotations

from tests.lifecycle.story import OFFICER, Story, browser, codec, ended, opened, own, secure, waiting
from vmrd.lifecycle import inputs as i
from vmrd.lifecycle.rules import SECOND


def unconfirmed(story: Story) -> set[str]:
    return {key for key in story.alerts() if "unconfirmed" in key}


def test_who_was_asked_in_and_does_not_come() -> None:
    story = secure().seen(waiting("bo", "Bo")).when(i.Admit("bo", OFFICER))
    assert unconfirmed(story.after(2 * SECOND)) == set()
    assert unconfirmed(story.after(1 * SECOND)) == {"admit-unconfirmed:bo"}
    assert unconfirmed(story.after(30 * SECOND)) == {"admit-unconfirmed:bo"}, "asking again does not make it young"
    assert unconfirmed(story.seen(browser("bo", "Bo"))) == set()


def test_who_was_asked_out_and_does_not_go() -> None:
    story = opened().seen(browser("bo", "Bo")).when(i.Remove("bo", OFFICER)).after(3 * SECOND)
    assert unconfirmed(story) == {"remove-unconfirmed:bo"}
    assert unconfirmed(story.gone("bo")) == set()


def test_a_refusal_in_place_of_an_admission_ends_what_was_said_of_that() -> None:
    story = secure().seen(waiting("bo", "Bo")).when(i.Admit("bo", OFFICER)).after(3 * SECOND)
    assert unconfirmed(story.when(i.Refuse("bo", OFFICER))) == set()


def test_a_meeting_that_does_not_end() -> None:
    story = opened().when(i.End(OFFICER))
    assert unconfirmed(story.after(2 * SECOND)) == set()
    assert unconfirmed(story.after(1 * SECOND)) == {"end-unconfirmed"}
    assert unconfirmed(story.roster(own(), codec())) == set(), "the prison room is put out last, and later"


def test_nothing_is_said_of_a_meeting_that_is_over() -> None:
    assert unconfirmed(ended()) == set()
