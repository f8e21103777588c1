"""A fixed slice of the campaign: fleets of replicas, each struck once or twice. Here leases run four times as fast."""

from __future__ import annotations

import asyncio

from tests.replicas.__main__ import play
from tests.replicas.strikes import Kind, possible

SLICE = ((Kind.HUNG, Kind.STOPPED), (Kind.CUT_FROM_DATABASE, Kind.KILLED), (Kind.UNPLUGGED,))


def test_whoever_is_struck_another_takes_over_and_nothing_is_lost_or_doubled() -> None:
    here = [[kind for kind in fleet if kind in possible()] for fleet in SLICE]
    told = asyncio.run(play([kinds for kinds in here if kinds], rate=4.0, seed=1))
    assert told.wrong == []
    assert {each.kind for each in told.taken} == {kind for kinds in here for kind in kinds}
