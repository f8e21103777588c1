"""Each rule of the judge by itself: it sees the one thing that is wrong, once it was so for too long and not before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from pexip_mock.people import Kind, Person
from tests.cosim import judge as rules
from tests.cosim.crowd import Who
from tests.cosim.judge import Broken
from tests.cosim.stage import Stage, judged, meeting
from vmrd.lifecycle.session import Alert
from vmrd.lifecycle.words import Phase

Deed = Callable[[Stage], object]
LONG = 300.0
"""Seconds in which every rule would have spoken."""
AT_ONCE = rules.SHOWN_WITHIN
_A_MOMENT = 3.0


def _one_unseen(stage: Stage) -> None:
    stage.dark()
    stage.changed(legs={leg: seen for leg, seen in stage.session.legs.items() if leg != stage.leg(Who.LAWYER)})


def _phone(stage: Stage) -> None:
    stage.dark()
    stage.crowd.who[stage.leg(Who.LAWYER)] = Who.PHONE


def _stranger_in_the_dark(stage: Stage) -> None:
    _stranger(stage)
    stage.officer.lit = False


def _stranger(stage: Stage) -> None:
    stage.crowd.who[stage.leg(Who.LAWYER)] = Who.STRANGER


def _lawyer_renamed(stage: Stage) -> None:
    stage.crowd.renamed[stage.leg(Who.LAWYER)] = stage.clock.now


def _knock(stage: Stage) -> None:
    stage.settle()
    stage.settle()  # who is held at the opening has not knocked
    stage.comes(Person("", "Bo", kind=Kind.BROWSER, pin="none"), Who.STRANGER)


def _no_room(stage: Stage) -> None:
    room = stage.leg(Who.ROOM)
    stage.world.leave(room)
    stage.settle()
    stage.changed(legs={leg: seen for leg, seen in stage.session.legs.items() if leg != room})


def _no_room_in_the_dark(stage: Stage) -> None:
    stage.dark()
    _no_room(stage)


def _unlocked(stage: Stage) -> None:
    stage.world.admin.lock(stage.conference.uuid, False)


def _unlocked_in_the_dark(stage: Stage) -> None:
    stage.dark()
    _unlocked(stage)


def _dark(stage: Stage) -> None:
    stage.officer.lit = stage.officer.may_burn = False


def _over(stage: Stage) -> None:
    stage.dark()
    stage.changed(phase=Phase.ENDED)


def _nothing(_: Stage) -> None:
    """All is well."""


def _paused_with_a_stranger(stage: Stage) -> None:
    _stranger(stage)
    stage.dark()


def _rung_for_a_stranger(stage: Stage) -> None:
    _stranger_in_the_dark(stage)
    stage.changed(alerts={"breach": Alert("breach", "breach", None, 0)})


def _unlocked_as_asked(stage: Stage) -> None:
    _unlocked_in_the_dark(stage)
    stage.changed(lock=replace(stage.session.lock, wanted=False))


def _phone_held(stage: Stage) -> None:
    stage.comes(Person("", "+44 1632 960123", kind=Kind.PHONE, number="+441632960123"), Who.PHONE)


WRONG: list[tuple[Deed, float, str]] = [
    (_one_unseen, rules.SEEN_WITHIN, "the panel shows others inside than there are"),
    (_phone, rules.PUT_OUT_WITHIN, "phone .* inside"),
    (_stranger_in_the_dark, rules.ALARMED_WITHIN, "the prisoner with stranger .* and no alarm"),
    (_knock, rules.KNOCKS_WITHIN, "the knock of .* not rung"),
    (_no_room_in_the_dark, rules.ROOM_BACK_WITHIN, "the prison room is away"),
    (_dark, rules.LIT_WITHIN, "dark though all is well"),
    (_unlocked_in_the_dark, rules.LOCKED_WITHIN, "unlocked though it shall be locked"),
    (_over, rules.STRAY_FOR, "somebody meets under a dead session's name"),
    (_unlocked, AT_ONCE, "lit at .* though unlocked"),
    (_no_room, AT_ONCE, "lit at .* without the prison room"),
    (_stranger, AT_ONCE, "lit at .* with stranger"),
    (_lawyer_renamed, AT_ONCE, "lit at .* with lawyer"),
]


def done(stage: Stage, deed: Deed) -> None:
    """Do it; the judge looks anew at whatever has changed."""
    deed(stage)
    stage.settle()
    stage.changed()


def _named(deed: Deed) -> str:
    return deed.__name__.strip("_")  # type: ignore[attr-defined]


@pytest.mark.parametrize(("deed", "bound", "seen"), WRONG, ids=[_named(deed) for deed, *_ in WRONG])
def test_the_judge_sees(deed: Deed, bound: float, seen: str) -> None:
    stage = meeting()
    judge = judged(stage)
    stage.passes(judge, 5.0)
    done(stage, deed)
    judge.look()
    if bound is not AT_ONCE:
        stage.passes(judge, bound - _A_MOMENT)
    with pytest.raises(Broken, match=seen):
        stage.passes(judge, 2 * _A_MOMENT)


@pytest.mark.parametrize(
    "deed",
    [_nothing, _paused_with_a_stranger, _rung_for_a_stranger, _unlocked_as_asked, _phone_held],
    ids=_named,
)
def test_the_judge_lets_pass(deed: Deed) -> None:
    stage = meeting()
    judge = judged(stage)
    done(stage, deed)
    stage.passes(judge, LONG)
    assert judge.lit_for > LONG - 10 or not stage.officer.lit


@pytest.mark.parametrize(
    ("deed", "counts"),
    [
        (_unlocked_in_the_dark, False),
        (_no_room_in_the_dark, False),
        (_stranger_in_the_dark, True),
        (_unlocked, True),
        (_stranger, True),
    ],
)
def test_while_nothing_can_be_reached_only_what_burns_or_must_ring_counts(deed: Deed, counts: bool) -> None:
    stage = meeting()
    judge = judged(stage)
    stage.faults.blind.append((stage.clock.now, stage.clock.now + LONG))
    done(stage, deed)
    if counts:
        with pytest.raises(Broken):
            stage.passes(judge, LONG - 20)
    else:
        stage.passes(judge, LONG - 20)
        with pytest.raises(Broken):  # once all could be reached for long enough
            stage.passes(judge, LONG)
