"""The panels that are connected, and how a view gets to all of them: in turns, in order, and past those that are slow.

A client that has taken all it was sent is written to in the same breath in which the view is offered: a change on a
thousand screens costs little more than a thousand writes. For one that has not, what is kept is one encoded view per
session: newer replaces older, so a client that does not read costs one small map and is never waited for.

A thousand writes are done in turns (`turns`), and that nobody sees something older after something newer rests on this:

| what could overtake                   | why it does not                                                              |
|---------------------------------------|------------------------------------------------------------------------------|
| the next view of the same session     | one task offers them all, each to everybody before the next is made (`hub`)  |
| a view on its way to all others, of   | they are offered to from the moment at which they have the newest of each    |
| who connects meanwhile                |                                                                              |
| a view written past those that wait   | none is written at once to a client for which something waits                |
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

from vmrd.metrics import Metrics
from vmrd.web.turns import Turns

_ALL = ""
"""In the place of an establishment's code: clients that see all of them."""

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
class Screens:
    """Every connected client, by what it sees."""

    metrics: Metrics
    everyone: set[Client] = field(default_factory=set)
    _by_code: dict[str, set[Client]] = field(default_factory=lambda: defaultdict(set))

    def join(self, client: Client) -> None:
        self.everyone.add(client)
        for each in client.establishments or (_ALL,):
            self._by_code[each].add(client)
        self.metrics.panels(len(self.everyone))

    def leave(self, client: Client) -> None:
        self.everyone.discard(client)
        for each in client.establishments or (_ALL,):
            self._by_code[each].discard(client)
        self.metrics.panels(len(self.everyone))

    async def offer(self, establishment: str, session_id: str, view: bytes, turns: Turns) -> None:
        """To everybody who is there now and may see it. The same bytes for all."""
        for client in [*self._by_code.get(establishment, ()), *self._by_code.get(_ALL, ())]:
            client.offer(session_id, view)
            await turns.done()
