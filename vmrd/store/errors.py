"""What a store may refuse with."""

from __future__ import annotations


class StoreError(Exception):
    """The database refused, is full, or is not ours to open. The text never holds row contents."""


class Busy(StoreError):
    """Another replica is writing there. The store runs the step again; only one that waited too long hears of it."""


class Away(StoreError):
    """There is no server, or it only reads: nothing is wrong with us, and it may be back in a moment."""


class KeepsNothing(StoreError):
    """The database answers and can be read, but keeps nothing any more: its disk is full, or it only reads."""


class Unsure(StoreError):
    """The connection was lost in the commit: all of it may be kept, or nothing. It is safe to repeat."""


class Fenced(StoreError):
    """What this was done under is in another's hands by now, and nothing of it was kept."""


class Unreadable(StoreError):
    """One stored record is damaged or of another release. Its own session is concerned and no other."""


class ClaimTaken(StoreError):
    """The room or the prisoner is already claimed for an overlapping time by another session."""

    def __init__(self, kind: str, holder: str) -> None:
        super().__init__(f"the {kind} is already booked for an overlapping time")
        self.kind = kind
        self.holder = holder
