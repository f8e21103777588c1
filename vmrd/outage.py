"""While a database server is away: a daemon stays, says so, serves what it can, and goes on when it is back.

    shared task ──StoreError──► said once ──► a second later, again ──works──► said

Nothing has to be cleaned up in between. What was not committed did not happen; lights are dark by themselves, since
nothing that is read of a meeting can be kept; `/readyz` is 503, so a balancer sends nobody here. Starting the process
anew would bring none of that sooner. With an SQLite file it is otherwise: a file that fails is opened anew by a start,
so there a shared task ends the daemon.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

from vmrd import cancelled
from vmrd.store.base import StoreError

log = structlog.get_logger(__name__)

_AGAIN = 1.0


@dataclass(slots=True)
class Outage:
    """One per daemon, shared by its tasks: what all of them meet is said once. `survived`: whether to stay."""

    survived: bool
    _away: bool = False

    async def through(self, run: Callable[[], Awaitable[None]]) -> None:
        """Run a shared task to its end, begun again after whatever the store refused it.

        Raises everything else, and everything where outages are not survived.
        """
        if not self.survived:
            return await run()
        while True:
            lost: BaseExceptionGroup[StoreError] | None = None
            try:
                await run()
            except* StoreError as group:
                lost = group
            cancelled.heed()
            if lost is None:
                return None
            if not self._away:
                self._away = True
                log.error("store_away", error=str(_first(lost)))
            await asyncio.sleep(_AGAIN)

    def answered(self) -> None:
        """The store has answered."""
        if self._away:
            self._away = False
            log.warning("store_back")


def _first(group: BaseExceptionGroup[StoreError]) -> BaseException:
    found: BaseException = group
    while isinstance(found, BaseExceptionGroup):
        found = found.exceptions[0]
    return found
