"""Asking again, for requests that change nothing. A request that acts is never repeated here: its caller looks first.

stamina's own hooks write the arguments of what is retried into the log, so they are switched off for the process.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

import stamina
import stamina.instrumentation

from vmrd.pexip.errors import Busy, Unreachable

T = TypeVar("T")

stamina.instrumentation.set_on_retry_hooks([])


async def persist(ask: Callable[[], Awaitable[T]]) -> T:
    """The answer of `ask`, asked up to three times while Pexip cannot be reached or is busy without saying how long.

    Raises what the last attempt raised.
    """
    async for attempt in stamina.retry_context(
        on=_passes, attempts=3, timeout=10.0, wait_initial=0.1, wait_max=1.0, wait_jitter=0.1
    ):
        with attempt:
            return await ask()
    raise AssertionError("stamina either returns or raises")


def _passes(error: Exception) -> bool:
    return isinstance(error, Unreachable) or (isinstance(error, Busy) and error.retry_after is None)
