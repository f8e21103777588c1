"""The story of a journal somebody would like to be otherwise, step by step.

A meeting runs, behind whose back its database is edited: a fact, a removed tail, a removed session, the whole file put
back as it was. Each time the journal is judged as `vmrd journal verify` judges it, from outside and while vmrd runs; it
must name what was touched and nothing else, and accept what was put back. Then somebody is erased and what is old is
purged, which must leave nothing to name. Where an edit names too little or too much, the step is not confirmed.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, field
from pathlib import Path

from vmrd.config_retention import RetentionConfig
from vmrd.daemon import clock_of, store_keys
from vmrd.demo.cast import BARRISTER, LATER, PRIVATE, PSYCHOLOGIST, Booking, room_name
from vmrd.demo.steps import Players, Step
from vmrd.demo.verify import every, inside_are, locked_throughout, meeting, started_once
from vmrd.lifecycle.rules import HOUR, MINUTE
from vmrd.store.base import Rx, Tx
from vmrd.store.chain import SealHead
from vmrd.store.connection import for_reading, for_writing
from vmrd.store.journal import Fault, verify
from vmrd.store.retention import Kept
from vmrd.store.secrets import StoreKeys
from vmrd.store.sqlite import open_for_reading, write_once
from vmrd.subjects import erase_person, kept_of

ABOUT_TAMPERING = (
    "A prisoner talks to his lawyer. Behind vmrd's back somebody edits the database, as one who has the file may.",
    "After each step the journal is verified, as `vmrd journal verify` does it while vmrd runs.",
)
_YEARS = 3 * 365 * 24 * HOUR
_UNDISTURBED = every(inside_are(BARRISTER.name), locked_throughout, started_once)


@dataclass(slots=True)
class _Scene:
    """What one performance has noted. `undo`: the statements that put an edit back, as it was."""

    head: SealHead | None = None
    older: sqlite3.Connection | None = None
    touched: str = ""
    undo: list[tuple[str, tuple[object, ...]]] = field(default_factory=list)
    purged: int = 0


@dataclass(frozen=True, slots=True)
class TamperStep:
    """Done when the journal is found as `so` wants it, and Pexip's own account says that the meeting is undisturbed."""

    title: str
    play: Callable[[Players], Awaitable[object]]
    so: Callable[[Players], str | None]
    press: str = ""
    cue: float | None = 2.0

    async def not_yet(self, players: Players, *, spoilt: bool) -> str | None:
        why = await asyncio.to_thread(self.so, players)
        return why or _UNDISTURBED(meeting(await players.crowd.state(), players.aliases[PRIVATE.room]))


def tamper() -> Sequence[Step]:
    """All steps, in order; they share what one performance notes."""
    scene = _Scene()
    return (*_edits(scene), *_witness(scene), *_letting_go(scene))


def _edits(scene: _Scene) -> tuple[TamperStep, ...]:
    return (
        TamperStep(f"{room_name(PRIVATE.room)} is private; every fact fits its chain and its seal", _wait, _accepted),
        TamperStep(
            "One row is edited: the meeting was locked a minute earlier. Verify names that row, and no other",
            _in_thread(lambda players: _edit_a_fact(players, scene)),
            lambda players: _only(_faults(players), scene.touched),
        ),
        TamperStep(
            "The row is put back as it was: accepted", _in_thread(lambda players: _undo(players, scene)), _accepted
        ),
        TamperStep(
            "The last fact of a session is removed. Verify names the session",
            _in_thread(lambda players: _remove(players, scene, tail=True)),
            lambda players: _only(_faults(players), scene.touched, "seal head"),
        ),
        TamperStep("It is put back: accepted", _in_thread(lambda players: _undo(players, scene)), _accepted),
        TamperStep(
            "All facts of a session are removed. Verify names the session",
            _in_thread(lambda players: _remove(players, scene, tail=False)),
            lambda players: _only(_faults(players), scene.touched, "seal head"),
        ),
        TamperStep("They are put back: accepted", _in_thread(lambda players: _undo(players, scene)), _accepted),
    )


def _witness(scene: _Scene) -> tuple[TamperStep, ...]:
    def named(players: Players) -> str | None:
        copy, head, key = scene.older, scene.head, store_keys(players.config).seal
        if copy is None or head is None:
            return "there is no older copy"
        if faults := verify(copy, key):
            return f"the older copy alone is refused: {faults[0].where}"
        return _only(verify(copy, key, [head]), f"witnessed head of {head.seals} seals")

    def fits(players: Players) -> str | None:
        return _only(_faults(players, scene.head))

    return (
        TamperStep(
            "Somebody keeps a copy of the whole file; then a booking is cancelled, and the head noted outside fits",
            lambda players: _cancel(players, scene),
            fits,
        ),
        TamperStep("The older copy is valid in itself. Held against the noted head it is refused", _wait, named),
    )


def _letting_go(scene: _Scene) -> tuple[TamperStep, ...]:
    def nothing_of(players: Players) -> str | None:
        with _reading(players) as rx:
            found = kept_of(rx, PSYCHOLOGIST.name)
        return "something is still kept of the person erased" if found else _only(_faults(players, scene.head))

    def known(players: Players) -> str | None:
        with _reading(players) as rx:
            found = [each["booking"] for each in kept_of(rx, PSYCHOLOGIST.name)]
        return None if found == [LATER.id] else f"kept of {PSYCHOLOGIST.name}: {found}"

    def purged(players: Players) -> str | None:
        return _only(_faults(players, scene.head)) if scene.purged else "no session was old enough to be purged"

    return (
        TamperStep(f"{PSYCHOLOGIST.name} asks what is kept of her: the session that was cancelled", _wait, known),
        TamperStep(
            "She is erased. Nothing is found of her any more, and the journal is accepted",
            _in_thread(lambda players: write_once(*_opened(players), lambda tx: _erase(tx, players))),
            nothing_of,
        ),
        TamperStep(
            "Three years pass on the calendar of retention: the session goes whole, and the journal is accepted",
            lambda players: _purge(players, scene),
            purged,
        ),
        TamperStep(f"{room_name(PRIVATE.room)} was never disturbed, and its journal is whole", _wait, _accepted),
    )


async def _wait(_players: Players) -> None:
    """Nothing need be done but to look."""


def _in_thread(act: Callable[[Players], object]) -> Callable[[Players], Awaitable[object]]:
    return lambda players: asyncio.to_thread(act, players)


def _faults(players: Players, head: SealHead | None = None) -> list[Fault]:
    path, keys = _opened(players)
    with closing(for_reading(path)) as connection:
        return verify(connection, keys.seal, [head] if head is not None else [])


def _accepted(players: Players) -> str | None:
    return _only(_faults(players))


def _only(faults: Sequence[Fault], *places: str) -> str | None:
    """Whether exactly these places are named."""
    found = sorted({fault.where for fault in faults})
    return None if found == sorted(places) else f"verify names {', '.join(found) or 'nothing'}"


def _opened(players: Players) -> tuple[Path, StoreKeys]:
    return players.config.store.file, store_keys(players.config)


def _reading(players: Players) -> AbstractContextManager[Rx]:
    return open_for_reading(*_opened(players))


def _session_of(connection: sqlite3.Connection, booking: Booking) -> str:
    (found,) = connection.execute("SELECT id FROM session WHERE booking_id = ?", (booking.id,)).fetchone()
    return str(found)


def _edit_a_fact(players: Players, scene: _Scene) -> None:
    """Move one fact by a minute, with the means of anybody who may write the file."""
    with closing(for_writing(players.config.store.file)) as connection:
        session = _session_of(connection, PRIVATE)
        seq, at = connection.execute(
            "SELECT seq, at FROM journal WHERE session_id = ? AND type = 'Locked' ORDER BY seq LIMIT 1", (session,)
        ).fetchone()
        move = "UPDATE journal SET at = ? WHERE session_id = ? AND seq = ?"
        scene.undo = [(move, (at, session, seq))]
        scene.touched = f"session {session} fact {seq}"
        connection.execute(move, (at - MINUTE, session, seq))


def _remove(players: Players, scene: _Scene, *, tail: bool) -> None:
    """Remove the last fact of a session, or all of them."""
    with closing(for_writing(players.config.store.file)) as connection:
        session = _session_of(connection, LATER)
        rows = connection.execute("SELECT * FROM journal WHERE session_id = ? ORDER BY seq", (session,)).fetchall()
        rows = rows[-1:] if tail else rows
        scene.undo = [("INSERT INTO journal VALUES (?, ?, ?, ?, ?, ?, ?)", row) for row in rows]
        scene.touched = f"session {session}"
        connection.executemany("DELETE FROM journal WHERE session_id = ? AND seq = ?", [row[:2] for row in rows])


def _undo(players: Players, scene: _Scene) -> None:
    with closing(for_writing(players.config.store.file)) as connection:
        for statement, values in scene.undo:
            connection.execute(statement, values)
    scene.undo = []


def _copied(path: Path) -> sqlite3.Connection:
    """A copy of the whole database as it is, in memory."""
    copy = sqlite3.connect(":memory:", check_same_thread=False)
    with closing(for_reading(path)) as source:
        source.backup(copy)
    return copy


async def _cancel(players: Players, scene: _Scene) -> None:
    scene.older = await asyncio.to_thread(_copied, players.config.store.file)
    await players.clerk.book(LATER, "cancelled", 2)
    await players.officers[LATER.room].until(lambda seen: seen.phase == "cancelled")
    with _reading(players) as rx:
        scene.head = rx.seal_head()


async def _purge(players: Players, scene: _Scene) -> None:
    """Until it goes: facts stay as long as the booking system has not been told of the last of them."""
    while not scene.purged:
        scene.purged = await asyncio.to_thread(_purge_once, players)
        await asyncio.sleep(0.05)


def _purge_once(players: Players) -> int:
    """As the daemon does every day, on a calendar three years ahead; how many sessions went."""
    before = RetentionConfig().before(clock_of(players.config).now() + _YEARS)
    return write_once(*_opened(players), lambda tx: tx.purge(before, 99))[Kept.JOURNAL]


def _erase(tx: Tx, players: Players) -> None:
    erase_person(tx, PSYCHOLOGIST.name, clock_of(players.config).now())
