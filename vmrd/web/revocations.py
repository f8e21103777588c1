"""What may have ended a sign-in, told to whoever holds a connection open; and the emergency sign-ins there are.

Every call looks its caller up anew, so a page or press of somebody who was put out fails by itself. A live socket does
not ask again, and must be told. The store counts every change that may end a sign-in, wherever it was made: `vmrd
officer revoke` is another process. One number is read every second, however many sockets there are; only when it has
moved do they all look again. What this process changes itself is looked at in the same moment (`look`).
"""

from __future__ import annotations

import asyncio

import structlog

from vmrd.metrics import Metrics
from vmrd.store.account import SignIn, Voucher
from vmrd.store.base import Rx, Store
from vmrd.web import caller as callers

log = structlog.get_logger(__name__)

LOOK_EVERY = 1.0


class Revocations:
    """`run` owns the looking. `emergencies`: sign-ins by the sealed account that are good as of the last look."""

    def __init__(self, store: Store, metrics: Metrics) -> None:
        self.emergencies: tuple[SignIn, ...] = ()
        self._store = store
        self._metrics = metrics
        self._changes = -1
        self._next = asyncio.Event()

    @property
    def next(self) -> asyncio.Event:
        """Set at the next change. Take it first and look afterwards, or a change in between is missed."""
        return self._next

    async def run(self) -> None:
        """Do the work until cancelled. What goes on failing is said once."""
        said = False
        while True:
            try:
                await self.look()
                said = False
            except Exception as bad:
                if not said:
                    log.error("revocations_fault", error=type(bad).__name__)
                said = True
            await asyncio.sleep(LOOK_EVERY)

    async def look(self) -> None:
        """Tell everybody who waits if anything has changed. Raises `StoreError`."""

        def query(rx: Rx) -> tuple[int, list[SignIn]]:
            return rx.revocations(), rx.sign_ins(Voucher.SEALED)

        changes, sealed = await self._store.read(query)
        self.emergencies = tuple(each for each in sealed if callers.stands(each))
        self._metrics.emergencies(len(self.emergencies))
        if changes != self._changes:
            self._changes = changes
            told, self._next = self._next, asyncio.Event()
            told.set()
