"""Bytes no well-behaved client sends: each is refused as what it is, and none is a fault of ours."""

import asyncio
import json

import pytest

from tests.web.house import DESK_KEY, KEY, SUPERVISOR, House, Json, event
from tests.web.test_booking_desk import desk

pytestmark = pytest.mark.asyncio


async def raw(home: House, head: str, *headers: bytes, body: bytes = b"") -> tuple[int, Json]:
    """Status and problem of a request written byte by byte."""
    reader, writer = await asyncio.open_connection(home.client.server.host, home.client.server.port)
    length = str(len(body)).encode()
    lines = [f"{head} HTTP/1.1".encode(), b"Host: x", b"Connection: close", b"Content-Length: " + length, *headers]
    writer.write(b"\r\n".join(lines) + b"\r\n\r\n" + body)
    async with asyncio.timeout(60):
        answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    given, _, problem = answer.partition(b"\r\n\r\n")
    return int(given.split()[1]), json.loads(problem)


SIGNED_IN = f"Authorization: Bearer {SUPERVISOR}".encode()
JSON = b"Content-Type: application/json"
FORM = b"Content-Type: application/x-www-form-urlencoded"


@pytest.mark.parametrize("header", [b"Authorization: Bearer \xff\xfe", b"Cookie: vmrd=\xff\xfe"])
async def test_a_token_that_is_no_text_is_nobodys(home: House, header: bytes) -> None:
    status, problem = await raw(home, "GET /v1/me", header)
    assert (status, problem["type"]) == (401, "/problems/not-signed-in")


@pytest.mark.parametrize("path", ["/v1/bookings/events", "/sign-in", "/v1/establishments/MDI/works"])
@pytest.mark.parametrize("coding", [b"gzip", b"deflate"])
async def test_a_body_that_does_not_unpack_is_malformed(home: House, path: str, coding: bytes) -> None:
    headers = (JSON, SIGNED_IN, b"Content-Encoding: " + coding)
    status, problem = await raw(home, f"POST {path}", *headers, body=b"garbage")
    assert (status, problem["type"]) == (400, "/problems/malformed")


@pytest.mark.parametrize(("kind", "body"), [(FORM + b"; charset=nonsense", b"name=%ff"), (FORM, b"name=\xff\xfe")])
async def test_a_form_that_is_not_of_its_charset_is_malformed(home: House, kind: bytes, body: bytes) -> None:
    assert (await raw(home, "POST /sign-in", kind, body=body))[0] == 400
    assert (await raw(home, "POST /panel/sessions/x/lock", kind, body=body))[0] == 400


async def test_names_a_sender_made_up_are_not_in_a_pointer(home: House) -> None:
    answer = await home.deliver(desk(answers={"CANARY-KEY": 1, "CANARY" * 40: "x"}), key=DESK_KEY)
    problem = await answer.json()
    assert answer.status == 422
    assert {error["pointer"] for error in problem["errors"]} == {"/booking/answers"}
    assert "CANARY" not in json.dumps(problem)


async def test_a_nul_in_a_text_is_named(home: House) -> None:
    attendees = [{"ref": "p1", "role": "defence", "name": "Bea\x00Advocate"}]
    problem = await (await home.deliver(event(attendees=attendees), key=KEY)).json()
    assert [error["pointer"] for error in problem["errors"]] == ["/booking/attendees/0/name"]


async def test_events_is_no_booking(home: House) -> None:
    answer = await home.get("/v1/bookings/events")
    assert (answer.status, answer.headers["Allow"]) == (405, "POST")
    assert (await home.get("/v1/bookings/events:1")).status == 404
