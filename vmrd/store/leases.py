"""Named leases: who has what in hand, until when, and the number by which a late holder is known.

A lease is renewed under its number, and taken over under a greater one than any before it. Whoever writes under a lease
says its number (`require`): one that slept through its lease, and wakes up believing it still has it, writes nothing.

The instants are the caller's. Replicas go by the database's clock (`clock.ServerClock`), never by their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from vmrd.lifecycle.words import Instant
from vmrd.store.errors import Fenced
from vmrd.store.rows import Connection, OnlyWriter

_TAKE = (
    "INSERT INTO lease (name, owner, until, fence) VALUES (?, ?, ?, ?) ON CONFLICT (name) DO UPDATE"
    " SET owner = excluded.owner, until = excluded.until, fence = excluded.fence"
)
_TOGETHER = 500
_WATCHING = "watch:"


@dataclass(frozen=True, slots=True)
class Lease:
    """A lease as it was given. `fence`: its number; renewing keeps it.

    `taken_over`: its last holder let it run out instead of dropping it, and may be alive still.
    """

    name: str
    fence: int
    taken_over: bool = field(default=False, compare=False)


def watching(session_id: str) -> str:
    """The name of the lease of whoever watches a session's meeting, and carries out its live commands."""
    return f"{_WATCHING}{session_id}"


def watched_under(name: str) -> str:
    """The session of a lease of that name."""
    return name.removeprefix(_WATCHING)


def take(connection: Connection, name: str, owner: str, now: Instant, duration: int, hold: OnlyWriter) -> Lease | None:
    """Take or renew it; None while another has it."""
    renewed = connection.execute(
        "UPDATE lease SET until = ? WHERE name = ? AND owner = ? RETURNING fence", (now + duration, name, owner)
    ).fetchone()
    if renewed is not None:
        return Lease(name, renewed[0])
    if held_by_another(connection, name, owner, now) or not hold(_locked(name)):
        return None
    former = connection.execute("SELECT until FROM lease WHERE name = ?", (name,)).fetchone()
    if former is not None and former[0] > now:
        return None
    (fence,) = connection.execute("UPDATE fence SET last = last + 1 RETURNING last").fetchone()
    connection.execute(_TAKE, (name, owner, now + duration, fence))
    return Lease(name, fence, taken_over=former is not None)


def renew(connection: Connection, names: Sequence[str], owner: str, now: Instant, duration: int) -> dict[str, Lease]:
    """Renew those of these that are the owner's still, many in a statement; by their names.

    For leases that have not run out: nobody else touches their rows then, so their order does not matter.
    """
    renewed: dict[str, Lease] = {}
    for at in range(0, len(names), _TOGETHER):
        some = names[at : at + _TOGETHER]
        rows = connection.execute(
            f"UPDATE lease SET until = ? WHERE owner = ? AND name IN ({', '.join('?' * len(some))})"  # noqa: S608
            " RETURNING name, fence",
            (now + duration, owner, *some),
        )
        renewed |= {name: Lease(name, fence) for name, fence in rows}
    return renewed


def held_by_another(connection: Connection, name: str, owner: str, now: Instant) -> bool:
    found = connection.execute(
        "SELECT 1 FROM lease WHERE name = ? AND owner <> ? AND until > ?", (name, owner, now)
    ).fetchone()
    return found is not None


def watched_elsewhere(connection: Connection, owner: str, now: Instant) -> frozenset[str]:
    """The sessions that somebody else watches."""
    held = connection.execute("SELECT name FROM lease WHERE owner <> ? AND until > ?", (owner, now))
    return frozenset(watched_under(name) for (name,) in held if name.startswith(_WATCHING))


def require_free(connection: Connection, name: str, now: Instant, hold: OnlyWriter) -> bool:
    """Whether it may be written that nobody has this lease; false where somebody is just taking it.

    Raises `Fenced` where somebody has it.
    """
    if not hold(_locked(name)):
        return False
    if connection.execute("SELECT 1 FROM lease WHERE name = ? AND until > ?", (name, now)).fetchone():
        raise Fenced("somebody has the lease by now")
    return True


def require(connection: Connection, lease: Lease, hold: OnlyWriter) -> bool:
    """Whether it may be written under this lease; false where another replica is just taking it over.

    Raises `Fenced` where another has it. One that ran out and that nobody else took since is as good as one that lasts.
    """
    if not hold(_locked(lease.name)):
        return False
    if connection.execute("SELECT 1 FROM lease WHERE name = ? AND fence = ?", (lease.name, lease.fence)).fetchone():
        return True
    raise Fenced("the lease is another's by now")


def drop(connection: Connection, name: str, owner: str) -> None:
    connection.execute("DELETE FROM lease WHERE name = ? AND owner = ?", (name, owner))


def _locked(name: str) -> str:
    return f"lease {name}"
