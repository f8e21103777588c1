"""What is kept of a callback or email, from its first try on. What it said is not: a body is made anew for each try.

| state    | means                                         | left by                             |
|----------|-----------------------------------------------|-------------------------------------|
| waiting  | tried, not taken; its command is kept         | taken, or dead after a day of tries |
| taken    | the receiver, or the mail server, took it     | replayed                            |
| dead     | given up: its command has left the outbox     | replayed                            |
| outdated | what an email said is not so any more: unsent | –                                   |

It is written in the transaction that ends or postpones its command, so neither can be without the other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from vmrd.lifecycle.commands import Tell, Write
from vmrd.lifecycle.words import Instant, Letter


class DeliveryState(StrEnum):
    WAITING = "waiting"
    TAKEN = "taken"
    DEAD = "dead"
    OUTDATED = "outdated"


@dataclass(frozen=True, slots=True)
class Delivery:
    """`id` is the same for every try and replay; `target` the booking system's name, or `email`.

    `answer`: the class of the last answer (`2xx`, `5xx`), `none`, or `forbidden`. `next_at`: the next try, if any, and
    in what comes of a try when the receiver wants it at the earliest.
    """

    id: str
    session_id: str
    seq: int
    event: str
    target: str
    state: DeliveryState
    attempts: int
    answer: str
    occurred_at: Instant
    tried_at: Instant
    next_at: Instant | None

    def command(self) -> Tell | Write:
        """What was carried out, to be done again."""
        if self.event in set(Letter):
            return Write(Letter(self.event), self.seq)
        return Tell(self.event, self.seq)


@dataclass(frozen=True, slots=True)
class Share:
    """How many callbacks may be under way to one booking system at once, and how many are to each by now."""

    most: int
    busy: Mapping[str, int]

    def left(self, target: str) -> int:
        return max(0, self.most - self.busy.get(target, 0))
