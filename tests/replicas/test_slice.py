"""A fixed slice of the campaign: two fleets of replicas, each struck twice. Here leases run four times as fast."""

from __future__ import annotations

import asyncio

from tests.replicas.__main__ import play
from tests.replicas.strikes import Kind

SLICE = ((Kind.HUNG, Kind.STOPPED), (Kind.CUT_FROM_DATABASE, Kind.KILLED))


def test_whoever_is_struck_another_takes_over_and_nothing_is_lost_or_doubled() -> None:
    told = asyncio.run(play(SLICE, rate=4.0, seed=1))
    assert told.wrong == []
    assert {each.kind for each in told.taken} == {kind for fleet in SLICE for kind in fleet}
