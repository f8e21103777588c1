"""How long a receiver asks us to wait: the `Retry-After` header, in seconds or as a date (RFC 9110)."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

AT_MOST = 60 * 60 * 1_000
"""Milliseconds we wait at most, however much longer a receiver would like: what is told should not be a day old."""


def milliseconds(told: str | None, now: datetime) -> int:
    """From `now`; 0 where the receiver says nothing, nothing we understand, or a time that has passed."""
    told = (told or "").strip()
    if told.isdecimal() and told.isascii():
        return min(int(told[:9]) * 1_000, AT_MOST)
    try:
        until = parsedate_to_datetime(told)
    except (ValueError, OverflowError):
        return 0
    until = until if until.tzinfo is not None else until.replace(tzinfo=UTC)
    return min(max(0, int((until - now).total_seconds() * 1_000)), AT_MOST)
