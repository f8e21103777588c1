"""What is kept of a callback, from its first try on. What it said is not: a body is made anew for each try.

| state   | means                                     | left by                             |
|---------|-------------------------------------------|-------------------------------------|
| waiting | tried, not taken; its command is kept     | taken, or dead after a day of tries |
| taken   | the receiver answered 2xx                 | replayed                            |
| dead    | given up: its command has left the outbox | replayed                            |

It is written in the transaction that ends or postpones its command, so neither can be without the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from vmrd.lifecycle.words import Instant


class DeliveryState(StrEnum):
    WAITING = "waiting"
    TAKEN = "taken"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class Delivery:
    """`id` is the same for every try and replay; `target` the booking system's name.

    `answer`: the class of the last answer (`2xx`, `5xx`), `none`, or `forbidden`. `next_at`: the next try, if any.
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
