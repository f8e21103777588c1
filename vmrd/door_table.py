"""Every alias whose door may be knocked at, in memory: filled at the start, then following each commit.

    commit ──► heard: the door of that session, at once     ──► what is read of its secrets, a moment later

A door is a few fields of a session (`lifecycle.door`). Some need more: a room born locked needs its PIN, because policy
describes the whole service; an attendee whose identity is protected needs their own name, so that it can be replaced.
Both are read behind, never while Pexip waits; until then the door answers without, which is the platform's own default.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

import structlog

from vmrd import secret_names
from vmrd.engine import Applied
from vmrd.lifecycle import facts as f
from vmrd.lifecycle.door import Doorway, doorway
from vmrd.lifecycle.rules import Rules
from vmrd.lifecycle.session import Session
from vmrd.lifecycle.words import LIVE, OVER, Phase
from vmrd.pexip.policy import shown_as
from vmrd.store.base import Rx, SessionFilter, Store, StoreError, Unreadable

log = structlog.get_logger(__name__)

_TELLS_MORE = (f.Planned, f.Amended, f.Expected, f.VmrCreated, f.VmrReplaced, f.PhaseChanged)
"""Facts after which more may have to be read than the session itself."""
_AGAIN = 2.0
"""Seconds before a store that could not be read is asked again."""


@dataclass(frozen=True, slots=True)
class Hidden:
    """An attendee's own name, as the set of its words, and the answer that shows them under another."""

    words: frozenset[str] = field(repr=False)
    answer: bytes = field(repr=False)

    def named(self, words: frozenset[str]) -> bool:
        """Whether somebody gave this name. A single word has to be all they gave: others may bear it too."""
        return self.words == words if len(self.words) == 1 else self.words <= words


@dataclass(frozen=True, slots=True)
class More:
    """What was read behind. `born_locked`: the answer that describes the whole service."""

    hidden: tuple[Hidden, ...] = ()
    born_locked: bytes | None = field(default=None, repr=False)


NOTHING_MORE = More()


@dataclass(frozen=True, slots=True)
class Entry:
    """One alias."""

    door: Doorway
    more: More = NOTHING_MORE


def words_of(name: str) -> frozenset[str]:
    """A name without order, case and punctuation."""
    return frozenset(re.findall(r"\w+", name.casefold()))


@dataclass(slots=True)
class DoorTable:
    """`born_locked` makes the answer for a session and its Host PIN. `run` owns what is read behind."""

    store: Store
    rules: Callable[[str], Rules]
    born_locked: Callable[[Session, str], bytes]
    entries: dict[str, Entry] = field(default_factory=dict)
    _alias_of: dict[str, str] = field(default_factory=dict)
    _to_read: dict[str, None] = field(default_factory=dict)
    _woken: asyncio.Event = field(default_factory=asyncio.Event)

    async def fill(self) -> None:
        """Everything there is. Raises `StoreError`."""

        def query(rx: Rx) -> list[tuple[Session, More]]:
            alive = tuple(phase for phase in Phase if phase not in OVER)
            found = rx.sessions(SessionFilter(phases=alive))
            known = {session.id for session in found}
            over = (self.look(rx, each) for each in rx.watched() if each not in known)
            return [*((session, self._read(rx, session)) for session in found), *filter(None, over)]

        for session, more in await self.store.read(query):
            self.put(session, more)

    def heard(self, applied: Applied) -> None:
        """A commit: its session's door as it is now. Of another replica's commit no facts are told."""
        session = applied.session
        self.put(session)
        if session.id in self._alias_of and (
            not applied.facts or any(isinstance(fact, _TELLS_MORE) for fact in applied.facts)
        ):
            self._to_read[session.id] = None
            self._woken.set()

    def put(self, session: Session, more: More | None = None) -> None:
        """Keep the door of this session unless a newer one is kept; without `more` what was read of it stays."""
        door = doorway(session, self.rules(session.establishment))
        former = self._alias_of.get(session.id)
        kept = self.entries.get(former) if former is not None else None
        if kept is not None and kept.door.version > session.version:
            return
        if former is not None and (door is None or former != session.alias):
            del self.entries[former], self._alias_of[session.id]
            kept = None
        if door is not None:
            self._alias_of[session.id] = session.alias
            self.entries[session.alias] = Entry(door, more or (kept.more if kept is not None else NOTHING_MORE))

    def sessions(self) -> Collection[str]:
        """Whose doors are kept."""
        return self._alias_of.keys()

    async def run(self) -> None:
        """Read what doors need more, until cancelled."""
        while True:
            await self._woken.wait()
            self._woken.clear()
            wanted, self._to_read = list(self._to_read), {}
            try:
                for found in await self.store.read(lambda rx, wanted=wanted: [self.look(rx, each) for each in wanted]):  # type: ignore[misc]
                    if found is not None:
                        self.put(*found)
            except StoreError as bad:
                log.warning("door_unread", error=str(bad))
                self._to_read = dict.fromkeys(wanted) | self._to_read
                await asyncio.sleep(_AGAIN)
                self._woken.set()

    def look(self, rx: Rx, session_id: str) -> tuple[Session, More] | None:
        """A session with all that its door needs; None where there is none, or none that can be read."""
        try:
            session = rx.session(session_id)
        except Unreadable:
            return None
        return (session, self._read(rx, session)) if session is not None else None

    def _read(self, rx: Rx, session: Session) -> More:
        """One session whose secrets are damaged takes no other down: its door answers without them."""
        if session.phase in OVER:
            return NOTHING_MORE
        try:
            return self._more(rx, session)
        except Unreadable:
            log.error("door_unreadable", session=session.id)
            return NOTHING_MORE

    def _more(self, rx: Rx, session: Session) -> More:
        secrets = rx.secret_names(session.id)
        hidden = self._hidden(rx, session, secrets)
        pin_name, locked = secret_names.host_pin(session.generation), None
        # While it is being prepared the nodes themselves must answer for the alias: that is what is being proved then.
        ready = session.phase is Phase.READY or session.phase in LIVE
        if ready and self.rules(session.establishment).opening_locked_first and pin_name in secrets:
            pin = rx.secret(session.id, pin_name)
            locked = self.born_locked(session, pin.decode()) if pin is not None else None
        return More(hidden, locked) if hidden or locked else NOTHING_MORE

    def _hidden(self, rx: Rx, session: Session, secrets: frozenset[str]) -> tuple[Hidden, ...]:
        protected = [a for a in session.attendees.values() if secret_names.attendee_name(a.ref) in secrets]
        personal: Mapping[str, str] = rx.personal(session.id) if protected else {}
        found = []
        for attendee in protected:
            own = rx.secret(session.id, secret_names.attendee_name(attendee.ref))
            shown = personal.get(attendee.name_ref)
            if own is not None and shown and (words := words_of(own.decode())):
                found.append(Hidden(words, shown_as(shown)))
        return tuple(found)
