"""Clocks: ours against the platform's, and whether ours is kept right by anybody.

Meetings open and end, tokens and signatures count, by the clock of this machine.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from pathlib import Path

from vmrd.check.lines import Line, fail, not_checked, ok, warn

_SYNCHRONISED = Path("/run/systemd/timesync/synchronized")
_ERROR = 5
"""What the kernel's clock answers while nobody keeps it right."""
FEW, MANY = 2.0, 30.0
"""Seconds two clocks may differ by without notice, and at all."""


def kept_right() -> bool | None:
    """Whether something keeps this machine's clock right; None where it cannot be told."""
    if _SYNCHRONISED.exists():
        return True
    try:
        state = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(512))  # no modes: it only reads
    except (OSError, AttributeError):
        return None
    return None if state < 0 else state != _ERROR


def judge_clock(ahead: float | None, kept: bool | None) -> Iterator[Line]:
    """`ahead`: seconds the Management Node's clock is before ours, None where it told no time."""
    yield judge_difference("against Pexip", ahead)
    match kept:
        case True:
            yield ok("kept right", "this machine's clock is synchronised")
        case False:
            yield warn(
                "kept right",
                "nothing keeps this machine's clock right, so it will drift",
                "run chrony or systemd-timesyncd against the time servers Pexip uses",
            )
        case None:
            yield not_checked("kept right", "this machine does not say", "look whether NTP runs on its host")


def judge_difference(name: str, ahead: float | None) -> Line:
    """How far another clock is from ours. What it tells is cut to the second, so less than two is none."""
    if ahead is None:
        return not_checked(name, "it told no time")
    apart = abs(ahead)
    if apart < FEW:
        return ok(name, f"less than {FEW:.0f} s apart")
    found = f"this machine is {apart:,.0f} s {'behind' if ahead > 0 else 'ahead of'} it"
    if apart < MANY:
        return warn(name, found, "let both keep time by the same servers")
    return fail(name, found, "put the clock right: meetings would open and end at the wrong time")
