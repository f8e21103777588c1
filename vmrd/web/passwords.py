"""Passwords of local accounts: slow to check by design, so checked in a few threads and not too often.

An unknown name takes as long as a wrong password, so that names cannot be found by timing. After five failures within
five minutes a name is refused for the rest of them; the failures are counted in memory, for the names tried last.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from functools import cached_property

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_AT_ONCE = 2
_FAILURES = 5
_WITHIN = 300.0
_NAMES = 1_000


class Passwords:
    """One per daemon."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._hasher = PasswordHasher()
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._failed: OrderedDict[str, deque[float]] = OrderedDict()

    async def hashed(self, password: str) -> str:
        """What to keep of a password."""
        return await asyncio.to_thread(self._hasher.hash, password)

    async def fits(self, name: str, password: str, kept: str | None) -> bool:
        """Whether the password is the one `kept` was made of."""
        async with self._slots:
            fits = await asyncio.to_thread(self._verify, password, kept)
        if fits:
            self._failed.pop(name, None)
        else:
            self._remember(name)
        return fits

    def refused(self, name: str) -> bool:
        """Whether this name failed too often lately."""
        failures = self._failed.get(name, deque())
        return sum(at > self._monotonic() - _WITHIN for at in failures) >= _FAILURES

    @cached_property
    def _nobody(self) -> str:
        return self._hasher.hash("nobody has this password")

    def _verify(self, password: str, kept: str | None) -> bool:
        try:
            return self._hasher.verify(kept or self._nobody, password) and kept is not None
        except (VerificationError, InvalidHashError):
            return False

    def _remember(self, name: str) -> None:
        self._failed.setdefault(name, deque(maxlen=_FAILURES)).append(self._monotonic())
        self._failed.move_to_end(name)
        while len(self._failed) > _NAMES:
            self._failed.popitem(last=False)
