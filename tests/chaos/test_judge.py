"""Each rule of the campaign's own judge by itself, in a meeting that stands still (`tests/cosim/stage`)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest

from pexip_mock.calls import DialRequest
from pexip_mock.people import Role
from tests.chaos import judge as rules
from tests.chaos.judge import Witness
from tests.chaos.troubles import Troubles
from tests.cosim.crowd import Who
from tests.cosim.faults import NODES
from tests.cosim.judge import ALARMED_WITHIN, Broken
from tests.cosim.shells import DOMAIN, HOST_PIN, ROOM
from tests.cosim.stage import Stage, meeting
from vmrd.door import UNSURE, Answer, Said
from vmrd.lifecycle.door import Why
from vmrd.lifecycle.session import Alert
from vmrd.lifecycle.words import LockState, Phase

LONG = 200.0
_A_MOMENT = 3.0


class Calm(Troubles):
    """Everything can be reached and is well, save in what is put into `blind` and `shaken_until`."""

    def __post_init__(self) -> None:
        """Nothing goes wrong."""


@dataclass(slots=True)
class Place:
    """As a `Site` is to the judge: two daemons, both of them well; `late` says by how much one's reads are old."""

    stage: Stage
    waits: bool = False
    late: float = 0.0
    read_at: float | None = None
    hosts: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        passed = Answer(Said.PASSED)
        self.hosts = [
            SimpleNamespace(host=name, known=None, door=SimpleNamespace(said=passed)) for name in ("a#1", "b#1")
        ]
        for each in self.hosts:
            each.door.answer = lambda ask, question, door=each.door: door.said

    @property
    def loop(self) -> Any:
        return SimpleNamespace(time=lambda: self.stage.clock.now)

    @property
    def disk(self) -> Any:
        return SimpleNamespace(stores=[SimpleNamespace(waits=lambda: self.waits)])

    def up(self) -> list[Any]:
        return self.hosts

    def rests_on_its_own(self, running: Any) -> bool:
        running.seen_at = self.stage.clock.now - self.late
        return bool(running is self.hosts[0])

    def last_read(self) -> float:
        return self.stage.clock.now if self.read_at is None else self.read_at


@dataclass(slots=True)
class Scene:
    """A meeting, where it is held, and who judges it."""

    stage: Stage
    site: Place
    witness: Witness

    def passes(self, seconds: float) -> None:
        self.stage.passes(self.witness, seconds)


def scene() -> Scene:
    stage = meeting()
    stage.faults = Calm(Random(1), dice=Random(1), replicas=True)
    site = Place(stage)
    panels: Any = _Panels(stage, site)
    return Scene(stage, site, Witness(panels, stage.crowd, stage.officer, stage.faults))


class _Panels:
    """The stage, as `Panels` shows it."""

    def __init__(self, stage: Stage, site: Place) -> None:
        self._stage, self.site = stage, site

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stage, name)

    def lit(self) -> list[Any]:
        return self.site.hosts if self._stage.officer.lit else []


Deed = Callable[[Scene], object]


def _called_twice(scene: Scene) -> None:
    """Two calls that began together, as two daemons would make them."""
    stage = scene.stage
    stage.dark()
    former = stage.conference.live[stage.leg(Who.ROOM)]
    called = _call(stage)
    _shown(stage, former.uuid, start_time=stage.conference.live[called].shown.start_time)


def _called_while_in_a_call(scene: Scene) -> None:
    stage = scene.stage
    stage.dark()
    stage.settle()
    _call(stage)


def _call(stage: Stage) -> str:
    called = stage.world.dialling.dial(stage.conference, NODES[0], DialRequest(ROOM, role=Role.CHAIR))
    stage.settle()
    _seen(stage)
    return called


def _seen(stage: Stage) -> None:
    """The session knows everybody who is there, so that nothing but the rule that is tried is broken."""
    legs, any_leg = dict(stage.session.legs), next(iter(stage.session.legs.values()))
    for uuid in stage.conference.live:
        legs.setdefault(uuid, replace(any_leg, id=uuid))
    stage.changed(legs=legs)


def _shown(stage: Stage, uuid: str, **shown: object) -> None:
    stage.world.floor.change(stage.conference.live[uuid], **shown)


def _two_of_ours(scene: Scene) -> None:
    stage = scene.stage
    stage.world.request_token(NODES[0], stage.session.alias + DOMAIN, "vmrd", pin=HOST_PIN.removesuffix("#"))
    stage.settle()
    _seen(stage)


def _lock_believed(scene: Scene) -> None:
    stage = scene.stage
    stage.dark()
    stage.world.admin.lock(stage.conference.uuid, False)
    stage.changed(lock=replace(stage.session.lock, wanted=False))
    assert stage.session.lock.state is LockState.LOCKED


def _lock_believed_by_one(scene: Scene) -> None:
    """It is known to be undone, and the panels of one daemon do not show it."""
    _lock_believed(scene)
    scene.site.hosts[1].known = scene.stage.session
    scene.stage.changed(lock=replace(scene.stage.session.lock, state=LockState.UNLOCKED))


def _lock_of_no_meeting(scene: Scene) -> None:
    scene.stage.dark()
    scene.stage.world.floor.end(scene.stage.conference, "over")


def _own_read_is_old(scene: Scene) -> None:
    scene.site.late = scene.stage.rules.eyes_fresh_for / 1000 + 1.0


def _others_read_is_old(scene: Scene) -> None:
    scene.site.read_at = scene.stage.clock.now


def _command_waits(scene: Scene) -> None:
    scene.site.waits = True


def _door_open_after_the_end(scene: Scene) -> None:
    scene.stage.dark()
    scene.stage.changed(phase=Phase.ENDING)
    scene.site.hosts[0].door.said = Answer(Why.OVER)


def _door_shut_before_the_end(scene: Scene) -> None:
    scene.site.hosts[1].door.said = Answer(Why.EARLY)


def _blind_and_silent(scene: Scene) -> None:
    scene.stage.dark()
    scene.site.read_at = scene.stage.clock.now


def _stranger_and_no_alarm(scene: Scene) -> None:
    scene.stage.officer.lit = False
    scene.stage.crowd.who[scene.stage.leg(Who.LAWYER)] = Who.STRANGER


def _fresh_for(scene: Scene) -> float:
    return scene.stage.rules.eyes_fresh_for / 1000


def _rings_within(scene: Scene) -> float:
    return _fresh_for(scene) + scene.stage.rules.blind_alarm_after / 1000 + rules.BLIND_ALARMED_WITHIN


def _at_once(_: Scene) -> float:
    return 0.0


def _within(seconds: float) -> Callable[[Scene], float]:
    return lambda _: seconds


WRONG: list[tuple[Deed, Callable[[Scene], float], str]] = [
    (_called_twice, _within(rules.ONE_CALL_WITHIN), "the prison room is called twice"),
    (_called_while_in_a_call, _at_once, "the prison room is called while it is in a call"),
    (_two_of_ours, _within(rules.ONE_HOLDER_WITHIN), "two of our control legs are in the meeting"),
    (_lock_believed, _within(rules.ONE_CALL_WITHIN), "the lock is shown as confirmed and Pexip has none"),
    (_lock_believed_by_one, _within(rules.ONE_CALL_WITHIN), "the lock is shown as confirmed and Pexip has none"),
    (_lock_of_no_meeting, _within(rules.ONE_CALL_WITHIN), "the lock is shown as confirmed and Pexip has none"),
    (_own_read_is_old, _at_once, "lit at .* on a read that is .* old"),
    (_others_read_is_old, _fresh_for, "lit at .* on a read that is .* old"),
    (_command_waits, _within(rules.CARRIED_WITHIN), "a command waits .* and nobody carries it out"),
    (_door_open_after_the_end, _within(rules.DOOR_FOLLOWS_WITHIN), "the door of b#1 lets in who comes"),
    (_door_shut_before_the_end, _at_once, "the door of b#1 does not let in who is expected: early"),
    (_blind_and_silent, _rings_within, "nobody sees the meeting since .* and no alarm rings"),
    (_stranger_and_no_alarm, _within(ALARMED_WITHIN), "the prisoner with stranger .* and no alarm"),
]


def _named(deed: Deed) -> str:
    return deed.__name__.strip("_")  # type: ignore[attr-defined]


def _done(scene: Scene, deed: Deed) -> float:
    """Do it, and when the judge looked at it first."""
    deed(scene)
    if deed in _THE_PLATFORMS:
        scene.stage.settle()
    scene.stage.changed()
    return scene.stage.clock.now


_THE_PLATFORMS = (_lock_believed, _lock_believed_by_one)
"""What the platform does takes a moment; the others are so at once."""


@pytest.mark.parametrize(("deed", "bound", "seen"), WRONG, ids=[_named(deed) for deed, *_ in WRONG])
def test_the_judge_sees(deed: Deed, bound: Callable[[Scene], float], seen: str) -> None:
    tried = scene()
    tried.passes(6.0)
    began = _done(tried, deed)
    within = bound(tried)
    with pytest.raises(Broken, match=seen):
        tried.passes(LONG)
    assert within <= tried.stage.clock.now - began <= within + _A_MOMENT + 1.0


def _two_calls_after_the_end(scene: Scene) -> None:
    _called_while_in_a_call(scene)
    scene.stage.changed(phase=Phase.ENDED)
    scene.stage.world.floor.end(scene.stage.conference, "over")
    for each in scene.site.hosts:
        each.door.said = Answer(Why.OVER)


def _lock_not_confirmed(scene: Scene) -> None:
    _lock_believed(scene)
    scene.stage.changed(lock=replace(scene.stage.session.lock, state=LockState.UNLOCKED))


def _door_that_asks_the_store(scene: Scene) -> None:
    _door_open_after_the_end(scene)
    scene.site.hosts[1].door.said = None
    scene.site.hosts[0].door.said = Answer(Why.SPENT)


def _blind_and_rung(scene: Scene) -> None:
    _blind_and_silent(scene)
    scene.stage.changed(alerts={"blind": Alert("blind", "blind", None, 0)})


def _nobody_answers(scene: Scene) -> None:
    """A panel whose daemon does not answer says so itself."""
    _stranger_and_no_alarm(scene)
    scene.site.hosts.clear()


def _nothing(_: Scene) -> None:
    """All is well."""


@pytest.mark.parametrize(
    "deed",
    [
        _nothing,
        _two_calls_after_the_end,
        _lock_not_confirmed,
        _door_that_asks_the_store,
        _blind_and_rung,
        _nobody_answers,
    ],
    ids=_named,
)
def test_the_judge_lets_pass(deed: Deed) -> None:
    tried = scene()
    _done(tried, deed)
    tried.passes(LONG)


@pytest.mark.parametrize("deed", [_called_twice, _two_of_ours, _lock_believed, _command_waits], ids=_named)
def test_what_takes_pexip_or_a_daemon_does_not_count_while_they_cannot_be_reached(deed: Deed) -> None:
    tried = scene()
    now = tried.stage.clock.now
    tried.stage.faults.blind.append((now, now + LONG))
    _done(tried, deed)
    tried.passes(LONG - 30)
    with pytest.raises(Broken):
        tried.passes(LONG)


def test_blindness_counts_from_when_the_daemons_themselves_are_well() -> None:
    tried = scene()
    faults = tried.stage.faults
    assert isinstance(faults, Troubles)
    faults.shaken_until = tried.stage.clock.now + LONG
    _done(tried, _blind_and_silent)
    tried.passes(LONG)
    with pytest.raises(Broken, match="nobody sees the meeting"):
        tried.passes(_rings_within(tried) + _A_MOMENT)


def test_a_door_that_cannot_tell_from_its_own_database_is_no_open_door() -> None:
    """`UNSURE` leaves who comes to the platform's own: with the meeting over, that is letting them in."""
    tried = scene()
    _done(tried, _door_open_after_the_end)
    tried.site.hosts[1].door.said = UNSURE
    with pytest.raises(Broken, match="lets in who comes"):
        tried.passes(LONG)
