"""Asking a booking system: tokens kept and renewed, and nothing of what it says in an error."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
import pytest_asyncio

from tests.adapters.estate import BVLS_PATH
from tests.adapters.upstreams import (
    BVLS,
    CLIENT,
    CLIENT_SECRET,
    Answer,
    FakeSystem,
    fake_system,
    hang_up,
    said,
    status,
)
from vmrd.adapters.upstream import Access, NotAnswered, NotThere, Upstream

pytestmark = pytest.mark.asyncio


@dataclass
class Asked:
    """A booking system, what asks it, and the seconds that have passed."""

    system: FakeSystem
    upstream: Upstream
    passed: list[float] = field(default_factory=lambda: [0.0])


@pytest_asyncio.fixture
async def asked() -> AsyncIterator[Asked]:
    async with fake_system() as system:
        system.held[BVLS_PATH] = BVLS
        access = Access(f"{system.url}/", f"{system.url}/auth/oauth/token", CLIENT, CLIENT_SECRET)
        passed = [0.0]
        async with Upstream(access, pause=0.0, now=lambda: passed[0]) as upstream:
            yield Asked(system, upstream, passed)


async def test_one_token_serves_many_reads_and_is_renewed_before_it_expires(asked: Asked) -> None:
    for passed, tokens in ((0.0, 1), (3_569.0, 1), (3_571.0, 2), (3_571.0 + 3_571.0, 3)):
        asked.passed[0] = passed
        await asked.upstream.read(BVLS_PATH)
        assert asked.system.tokens == tokens


async def test_a_short_token_is_used_for_half_its_life_and_one_without_a_life_once(asked: Asked) -> None:
    asked.system.expires_in = 20
    for passed, tokens in ((0.0, 1), (9.0, 1), (11.0, 2)):
        asked.passed[0] = passed
        await asked.upstream.read(BVLS_PATH)
        assert asked.system.tokens == tokens
    asked.system.expires_in, asked.passed[0] = 0, 100.0
    for tokens in (3, 4):
        await asked.upstream.read(BVLS_PATH)
        assert asked.system.tokens == tokens


async def test_many_reads_at_once_sign_in_once(asked: Asked) -> None:
    await asyncio.gather(*(asked.upstream.read(BVLS_PATH) for _ in range(16)))
    assert (asked.system.tokens, asked.system.reads) == (1, 16)


async def test_reads_that_find_their_token_forgotten_sign_in_once_more(asked: Asked) -> None:
    await asked.upstream.read(BVLS_PATH)
    asked.system.faults = [status(401)] * 8
    await asyncio.gather(*(asked.upstream.read(BVLS_PATH) for _ in range(8)))
    assert asked.system.tokens == 2


def everything_said(error: BaseException) -> str:
    """The error with all it drags along, shown or not."""
    told = "".join(traceback.format_exception(error)) + repr(error) + str(vars(error))
    return told + "".join(everything_said(other) for other in (error.__cause__, error.__context__) if other)


@pytest.mark.parametrize(
    ("faults", "sign_in_faults", "code"),
    [
        ([status(403)], [], "not_allowed"),
        ([status(400)], [], "unexpected_status"),
        ([status(500)] * 3, [], "failed"),
        ([hang_up] * 9, [], "unreachable"),
        ([], [status(400)], "sign_in_refused"),
        ([], [said('{"access_token": "Canary token"}')], "sign_in_unreadable"),
        ([], [said("Canary")], "sign_in_unreadable"),
    ],
)
async def test_an_error_says_why_and_nothing_of_the_answer_the_secret_or_the_token(
    asked: Asked, faults: list[Answer], sign_in_faults: list[Answer], code: str
) -> None:
    asked.system.faults, asked.system.sign_in_faults = list(faults), list(sign_in_faults)
    with pytest.raises(NotAnswered) as failed:
        await asked.upstream.read(BVLS_PATH)
    assert failed.value.code == code
    told = everything_said(failed.value) + repr(asked.upstream) + repr(Access("b", "t", CLIENT, CLIENT_SECRET))
    assert [canary for canary in ("Canary", "canary", CLIENT_SECRET) if canary in told] == []


async def test_a_booking_that_is_gone_is_not_there(asked: Asked) -> None:
    for gone in (404, 410):
        asked.system.faults = [status(gone)]
        with pytest.raises(NotThere):
            await asked.upstream.read(BVLS_PATH)
