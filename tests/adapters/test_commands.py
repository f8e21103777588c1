"""`vmrd bookings send` and `vmrd bookings import`, run as people run them against a vmrd that serves."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer
from typer.testing import CliRunner

from tests.web.house import DESK_KEY, EVENT, KEY, MINUTE, House, house
from vmrd.cli import app
from vmrd.importing import COLUMNS, listed
from vmrd.sender import signed
from vmrd.store.base import SessionFilter

pytestmark = pytest.mark.asyncio

SAMPLE = Path(__file__).parents[2] / "config" / "samples" / "bookings.csv"
NOW = int(datetime(2026, 11, 25, tzinfo=UTC).timestamp() * 1_000)

ROW = {
    "booking_id": "desk:1001",
    "establishment": "MDI",
    "room": "MDI-VCC-1",
    "prisoner_number": "A1234AA",
    "date_of_birth": "1990-01-31",
    "date": "2030-11-05",
    "start": "10:00",
    "end": "10:30",
    "purpose": "legal_consultation",
    "attendee_1_name": "B Advocate",
    "attendee_1_role": "defence",
    "attendee_1_email": "b.advocate@chambers.example.cjsm.net",
    "booked_by_name": "A Clerk",
    "booked_by_email": "a.clerk@chambers.example.cjsm.net",
    "case_reference": "T20267001",
    "hearing_date": "2030-11-20",
    "answer_papers": "The practitioner",
}


def row(number: int, **changes: str) -> dict[str, str]:
    """A row of its own hour."""
    return {**ROW, "booking_id": f"desk:{number}", "start": f"{number:02}:00", "end": f"{number:02}:30", **changes}


def as_csv(*rows: dict[str, str]) -> str:
    header = list(dict.fromkeys(column for each in rows for column in each))
    return "\r\n".join([",".join(header), *(",".join(each.get(column, "") for column in header) for each in rows)])


@pytest_asyncio.fixture
async def home(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path) as built:
        yield built


async def run(*arguments: str, key: str | None = DESK_KEY, **env: str) -> Any:
    """The command in a thread of its own, because it brings its own event loop."""
    given = {"VMRD_BOOKING_SECRET": key, **env}
    return await asyncio.to_thread(CliRunner().invoke, app, ["bookings", *arguments], env=given)


async def imported(home: House, tmp_path: Path, content: str | bytes, *options: str) -> Any:
    file = tmp_path / "list"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return await run("import", str(file), "--url", str(home.client.make_url("/v1/bookings/events")), *options)


async def how_many(home: House) -> int:
    return len(await home.store.read(lambda rx: rx.sessions(SessionFilter())))


async def test_a_list_is_sent_row_by_row_and_sending_it_again_changes_nothing(home: House, tmp_path: Path) -> None:
    content = as_csv(row(10), row(12))
    first = await imported(home, tmp_path, content)
    assert (first.exit_code, first.stdout.splitlines()) == (
        0,
        ["row 2  desk:10  202 accepted", "row 3  desk:12  202 accepted"],
    )
    again = await imported(home, tmp_path, content)
    assert (again.exit_code, again.stdout) == (0, first.stdout)
    assert await how_many(home) == 2


async def test_a_json_list_says_the_same_by_the_same_names(home: House, tmp_path: Path) -> None:
    done = await imported(home, tmp_path, json.dumps([{**row(10), "version": 3, "screen_share": True}]), "--json")
    told = json.loads(done.stdout)
    assert done.exit_code == 0
    assert told["faults"] == []
    assert (told["rows"][0]["row"], told["rows"][0]["status"], told["rows"][0]["answer"]["version"]) == (1, 202, 3)


async def test_a_changed_row_needs_a_higher_version_and_a_cancelled_one_frees_its_room(
    home: House, tmp_path: Path
) -> None:
    await imported(home, tmp_path, as_csv(row(10)))
    conflict = await imported(home, tmp_path, as_csv(row(10, end="10:45")))
    assert conflict.exit_code == 1
    assert "409" in conflict.stdout
    assert (await imported(home, tmp_path, as_csv(row(10, end="10:45", version="2")))).exit_code == 0
    cancel = {"booking_id": "desk:10", "establishment": "MDI", "version": "3", "action": "cancel"}
    assert (await imported(home, tmp_path, as_csv(cancel))).exit_code == 0
    phases = [str(each.phase) for each in await home.store.read(lambda rx: rx.sessions(SessionFilter()))]
    assert phases == ["cancelled"]


async def test_all_faults_of_all_rows_are_said_at_once_and_nothing_is_sent(home: House, tmp_path: Path) -> None:
    bad = as_csv(
        row(10),
        row(11, prisoner_number="canary", date="31/12/2030"),
        row(12, end="11:00", date_2="2030-11-06", start_2="10:00", end_2="canary"),
        row(13, booking_id="canary", action="canary", version="1.5", screen_share="canary"),
        row(14, room="", attendee_1_name="", attendee_3_role="interpreter", attendee_3_link_by="2"),
        row(15, booked_by_email="canary@gov.uk.example.org", case_reference="", date_of_birth=""),
        row(10),
    )
    done = await imported(home, tmp_path, bad)
    assert done.exit_code == 1
    assert await how_many(home) == 0
    assert "nothing was sent" in done.stderr
    said = {line.split(":")[0] for line in done.stderr.splitlines()}
    assert {
        "row 3, prisoner_number",
        "row 3, date",
        "row 4, end",
        "row 4, end_2",
        "row 5, booking_id",
        "row 5, action",
        "row 5, version",
        "row 5, screen_share",
        "row 6, room",
        "row 6, attendee_1_name",
        "row 6, attendee_3_name",
        "row 6, attendee_3_presence_by",
        "row 6, attendee_3_link_by",
        "row 6, attendee_3_email",
        "row 7, booked_by_email",
        "row 7, case_reference",
        "row 7, date_of_birth",
        "row 8, booking_id",
    } <= said
    assert "canary" not in done.output


async def test_the_good_rows_are_sent_where_that_is_asked_for(home: House, tmp_path: Path) -> None:
    done = await imported(home, tmp_path, as_csv(row(10), row(11, date="soon"), row(12)), "--each")
    assert done.exit_code == 1
    assert [line.split()[1] for line in done.stdout.splitlines()] == ["2", "4"]
    assert await how_many(home) == 2


async def test_what_only_vmrd_knows_is_said_by_vmrd(home: House, tmp_path: Path) -> None:
    done = await imported(home, tmp_path, as_csv(row(10, room="MDI-ATTIC"), row(12), row(12, booking_id="desk:2")))
    assert done.exit_code == 1
    statuses = [line.split()[3] for line in done.stdout.splitlines() if line.startswith("row")]
    assert statuses == ["422", "202", "409"]
    assert "/booking/segments/0/prisonRoom" in done.stdout


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "columns"),
        (b"\xff\xfe\x00", "UTF-8"),
        (b"a,b\r\n1,2", "columns"),
        (b"booking_id,booking_id\r\n1,2", "columns"),
        (b"booking_id\r\n", "no rows"),
        (b'booking_id\r\n"a', "CSV"),
        (b"[1]", "JSON"),
        (b"[{]", "JSON"),
        (b'{"booking_id": "x"}', "JSON"),
        (b'[{"booking_id": ["x"]}]', "item 1"),
        (b"[" + b",".join([b"{}"] * 5_001) + b"]", "more than"),
    ],
)
async def test_what_is_no_list_is_a_fault_of_usage(home: House, tmp_path: Path, content: bytes, said: str) -> None:
    done = await imported(home, tmp_path, content)
    assert (done.exit_code, said in done.stderr) == (2, True), done.output


async def test_a_list_as_spreadsheets_write_it_is_read(home: House, tmp_path: Path) -> None:
    quoted = as_csv(row(10)).replace("B Advocate", '"Advocate, B"')
    done = await imported(home, tmp_path, b"\xef\xbb\xbf" + f"{quoted}\r\n,,,\r\n".encode())
    assert done.exit_code == 0, done.output
    loose = await imported(home, tmp_path, as_csv(row(12)).replace("B Advocate", "Advocate, B"))
    assert "row 2, beyond the last column: There is no such column." in loose.stderr


async def test_the_sample_is_well_formed_and_every_column_is_documented() -> None:
    found = listed(SAMPLE.read_bytes(), NOW)
    assert (len(found.rows), found.faults) == (3, ())
    told = (SAMPLE.parents[2] / "docs" / "integrations.md").read_text()
    single = [column for column in COLUMNS if not column.startswith("attendee_") and column[-2:] not in ("_2", "_3")]
    assert [column for column in single if f"`{column}`" not in told] == []


async def test_a_list_is_not_sent_without_a_key_or_to_nobody(home: House, tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text(as_csv(row(10)))
    for key, url, code in (
        (None, "http://127.0.0.1:1/", 2),
        ("whsec_!", "http://127.0.0.1:1/", 2),
        (KEY, "http://127.0.0.1:1/", 4),
    ):
        assert (await run("import", str(file), "--url", url, key=key)).exit_code == code
    assert (await run("import", str(tmp_path / "none.csv"))).exit_code == 2


async def test_sending_an_event_prints_the_id_of_the_request_and_the_answer(home: House, tmp_path: Path) -> None:
    file, url = tmp_path / "event.json", str(home.client.make_url("/v1/bookings/events"))
    file.write_text(json.dumps(EVENT))
    home.clock.at -= 60 * MINUTE
    done = await run("send", str(file), "--url", url, key=KEY)
    lines = done.stdout.splitlines()
    assert (done.exit_code, lines[0], lines[1].split()[0]) == (0, "202", "request")
    assert json.loads("\n".join(lines[2:]))["result"] == "accepted"
    file.write_bytes(b"\xff")
    assert (await run("send", str(file), "--url", url)).exit_code == 2
    file.write_text("{}")
    assert (await run("send", str(file), "--url", url)).exit_code == 1


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def test_callbacks_are_heard_once_and_only_with_the_right_signature(tmp_path: Path) -> None:
    port, statuses = free_port(), []

    async def tell(http: aiohttp.ClientSession, message: str, key: str) -> None:
        body = json.dumps({"event": "session.accepted", "seq": 1}).encode()
        headers = signed(key, message, body, datetime.now(UTC))
        async with http.post(f"http://127.0.0.1:{port}/told", data=body, headers=headers) as got:
            statuses.append(got.status)

    async def take(_: web.Request) -> web.Response:
        """A vmrd that tells before it answers, so that nobody has to wait for it."""
        async with aiohttp.ClientSession() as http:
            for message, key in (("m1", KEY), ("m1", KEY), ("m2", "whsec_d3Jvbmcga2V5")):
                await tell(http, message, key)
        return web.json_response({"result": "accepted"}, status=202)

    answering = web.Application()
    answering.router.add_post("/events", take)
    file = tmp_path / "event.json"
    file.write_text(json.dumps(EVENT))
    async with TestServer(answering) as server:
        url = str(server.make_url("/events"))
        options: list[Any] = ["send", str(file), "--url", url, "--listen", str(port), "--seconds", "0", "--json"]
        done = await run(*options, key=KEY)
        assert (done.exit_code, statuses) == (0, [204, 204, 401])
        assert [json.loads(line) for line in done.stdout.splitlines()] == [
            {"event": "session.accepted", "seq": 1},
            {"result": "accepted"},
        ]
        assert "wrong signature" in done.stderr
        with socket.socket() as busy:
            busy.bind(("127.0.0.1", port))
            busy.listen()
            assert (await run(*options, key=KEY)).exit_code == 2
