"""Every order of a few steps of the lease and outbox protocol, and proof that a wrong protocol would be seen."""

from __future__ import annotations

import pytest

from tests.chaos.plants import take_unasked
from tests.explorer.explore import BEGINNINGS, explore
from tests.explorer.model import Wrong
from vmrd.store import leases, outbox

DEPTH = 4


def test_no_order_of_steps_loses_a_command_or_lets_two_daemons_steer_a_meeting() -> None:
    explored = [explore(DEPTH, beginning) for beginning in BEGINNINGS]
    assert sum(each.orders for each in explored) > 30_000


def _finished_by_anybody(connection: object, item_id: int, attempt: int) -> bool:
    return True


def _dropped(connection: object, queue: object, item_id: int) -> None:
    """Somebody forgot that others wait behind it."""


@pytest.mark.parametrize(
    ("module", "name", "slip", "seen"),
    [
        (outbox, "_NOT_ELSEWHERE", " AND ? <> '' AND ? > -1", "where it is not watched"),
        (leases, "require", lambda *_: True, "reports while|may all write"),
        (outbox, "finish", _finished_by_anybody, "lost|done with twice"),
        (outbox, "_drop_superseded", lambda *_: None, "which took its place|is done with twice|lost"),
        (outbox, "_give_back", _dropped, "lost"),
        (leases, "take", take_unasked, "taken from its holder"),
    ],
)
def test_the_explorer_sees_a_protocol_that(
    module: object, name: str, slip: object, seen: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, name, slip)
    with pytest.raises(Wrong, match=seen):
        [explore(DEPTH, beginning) for beginning in BEGINNINGS]
