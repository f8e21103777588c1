"""What every part of the world stands on: knobs, chance, the clocks, and the account of what happened."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import takewhile
from random import Random
from typing import Protocol, TypeVar

from pexip_mock.clockwork import Clockwork
from pexip_mock.knobs import Knobs
from pexip_mock.locations import Locations

ACCOUNT_LIMIT = 100_000


class What(StrEnum):
    """The kinds of things that happen in the world, as a verifier reads them."""

    VMR_CREATED = "vmr-created"
    VMR_CHANGED = "vmr-changed"
    VMR_DELETED = "vmr-deleted"
    CONFERENCE_BORN = "born"
    DIALLED = "dialled"
    DIALLED_OUT = "dialled-out"
    HELD = "held"
    ENTERED = "entered"
    LEFT = "left"
    RENAMED = "renamed"
    LOCKED = "locked"
    UNLOCKED = "unlocked"
    STARTED = "started"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happened: where, to whom, when on both clocks, and in `detail` why (a reason, a VMR's id)."""

    seq: int
    what: What
    business: float
    elapsed: float
    conference: str = ""
    name: str = ""
    participant: str = ""
    detail: str = ""


class Numbered(Protocol):
    """One line of an account."""

    @property
    def seq(self) -> int:
        """Its number; the next line has the next."""


Line = TypeVar("Line", bound=Numbered)
Kept = TypeVar("Kept")


def later_than(seq: int, account: deque[Line]) -> list[Line]:
    """The lines numbered above `seq`, in order; the others are not looked at, however many there are."""
    return list(takewhile(lambda line: line.seq > seq, reversed(account)))[::-1]


@dataclass(slots=True)
class Ground:
    """Shared by all parts of one world. All chance comes from `rng`, so one seed gives one history."""

    knobs: Knobs
    rng: Random
    clock: Clockwork
    locations: Locations
    account: deque[Happening] = field(default_factory=lambda: deque(maxlen=ACCOUNT_LIMIT))
    happened: int = 0

    def uuid(self) -> str:
        """A new random identifier in the form of a version 4 UUID."""
        digits = f"{self.rng.getrandbits(128):032x}"
        return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"

    def soon(self, delay: float, action: Callable[[], None]) -> None:
        """Do this after an elapsed delay; at once when there is none."""
        if delay > 0:
            self.clock.after_elapsed(delay, action)
        else:
            action()

    def keep(self, kept: deque[Kept], newest: Kept) -> None:
        """Remember one more of what is over, and only so many of the last as the knob says."""
        kept.append(newest)
        while len(kept) > self.knobs.ended_kept:
            kept.popleft()

    def record(
        self, what: What, *, conference: str = "", name: str = "", participant: str = "", detail: str = ""
    ) -> None:
        """Write one line of the account."""
        self.happened += 1
        clock = self.clock
        self.account.append(
            Happening(self.happened, what, clock.business, clock.elapsed, conference, name, participant, detail)
        )
