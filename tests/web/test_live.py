"""What a connected panel is sent, and that a slow one is never waited for."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from itertools import count
from typing import Any

import pytest
from aiohttp import WSCloseCode, WSMsgType, WSServerHandshakeError
from aiohttp.client_ws import ClientWebSocketResponse

from tests.web.house import BOOKER, EVENT, OFFICER, STRANGER, House, leg, soon, until
from vmrd.lifecycle import inputs as i
from vmrd.web import live, turns
from vmrd.web.live import OPEN_SOCKETS
from vmrd.web.screens import Client

pytestmark = pytest.mark.asyncio

ADVOCATE = leg("B Advocate")


async def connect(home: House, token: str = OFFICER, query: str = "") -> ClientWebSocketResponse:
    return await home.client.ws_connect(f"/v1/live{query}", headers={"Authorization": f"Bearer {token}"})


async def next_view(socket: ClientWebSocketResponse) -> dict[str, Any]:
    view: dict[str, Any] = await soon(socket.receive_json())
    return view


async def told(clients: list[Client], session: str, version: int) -> bool | None:
    waiting = [json.loads(client.pending[session]) for client in clients if session in client.pending]
    return [view["version"] for view in waiting] == [version] * len(clients) or None


async def view_where(socket: ClientWebSocketResponse, session: str, **wanted: object) -> dict[str, Any]:
    while True:
        view = await next_view(socket)
        if view["id"] == session and all(view[name] == value for name, value in wanted.items()):
            return view


async def test_every_view_comes_first_then_each_change(home: House) -> None:
    sessions = await home.booked()
    socket = await connect(home)
    assert {(await next_view(socket))["id"] for _ in sessions} == set(sessions.values())
    await home.pressed(sessions["main"], "note", {"text": "a remark"})
    view = await next_view(socket)
    assert view["id"] == sessions["main"]
    assert view["version"] == (await home.session(sessions["main"])).version


async def test_a_meeting_months_ahead_is_on_nobodys_screen_until_its_day(home: House) -> None:
    ahead = {**EVENT["booking"]["segments"][1], "slots": [{"date": "2027-03-05", "start": "10:00", "end": "10:30"}]}
    sessions = await home.booked()
    socket = await connect(home)
    later = (await home.booked(id="bvls:9", version=4, segments=[ahead]))["main"]
    await home.pressed(
        sessions["main"], "note", {"text": "a remark"}
    )  # after it: the views come in the order of commits
    seen = [(await next_view(socket))["id"] for _ in range(3)]
    assert later not in seen
    assert seen[-1] == sessions["main"]


async def test_only_ones_own_establishments_are_shown(home: House) -> None:
    sessions = await home.booked()
    stranger, officer = await connect(home, STRANGER), await connect(home)
    await home.pressed(sessions["main"], "note", {"text": "a remark"})
    await view_where(officer, sessions["main"])
    theirs = (await home.booked_elsewhere())["main"]
    assert (await next_view(stranger))["id"] == theirs  # and nothing before it
    for token, query, status in ((STRANGER, "?establishment=MDI", 404), (BOOKER, "", 403), ("nobody", "", 401)):
        with pytest.raises(WSServerHandshakeError) as refused:
            await connect(home, token, query)
        assert refused.value.status == status


async def test_each_read_of_the_meeting_moves_the_light_on(home: House) -> None:
    session = await home.secured(ADVOCATE)
    socket = await connect(home)
    first = await view_where(socket, session, secure=True)
    home.clock.at += 3_000
    home.monotonic[0] += 3
    home.eyes.saw(session, home.monotonic[0])
    second = await view_where(socket, session)
    assert second["secure"] is True
    assert second["secureUntil"] > first["secureUntil"]
    assert second["version"] == first["version"]


async def test_a_light_that_goes_dark_without_a_word_from_pexip_is_told(home: House) -> None:
    session = await home.secured(ADVOCATE)
    socket = await connect(home)
    await view_where(socket, session, secure=True)
    home.monotonic[0] += 9
    assert (await view_where(socket, session, secure=False))["darkBecause"] == "blind"


async def test_a_fault_of_one_session_is_told_and_the_others_go_on(home: House) -> None:
    sessions = await home.booked()
    socket = await connect(home)
    for _ in sessions:
        await next_view(socket)

    def broken(ref: object) -> i.Input:
        raise RuntimeError

    await home.engine.submit(sessions["main"], broken)
    view = await view_where(socket, sessions["main"])
    assert [alert["code"] for alert in view["alerts"]] == ["vmrd-fault"]
    await home.pressed(sessions["pre"], "note", {"text": "a remark"})
    await view_where(socket, sessions["pre"])


async def test_a_client_that_reads_nothing_keeps_one_view_per_session_and_holds_nobody_up(home: House) -> None:
    sessions = await home.booked()
    slow = await home.deps.hub.connect(())
    fast = await connect(home)
    for number in range(30):
        await home.pressed(sessions["main"], "note", {"text": f"remark {number}"})
    newest = (await home.session(sessions["main"])).version
    await view_where(fast, sessions["main"], version=newest)
    assert len(slow.pending) == len(sessions)
    views = [json.loads(view) for view in slow.taken()]
    assert newest in [view["version"] for view in views]


@asynccontextmanager
async def stalled(home: House, path: str = "/v1/live") -> AsyncIterator[asyncio.Transport]:
    """A connection that asks for views and never reads a byte; what vmrd holds of it."""
    url = home.client.make_url(path)
    known = set(home.client.app[OPEN_SOCKETS].those)
    with socket.socket() as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        line.connect((url.host, url.port))
        line.sendall(
            f"GET {path} HTTP/1.1\r\nHost: vmrd\r\nAuthorization: Bearer {OFFICER}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {'A' * 22}==\r\n\r\n".encode()
        )

        async def taken() -> asyncio.Transport | None:
            theirs = home.client.app[OPEN_SOCKETS].those
            return next((theirs[each] for each in theirs if each not in known), None)

        transport = await until(taken)
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4_096)
        yield transport


async def test_a_panel_that_never_reads_costs_little_and_delays_nobody(home: House) -> None:
    session = (await home.booked())["main"]
    async with stalled(home) as transport:
        reading = await connect(home)
        most = 0
        for number in range(60):
            await home.pressed(session, "note", {"text": f"remark {number}"})
            await view_where(reading, session, version=(await home.session(session)).version)
            most = max(most, transport.get_write_buffer_size())
        assert 0 < most < 200_000  # of some 180 kB sent it holds what fits, and then only the newest
        assert not transport.is_closing()


async def test_a_panel_that_takes_nothing_for_long_is_let_go_with_all_that_waits_for_it(
    home: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "_SEND_WITHIN", 0.05)
    session, numbers = (await home.booked())["main"], count()
    async with stalled(home) as transport:

        async def gone() -> bool | None:
            await home.pressed(session, "note", {"text": f"remark {next(numbers)}"})
            return (transport.is_closing() and not transport.get_write_buffer_size()) or None

        await until(gone)
        await until(lambda: _nobody(home))


async def test_a_panel_that_never_reads_does_not_hold_up_a_stop(home: House) -> None:
    session, numbers = (await home.booked())["main"], count()
    async with stalled(home) as transport:

        async def full() -> bool | None:
            await home.pressed(session, "note", {"text": f"remark {next(numbers)}"})
            return transport.get_write_buffer_size() > 1 << 16 or None

        await until(full)
        await soon(home.client.server.close())


async def _nobody(home: House) -> bool | None:
    return not home.client.app[OPEN_SOCKETS].those or None


async def test_what_is_sent_is_encoded_once_for_all(home: House) -> None:
    session = (await home.booked())["main"]
    clients = one, other = [await home.deps.hub.connect(()), await home.deps.hub.connect(("MDI",))]
    version = (await home.pressed(session, "note", {"text": "a remark"}))["version"]
    await until(lambda: told(clients, session, version))
    assert one.pending[session] is other.pending[session]


async def test_of_many_changes_at_once_each_panel_is_sent_its_own_in_the_order_they_were_made(
    home: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "_TURN", 0.0)  # somebody else has a turn after every view, and after every write
    sessions = (await home.booked()).values()
    panels = [await connect(home), await connect(home, query="?establishment=MDI"), await connect(home, STRANGER)]
    await asyncio.gather(*(home.pressed(each, "note", {"text": f"remark {n}"}) for n in range(5) for each in sessions))
    newest = {each: (await home.session(each)).version for each in sessions}
    for panel in panels[:2]:
        seen: dict[str, int] = {}
        while seen != newest:
            view = await next_view(panel)
            assert view["version"] >= seen.get(view["id"], 0), "an older view came after a newer one"
            seen[view["id"]] = view["version"]
    await panels[2].send_str("ping")
    assert (await soon(panels[2].receive())).data == "pong", "another prison's panel had a view of it"


async def test_a_panel_may_ask_whether_we_are_there(home: House) -> None:
    socket = await connect(home)
    await socket.send_str("ping")
    assert (await soon(socket.receive())).data == "pong"


async def test_a_client_that_hangs_up_is_forgotten(home: House) -> None:
    socket = await connect(home)
    await socket.close()

    async def forgotten() -> bool | None:
        return "vmrd_panel_clients 0.0" in await (await home.ops.get("/metrics")).text() or None

    assert await until(forgotten)


async def test_panels_are_told_to_come_back_when_vmrd_stops(home: House) -> None:
    socket = await connect(home)
    closing = asyncio.create_task(home.client.server.close())
    message = await soon(socket.receive())
    assert (message.type, message.data) == (WSMsgType.CLOSE, WSCloseCode.GOING_AWAY)
    await soon(closing)


async def test_a_panel_that_was_just_connecting_when_vmrd_stops_is_told_too(home: House) -> None:
    home.deps.hub._loaded.clear()  # as before the first views are read: nothing can be sent yet
    socket = await connect(home)
    closing = asyncio.create_task(home.client.server.close())
    message = await soon(socket.receive())
    assert (message.type, message.data) == (WSMsgType.CLOSE, WSCloseCode.GOING_AWAY)
    await soon(closing)


async def test_panels_say_whether_they_would_be_heard(home: House) -> None:
    async def heard() -> str:
        lines = (await (await home.ops.get("/metrics")).text()).splitlines()
        return next(line for line in lines if line.startswith('vmrd_panels_with_sound{establishment="MDI"}'))

    async def becomes(count: int) -> bool:
        return (await heard()).endswith(f" {count}.0")

    assert await becomes(0), "nobody has said anything yet, and that can be seen"
    first, second = await connect(home), await connect(home, query="?establishment=MDI")
    for panel in (first, second, second):
        await panel.send_str("sound on")
    await until(lambda: _or_none(becomes(2)))
    await second.send_str("sound off")
    await until(lambda: _or_none(becomes(1)))
    await first.close()
    await until(lambda: _or_none(becomes(0)))


async def _or_none(holds: Awaitable[bool]) -> bool | None:
    return (await holds) or None
