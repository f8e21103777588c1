"""Who hears of other replicas."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class Ear(Protocol):
    """Called in the event loop; never where there can be no other replica."""

    def heard(self, sessions: Sequence[str], /) -> None:
        """Another replica changed these sessions; with none named, any may have been."""

    def said(self, line: str, /) -> None:
        """Another replica `say`s this."""

    def current(self, moment: float, /) -> None:
        """Whatever was committed before this moment of monotonic time has been heard of."""
