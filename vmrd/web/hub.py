"""Live views: every watcher gets each session's newest view, and nobody waits for a slow one.

    engine commits ──► heard ──► changed ──┐
    every five minutes, other rules ──► again ──► a few read at a time ──► one view each ──► every client (`screens`)
    eyes move on   ──► looked at twice a second ────────────────────────────────┘

One task does all of it, so views go out in the order in which they were made. It keeps the loop for a millisecond at a
time (`turns`), and reads a few sessions at a time: what changes again before its turn has come is drawn once, as it
then is, so a burst costs less for each change the larger it is. Half of every few are meetings whose light burns, since
only theirs can have gone dark, and half are those that have waited longest; what is only drawn anew, because the hour
alone changes what is offered, comes a little at a time beside them.

A change is encoded once for all clients. Between changes the still part of each view lies packed, for who comes and for
the next read of its meeting.

The hub keeps the sessions of about a day around now, and every session that is not over. What it holds is derived from
the store: whatever fails here is logged, and made again from the store a moment later.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import chain, islice

import structlog

from vmrd.config import Config
from vmrd.engine import Applied
from vmrd.lifecycle.rules import HOUR
from vmrd.lifecycle.session import Session
from vmrd.lifecycle.words import LIVE, OVER, Instant, Phase
from vmrd.metrics import Metrics
from vmrd.store.base import Rx, SessionFilter, Store
from vmrd.web.keeping import Keeping
from vmrd.web.screens import Client, Screens, Write
from vmrd.web.sounds import Sounds
from vmrd.web.turns import Turns
from vmrd.web.view_moving import MOVING, joined
from vmrd.web.view_shapes import SessionView
from vmrd.web.viewer import Look, Viewer, look_at

log = structlog.get_logger(__name__)

_BEHIND = 18 * HOUR
_AHEAD = 36 * HOUR
_LONGEST = 30 * 24 * HOUR
_LOOK_EVERY = 0.5
_AGAIN_AFTER = 1.0
_RELOAD_EVERY = 300.0
_WHOLE_EVERY = 30.0
"""Seconds after which a meeting that is read again and again is drawn whole: some presses come with the hour alone."""
_TOGETHER = 32
"""Changed sessions read in one go. More would merge less, and let a light that went out wait for more of them."""
_BESIDE = 8
"""Sessions drawn anew with them, however much changes: whoever comes after a start waits until all have been."""
_NOT_OVER = tuple(phase for phase in Phase if phase not in OVER)


@dataclass(eq=False, slots=True)
class _Shown:
    """A session as last encoded. `packed`: what of the view only a commit changes, as made at `made` (loop time), in a
    quarter of its size; the rest is made whenever it is sent. `sight`: what else changes."""

    look: Look
    secure: bool
    packed: bytes
    made: float
    sight: tuple[object, ...]


@dataclass(slots=True)
class Hub:
    """`run` owns the work; `heard` is the engine's listener. `_changed` and `_again`: sessions whose turn to be drawn
    has not come, in the order in which they are to have it; the former with the number of the change, as `_in_hand`,
    which are being drawn. `_drew`: when they have been."""

    store: Store
    viewer: Viewer
    metrics: Metrics
    sounds: Sounds = field(init=False)
    keeping: Keeping = field(init=False)
    screens: Screens = field(init=False)
    _shown: dict[str, _Shown] = field(default_factory=dict)
    _changed: dict[str, int] = field(default_factory=dict)
    _in_hand: dict[str, int] = field(default_factory=dict)
    _changes: int = 0
    _again: dict[str, None] = field(default_factory=dict)
    _turns: Turns = field(default_factory=Turns)
    _woken: asyncio.Event = field(default_factory=asyncio.Event)
    _drew: asyncio.Event = field(default_factory=asyncio.Event)
    _loaded: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.keeping = Keeping(self.store)
        self.screens = Screens(self.metrics)
        self.sounds = Sounds(self.metrics, tuple(each.code for each in self.viewer.settings.config.establishments))

    def heard(self, applied: Applied) -> None:
        """A session of another day is nobody's screen yet: one booked months ahead is drawn when its day comes."""
        session = applied.session
        if session.id in self._shown or session.starts_at < around(self.viewer.engine.clock.now())[1]:
            self._changes += 1
            self._changed.setdefault(session.id, self._changes)
            self._woken.set()

    def follow(self, _config: Config) -> None:
        """What is on the screens was drawn by the former rules: all of it is drawn again."""
        self._again.update(dict.fromkeys(self._shown))
        self._woken.set()

    async def connect(self, establishments: tuple[str, ...], write: Write = lambda view: False) -> Client:
        """A client that is offered every view of these establishments (none given: of all), and then each change.

        The first views show all that had happened before it came, however much of it is still to be drawn.
        """
        await self._loaded.wait()
        so_far = self._changes
        while any(number <= so_far for number in chain(self._in_hand.values(), self._changed.values())):
            await self._drew.wait()
        client, turns = Client(establishments, write), Turns()
        made: dict[str, object] = {}
        while news := self._news(establishments, made):  # what has changed since it was made is made again
            for shown in news:
                session_id = shown.look.session.id
                made[session_id] = shown, shown.sight
                client.offer(session_id, self._now(shown))
                await turns.done()
        self.screens.join(client)
        return client

    def _news(self, establishments: tuple[str, ...], made: Mapping[str, object]) -> list[_Shown]:
        """Of these establishments, or of all, what is shown otherwise than it was made."""
        return [
            shown
            for session_id, shown in self._shown.items()
            if (not establishments or shown.look.session.establishment in establishments)
            and made.get(session_id) != (shown, shown.sight)
        ]

    def disconnect(self, client: Client) -> None:
        self.screens.leave(client)

    async def run(self) -> None:
        """Do the work until cancelled."""
        loop = asyncio.get_running_loop()
        reload_at = next_look = 0.0
        loading = False
        while True:
            try:
                if loop.time() >= reload_at:
                    await self._load()
                    reload_at, loading = loop.time() + _RELOAD_EVERY, True
                if loop.time() >= next_look:
                    await self._sights()
                    next_look = loop.time() + _LOOK_EVERY
                await self._draw(*self._next())
                if loading and not self._again:
                    loading = False
                    self._loaded.set()
                if not self._changed and not self._again:
                    await self._rest(next_look)
            except Exception as bad:
                log.error("hub_fault", error=type(bad).__name__)
                await asyncio.sleep(_AGAIN_AFTER)

    async def _rest(self, until: float) -> None:
        """Until something changes, but no longer."""
        with suppress(TimeoutError):
            async with asyncio.timeout_at(until):
                await self._woken.wait()
        self._woken.clear()

    async def _load(self) -> None:
        """All of today's are drawn again, and what is no longer among them is nobody's screen."""
        now = self.viewer.engine.clock.now()
        today = await self.store.read(lambda rx: _today(rx, now))
        for gone in self._shown.keys() - today.keys():
            del self._shown[gone]
        self._again |= today

    def _next(self) -> tuple[list[str], list[str]]:
        """Those whose turn it is to be drawn: changed, and again."""
        lit = islice((each for each in self._changed if self._is_lit(each)), _TOGETHER // 2)
        changed = list(islice(dict.fromkeys(chain(lit, self._changed)), _TOGETHER))
        self._in_hand = {each: self._changed.pop(each) for each in changed}
        for each in changed:
            self._again.pop(each, None)
        again = list(islice(self._again, max(_TOGETHER - len(changed), _BESIDE)))
        for each in again:
            del self._again[each]
        return changed, again

    def _is_lit(self, session_id: str) -> bool:
        shown = self._shown.get(session_id)
        return shown is not None and shown.secure

    async def _draw(self, changed: Sequence[str], again: Sequence[str]) -> None:
        """A view that has changed is kept for a while: whoever pressed is about to be answered with it."""
        if not changed and not again:
            return
        try:
            looks = await self.store.read(lambda rx: [look_at(rx, session_id) for session_id in (*changed, *again)])
        except Exception:
            self._changed = self._in_hand | {each: n for each, n in self._changed.items() if each not in self._in_hand}
            self._again = dict.fromkeys(again) | self._again
            raise
        self._turns.begin()
        try:
            for number, seen in enumerate(looks):
                if seen is not None:
                    await self._show(seen, self.viewer.view if number < len(changed) else self.viewer.fresh_view)
        finally:
            self._in_hand.clear()
            self._drew.set()
            self._drew = asyncio.Event()

    async def _sights(self) -> None:
        """Look again at what changed without a commit: eyes moved on, went dark, or a fault came or went."""
        self._turns.begin()
        now = asyncio.get_running_loop().time()
        for shown in list(self._shown.values()):
            sight = self._sight(shown.look.session)
            if sight[1:] != shown.sight[1:] or (sight != shown.sight and now - shown.made >= _WHOLE_EVERY):
                await self._show(shown.look, self.viewer.fresh_view)
            elif sight != shown.sight:
                await self._move(shown, sight)
            await self._turns.done()

    def _sight(self, session: Session) -> tuple[object, ...]:
        seen_at = self.viewer.eyes.seen_at(session.id) if session.phase in LIVE else None
        return seen_at, self.viewer.fresh(session), session.id in self.viewer.engine.faults

    async def _show(self, seen: Look, draw: Callable[[Look], SessionView]) -> None:
        """Encode once, offer to everybody. One session that cannot be drawn never takes the others down."""
        session = seen.session
        former = self._shown.get(session.id)
        if former is not None and former.look.session.version > session.version:
            return
        sight = self._sight(session)
        try:
            view = draw(seen)
            still = view.model_dump_json(exclude=MOVING).encode()  # type: ignore[arg-type]  # only ever looked into
            moved = view.model_dump_json(include=MOVING).encode()  # type: ignore[arg-type]
        except Exception as bad:
            log.error("view_fault", session=session.id, error=type(bad).__name__)
            if former is not None:
                former.sight = sight  # tried once per change; its old view goes dark by itself
            return
        made = asyncio.get_running_loop().time()
        self._shown[session.id] = _Shown(seen, view.secure, _packed(still), made, sight)
        await self._offer(session, joined(still, moved))

    async def _move(self, shown: _Shown, sight: tuple[object, ...]) -> None:
        """Nothing has happened, and our eyes have moved on."""
        shown.sight = sight
        await self._offer(shown.look.session, self._now(shown))

    def _now(self, shown: _Shown) -> bytes:
        """Its view as it stands now."""
        moved = self.viewer.moved(shown.look, secure=shown.secure).model_dump_json().encode()
        return joined(zlib.decompress(shown.packed), moved)

    async def _offer(self, session: Session, view: bytes) -> None:
        await self.screens.offer(session.establishment, session.id, view, self._turns)
        await self._turns.done()  # also where nobody looks: making a view takes a good part of a turn


def _packed(still: bytes) -> bytes:
    """A quarter of the size, in 15 us: quickly rather than well, and in 40 kB where zlib by itself would clear 260."""
    packer = zlib.compressobj(1, wbits=13, memLevel=5)
    return packer.compress(still) + packer.flush()


def around(now: Instant) -> tuple[Instant, Instant]:
    """The stretch in which a session's start makes it one of today's."""
    return now - _BEHIND, now + _AHEAD


def _today(rx: Rx, now: Instant) -> dict[str, None]:
    """The sessions of today and every one that is not over, in the order in which they start."""
    start, end = around(now)
    today = rx.sessions(SessionFilter(start=start, end=end))
    live = rx.sessions(SessionFilter(start=now - _LONGEST, end=end, phases=_NOT_OVER))
    return dict.fromkeys(session.id for session in (*today, *live))
