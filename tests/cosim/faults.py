"""What goes wrong in one history, all of it drawn from its seed."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from pexip_mock.knobs import Knobs
from vmrd.lifecycle.rules import MINUTE, SECOND, Rules

OPENS_AT = 120.0
"""When the meeting is booked to begin, in seconds of the history."""
LASTS = 240.0
HEALED_AT = OPENS_AT + LASTS + 60.0
"""From then on nothing fails any more, so that every history can come to its end."""

NODES = ("10.0.0.1", "10.0.0.2")


@dataclass(slots=True)
class Faults:
    """How one history is disturbed. Rates are probabilities, lags are seconds."""

    rng: Random
    lost: float = 0.0
    unanswered: float = 0.0
    refused: float = 0.0
    doubled: float = 0.0
    stale: float = 0.0
    command_lag: float = 0.1
    stream_lag: float = 0.05
    read_lag: float = 0.1
    blind: list[tuple[float, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        rng = self.rng
        if rng.random() < 0.6:
            self.lost, self.unanswered = rng.choice((0.0, 0.05, 0.15)), rng.choice((0.0, 0.05, 0.15))
            self.refused, self.doubled = rng.choice((0.0, 0.0, 0.05)), rng.choice((0.0, 0.1))
            self.stale = rng.choice((0.0, 0.1, 0.3))
        self.command_lag = rng.choice((0.02, 0.2, 1.0))
        self.stream_lag = rng.choice((0.01, 0.1, 1.5))
        self.read_lag = rng.choice((0.02, 0.3, 1.5))
        for _ in range(rng.choice((0, 0, 0, 1, 1, 2))):
            begin = rng.uniform(60.0, OPENS_AT + LASTS)
            self.blind.append((begin, begin + rng.choice((2.0, 6.0, 15.0, 40.0))))

    def lag(self, most: float) -> float:
        """A delay between a fifth of this and all of it."""
        return most * (0.2 + 0.8 * self.rng.random())

    def hits(self, rate: float, now: float) -> bool:
        """Whether this fault happens now."""
        return rate > 0.0 and now < HEALED_AT and self.rng.random() < rate

    def cut_off(self, now: float) -> bool:
        """Whether nothing of Pexip can be reached now."""
        return any(begin <= now < end for begin, end in self.blind)

    def calm_since(self, now: float) -> float:
        """Since when everything could be reached; `now` while it cannot."""
        if self.cut_off(now):
            return now
        return max((end for _, end in self.blind if end <= now), default=0.0)


def knobs(rng: Random) -> Knobs:
    """A platform: the answers nobody has seen real Pexip give are tried both ways."""
    return Knobs(
        nodes=NODES,
        replication_delay_s=rng.choice((20.0, 60.0)),
        event_delay_s=rng.choice((0.0, 0.05)),
        node_lag_s=rng.choice((0.0, 0.4)),
        status_lag_s=rng.choice((0.2, 1.0, 3.0)),
        history_lag_s=0.0,
        admission_delay_max_s=rng.choice((0.0, 0.5)),
        media_delay_s=rng.choice((0.1, 0.5, 3.0)),
        dial_answer_s=rng.choice((1.0, 4.0)),
        fresh_host_token_delay_s=rng.choice((0.0, 1.5)),
        lock_before_start_holds=rng.random() < 0.7,
        control_host_keeps_alive=rng.random() < 0.3,
        admit_needs_start=rng.random() < 0.3,
        waiting_role_unknown=rng.random() < 0.3,
        content_events=False,
    )


def rules(rng: Random) -> Rules:
    """An establishment, with the waits of a whole day made short."""
    return Rules(
        probe_after=15 * SECOND,
        end_grace=30 * SECOND,
        replication=75 * SECOND,
        watch_after_delete=10 * SECOND,
        close_unconfirmed_after=10 * MINUTE,
        opening_locked_first=rng.random() < 0.25,
        ends_by_clock=Rules().ends_by_clock,
    )
