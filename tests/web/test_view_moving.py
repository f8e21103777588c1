"""A view whose still part was made before shows what one made this moment would show."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.web.house import MINUTE, OFFICER, START, STRANGER, House, leg, soon
from vmrd.web import viewer
from vmrd.web.screens import Client
from vmrd.web.viewer import look_at

pytestmark = pytest.mark.asyncio


async def lit(client: Client, session: str, after: str) -> dict[str, Any]:
    """The first view of this session that is lit and later than this."""
    while True:
        for text in await soon(client.take()):
            view: dict[str, Any] = json.loads(text)
            if view["id"] == session and view["secure"] and view["asOf"] > after:
                return view


async def test_a_read_moves_the_end_of_the_light_and_leaves_a_whole_view(home: House) -> None:
    session = await home.secured(leg("Bea Advocate"))
    client = await soon(home.deps.hub.connect(()))
    first = await lit(client, session, "")
    home.clock.at += 3_000
    home.monotonic[0] += 3
    home.eyes.saw(session, home.monotonic[0])

    second = await lit(client, session, first["asOf"])

    assert second["secureUntil"] > first["secureUntil"]
    assert second == await home.view(session)
    assert {name for name in second if second[name] != first[name]} == {
        *("asOf", "secureUntil", "evidence", "clocks", "eyes")
    }


async def test_who_asks_again_is_shown_the_time_and_nothing_else_is_new(home: House) -> None:
    session = await home.secured(leg("Bea Advocate"))
    first = await home.view(session)
    home.clock.at += 3_000
    home.monotonic[0] += 3

    second = await home.view(session)

    assert {name for name in second if second[name] != first[name]} == {"asOf", "clocks"}
    assert second["clocks"]["endsIn"] == first["clocks"]["endsIn"] - 3


async def test_who_asks_again_is_shown_what_happened_meanwhile(home: House) -> None:
    session = await home.secured(leg("Bea Advocate"))
    assert (await home.view(session))["secure"]
    await home.shows(session, leg("Bea Advocate"), leg("Somebody Else"), locked=True)

    second = await home.view(session)

    assert not second["secure"]
    assert "Somebody Else" in [each["name"] for each in second["participants"]]


async def test_who_asks_again_sees_the_light_go_dark_though_nothing_happened(home: House) -> None:
    session = await home.secured(leg("Bea Advocate"))
    assert (await home.view(session))["secure"]
    home.eyes.lost(session)

    second = await home.view(session)

    assert (second["secure"], second["secureUntil"], second["darkBecause"]) == (False, None, "blind")


async def test_a_press_that_comes_with_the_hour_is_offered_to_who_asked_before_it(home: House) -> None:
    session = await home.ready()
    home.clock.at = START - 60 * MINUTE
    assert "open" not in (await home.view(session))["allowed"]
    home.clock.at = START - MINUTE
    assert "open" in (await home.view(session))["allowed"]


async def test_a_view_that_was_made_for_one_prison_is_shown_to_no_other(home: House) -> None:
    session = await home.ready()
    listed = await (await home.get("/v1/sessions", OFFICER)).json()
    assert session in [each["id"] for each in listed["sessions"]]
    assert (await (await home.get("/v1/sessions", STRANGER)).json())["sessions"] == []
    assert (await home.get(f"/v1/sessions/{session}", STRANGER)).status == 404


async def test_what_many_panels_ask_for_is_made_once_for_all_of_them(home: House) -> None:
    session = (await home.booked())["main"]
    one, other = [await home.store.read(lambda rx: look_at(rx, session)) for _ in range(2)]
    assert one is not None
    assert other is not None
    assert home.deps.viewer.view(other).expected is home.deps.viewer.view(one).expected
    assert home.deps.viewer.fresh_view(other).expected is not home.deps.viewer.view(one).expected


async def test_no_more_views_are_kept_than_were_asked_for_lately(home: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(viewer, "_KEPT", 2)
    sessions = list((await home.booked()).values())
    for each in (*sessions, sessions[0]):
        assert (await home.view(each))["id"] == each
    assert len(home.deps.viewer._made) == 2
    home.clock.at += MINUTE
    await home.view(sessions[1])
    assert list(home.deps.viewer._made) == [sessions[1]]
