"""A replica whose own clock is ten minutes wrong takes what booking systems sign and signs what they take."""

from __future__ import annotations

import base64
import time
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from multidict import CIMultiDict, CIMultiDictProxy

from vmrd import clock as clocks
from vmrd.clock import ServerClock, SystemClock, wall
from vmrd.config_senders import SenderConfig
from vmrd.health import _clock
from vmrd.sender import signed
from vmrd.web.senders import Senders

KEY = "whsec_" + base64.b64encode(b"a key that is long enough for it").decode()
WRONG = timedelta(minutes=10)


@pytest.fixture
def right(monkeypatch: pytest.MonkeyPatch) -> ServerClock:
    """The server's clock, which is right; this machine's is not."""
    clock, began = ServerClock(), time.monotonic()
    clock.looked(began, began, SystemClock().now())
    astray = SimpleNamespace(
        monotonic=time.monotonic, time_ns=lambda: time.time_ns() + int(WRONG.total_seconds()) * 1_000_000_000
    )
    monkeypatch.setattr(clocks, "time", astray)
    clock.apart = SystemClock().now() - clock.now()
    return clock


def who(clock: ServerClock | SystemClock, sent: datetime) -> str | None:
    senders = Senders([SenderConfig(system="desk", secrets=[KEY])], wall(clock))  # type: ignore[list-item]
    headers = CIMultiDictProxy(CIMultiDict(signed(KEY, "m1", b"{}", sent)))
    found = senders.who(b"{}", headers)
    return found.system if found is not None else None


def test_a_booking_that_was_signed_now_is_taken_by_the_time_that_replicas_share(right: ServerClock) -> None:
    now = datetime.now(UTC)
    assert who(right, now) == "desk"
    assert who(right, now - WRONG) is None
    assert who(right, now + WRONG) is None
    assert who(SystemClock(), now) is None  # alone there is no other time to go by


def test_a_machine_whose_own_clock_is_wrong_is_not_whole(right: ServerClock) -> None:
    (part,) = _clock(right)
    assert (part.up, part.vital, part.figures) == (False, False, {"apartSeconds": 600})
    right.apart = 900
    assert _clock(right)[0].up
    assert _clock(SystemClock()) == []


@pytest.mark.parametrize("stamp", ["", "-1", "1e9", "nan", "9" * 12, "9" * 400, "\u0661"])
def test_a_time_that_is_none_is_nobodys(stamp: str, right: ServerClock) -> None:
    senders = Senders([SenderConfig(system="desk", secrets=[KEY])], right)  # type: ignore[list-item]
    headers = {**signed(KEY, "m1", b"{}", datetime.now(UTC)), "webhook-timestamp": stamp}
    assert senders.who(b"{}", CIMultiDictProxy(CIMultiDict(headers))) is None
