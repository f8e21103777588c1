"""When a receiver that is busy wants to be asked again."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vmrd.retry_after import AT_MOST, milliseconds

NOW = datetime(2026, 11, 5, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("told", "wait"),
    [
        ("120", 120_000),
        (" 0 ", 0),
        ("86400", AT_MOST),
        ("9" * 40, AT_MOST),
        ("Thu, 05 Nov 2026 10:02:00 GMT", 120_000),
        ("Thursday, 05-Nov-26 10:02:00 GMT", 120_000),
        ("Thu Nov  5 10:02:00 2026", 120_000),
        ("Thu, 05 Nov 2026 09:00:00 GMT", 0),
        ("Fri, 06 Nov 2026 10:00:00 GMT", AT_MOST),
        (None, 0),
        ("", 0),
        ("-5", 0),
        ("1.5", 0),
        ("soon", 0),
        ("٣", 0),
    ],
)
def test_seconds_and_dates_are_understood_and_nothing_waits_longer_than_an_hour(told: str | None, wait: int) -> None:
    assert milliseconds(told, NOW) == wait


@given(st.text(st.sampled_from("0123456789 :,-+GMTNov/\x00x"), max_size=40))
def test_whatever_a_receiver_writes_is_a_wait_within_bounds(told: str) -> None:
    assert 0 <= milliseconds(told, NOW) <= AT_MOST
