"""A poke for speed, a poll for truth: a lost poke costs latency, never correctness."""

from __future__ import annotations

import asyncio


class Poke:
    """Wakes one waiting loop. Pokes while nobody waits are remembered as one."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def __call__(self) -> None:
        self._event.set()

    async def wait(self, at_most: float) -> bool:
        """Wait for a poke, but no longer than `at_most` seconds; says whether one came."""
        try:
            async with asyncio.timeout(at_most):
                await self._event.wait()
        except TimeoutError:
            return False
        finally:
            self._event.clear()
        return True
