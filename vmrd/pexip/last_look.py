"""The last look before a request leaves: may the command it belongs to still go out?

    dispatcher ──► carry ──► slot, budget, connection ──► last look ──► socket

Between the hand-out of a command and its first byte lie waits: for a slot, for the budget, for a connection, or for a
machine that hangs. Whoever carries a command out says here what must still hold, and it is asked when the connection
is in hand and nothing is left but writing. It holds for each request made on the command's behalf, whichever API it
falls back to, so it goes along with the task and not through every method of two APIs.

What remains is the time from here to the kernel: no `await` lies in it (`benchmarks.window`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from vmrd.pexip.errors import PexipError

Look = Callable[[], None]
"""Raises `Withheld` where the command must not go out any more."""


class Withheld(PexipError):
    """Nothing was sent: the command is too old (`expired`), or is no longer ours to carry out."""

    def __init__(self, *, expired: bool) -> None:
        super().__init__("pexip: not sent, it came too late")
        self.expired = expired


def _nothing() -> None:
    """What is no command may always go."""


_look: ContextVar[Look] = ContextVar("vmrd-last-look", default=_nothing)


@contextmanager
def looking(look: Look) -> Iterator[None]:
    """Each request of this task is looked at so while the context lasts."""
    former = _look.set(look)
    try:
        yield
    finally:
        _look.reset(former)


def last_look() -> None:
    """Raises `Withheld`. To be called right before the first byte is written."""
    _look.get()()
