"""Every answer of every route tells a browser to trust nothing but ourselves: taken, refused, not there or broken."""

from __future__ import annotations

import aiohttp
import pytest

from tests.web.house import House
from tests.web.test_authorisation import OWN, peopled, places, requests
from vmrd.store.base import StoreError
from vmrd.web.authorisation import rows

pytestmark = pytest.mark.asyncio

ALWAYS = {
    "X-Content-Type-Options": {"nosniff"},
    "X-Frame-Options": {"DENY"},
    "Referrer-Policy": {"no-referrer", "same-origin"},
    "Cross-Origin-Opener-Policy": {"same-origin"},
    "Cross-Origin-Resource-Policy": {"same-origin"},
}


def faults(answer: aiohttp.ClientResponse) -> list[str]:
    """What is not as it must be."""
    wrong = [name for name, allowed in ALWAYS.items() if answer.headers.get(name) not in allowed]
    policy = answer.headers.get("Content-Security-Policy", "")
    if "default-src 'none'" not in policy or "frame-ancestors 'none'" not in policy or "unsafe" in policy:
        wrong.append("Content-Security-Policy")
    if "Cache-Control" not in answer.headers or not answer.headers.get("X-Request-Id"):
        wrong.append("Cache-Control, X-Request-Id")
    if "Server" in answer.headers and any(letter.isdigit() for letter in answer.headers["Server"]):
        wrong.append("Server")
    return wrong


async def test_every_answer_of_every_route_is_guarded(home: House) -> None:
    await peopled(home)
    place = (await places(home))[OWN]
    wrong: list[str] = []
    statuses: set[int] = set()
    for row in (each for each in rows() if not each.demo):
        path, body = requests(row, place, OWN)
        for headers in ({}, {"Authorization": "Bearer everywhere"}):
            answer = await home.client.request(row.method, path, allow_redirects=False, headers=headers, **body)
            statuses.add(answer.status)
            wrong += [f"{row.method} {row.path} {answer.status}: {fault}" for fault in faults(answer)]
    assert wrong == []
    assert statuses >= {200, 303, 401}


async def test_what_is_not_there_or_cannot_be_read_is_guarded_too(home: House) -> None:
    for method, path, body, status in (
        ("GET", "/nothing/here", b"", 404),
        ("DELETE", "/v1/sessions", b"", 405),
        ("POST", "/v1/bookings/events", b"x" * 80_000, 413),
    ):
        answer = await home.client.request(method, path, data=body)
        assert (answer.status, faults(answer)) == (status, [])


async def test_a_fault_of_ours_is_guarded_too(home: House, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: object) -> None:
        raise StoreError("the database is full")

    await peopled(home)
    monkeypatch.setattr(home.store, "read", broken)
    answer = await home.client.get("/v1/sessions", headers={"Authorization": "Bearer everywhere"})
    assert answer.status >= 500
    assert faults(answer) == []
