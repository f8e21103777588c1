"""Knocks: one per leg that comes late, ringing until somebody settles it, never swallowed by another's."""

from __future__ import annotations

import pytest

from tests.lifecycle.story import OFFICER, Story, browser, opened, own, secure, waiting
from vmrd.lifecycle import commands as c
from vmrd.lifecycle import facts as f
from vmrd.lifecycle import inputs as i
from vmrd.lifecycle.rules import MINUTE, SECOND
from vmrd.lifecycle.words import KnockState, Where


def states(story: Story) -> dict[str, KnockState]:
    return {knock.leg: knock.state for knock in story.session.knocks.values()}


def knock_of(story: Story, leg: str) -> str:
    return next(knock.id for knock in story.session.knocks.values() if knock.leg == leg)


def test_somebody_held_after_the_lock_knocks() -> None:
    story = secure().seen(waiting("bo", "Bo"))
    assert story.one(f.Knocked).leg == "bo"
    assert {"session.knock", "session.waiting"} == {tell.event for tell in story.commands if isinstance(tell, c.Tell)}
    assert story.light().secure, "the lock keeps them out"


def test_somebody_held_before_opening_is_not_late() -> None:
    assert opened().session.knocks == {}


def test_somebody_held_after_the_lock_knocks_although_the_clock_was_set_back_meanwhile() -> None:
    story = secure()
    locked_at = story.now
    story.now -= 10 * MINUTE
    story.seen(waiting("bo", "Bo"))
    assert story.one(f.Knocked).leg == "bo"
    assert story.session.knocks[knock_of(story, "bo")].at <= locked_at


def test_each_leg_knocks_for_itself_and_a_second_is_not_swallowed() -> None:
    story = secure().seen(waiting("bo", "Bo")).seen(waiting("cy", "Bo"))
    assert states(story) == {"bo": KnockState.RINGING, "cy": KnockState.RINGING}
    story.when(i.Acknowledge(knock_of(story, "bo"), OFFICER)).then(f.KnockAnswered)
    story.when(i.Acknowledge(knock_of(story, "bo"), OFFICER)).nothing()
    assert states(story) == {"bo": KnockState.ACKNOWLEDGED, "cy": KnockState.RINGING}


def test_the_same_knock_seen_again_rings_once() -> None:
    story = secure().seen(waiting("bo", "Bo"))
    story.seen(waiting("bo", "Bo")).nothing()
    story.shown().nothing()


def test_a_knock_nobody_answers_is_escalated_once() -> None:
    story = secure().seen(waiting("bo", "Bo")).after(MINUTE).then(f.KnockEscalated)
    assert story.one(c.Tell).event == "session.knock_unanswered"
    assert not story.after(MINUTE).has(f.KnockEscalated)


def test_an_acknowledged_knock_is_not_escalated() -> None:
    story = secure().seen(waiting("bo", "Bo"))
    story.when(i.Acknowledge(knock_of(story, "bo"), OFFICER)).after(2 * MINUTE)
    assert not story.has(f.KnockEscalated)


@pytest.mark.parametrize(
    ("settle", "state"),
    [
        (lambda s: s.when(i.Refuse("bo", OFFICER)), KnockState.REFUSED),
        (lambda s: s.gone("bo"), KnockState.GONE),
        (lambda s: s.when(i.Admit("bo", OFFICER)).seen(browser("bo", "Bo")), KnockState.ADMITTED),
        (lambda s: s.lost(), KnockState.GONE),
        (lambda s: s.when(i.End(OFFICER)), KnockState.GONE),
    ],
)
def test_what_settles_a_knock(settle: object, state: KnockState) -> None:
    story = secure().seen(waiting("bo", "Bo"))
    settle(story)  # type: ignore[operator]
    assert states(story) == {"bo": state}


def test_who_is_put_back_to_wait_knocks_again() -> None:
    story = secure().seen(browser("bo", "Bo")).seen(waiting("bo", "Bo"))
    assert states(story) == {"bo": KnockState.RINGING}
    story.after(SECOND).seen(browser("bo", "Bo")).after(SECOND).seen(waiting("bo", "Bo"))
    assert sorted(states_of_all(story)) == [KnockState.ADMITTED, KnockState.RINGING]


def states_of_all(story: Story) -> list[KnockState]:
    return [knock.state for knock in story.session.knocks.values()]


def test_ours_never_knock() -> None:
    story = secure().seen(own("ghost", where=Where.WAITING))
    assert story.session.knocks == {}


def test_admitting_lets_in_that_one_and_is_asked_again_until_it_shows() -> None:
    story = secure().seen(waiting("bo", "Bo")).seen(waiting("cy", "Cy")).when(i.Admit("bo", OFFICER))
    assert story.one(c.AdmitLeg) == c.AdmitLeg("bo")
    story.when(i.Admit("bo", OFFICER)).nothing()
    assert story.after(2 * SECOND).one(c.AdmitLeg) == c.AdmitLeg("bo")
    story.seen(browser("bo", "Bo"))
    assert states(story) == {"bo": KnockState.ADMITTED, "cy": KnockState.RINGING}
    assert not story.after(MINUTE).has(c.AdmitLeg)
    story.when(i.Admit("bo", OFFICER)).nothing()


@pytest.mark.parametrize(
    ("leg", "code"),
    [("gone", "left"), ("nobody", "left"), ("dialling", "still-connecting")],
)
def test_who_cannot_be_admitted(leg: str, code: str) -> None:
    story = secure().seen(waiting("gone", "Bo")).gone("gone").seen(browser("dialling", "Cy", where=Where.ARRIVING))
    story.when(i.Admit(leg, OFFICER)).refuses(code)


def test_nobody_is_admitted_before_the_start_or_after_the_end() -> None:
    opened().lost().when(i.Admit("ada", OFFICER)).refuses("interrupted")
    story = opened().seen(waiting("bo", "Bo")).flags(started=False)
    story.when(i.Admit("bo", OFFICER)).refuses("not-started")


def test_a_refusal_takes_back_an_admission_not_yet_seen() -> None:
    story = secure().seen(waiting("bo", "Bo")).when(i.Admit("bo", OFFICER)).when(i.Refuse("bo", OFFICER))
    assert story.one(c.DisconnectLeg) == c.DisconnectLeg("bo")
    assert not story.after(MINUTE).has(c.AdmitLeg)
    story.when(i.Refuse("bo", OFFICER)).nothing()


def test_acknowledging_what_is_not_there_is_nobodys_fault() -> None:
    secure().when(i.Acknowledge("no-such-alert", OFFICER)).nothing()


def test_refusing_all_refuses_those_who_were_named_and_nobody_who_came_since() -> None:
    story = secure().seen(waiting("bo", "Bo")).seen(waiting("cy", "Cy")).seen(waiting("di", "Di")).gone("cy")
    story.when(i.RefuseAll(("bo", "cy", "ada", "nobody"), OFFICER))
    assert story.one(c.DisconnectLeg) == c.DisconnectLeg("bo")
    assert states(story) == {"bo": KnockState.REFUSED, "cy": KnockState.GONE, "di": KnockState.RINGING}
    story.when(i.RefuseAll(("bo",), OFFICER)).nothing()
