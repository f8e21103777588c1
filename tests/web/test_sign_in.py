"""Who may do what: tokens, the browser's cookie, and what a page from elsewhere cannot do."""

from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient

from tests.web.house import OFFICER, PASSWORD, House, house
from vmrd.web import caller as callers
from vmrd.web.caller import digest

pytestmark = pytest.mark.asyncio


async def signed_in(home: House) -> str:
    """Sign the test's own browser in; its CSRF token."""
    answer = await home.client.post("/sign-in", json={"name": "k.shah", "password": PASSWORD})
    assert answer.status == 200
    csrf: str = (await answer.json())["csrf"]
    return csrf


async def test_nobody_without_a_token_or_cookie_sees_anything(home: House) -> None:
    for path in ("/v1/sessions", "/v1/me", "/v1/live", "/v1/bookings/bvls:1"):
        answer = await home.client.get(path)
        assert answer.status == 401
        assert (await answer.json())["type"] == "/problems/not-signed-in"
    assert (await home.get("/v1/me", "wrong")).status == 401


async def test_a_token_says_who_calls(home: House) -> None:
    assert await (await home.get("/v1/me")).json() == {
        "name": "k.shah",
        "role": "officer",
        "establishments": ["MDI"],
        "csrf": None,
    }


async def test_a_password_signs_a_browser_in_with_a_cookie_no_script_can_read(home: House) -> None:
    answer = await home.client.post("/sign-in", json={"name": "k.shah", "password": PASSWORD})
    cookie = answer.headers["Set-Cookie"]
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(cookie.split("; "))
    value = cookie.split("=", 1)[1].split(";")[0]
    assert value not in str(await home.store.read(lambda rx: rx.sign_in(digest(value))))
    assert (await (await home.client.get("/v1/me")).json())["name"] == "k.shah"


async def test_off_this_machine_the_cookie_demands_tls(home: House) -> None:
    answer = await home.client.post(
        "/sign-in", json={"name": "k.shah", "password": PASSWORD}, headers={"Host": "vmrd.example.org"}
    )
    assert answer.headers["Set-Cookie"].startswith("__Host-vmrd=")
    assert "Secure" in answer.headers["Set-Cookie"]


async def test_a_form_is_led_to_the_start_of_the_shift_or_back(home: House) -> None:
    good = await home.client.post("/sign-in", data={"name": "k.shah", "password": PASSWORD}, allow_redirects=False)
    assert (good.status, good.headers["Location"]) == (303, "/panel/shift")
    bad = await home.client.post("/sign-in", data={"name": "k.shah", "password": "wrong"}, allow_redirects=False)
    assert (bad.status, bad.headers["Location"]) == (303, "/sign-in?failed")
    assert "Set-Cookie" not in bad.headers


async def test_a_wrong_name_and_a_wrong_password_look_the_same(home: House) -> None:
    answers = [
        await home.client.post("/sign-in", json={"name": name, "password": "wrong"}) for name in ("k.shah", "nobody")
    ]
    assert [answer.status for answer in answers] == [401, 401]
    assert await answers[0].read() == await answers[1].read()


async def test_a_name_that_failed_too_often_is_refused_for_a_while(home: House) -> None:
    for _ in range(5):
        await home.client.post("/sign-in", json={"name": "k.shah", "password": "wrong"})
    assert (await home.client.post("/sign-in", json={"name": "k.shah", "password": PASSWORD})).status == 429
    form = await home.client.post("/sign-in", data={"name": "k.shah", "password": PASSWORD}, allow_redirects=False)
    assert (form.status, form.headers["Location"]) == (303, "/sign-in?wait=5")
    assert "Wait 5 minutes" in await (await home.client.get("/sign-in?wait=5")).text()


async def test_a_browsers_post_needs_its_own_token_and_our_own_page(home: House) -> None:
    session = (await home.booked())["main"]
    csrf = await signed_in(home)

    async def post(**headers: str) -> int:
        return (await home.client.post(f"/v1/sessions/{session}/signalled", headers=headers)).status

    token = {callers.CSRF_HEADER: csrf}
    assert await post() == 403
    assert await post(**{callers.CSRF_HEADER: "guessed"}) == 403
    assert await post(**token, **{"Sec-Fetch-Site": "cross-site"}) == 403
    assert await post(**token, Origin="https://evil.example.org") == 403
    assert await post(**token, **{"Sec-Fetch-Site": "same-origin"}) == 202


async def test_a_page_from_elsewhere_cannot_listen_or_sign_anybody_in(home: House) -> None:
    await signed_in(home)
    evil = {"Origin": "https://evil.example.org"}
    upgrade = {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "eA==",
    }
    assert (await home.client.get("/v1/live", headers={**evil, **upgrade})).status == 403
    body = {"name": "k.shah", "password": PASSWORD}
    assert (await home.client.post("/sign-in", json=body, headers=evil)).status == 403


async def test_signing_out_makes_the_cookie_worthless(home: House) -> None:
    csrf = await signed_in(home)
    kept = {cookie.key: cookie.value for cookie in home.client.session.cookie_jar}
    out = await home.client.post("/sign-out", headers={callers.CSRF_HEADER: csrf}, allow_redirects=False)
    assert (out.status, out.headers["Location"]) == (303, "/sign-in")
    again = await home.client.get("/v1/me", headers={"Cookie": "; ".join(f"{k}={v}" for k, v in kept.items())})
    assert again.status == 401


@pytest.mark.parametrize("passed", [callers.IDLE + 1, callers.ABSOLUTE + 1], ids=["idle", "in all"])
async def test_a_sign_in_ends_by_itself(home: House, monkeypatch: pytest.MonkeyPatch, passed: int) -> None:
    await signed_in(home)
    before = callers._WALL.now()

    class Later:
        def now(self) -> int:
            return before + passed

    monkeypatch.setattr(callers, "_WALL", Later())
    assert (await home.client.get("/v1/me")).status == 401


async def test_one_click_works_in_a_demo_only_and_with_its_code_only(home: House, tmp_path: Path) -> None:
    assert (await home.client.get("/sign-in/demo?code=")).status == 404
    (tmp_path / "demo").mkdir()
    async with house(tmp_path / "demo", demo=True) as demo:
        assert (await demo.client.get("/sign-in/demo?code=guessed")).status == 404
        answer = await clicked(demo.client, f"/sign-in/demo?code={demo.deps.demo_code}&name=k.shah")
        assert (answer.status, answer.headers["Location"]) == (303, "/")
        assert (await (await demo.client.get("/v1/me")).json())["name"] == "k.shah"


async def clicked(client: TestClient[Any, Any], path: str) -> Any:
    return await client.get(path, allow_redirects=False)


async def test_every_answer_tells_the_browser_to_trust_nothing_else(home: House) -> None:
    for path in ("/v1/me", "/nosuch", "/openapi.json", "/sign-in"):
        answer = await home.client.get(path)
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert "unsafe" not in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert answer.headers["X-Request-Id"]


async def test_an_account_taken_away_is_out_at_once(home: House) -> None:
    assert (await home.get("/v1/me")).status == 200
    officer = await home.store.read(lambda rx: rx.officer_by_token(digest(OFFICER)))
    assert officer is not None
    from dataclasses import replace

    await home.store.write([], lambda tx: tx.put_officer(replace(officer, token_hash=None)))
    assert (await home.get("/v1/me")).status == 401
