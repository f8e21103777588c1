"""The outbox in SQL: which command of which session may go next.

Commands of one session and lane form a queue. A command is gone once it is finished; until then it is

| state     | means                                 | left by                                                         |
|-----------|---------------------------------------|-----------------------------------------------------------------|
| waiting   | `not_before` has come, nobody has it  | taken, or replaced by a newer command with its key              |
| leased    | somebody carries it out; some are     | finished, postponed, or the lease runs out (then it waits)      |
|           | born so, to whoever has a hand free   |                                                                 |
| postponed | `not_before` has not come             | time, or replaced by a newer command with its key               |

One command of a queue is leased at a time, the oldest that waits: what is postponed lets other targets overtake it,
so that a failing target blocks only itself. A newer command with the key of a leased one stands behind it, and takes
its place as soon as the leased one is given back: commands are absolute, so doing the older one then could only undo
the newer (an unlock retried after a lock).

Each hand-out has a number, counted in `attempts`. Who was too slow and reports on a command that was handed out again
meanwhile is not heard: one outcome is taken for each command, that of its last holder.

What steers a live meeting goes out where that meeting is watched, and only there (`leases.watching`): the control token
is in that daemon's hands.

`outbox_lane` has a row for each queue that is not empty, with the instant from which something can be taken. Its index
makes `take` cost what it returns, however many sessions wait for a platform that is down. Queues of callbacks also have
a target, the booking system: of each only a share is taken, so that one that hangs leaves hands for the others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from operator import itemgetter

import structlog

from vmrd.lifecycle.commands import Command, Lane, key, lane, lasting, target
from vmrd.lifecycle.session import Session
from vmrd.lifecycle.words import Instant
from vmrd.store.base import OutboxItem, Taker, Unreadable
from vmrd.store.codec import COMMANDS
from vmrd.store.delivery import Share
from vmrd.store.leases import held_by_another, watching
from vmrd.store.rows import Connection, OnlyWriter, always

log = structlog.get_logger(__name__)

_COLUMNS = "id, session_id, establishment, lane, key, body, created_at, not_after, attempts"
_STEERING = frozenset({Lane.LOCK, Lane.LIVE})
_NOT_ELSEWHERE = (
    " AND NOT EXISTS (SELECT 1 FROM lease WHERE name = 'watch:' || outbox_lane.session_id AND owner <> ? AND until > ?)"
)
_Queue = tuple[str, str]
_Row = tuple[int, str, str, str, str, str, Instant, Instant | None, int]


def put(
    connection: Connection, session: Session, command: Command, now: Instant, ttl: int, taker: Taker | None
) -> OutboxItem | None:
    """Add a command at the end of its queue, instead of those of the same key that nobody has in hand.

    In an empty queue it is the taker's from birth, and returned: a press then needs no second commit to go out.
    """
    in_lane, name, goes_to = lane(command), key(command), target(command, session.booking_id)
    queue = (session.id, in_lane.value)
    waiting: tuple[Instant, int | None] | None = connection.execute(
        "SELECT ready_at, lease_item FROM outbox_lane WHERE session_id = ? AND lane = ?", queue
    ).fetchone()
    leased = None
    if waiting is not None:
        leased = waiting[1] if waiting[0] > now else None  # while one is in hand, it is ready when the lease ends
        connection.execute(
            "DELETE FROM outbox WHERE session_id = ? AND lane = ? AND key = ? AND id IS DISTINCT FROM ?",
            (*queue, name, leased),
        )
    born_to = taker if taker is not None and waiting is None and in_lane in taker.lanes else None
    if born_to is not None and in_lane in _STEERING:
        born_to = None if held_by_another(connection, watching(session.id), born_to.owner, now) else born_to
    not_after = None if lasting(command) else now + ttl
    item_id = connection.execute(
        "INSERT INTO outbox (session_id, lane, establishment, key, body, created_at, not_before, not_after, attempts)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
        (*queue, session.establishment, name, COMMANDS.encode(command), now, now, not_after, int(born_to is not None)),
    ).fetchone()[0]
    if born_to is not None:
        connection.execute(
            "INSERT INTO outbox_lane (session_id, lane, target, ready_at, lease_item, lease_owner)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (*queue, goes_to, now + born_to.lease, item_id, born_to.owner),
        )
        return OutboxItem(item_id, session.id, session.establishment, in_lane, name, command, now, not_after, 1)
    if leased is None:
        connection.execute(
            "INSERT INTO outbox_lane (session_id, lane, target, ready_at) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (session_id, lane) DO UPDATE SET ready_at ="
            " CASE WHEN outbox_lane.ready_at < excluded.ready_at THEN outbox_lane.ready_at ELSE excluded.ready_at END,"
            " lease_item = NULL, lease_owner = NULL",
            (*queue, goes_to, now),
        )
    return None


def take(
    connection: Connection,
    owner: str,
    now: Instant,
    duration: int,
    limit: Mapping[Lane, int],
    share: Share | None = None,
    hold: OnlyWriter = always,
) -> list[OutboxItem]:
    """Lease what may go now: one command per queue, the queue that is ready longest first.

    A session that another writer has in hand is passed over: its commands are taken at the next look.
    """
    items = []
    for wanted, most in limit.items():
        found = []
        for goes_to in _targets(connection) if wanted is Lane.NOTIFY else ("",):
            left = min(most, share.left(goes_to)) if share is not None and wanted is Lane.NOTIFY else most
            where, values = (_NOT_ELSEWHERE, (owner, now)) if wanted in _STEERING else ("", ())
            found += connection.execute(
                "SELECT ready_at, session_id FROM outbox_lane WHERE lane = ? AND target = ? AND ready_at <= ?"  # noqa: S608
                f"{where} ORDER BY ready_at LIMIT ?",
                (wanted.value, goes_to, now, *values, left),
            ).fetchall()
        for _, session_id in sorted(found, key=itemgetter(0))[:most]:
            queue = (session_id, wanted.value)
            if not hold(session_id) or not _ready(connection, queue, now):
                continue
            if item := _lease(connection, queue, owner, now, duration):
                items.append(item)
    return items


def _targets(connection: Connection) -> Iterator[str]:
    """Every booking system with callbacks, by steps along the index: there are few, and each may have thousands."""
    query = "SELECT min(target) FROM outbox_lane WHERE lane = ?"
    found = connection.execute(query, (Lane.NOTIFY.value,)).fetchone()[0]
    while found is not None:
        yield found
        found = connection.execute(f"{query} AND target > ?", (Lane.NOTIFY.value, found)).fetchone()[0]


def forget_leases(connection: Connection) -> None:
    """Whoever had a command in hand is dead, since we are alone on this database: all may be taken again at once."""
    connection.execute(
        "UPDATE outbox_lane SET lease_item = NULL, lease_owner = NULL, ready_at = (SELECT min(not_before) FROM outbox"
        " WHERE outbox.session_id = outbox_lane.session_id AND outbox.lane = outbox_lane.lane)"
        " WHERE lease_item IS NOT NULL"
    )


def finish(connection: Connection, item_id: int, attempt: int) -> bool:
    """The command is done with; False where it already was, a newer one took its place, or it was handed out again."""
    queue = connection.execute(
        "DELETE FROM outbox WHERE id = ? AND attempts = ? RETURNING session_id, lane", (item_id, attempt)
    ).fetchone()
    if queue is None:
        return False
    _give_back(connection, queue, item_id)
    return True


def postpone(connection: Connection, item_id: int, attempt: int, until: Instant) -> None:
    """Give the command back, not to be taken before `until`. Nothing happens where `finish` would say False."""
    queue = connection.execute(
        "UPDATE outbox SET not_before = ? WHERE id = ? AND attempts = ? RETURNING session_id, lane",
        (until, item_id, attempt),
    ).fetchone()
    if queue is not None:
        _give_back(connection, queue, item_id)


def waiting(connection: Connection, session_id: str) -> list[OutboxItem]:
    """Every unfinished command of a session, the oldest first."""
    rows = connection.execute(f"SELECT {_COLUMNS} FROM outbox WHERE session_id = ? ORDER BY id", (session_id,))  # noqa: S608
    return [_item(row) for row in rows]


def depth(connection: Connection) -> dict[Lane, int]:
    """How many unfinished commands each lane has."""
    counts = dict(connection.execute("SELECT lane, count(*) FROM outbox GROUP BY lane"))
    return {each: counts.get(each.value, 0) for each in Lane}


def oldest(connection: Connection) -> dict[Lane, Instant]:
    """When each lane's oldest unfinished command was written; a lane without one is not there."""
    return {Lane(lane): at for lane, at in connection.execute("SELECT lane, min(created_at) FROM outbox GROUP BY lane")}


def _ready(connection: Connection, queue: _Queue, now: Instant) -> bool:
    """Whether it still is, now that nobody else writes there: another replica may just have taken from it."""
    return (
        connection.execute(
            "SELECT 1 FROM outbox_lane WHERE session_id = ? AND lane = ? AND ready_at <= ?", (*queue, now)
        ).fetchone()
        is not None
    )


def _lease(connection: Connection, queue: _Queue, owner: str, now: Instant, duration: int) -> OutboxItem | None:
    _drop_superseded(connection, queue)  # where the last lease ran out with a newer command behind it
    row = connection.execute(
        "UPDATE outbox SET attempts = attempts + 1 WHERE id = (SELECT id FROM outbox"  # noqa: S608
        f" WHERE session_id = ? AND lane = ? AND not_before <= ? ORDER BY id LIMIT 1) RETURNING {_COLUMNS}",
        (*queue, now),
    ).fetchone()
    if row is None:  # only where the clock was set back between two calls
        return None
    try:
        item = _item(row)
    except Unreadable:
        # Dropped, not kept: it would be handed out for ever, and the core asks again while it still wants the effect.
        log.error("command_unreadable", session=queue[0])
        connection.execute("DELETE FROM outbox WHERE id = ?", (row[0],))
        _give_back(connection, queue, row[0])
        return None
    connection.execute(
        "UPDATE outbox_lane SET ready_at = ?, lease_item = ?, lease_owner = ? WHERE session_id = ? AND lane = ?",
        (now + duration, item.id, owner, *queue),
    )
    return item


def _give_back(connection: Connection, queue: _Queue, item_id: int) -> None:
    """Open the queue again, unless another of its commands is in hand."""
    held = connection.execute("SELECT lease_item FROM outbox_lane WHERE session_id = ? AND lane = ?", queue).fetchone()
    if held[0] not in (None, item_id):
        return
    _drop_superseded(connection, queue)
    (first,) = connection.execute(
        "SELECT min(not_before) FROM outbox WHERE session_id = ? AND lane = ?", queue
    ).fetchone()
    if first is None:
        connection.execute("DELETE FROM outbox_lane WHERE session_id = ? AND lane = ?", queue)
    else:
        connection.execute(
            "UPDATE outbox_lane SET ready_at = ?, lease_item = NULL, lease_owner = NULL"
            " WHERE session_id = ? AND lane = ?",
            (first, *queue),
        )


def _drop_superseded(connection: Connection, queue: _Queue) -> None:
    """Drop commands of a queue nobody has in hand that have a newer one with the same key behind them."""
    connection.execute(
        "DELETE FROM outbox WHERE session_id = ? AND lane = ? AND EXISTS (SELECT 1 FROM outbox AS newer"
        " WHERE newer.session_id = outbox.session_id AND newer.lane = outbox.lane AND newer.key = outbox.key"
        " AND newer.id > outbox.id)",
        queue,
    )


def _item(row: _Row) -> OutboxItem:
    item_id, session_id, establishment, in_lane, target, body, created_at, not_after, attempts = row
    return OutboxItem(
        item_id,
        session_id,
        establishment,
        Lane(in_lane),
        target,
        COMMANDS.decode(body),
        created_at,
        not_after,
        attempts,
    )
