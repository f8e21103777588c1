"""SECURE: every condition alone makes it dark; while the prisoner is in, dark is BREACH or BLIND."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.lifecycle.story import (
    INTERPRETER,
    OFFICER,
    Story,
    browser,
    codec,
    own,
    phone,
    private,
    recorder,
    secure,
    waiting,
)
from vmrd.lifecycle import facts as f
from vmrd.lifecycle import inputs as i
from vmrd.lifecycle.inputs import Source
from vmrd.lifecycle.rules import SECOND, Rules
from vmrd.lifecycle.secure import WORDS, Because, Dark, Reason
from vmrd.lifecycle.words import Phase, Role

ENCRYPTED = Rules(encryption_required=True)

DISTURBANCES: dict[str, tuple[str, Callable[[Story], Story]]] = {
    "unlocked": ("not-locked", lambda s: s.flags(locked=False)),
    "unlock asked": ("unlock-pending", lambda s: s.when(i.UnlockRoom(OFFICER))),
    "somebody is being let in": (
        "admitting:late",
        lambda s: s.seen(waiting("late", "Bo")).when(i.Admit("late", OFFICER)),
    ),
    "the room is gone": ("no-endpoint", lambda s: s.gone("codec")),
    "the checked person is gone": ("nobody-checked", lambda s: s.gone("ada")),
    "the lead is gone": ("required-missing:att-lawyer", lambda s: s.gone("ada")),
    "an interpreter is missing": (
        "required-missing:att-interpreter",
        lambda s: s.when(i.Expect(INTERPRETER, OFFICER)),
    ),
    "a stranger": ("unchecked:bo", lambda s: s.seen(browser("bo", "Bo"))),
    "a check withdrawn": ("unchecked:ada", lambda s: s.when(i.WithdrawCheck("ada", OFFICER))),
    "a phone": ("phone:phone", lambda s: s.seen(phone())),
    "a recorder": ("recorder:rec", lambda s: s.seen(recorder())),
    "an unexpected Host": ("unexpected-host:bo", lambda s: s.seen(browser("bo", "Bo", role=Role.HOST))),
    "a checked person made Host": ("unexpected-host:ada", lambda s: s.seen(browser(role=Role.HOST))),
    "somebody still connecting": (
        "unsure:bo",
        lambda s: s.seen(browser("bo", "Bo", has_media=False, has_video=False)),
    ),
    "something unknown": ("unsure:bo", lambda s: s.seen(browser("bo", "Bo", protocol=i.Protocol.UNKNOWN))),
    "recorded": ("recording", lambda s: s.flags(recording=True)),
    "not started": ("not-open", lambda s: s.flags(started=False)),
    "the conference is gone": ("not-open", lambda s: s.lost()),
    "ended": ("not-open", lambda s: s.when(i.End(OFFICER))),
}


@pytest.mark.parametrize(("reason", "disturb"), DISTURBANCES.values(), ids=DISTURBANCES)
def test_each_condition_alone_makes_it_dark(reason: str, disturb: Callable[[Story], Story]) -> None:
    story = disturb(secure())
    assert story.refused is None
    assert not story.light().secure
    assert reason in story.dark()


def test_what_leaves_it_lit() -> None:
    story = secure().seen(waiting("late", "Bo")).seen(own("ghost")).seen(browser(presenting=True))
    assert story.light().secure


@pytest.mark.parametrize("leg", [browser(encrypted=False), codec(encrypted=False)])
def test_an_unencrypted_leg_is_dark_only_where_the_rule_forbids_it(leg: i.Sighting) -> None:
    assert secure().seen(leg).light().secure
    assert secure(ENCRYPTED).seen(leg).dark() == {f"unencrypted:{leg.leg}"}


def test_without_fresh_eyes_it_is_dark() -> None:
    light = secure().light(fresh=False)
    assert not light.secure
    assert light.reasons == (Reason(Dark.BLIND),)
    assert light.because is Because.BLIND


def test_before_opening_dark_is_neither_breach_nor_blind() -> None:
    light = secure().when(i.End(OFFICER)).light(fresh=False)
    assert light.because is None


@pytest.mark.parametrize(
    ("disturb", "fresh", "because"),
    [
        (lambda s: s.flags(locked=False), True, Because.BREACH),
        (lambda s: s.flags(locked=False), False, Because.BREACH),
        (lambda s: s, False, Because.BLIND),
        (lambda s: s.lost(), True, Because.BREACH),
    ],
)
def test_with_the_prisoner_in_dark_is_breach_or_blind(
    disturb: Callable[[Story], Story], fresh: bool, because: Because
) -> None:
    assert disturb(private()).light(fresh=fresh).because is because


def test_a_breach_is_journalled_with_its_reasons_and_ends_when_they_do() -> None:
    story = private().seen(browser("bo", "Bo"))
    assert story.one(f.BreachBegan).reasons == ("unchecked:bo",)
    since = story.session.breach_since
    story.seen(browser("cy", "Cy"))
    assert story.session.breach == ("unchecked:bo", "unchecked:cy")
    assert story.session.breach_since == since
    story.gone("bo").gone("cy")
    assert story.one(f.BreachEnded)
    assert "breach" not in story.alerts()


def test_blind_is_an_alarm_only_once_it_lasts() -> None:
    story = private().when(i.EyesLost()).then(f.WentBlind)
    story.when(i.EyesLost()).nothing()
    assert "blind" not in story.after(14 * SECOND).alerts()
    assert "blind" in story.after(SECOND).alerts()
    story.when(i.EyesBack()).then(f.SightReturned, f.AlertEnded)
    story.when(i.EyesBack()).nothing()


def test_eyes_lost_after_the_meeting_is_nobodys_concern() -> None:
    story = private().when(i.EyesLost()).when(i.End(OFFICER))
    assert story.one(f.SightReturned)
    story.when(i.EyesLost()).nothing()
    story.in_phase(Phase.ENDING)


def test_every_reason_has_a_sentence() -> None:
    assert set(WORDS) == set(Dark)


def test_the_light_comes_back_by_itself_when_the_stranger_has_gone() -> None:
    story = secure().seen(browser("bo", "Bo")).roster(own(), browser(), codec(), source=Source.READ)
    assert story.light().secure
