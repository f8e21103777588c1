"""Failed tries to sign in: who must wait, for how long, and who never has to."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp.test_utils import make_mocked_request
from multidict import CIMultiDict

from tests.web.house import PASSWORD, House, house
from vmrd.config import ConfigError
from vmrd.config_signin import SignInConfig
from vmrd.web import lockout
from vmrd.web.lockout import PER_ADDRESS, PER_NAME, WITHIN, Lockout, address_of, minutes

pytestmark = pytest.mark.asyncio


@pytest_asyncio.fixture
async def home(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path, sign_in={"trusted_proxies": ["127.0.0.1/32", "10.0.0.0/8"]}) as built:
        yield built


async def tried(home: House, password: str, at: str, name: str = "k.shah") -> int:
    answer = await home.client.post(
        "/sign-in", json={"name": name, "password": password}, headers={"X-Forwarded-For": at}
    )
    return answer.status


async def test_a_colleague_cannot_be_kept_out_from_another_desk(home: House) -> None:
    found = [await tried(home, "wrong", "192.0.2.7") for _ in range(PER_NAME + 1)]
    assert found == [401] * PER_NAME + [429]
    assert await tried(home, PASSWORD, "192.0.2.7") == 429
    assert await tried(home, PASSWORD, "192.0.2.8") == 200


async def test_nobody_who_is_signed_in_is_put_out_by_failed_tries(home: House) -> None:
    assert await tried(home, PASSWORD, "192.0.2.7") == 200
    for _ in range(PER_NAME + 1):
        await tried(home, "wrong", "192.0.2.7")
    assert (await home.client.get("/v1/me")).status == 200


async def test_one_desk_cannot_try_name_after_name(home: House) -> None:
    found = [await tried(home, "wrong", "192.0.2.9", f"name {n}") for n in range(PER_ADDRESS + 1)]
    assert found == [401] * PER_ADDRESS + [429]
    assert await tried(home, PASSWORD, "192.0.2.9") == 429
    assert await tried(home, PASSWORD, "192.0.2.8") == 200


async def test_the_sentence_says_how_long_and_waiting_helps(home: House, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [1_000.0]
    monkeypatch.setattr(home.deps.reception.lockout, "_monotonic", lambda: clock[0])
    for _ in range(PER_NAME):
        await tried(home, "wrong", "192.0.2.7")
    clock[0] += 130
    answer = await home.client.post(
        "/sign-in", json={"name": "k.shah", "password": PASSWORD}, headers={"X-Forwarded-For": "192.0.2.7"}
    )
    assert (await answer.json())["detail"] == "Too many failed attempts. Wait 3 minutes."
    clock[0] += WITHIN - 130
    assert await tried(home, PASSWORD, "192.0.2.7") == 200


async def test_metrics_count_tries_without_a_name_or_an_address(home: House) -> None:
    await tried(home, "wrong", "192.0.2.7")
    await tried(home, PASSWORD, "192.0.2.7")
    text = await (await home.ops.get("/metrics")).text()
    assert 'vmrd_sign_ins_total{by="account",outcome="wrong"} 1.0' in text
    assert 'vmrd_sign_ins_total{by="account",outcome="ok"} 1.0' in text
    assert "k.shah" not in text
    assert "192.0.2" not in text


async def test_tries_begun_at_once_do_not_all_pass() -> None:
    counts = Lockout(lambda: 0.0)
    assert [counts.attempt("a", "192.0.2.7") == 0 for _ in range(PER_NAME + 2)] == [True] * PER_NAME + [False] * 2


async def test_a_success_forgets_the_name_but_not_the_addresses_other_failures() -> None:
    counts = Lockout(lambda: 0.0)
    for n in range(PER_ADDRESS - 1):
        assert counts.attempt(f"name {n}", "192.0.2.7") == 0
    for _ in range(3):
        assert counts.attempt("good", "192.0.2.7") == 0
        counts.succeeded("good", "192.0.2.7")
    assert counts.attempt("one more", "192.0.2.7") == 0
    assert counts.attempt("good", "192.0.2.7") == WITHIN


async def test_what_is_counted_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lockout, "_KEPT", 50)
    counts = Lockout(lambda: 0.0)
    for n in range(500):
        counts.attempt(f"name {n}", f"192.0.2.{n % 250}")
    assert len(counts._names) == len(counts._addresses) == 50


@pytest.mark.parametrize(("seconds", "says"), [(0.1, 1), (60.0, 1), (61.0, 2), (300.0, 5)])
async def test_minutes_to_wait_are_never_too_few(seconds: float, says: int) -> None:
    assert minutes(seconds) == says


def asked(remote: str, *forwarded: str) -> Any:
    class Transport:
        def get_extra_info(self, name: str, default: object = None) -> object:
            return (remote, 1) if name == "peername" else default

        def is_closing(self) -> bool:
            return False

    headers = [("X-Forwarded-For", each) for each in forwarded]
    return make_mocked_request("POST", "/sign-in", headers=CIMultiDict(headers), transport=Transport())


PROXIES = SignInConfig.model_validate({"trusted_proxies": ["127.0.0.1/32", "10.0.0.0/8"]}).trusted_proxies


@pytest.mark.parametrize(
    ("remote", "forwarded", "proxies", "is_of"),
    [
        ("192.0.2.7", (), (), "192.0.2.7"),
        ("192.0.2.7", ("198.51.100.1",), (), "192.0.2.7"),
        ("192.0.2.7", ("198.51.100.1",), PROXIES, "192.0.2.7"),
        ("127.0.0.1", ("198.51.100.1",), PROXIES, "198.51.100.1"),
        ("127.0.0.1", ("203.0.113.9, 198.51.100.1, 10.1.1.1",), PROXIES, "198.51.100.1"),
        ("127.0.0.1", ("203.0.113.9", "198.51.100.1"), PROXIES, "198.51.100.1"),
        ("127.0.0.1", ("nonsense",), PROXIES, "127.0.0.1"),
        ("127.0.0.1", (), (), None),
        ("::ffff:192.0.2.7", (), (), "192.0.2.7"),
        ("2001:db8:0:1:2:3:4:5", (), (), "2001:db8:0:1::/64"),
    ],
    ids=[
        "the connection's own",
        "a header of a stranger",
        "a header of somebody who is no proxy",
        "what the proxy says",
        "through two proxies, with a lie before",
        "in two headers",
        "not readable",
        "a proxy here that is not configured",
        "IPv4 in IPv6",
        "a network of IPv6",
    ],
)
async def test_an_address_is_the_last_one_a_trusted_proxy_wrote(
    remote: str, forwarded: tuple[str, ...], proxies: Any, is_of: str | None
) -> None:
    assert address_of(asked(remote, *forwarded), proxies) == is_of


async def test_behind_a_proxy_that_is_not_configured_nobody_is_kept_out_by_the_world_s_one_address(
    tmp_path: Path,
) -> None:
    async with house(tmp_path) as home:
        for n in range(PER_ADDRESS + 1):
            assert await tried(home, "wrong", "192.0.2.9", f"name {n}") == 401
        assert await tried(home, PASSWORD, "192.0.2.9") == 200


async def test_a_proxy_that_is_no_address_is_refused_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="trusted_proxies"):
        async with house(tmp_path, sign_in={"trusted_proxies": ["my proxy"]}):
            pass
