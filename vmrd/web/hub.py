"""Live views: every watcher gets each session's newest view, and nobody waits for a slow one.

    engine commits ──► heard ──► dirty ids ──► one read of the store ──► one encoding each ──► all clients' pending
    eyes move on   ──► looked at twice a second ─┘

A client that has taken all it was sent is written to in the same breath in which the view is made: a change on a
thousand screens costs little more than a thousand writes. For one that has not, what is kept is one encoded view per
session: newer replaces older, so a client that does not read costs one small map and is never waited for. A change is
encoded once for all clients. Between changes the still part of each view lies packed, for who comes and for the next
read of its meeting.

The hub keeps the sessions of about a day around now, and every session that is not over. What it holds is derived from
the store: whatever fails here is logged, and made again from the store a moment later.
"""

from __future__ import annotations

import asyncio
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field

import structlog

from vmrd.config import Config
from vmrd.engine import Applied
from vmrd.lifecycle.rules import HOUR
from vmrd.lifecycle.session import Session
from vmrd.lifecycle.words import LIVE, OVER, Instant, Phase
from vmrd.metrics import Metrics
from vmrd.store.base import Rx, SessionFilter, Store
from vmrd.web.keeping import Keeping
from vmrd.web.sounds import Sounds
from vmrd.web.view_moving import MOVING, joined
from vmrd.web.viewer import Look, Viewer, look, look_at

log = structlog.get_logger(__name__)

_BEHIND = 18 * HOUR
_AHEAD = 36 * HOUR
_LONGEST = 30 * 24 * HOUR
_LOOK_EVERY = 0.5
_AGAIN_AFTER = 1.0
_RELOAD_EVERY = 300.0
_WHOLE_EVERY = 30.0
"""Seconds after which a meeting that is read again and again is drawn whole: some presses come with the hour alone."""
_AT_A_TIME = 16
"""Views made in one go: a bound, with `session_view`'s 0.3 ms each, on how long nothing else is done."""
_ALL = ""
"""In the place of an establishment's code: clients that see all of them."""
_NOT_OVER = tuple(phase for phase in Phase if phase not in OVER)


Write = Callable[[bytes], bool]
"""Writes a view to a client at once if that takes no waiting; whether it did."""


@dataclass(eq=False, slots=True)
class Client:
    """One connected panel. `pending`: session -> newest view it has not been sent."""

    establishments: tuple[str, ...]
    write: Write = lambda view: False
    pending: dict[str, bytes] = field(default_factory=dict)
    _idle: bool = False
    _woken: asyncio.Event = field(default_factory=asyncio.Event)

    def offer(self, session_id: str, view: bytes) -> None:
        if self._idle and self.write(view):
            return
        self._idle = False  # what is written at once must not overtake what waits
        self.pending[session_id] = view
        self._woken.set()

    async def take(self) -> list[bytes]:
        """Wait until something waits, and take all of it. Whoever calls again has sent all that was taken."""
        self._idle = not self.pending
        await self._woken.wait()
        return self.taken()

    def taken(self) -> list[bytes]:
        """All that waits, which from now on waits no more."""
        self._woken.clear()
        views = list(self.pending.values())
        self.pending.clear()
        return views


@dataclass(slots=True)
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
    """`run` owns the work; `heard` is the engine's listener."""

    store: Store
    viewer: Viewer
    metrics: Metrics
    sounds: Sounds = field(init=False)
    keeping: Keeping = field(init=False)
    _clients: dict[str, set[Client]] = field(default_factory=lambda: defaultdict(set))
    _shown: dict[str, _Shown] = field(default_factory=dict)
    _dirty: set[str] = field(default_factory=set)
    _woken: asyncio.Event = field(default_factory=asyncio.Event)
    _loaded: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.keeping = Keeping(self.store)
        self.sounds = Sounds(self.metrics, tuple(each.code for each in self.viewer.settings.config.establishments))

    def heard(self, applied: Applied) -> None:
        """A session of another day is nobody's screen yet: one booked months ahead is drawn when its day comes."""
        session = applied.session
        if session.id in self._shown or session.starts_at < around(self.viewer.engine.clock.now())[1]:
            self._dirty.add(session.id)
            self._woken.set()

    def follow(self, _config: Config) -> None:
        """What is on the screens was drawn by the former rules: all of it is drawn again."""
        self._dirty.update(self._shown)
        self._woken.set()

    async def connect(self, establishments: tuple[str, ...], write: Write = lambda view: False) -> Client:
        """A client that is offered every view of these establishments (none given: of all), and then each change."""
        await self._loaded.wait()
        client = Client(establishments, write)
        for session_id, shown in self._shown.items():
            if not establishments or shown.look.session.establishment in establishments:
                client.offer(session_id, self._now(shown))
        for each in establishments or (_ALL,):
            self._clients[each].add(client)
        self._count()
        return client

    def disconnect(self, client: Client) -> None:
        for each in client.establishments or (_ALL,):
            self._clients[each].discard(client)
        self._count()

    def _count(self) -> None:
        self.metrics.panels(len(set().union(*self._clients.values())))

    async def run(self) -> None:
        """Do the work until cancelled."""
        loop = asyncio.get_running_loop()
        reload_at = next_look = 0.0
        while True:
            try:
                if loop.time() >= reload_at:
                    await self._load()
                    reload_at = loop.time() + _RELOAD_EVERY
                with suppress(TimeoutError):
                    async with asyncio.timeout_at(next_look):
                        await self._woken.wait()
                self._woken.clear()
                await self._changed()
                if loop.time() >= next_look:
                    self._sights()
                    next_look = loop.time() + _LOOK_EVERY
            except Exception as bad:
                log.error("hub_fault", error=type(bad).__name__)
                await asyncio.sleep(_AGAIN_AFTER)

    async def _load(self) -> None:
        now = self.viewer.engine.clock.now()
        looks = await self.store.read(lambda rx: list(_looks(rx, now)))
        for gone in self._shown.keys() - {seen.session.id for seen in looks}:
            del self._shown[gone]
        await self._draw(looks)
        self._loaded.set()

    async def _changed(self) -> None:
        if not self._dirty:
            return
        taken, self._dirty = self._dirty, set()
        try:
            looks = await self.store.read(lambda rx: [look_at(rx, session_id) for session_id in taken])
        except Exception:
            self._dirty |= taken
            raise
        await self._draw(seen for seen in looks if seen is not None)

    async def _draw(self, looks: Iterable[Look]) -> None:
        """Show them all. A thousand views take the loop half a second, so it is given back in between."""
        for number, seen in enumerate(looks, 1):
            self._show(seen)
            if number % _AT_A_TIME == 0:
                await asyncio.sleep(0)

    def _sights(self) -> None:
        """Look again at what changed without a commit: eyes moved on, went dark, or a fault came or went."""
        now = asyncio.get_running_loop().time()
        for shown in list(self._shown.values()):
            sight = self._sight(shown.look.session)
            if sight[1:] != shown.sight[1:] or (sight != shown.sight and now - shown.made >= _WHOLE_EVERY):
                self._show(shown.look)
            elif sight != shown.sight:
                self._move(shown, sight)

    def _sight(self, session: Session) -> tuple[object, ...]:
        seen_at = self.viewer.eyes.seen_at(session.id) if session.phase in LIVE else None
        return seen_at, self.viewer.fresh(session), session.id in self.viewer.engine.faults

    def _show(self, seen: Look) -> None:
        """Encode once, offer to everybody. One session that cannot be drawn never takes the others down."""
        session = seen.session
        former = self._shown.get(session.id)
        if former is not None and former.look.session.version > session.version:
            return
        sight = self._sight(session)
        try:
            view = self.viewer.fresh_view(seen)
            still = view.model_dump_json(exclude=MOVING).encode()  # type: ignore[arg-type]  # only ever looked into
            moved = view.model_dump_json(include=MOVING).encode()  # type: ignore[arg-type]
        except Exception as bad:
            log.error("view_fault", session=session.id, error=type(bad).__name__)
            if former is not None:
                former.sight = sight  # tried once per change; its old view goes dark by itself
            return
        self._offer(session, joined(still, moved))
        made = asyncio.get_running_loop().time()
        self._shown[session.id] = _Shown(seen, view.secure, _packed(still), made, sight)

    def _move(self, shown: _Shown, sight: tuple[object, ...]) -> None:
        """Nothing has happened, and our eyes have moved on."""
        shown.sight = sight
        self._offer(shown.look.session, self._now(shown))

    def _now(self, shown: _Shown) -> bytes:
        """Its view as it stands now."""
        moved = self.viewer.moved(shown.look, secure=shown.secure).model_dump_json().encode()
        return joined(zlib.decompress(shown.packed), moved)

    def _offer(self, session: Session, view: bytes) -> None:
        for establishment in (session.establishment, _ALL):
            for client in self._clients.get(establishment, ()):
                client.offer(session.id, view)


def _packed(still: bytes) -> bytes:
    """A quarter of the size, in 15 us: quickly rather than well, and in 40 kB where zlib by itself would clear 260."""
    packer = zlib.compressobj(1, wbits=13, memLevel=5)
    return packer.compress(still) + packer.flush()


def around(now: Instant) -> tuple[Instant, Instant]:
    """The stretch in which a session's start makes it one of today's."""
    return now - _BEHIND, now + _AHEAD


def _looks(rx: Rx, now: Instant) -> Iterable[Look]:
    start, end = around(now)
    today = rx.sessions(SessionFilter(start=start, end=end))
    live = rx.sessions(SessionFilter(start=now - _LONGEST, end=end, phases=_NOT_OVER))
    found = {session.id: session for session in (*today, *live)}
    return (look(rx, session) for session in found.values())
