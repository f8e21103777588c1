"""Every order of a few steps of the lease and outbox protocol, and proof that a wrong protocol would be seen."""

from __future__ import annotations

import pytest

from tests.chaos.plants import take_unasked
from tests.explorer.explore import BEGINNINGS, explore
from tests.explorer.model import Wrong
from vmrd.store import leases, outbox
from vmrd.store.errors import Fenced
from vmrd.store.rows import Connection

DEPTH = 4


def test_no_order_of_steps_loses_a_command_or_lets_two_daemons_steer_a_meeting() -> None:
    explored = [explore(DEPTH, beginning) for beginning in BEGINNINGS]
    assert sum(each.orders for each in explored) > 30_000


def _kept_and_done(connection: object, item_id: int, attempt: int) -> bool:
    """Somebody forgot to take it away."""
    return True


def _done_by_anybody(connection: Connection, item_id: int, attempt: int) -> bool:
    """Somebody forgot to ask which hand-out it was."""
    return _finish(connection, item_id, _attempts(connection, item_id))


def _back_from_anybody(connection: Connection, item_id: int, attempt: int, until: int) -> None:
    _postpone(connection, item_id, _attempts(connection, item_id), until)


def _attempts(connection: Connection, item_id: int) -> int:
    row = connection.execute("SELECT attempts FROM outbox WHERE id = ?", (item_id,)).fetchone()
    return int(row[0]) if row is not None else 0


def _dropped(connection: object, queue: object, item_id: int) -> None:
    """Somebody forgot that others wait behind it."""


def _nothing(*_: object) -> None:
    """Somebody forgot it."""


def _never(*_: object) -> bool:
    raise Fenced("the lease is another's by now")


def _lost_at_birth(connection: Connection, *given: object) -> None:
    """Somebody forgot what waits when a new one comes."""
    connection.execute("DELETE FROM outbox")
    connection.execute("DELETE FROM outbox_lane")
    _put(connection, *given)  # type: ignore[arg-type]


_put, _finish, _postpone = outbox.put, outbox.finish, outbox.postpone


@pytest.mark.parametrize(
    ("module", "name", "slip", "seen"),
    [
        (outbox, "_NOT_ELSEWHERE", " AND ? <> '' AND ? > -1", "is handed out where it is not watched"),
        (outbox, "put", _lost_at_birth, "^command . is lost"),
        (outbox, "finish", _kept_and_done, "^lost"),
        (outbox, "finish", _done_by_anybody, "is done with by who was too slow"),
        (outbox, "postpone", _back_from_anybody, "is given back by who was too slow"),
        (outbox, "_drop_superseded", _nothing, "which took its place"),
        (outbox, "_give_back", _dropped, "^lost"),
        (leases, "require", lambda *_: True, "may all write"),
        (leases, "require", _never, "reports while"),
        (leases, "take", take_unasked, "taken from its holder"),
    ],
)
def test_the_explorer_sees_a_protocol_that(
    module: object, name: str, slip: object, seen: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, name, slip)
    with pytest.raises(Wrong, match=seen):
        [explore(DEPTH, beginning) for beginning in BEGINNINGS]
