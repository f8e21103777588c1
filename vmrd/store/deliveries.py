"""Callbacks in SQL; `delivery` says what their states mean."""

from __future__ import annotations

from collections.abc import Sequence

from vmrd.lifecycle.words import Instant
from vmrd.store.delivery import Delivery, DeliveryState
from vmrd.store.rows import Connection

_COLUMNS = "id, session_id, seq, event, target, state, attempts, answer, occurred_at, tried_at, next_at"
_Row = tuple[str, str, int, str, str, str, int, str, Instant, Instant, Instant | None]

_PUT = (
    f"INSERT INTO delivery ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608
    " ON CONFLICT (id) DO UPDATE SET session_id = excluded.session_id, seq = excluded.seq, event = excluded.event,"
    " target = excluded.target, state = excluded.state, attempts = excluded.attempts, answer = excluded.answer,"
    " occurred_at = excluded.occurred_at, tried_at = excluded.tried_at, next_at = excluded.next_at"
)


def put(connection: Connection, delivery: Delivery) -> None:
    connection.execute(
        _PUT,
        (
            delivery.id,
            delivery.session_id,
            delivery.seq,
            delivery.event,
            delivery.target,
            delivery.state.value,
            delivery.attempts,
            delivery.answer,
            delivery.occurred_at,
            delivery.tried_at,
            delivery.next_at,
        ),
    )


def one(connection: Connection, delivery_id: str) -> Delivery | None:
    row = connection.execute(f"SELECT {_COLUMNS} FROM delivery WHERE id = ?", (delivery_id,)).fetchone()  # noqa: S608
    return row and _delivery(row)


def listed(connection: Connection, states: Sequence[DeliveryState], limit: int) -> list[Delivery]:
    """The newest first, at most `limit`."""
    marks = ", ".join("?" * len(states))
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM delivery WHERE state IN ({marks})"  # noqa: S608
        " ORDER BY occurred_at DESC, session_id DESC, seq DESC LIMIT ?",
        [*(state.value for state in states), limit],
    )
    return [_delivery(row) for row in rows]


def dead(connection: Connection) -> int:
    """How many were given up and not replayed since."""
    return int(connection.execute("SELECT count(*) FROM delivery WHERE state = 'dead'").fetchone()[0])


def _delivery(row: _Row) -> Delivery:
    delivery_id, session_id, seq, event, target, state, attempts, answer, occurred_at, tried_at, next_at = row
    return Delivery(
        delivery_id,
        session_id,
        seq,
        event,
        target,
        DeliveryState(state),
        attempts,
        answer,
        occurred_at,
        tried_at,
        next_at,
    )
