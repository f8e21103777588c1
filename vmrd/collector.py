"""Python's collector of cycles, in a daemon that must not stop for it.

A full collection looks at everything that is held, and all waits meanwhile: 65 to 145 ms, once with every quarter by
which a thousand new bookings make the process grow. It finds next to nothing, because what a daemon lets go of is free
at once by its counts: after a storm of 10,000 requests, a hundred objects of a hundred thousand. So what is loaded is
left out of it for good, and a full one comes a hundred times more rarely. Young cycles are collected as ever.
"""

from __future__ import annotations

import gc

_YOUNG, _MIDDLE, _ = gc.get_threshold()
_RARELY = 1_000
"""Of the middle collections every how manyth is a full one: one a minute in a storm, a few in an ordinary day."""


def begin() -> None:
    """The process is loaded: keep all of it, and collect from here on."""
    keep()
    gc.set_threshold(_YOUNG, _MIDDLE, _RARELY)
    gc.enable()


def keep() -> None:
    """What is held now is never looked at again; it is still freed as soon as nothing refers to it."""
    gc.freeze()
