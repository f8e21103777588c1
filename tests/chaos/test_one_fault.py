"""One fault in an otherwise quiet meeting, on the campaign's clock: what an officer sees of it, and how soon."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

import pytest

from tests.chaos.history import Told, tell
from tests.chaos.net import machine
from tests.chaos.site import PEXIP, Site
from tests.chaos.troubles import STRUCK_AT, Quiet
from tests.cosim.clock import Action

SEED = 11


@dataclass(slots=True)
class OneFault(Quiet):
    """`lit` and `watched_by` are what could be seen right before it and after so many seconds."""

    after: tuple[float, ...] = ()
    lit: list[bool] = field(default_factory=list)
    watched_by: list[str] = field(default_factory=list)
    crashes: int = 0

    def arrange(self, at: Callable[[float, Action], None], site: Site) -> None:
        # `super()` would name the class that `slots` has replaced
        Quiet.arrange(self, at, site)
        for seconds in (-0.1, *self.after):
            at(STRUCK_AT + seconds, lambda: self._look(site))

    def _look(self, site: Site) -> None:
        holder = self._holder(site)
        self.watched_by.append(holder)
        self.lit.append(any(each.daemon is not None and each.daemon.eyes.left("s1", 8_000) > 0 for each in site.up()))
        self.crashes = site.crashes

    @staticmethod
    def _holder(site: Site) -> str:
        return next((machine(each.host) for each in site.up() if each.holds), "")


def other(name: str) -> str:
    return {"a": "b", "b": "a"}[name]


def told(fault: OneFault) -> Told:
    history = tell(SEED, fault)
    assert history.was_private
    assert fault.lit[0]
    return history


def holder(site: Site) -> str:
    return next(machine(each.host) for each in site.up() if each.holds)


def test_a_replica_that_is_cut_off_from_pexip_hands_its_meeting_to_another() -> None:
    def strike(site: Site) -> float:
        site.loop.net.cut(holder(site), PEXIP, 120.0)
        return 30.0

    fault = OneFault(Random(SEED), dice=Random(SEED), replicas=True, strike=strike, after=(20.0, 40.0))
    told(fault)
    former, *later = fault.watched_by
    assert later == [other(former)] * 2
    assert all(fault.lit)


def test_a_replica_that_hangs_has_its_meeting_taken_and_does_not_get_it_back() -> None:
    def strike(site: Site) -> float:
        name = holder(site)
        host = site.running[name].host
        site.loop.freeze(host)
        site.after(30.0, lambda: site.loop.thaw(host))
        return 30.0

    fault = OneFault(Random(SEED), dice=Random(SEED), replicas=True, strike=strike, after=(9.0, 25.0, 45.0))
    told(fault)
    former, _, *later = fault.watched_by
    assert later == [other(former)] * 2
    assert fault.lit == [True, False, True, True]


@pytest.mark.parametrize("seconds", [-90.0, 90.0])
def test_a_replica_whose_own_clock_is_wrong_works_on_and_takes_nothing_from_the_other(seconds: float) -> None:
    def strike(site: Site) -> float:
        for name in site.names:
            if name != holder(site):
                site.steps[name] = seconds
        return 0.0

    fault = OneFault(Random(SEED), dice=Random(SEED), replicas=True, strike=strike, after=(5.0, 20.0, 60.0))
    told(fault)
    assert len(set(fault.watched_by)) == 1
    assert all(fault.lit)


def test_replicas_whose_database_only_reads_stay_and_light_up_again_with_it() -> None:
    def strike(site: Site) -> float:
        site.disk.become_read_only(20.0)
        return 20.0

    fault = OneFault(Random(SEED), dice=Random(SEED), replicas=True, strike=strike, after=(12.0, 45.0))
    told(fault)
    assert fault.lit == [True, False, True]
    assert fault.crashes == 0


def test_a_daemon_whose_file_can_only_be_read_ends_and_is_well_when_started_again() -> None:
    def strike(site: Site) -> float:
        site.disk.become_read_only(20.0)
        return 20.0

    fault = OneFault(Random(SEED), dice=Random(SEED), strike=strike, after=(12.0, 45.0))
    told(fault)
    assert fault.lit == [True, False, True]
    assert fault.crashes > 0


def test_replicas_without_their_database_are_dark_and_go_on_when_it_is_back() -> None:
    def strike(site: Site) -> float:
        site.disk.go_away(site.names, 20.0)
        return 20.0

    fault = OneFault(Random(SEED), dice=Random(SEED), replicas=True, strike=strike, after=(12.0, 45.0))
    told(fault)
    assert fault.lit == [True, False, True]
    assert fault.crashes == 0
