"""An officer says that they see to something: everybody knows, nobody is held up, and nothing is hidden by it."""

from __future__ import annotations

from tests.lifecycle.story import OFFICER, Story, private, secure, waiting
from tests.lifecycle.test_knocks import knock_of, states
from vmrd.lifecycle import facts as f
from vmrd.lifecycle import inputs as i
from vmrd.lifecycle.rules import SECOND
from vmrd.lifecycle.session import Dealing
from vmrd.lifecycle.words import KnockState

OTHER = "a.osei"


def knocked() -> Story:
    return secure().seen(waiting("bo", "Bo")).seen(waiting("cy", "Cy"))


def dealing(story: Story, leg: str) -> Dealing | None:
    return story.session.knocks[knock_of(story, leg)].dealing


def test_who_sees_to_a_knock_is_known_and_the_others_go_on_ringing() -> None:
    story = knocked()
    story.when(i.DealWith(knock_of(story, "bo"), OFFICER)).then(f.DealingBegan)
    assert dealing(story, "bo") == Dealing(OFFICER, story.now)
    assert dealing(story, "cy") is None
    assert states(story) == {"bo": KnockState.RINGING, "cy": KnockState.RINGING}


def test_it_lapses_and_the_knock_is_everybodys_again() -> None:
    story = knocked()
    story.when(i.DealWith(knock_of(story, "bo"), OFFICER))
    assert not story.after(29 * SECOND).has(f.DealingLapsed)
    story.after(1 * SECOND).then(f.DealingLapsed)
    assert dealing(story, "bo") is None


def test_it_does_not_put_off_the_escalation() -> None:
    story = knocked().gone("cy").after(50 * SECOND)
    story.when(i.DealWith(knock_of(story, "bo"), OFFICER))
    assert story.after(10 * SECOND).has(f.KnockEscalated)


def test_another_officer_takes_it_over_and_saying_it_twice_is_saying_it_once() -> None:
    story = knocked()
    knock = knock_of(story, "bo")
    story.when(i.DealWith(knock, OFFICER)).when(i.DealWith(knock, OFFICER)).nothing()
    story.when(i.DealWith(knock, OTHER), after=20 * SECOND).then(f.DealingBegan)
    assert not story.after(20 * SECOND).has(f.DealingLapsed), "it lasts from when the second said so"
    assert dealing(story, "bo") == Dealing(OTHER, story.now - 20 * SECOND)


def test_anybody_may_answer_what_somebody_else_is_seeing_to() -> None:
    story = knocked()
    story.when(i.DealWith(knock_of(story, "bo"), OFFICER))
    story.when(i.Acknowledge(knock_of(story, "bo"), OTHER)).then(f.KnockAnswered)
    assert dealing(story, "bo") is None
    assert not story.after(40 * SECOND).has(f.DealingLapsed)


def test_what_was_answered_or_never_was_needs_nobody() -> None:
    story = knocked()
    story.when(i.Acknowledge(knock_of(story, "bo"), OFFICER))
    story.when(i.DealWith(knock_of(story, "bo"), OTHER)).nothing()
    story.when(i.DealWith("no-such-alert", OTHER)).nothing()


def test_a_breach_is_seen_to_as_a_knock_is() -> None:
    story = private().flags(locked=False)
    story.when(i.DealWith("breach", OFFICER)).then(f.DealingBegan)
    assert story.session.alerts["breach"].dealing == Dealing(OFFICER, story.now)
    story.when(i.Acknowledge("breach", OTHER)).then(f.AlertAcknowledged)
    assert story.session.alerts["breach"].dealing is None
