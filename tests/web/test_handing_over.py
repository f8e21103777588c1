"""Between two officers: Switch, put out, expired, back button. No alarm is lost, and nobody is shown a person."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import ClientWebSocketResponse, WSMsgType

from tests.web.house import AUDITOR, FAST, OFFICER, PASSWORD, ROOM, SOON, House, house, leg, soon
from tests.web.house import STRANGER as ELSEWHERE
from tests.web.sign_in_service import configured, serving
from vmrd.lifecycle.words import Where
from vmrd.store.account import AuditKind, Officer
from vmrd.store.secrets import derive_keys
from vmrd.store.sqlite import write_once
from vmrd.web import handover, live
from vmrd.web.caller import CSRF_HEADER

pytestmark = pytest.mark.asyncio

STRANGER = "Canary Stranger"


async def signed_in(home: House, name: str = "k.shah", **form: str) -> dict[str, Any]:
    """Sign the test's own browser in by the form; who it then is."""
    answer = await home.client.post(
        "/sign-in", data={"name": name, "password": PASSWORD, **form}, allow_redirects=False
    )
    assert answer.status == 303
    assert "failed" not in answer.headers["Location"]
    found: dict[str, Any] = await (await home.client.get("/v1/me")).json()
    return {**found, "location": answer.headers["Location"]}


async def switched(home: House, path: str) -> str:
    """Press Switch on this screen; where it leads."""
    csrf = (await (await home.client.get("/v1/me")).json())["csrf"]
    answer = await home.client.post("/sign-out", data={"csrf": csrf, "next": path}, allow_redirects=False)
    assert answer.status == 303
    return answer.headers["Location"]


async def colleague(home: House, name: str = "p.nair", *establishments: str) -> None:
    hashed = FAST.hash(PASSWORD)
    officer = Officer(name, "officer", establishments or ("MDI",), hashed, None)
    await home.store.write([], lambda tx: tx.put_officer(officer))


async def knocking(home: House) -> str:
    """A session somebody knocks at."""
    bea = leg("Bea Advocate")
    session = await home.opened(bea)
    await home.pressed(session, "lock")
    await home.shows(session, ROOM, bea, locked=True)
    await home.shows(session, ROOM, bea, leg(STRANGER, Where.WAITING), locked=True)
    return session


async def test_a_shift_change_loses_no_alarm_and_comes_back_to_the_same_screen(home: House) -> None:
    session = await knocking(home)
    await colleague(home)
    await signed_in(home)
    assert "KNOCK" in await (await home.client.get(f"/panel/sessions/{session}")).text()
    form = await switched(home, f"/sessions/{session}")
    assert form == f"/sign-in?next=/sessions/{session}"
    page = await (await home.client.get(form)).text()
    assert f'name="next" value="/sessions/{session}"' in page
    found = await signed_in(home, "p.nair", next=f"/sessions/{session}")
    assert (found["name"], found["location"]) == ("p.nair", f"/panel/sessions/{session}")
    screen = await (await home.client.get(found["location"])).text()
    assert "KNOCK" in screen
    assert STRANGER in screen
    view = await home.view(session)
    assert [knock["state"] for knock in view["knocks"]] == ["ringing"]


async def test_the_form_of_a_screen_that_is_handed_over_goes_on_showing_its_knock_and_no_person(home: House) -> None:
    await knocking(home)
    await signed_in(home)
    page = await (await home.client.get(await switched(home, ""))).text()
    alarms = await (await home.client.get("/sign-in/alarms")).text()
    for text in (page, alarms):
        assert "KNOCK" in text
        assert "Video room 1" in text
        assert STRANGER not in text
        assert "k.shah" not in text
        assert "/v1/" not in text


async def test_no_other_browser_is_shown_what_rings(home: House) -> None:
    await knocking(home)
    await signed_in(home)
    await switched(home, "")
    home.client.session.cookie_jar.clear()
    for path in ("/sign-in", "/sign-in/alarms"):
        assert "KNOCK" not in await (await home.client.get(path)).text()
    guessed = await home.client.get("/sign-in/alarms", headers={"Cookie": "vmrd-handover=guessed"})
    assert "KNOCK" not in await guessed.text()


async def test_only_alarms_of_the_screen_s_own_establishments_go_on_showing(home: House) -> None:
    await knocking(home)
    await colleague(home, "h.indley", "HII")
    await signed_in(home, "h.indley")
    await switched(home, "")
    assert "KNOCK" not in await (await home.client.get("/sign-in/alarms")).text()


async def test_a_handed_over_screen_forgets_after_a_quarter_of_an_hour_and_when_somebody_signs_in(
    home: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await knocking(home)
    await signed_in(home)
    await switched(home, "")
    kept = "; ".join(f"{each.key}={each.value}" for each in home.client.session.cookie_jar)
    clock = home.deps.reception.handovers._monotonic()
    monkeypatch.setattr(home.deps.reception.handovers, "_monotonic", lambda: clock + handover.LASTS + 1)
    assert "KNOCK" not in await (await home.client.get("/sign-in/alarms")).text()
    monkeypatch.setattr(home.deps.reception.handovers, "_monotonic", lambda: clock)
    assert "KNOCK" in await (await home.client.get("/sign-in/alarms")).text()
    await signed_in(home)
    assert "KNOCK" not in await (await home.client.get("/sign-in/alarms", headers={"Cookie": kept})).text()


async def test_plain_sign_out_shows_nothing_more(home: House) -> None:
    await knocking(home)
    csrf = (await signed_in(home))["csrf"]
    out = await home.client.post("/sign-out", data={"csrf": csrf}, allow_redirects=False)
    assert out.headers["Location"] == "/sign-in"
    assert "KNOCK" not in await (await home.client.get("/sign-in")).text()


async def test_a_page_elsewhere_cannot_sign_anybody_out(home: House) -> None:
    await signed_in(home)
    assert (await home.client.post("/sign-out", data={"next": ""}, allow_redirects=False)).status == 403
    assert (await home.client.get("/v1/me")).status == 200


async def test_an_expired_sign_in_is_led_to_the_form_and_back_to_its_screen(home: House) -> None:
    session = (await home.booked())["main"]
    await signed_in(home)
    await home.store.write([], lambda tx: tx.drop_sign_ins("k.shah"))
    part = await home.client.get(f"/panel/fragments/sessions/{session}")
    assert part.status == 401, "upon which the script loads the page again"
    page = await home.client.get(f"/panel/sessions/{session}", allow_redirects=False)
    assert (page.status, page.headers["Location"]) == (303, f"/sign-in?next=/sessions/{session}")
    press = await home.client.post(
        f"/panel/sessions/{session}/signalled", data={"back": f"/sessions/{session}"}, allow_redirects=False
    )
    assert (press.status, press.headers["Location"]) == (303, f"/sign-in?next=/sessions/{session}")
    board = await home.client.get("/panel?establishment=MDI", allow_redirects=False)
    assert board.headers["Location"] == "/sign-in?next=?establishment%3DMDI"
    again = await signed_in(home, next="?establishment=MDI")
    assert again["location"] == "/panel?establishment=MDI"


async def test_the_form_leads_to_no_other_place_than_our_screens(home: House) -> None:
    for wrong in ("//evil.example.org", "https://evil.example.org/", "/../v1/me", "/sessions/a\r\nX: y"):
        assert (await signed_in(home, next=wrong))["location"] == "/panel/shift"
        page = await (await home.client.get("/sign-in", params={"next": wrong})).text()
        assert "evil" not in page
        assert 'name="next" value=""' in page


async def test_the_back_button_shows_nothing_after_signing_out(home: House) -> None:
    session = (await home.booked())["main"]
    await signed_in(home)
    paths = ("/panel", f"/panel/sessions/{session}", f"/panel/fragments/sessions/{session}", f"/v1/sessions/{session}")
    for path in (*paths, "/sign-in", "/sign-in/alarms", "/v1/me"):
        assert (await home.client.get(path)).headers["Cache-Control"] == "no-store", path


async def watching(home: House, token: str = OFFICER) -> ClientWebSocketResponse:
    return await home.client.ws_connect("/v1/live", headers={"Authorization": f"Bearer {token}"})


async def close_code(socket: ClientWebSocketResponse) -> int | None:
    """Read until the other side closes."""
    async with asyncio.timeout(SOON):
        while (await socket.receive()).type is not WSMsgType.CLOSE:
            pass
    return socket.close_code


async def test_whoever_is_disabled_by_another_process_has_their_panel_closed_and_nobody_else(home: House) -> None:
    out, stays = await watching(home), await watching(home, AUDITOR)
    path, key = home.deps.config.store.path, home.deps.config.store.key.get_secret_value()

    def disable(tx: Any) -> None:
        officer = tx.officer("k.shah")
        tx.put_officer(replace(officer, disabled=True))

    await asyncio.to_thread(write_once, path, derive_keys(bytes.fromhex(key)), disable)
    assert await close_code(out) == live.SIGNED_OUT
    assert (await home.get("/v1/me")).status == 401
    await stays.send_str("ping")
    async with asyncio.timeout(SOON):
        while (await stays.receive()).data != "pong":
            pass
    await stays.close()


async def test_signing_out_in_one_window_closes_the_live_line_of_the_others(home: House) -> None:
    csrf = (await signed_in(home))["csrf"]
    socket = await home.client.ws_connect("/v1/live")
    await home.client.post("/sign-out", data={"csrf": csrf}, allow_redirects=False)
    assert await close_code(socket) == live.SIGNED_OUT


async def test_a_change_of_establishments_starts_a_live_line_anew(home: House) -> None:
    socket = await watching(home)
    officer = await home.store.read(lambda rx: rx.officer("k.shah"))
    assert officer is not None
    await home.store.write([], lambda tx: tx.put_officer(replace(officer, establishments=("HII",))))
    assert await close_code(socket) == live.SIGNED_OUT


async def test_a_disabled_account_is_shut_in_every_way(home: House) -> None:
    await signed_in(home)
    officer = await home.store.read(lambda rx: rx.officer("k.shah"))
    assert officer is not None
    await home.store.write([], lambda tx: tx.put_officer(replace(officer, disabled=True)))
    assert (await home.client.get("/v1/me")).status == 401
    assert (await home.get("/v1/me")).status == 401
    answer = await home.client.post("/sign-in", json={"name": "k.shah", "password": PASSWORD})
    assert answer.status == 401


async def test_sign_ins_and_sign_outs_stand_in_the_audit(home: House) -> None:
    csrf = (await signed_in(home))["csrf"]
    await home.client.post("/sign-out", headers={CSRF_HEADER: csrf}, allow_redirects=False)
    entries = await home.store.read(lambda rx: rx.audit(10))
    assert [(e.kind, e.who, dict(e.detail)) for e in entries] == [
        (AuditKind.SIGNED_OUT, "k.shah", {}),
        (AuditKind.SIGNED_IN, "k.shah", {"by": "account", "role": "officer"}),
    ]


async def test_signing_in_over_somebody_ends_their_sign_in(home: House) -> None:
    await colleague(home)
    await signed_in(home)
    kept = "; ".join(f"{each.key}={each.value}" for each in home.client.session.cookie_jar)
    assert (await signed_in(home, "p.nair"))["name"] == "p.nair"
    home.client.session.cookie_jar.clear()
    assert (await home.client.get("/v1/me", headers={"Cookie": kept})).status == 401


async def test_whoever_may_see_no_room_leaves_no_alarms_behind(home: House) -> None:
    await knocking(home)
    await colleague(home, "b.ook")
    officer = await home.store.read(lambda rx: rx.officer("b.ook"))
    assert officer is not None
    await home.store.write([], lambda tx: tx.put_officer(replace(officer, role="booker")))
    await signed_in(home, "b.ook")
    await switched(home, "")
    assert "KNOCK" not in await (await home.client.get("/sign-in/alarms")).text()


async def test_a_changed_way_of_signing_in_shuts_the_former_one(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        await signed_in(home)
        cookies = "; ".join(f"{each.key}={each.value}" for each in home.client.session.cookie_jar)
    async with house(tmp_path) as home:
        assert (await home.client.get("/v1/me", headers={"Cookie": cookies})).status == 200
    async with serving() as service, house(tmp_path, sign_in=configured(service)) as home:
        assert (await home.client.get("/v1/me", headers={"Cookie": cookies})).status == 401
        assert (await home.get("/v1/me")).status == 200, "a program's token is good in both"


SEALED = "the words in the envelope"


@pytest_asyncio.fixture
async def shut(tmp_path: Path) -> AsyncIterator[House]:
    """A house whose sign-in service is down, with a sealed account for Moorland."""
    hashed = FAST.hash(SEALED)
    async with serving() as service:
        service.down = True
        sealed = {"password_hash": hashed, "role": "supervisor", "establishments": ["MDI"]}
        async with house(tmp_path, sign_in={**configured(service), "sealed": sealed}) as home:
            yield home


async def broken(home: House, password: str = SEALED, name: str = "Kim Shah") -> str:
    answer = await home.client.post(
        "/sign-in/emergency", data={"name": name, "password": password}, allow_redirects=False
    )
    assert answer.status == 303
    return answer.headers["Location"]


async def test_the_sealed_account_opens_the_panel_in_the_name_of_a_person(shut: House) -> None:
    page = await (await shut.client.get("/sign-in?why=away")).text()
    assert "does not answer" in page
    assert 'action="/sign-in/emergency"' in page
    assert await broken(shut) == "/panel/shift"
    found = await (await shut.client.get("/v1/me")).json()
    assert (found["name"], found["role"], found["establishments"]) == (
        "Kim Shah (emergency account)",
        "supervisor",
        ["MDI"],
    )
    session = (await shut.booked())["main"]
    headers = {CSRF_HEADER: found["csrf"]}
    assert (await shut.client.post(f"/v1/sessions/{session}/signalled", headers=headers)).status == 202
    record = await (await shut.client.get(f"/v1/sessions/{session}/record")).json()
    assert "Kim Shah (emergency account)" in [entry["by"] for entry in record["entries"]]


async def test_breaking_the_seal_is_on_every_panel_of_its_establishments_and_nowhere_else(shut: House) -> None:
    await broken(shut)
    shut.client.session.cookie_jar.clear()
    for token, shows in ((OFFICER, True), (AUDITOR, True)):
        for path in ("/panel", "/panel/fragments"):
            assert ("in use since" in await (await shut.get(path, token)).text()) is shows
    assert "by Kim Shah." in await (await shut.get("/panel")).text()
    assert "in use since" not in await (await shut.get("/panel", ELSEWHERE)).text()


async def test_breaking_the_seal_is_measured_logged_and_written_down(
    shut: House, capsys: pytest.CaptureFixture[str]
) -> None:
    await broken(shut)
    assert "vmrd_emergency_sign_ins 1.0" in await (await shut.ops.get("/metrics")).text()
    assert "emergency_account_used" in capsys.readouterr().out
    entries = await shut.store.read(lambda rx: rx.audit(10))
    assert [(e.kind, e.who) for e in entries] == [(AuditKind.EMERGENCY, "Kim Shah (emergency account)")]
    csrf = (await (await shut.client.get("/v1/me")).json())["csrf"]
    out = await shut.client.post("/sign-out", headers={CSRF_HEADER: csrf}, allow_redirects=False)
    assert out.headers["Location"] == "/sign-in"
    assert "vmrd_emergency_sign_ins 0.0" in await (await shut.ops.get("/metrics")).text()
    assert "in use since" not in await (await shut.get("/panel")).text()


async def test_the_seal_is_not_broken_by_guessing_or_by_nobody(shut: House) -> None:
    assert await broken(shut, name="") == "/sign-in?failed"
    assert await broken(shut, name="   ") == "/sign-in?failed"
    for n in range(3):
        assert await broken(shut, password=f"guess {n}") == "/sign-in?failed"
    assert await broken(shut, name="somebody else") == "/sign-in?wait=5"
    assert (await shut.client.get("/v1/me")).status == 401
    evil = {"Origin": "https://evil.example.org"}
    form = {"name": "Kim Shah", "password": SEALED}
    assert (await shut.client.post("/sign-in/emergency", data=form, headers=evil)).status == 403


async def test_an_emergency_sign_in_is_revoked_like_any_other(shut: House) -> None:
    await broken(shut)
    assert await shut.store.write([], lambda tx: tx.drop_sign_ins("Kim Shah (emergency account)")) == 1
    assert (await shut.client.get("/v1/me")).status == 401
    await soon(shut.deps.reception.revocations.look())
    assert shut.deps.reception.revocations.emergencies == ()
