"""Windows of works in the store: saving one shows what it hits first, journals who did it, and flags the sessions.

| a window is        | its rooms                                                  | sessions booked in them    |
|--------------------|------------------------------------------------------------|----------------------------|
| requested, refused | can be booked                                              | are not touched            |
| agreed             | cannot be booked (`rooms`), nor a meeting extended into it | go on, flagged to the prison |
| withdrawn          | can be booked                                              | their flags end            |

A person saves a window only after naming every session it newly hits: between the look and the press somebody may have
booked. All of it is one transaction, so a booking falls either before the window, and is flagged, or after, and is
refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from vmrd.engine import Applied, Engine, KeyReused, PressKey
from vmrd.lifecycle import inputs as i
from vmrd.lifecycle.session import Session
from vmrd.lifecycle.words import OVER, Instant
from vmrd.lifecycle.works import Window
from vmrd.rooms import room_subject
from vmrd.store.base import Receipt, Rx, Tx, Unreadable


@dataclass(frozen=True, slots=True)
class Clash:
    """A session booked in a room that would be out of use; half-open `[start, end)`."""

    session_id: str
    room: str
    start: Instant
    end: Instant


@dataclass(frozen=True, slots=True)
class Saved:
    """`clashes`: sessions that have no room while this stands."""

    window: Window
    clashes: tuple[Clash, ...]


@dataclass(frozen=True, slots=True)
class Clashing:
    """Nothing was saved: these sessions would be hit and were not all confirmed."""

    clashes: tuple[Clash, ...]


Edit = Callable[[Window | None], Window | None]
"""From a window as it stands, None if there is none, to how it shall be; None to leave everything as it is. Pure."""


Answer = Saved | Clashing | KeyReused | None


async def save(
    engine: Engine, window_id: str, edit: Edit, by: str, confirmed: frozenset[str], key: PressKey | None = None
) -> Answer:
    """Change a window, or make it. None where `edit` wants nothing done. A `key` that was used before for the same
    gets the window it made, as it stands now. Raises `StoreError`."""
    applied: list[Applied] = []

    def step(tx: Tx) -> Answer:
        applied.clear()  # the store may run a step again
        former_answer = tx.receipt(key.scope, key.key) if key is not None else None
        if key is not None and former_answer is not None:
            made = tx.works_window(former_answer.answer.decode())
            if made is None or former_answer.digest != key.digest:
                return KeyReused()
            return Saved(made, tuple(clashes(tx, made, engine.clock.now())))
        answer = _changed(engine, tx, window_id, edit, by, confirmed, applied)
        if key is not None and isinstance(answer, Saved):
            made_id = answer.window.id.encode()
            tx.put_receipt(Receipt(key.scope, key.key, key.digest, 201, made_id, engine.clock.now()))
        return answer

    answer = await engine.transact(await touched(engine, window_id, edit), step)
    for each in applied:
        engine.announce(each)
    return answer


def _changed(
    engine: Engine, tx: Tx, window_id: str, edit: Edit, by: str, confirmed: frozenset[str], applied: list[Applied]
) -> Saved | Clashing | None:
    former, now = tx.works_window(window_id), engine.clock.now()
    window = edit(former)
    if window is None:
        return None
    hit = clashes(tx, window, now)
    known = {each.session_id for each in clashes(tx, former, now)} if former is not None else set()
    if any(each.session_id not in known | confirmed for each in hit):
        return Clashing(tuple(hit))
    if window != former:
        applied.extend(put(engine, tx, window, by))
    return Saved(window, tuple(hit))


async def touched(engine: Engine, window_id: str, edit: Edit) -> list[str]:
    """The sessions a change of this window may concern."""

    def query(rx: Rx) -> list[str]:
        former = rx.works_window(window_id)
        both = (each for each in (former, edit(former)) if each is not None)
        found = (clash.session_id for each in both for clash in clashes(rx, each, engine.clock.now()))
        return list(dict.fromkeys(found))

    return await engine.store.read(query)


def put(engine: Engine, tx: Tx, window: Window, by: str) -> list[Applied]:
    """Keep the window with who changed it, and tell every session it hits, or hit before."""
    now, former = engine.clock.now(), tx.works_window(window.id)
    hit = clashes(tx, window, now)
    before = clashes(tx, former, now) if former is not None else []
    did = "withdrawn" if window.withdrawn else "added" if former is None else "changed"
    tx.put_works(window, did, by, [each.session_id for each in hit], now)
    return [done for session in _sessions(tx, [*before, *hit]) for done in reflect(engine, tx, session)]


def reflect(engine: Engine, tx: Tx, session: Session) -> list[Applied]:
    """Tell a session which works have its room at its time, if that is not what it knows."""
    windows = tx.works(session.establishment, session.starts_at, session.ends_at)
    met = tuple(each.met() for each in windows if each.has(session.room, session.starts_at, session.ends_at))
    if met == session.works:
        return []
    answer = engine.apply(tx, session.id, i.RoomWorks(met))
    return [answer] if isinstance(answer, Applied) else []


def clashes(rx: Rx, window: Window, now: Instant) -> list[Clash]:
    """Sessions that are not over and have a room of this window while it is out of use, in order of their start."""
    if not window.blocks:
        return []
    found = [
        Clash(held.session_id, room, held.start, held.end)
        for room in window.rooms
        for held in rx.claims("room", room_subject(window.establishment, room), max(window.start, now), window.end)
    ]
    going = {session.id for session in _sessions(rx, found)}
    return sorted((each for each in found if each.session_id in going), key=lambda each: (each.start, each.room))


def withdrawn(window: Window) -> Window:
    return replace(window, withdrawn=True)


def _sessions(rx: Rx, found: Iterable[Clash]) -> list[Session]:
    """The sessions that are not over; one that cannot be read is left out."""
    sessions = []
    for session_id in dict.fromkeys(each.session_id for each in found):
        try:
            session = rx.session(session_id)
        except Unreadable:
            continue
        if session is not None and session.phase not in OVER:
            sessions.append(session)
    return sessions
