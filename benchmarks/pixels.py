"""From an event at Pexip to changed pixels in a real browser, and from a press in it to Pexip: twenty rooms.

The mock is in this process, vmrd in one of its own, and Chromium shows the panel as an officer has it. An event is
somebody leaving a meeting or coming in; it begins when the mock is told and ends when the frame that shows the other
count on that room's tile has been made. A press is a click on Lock; it ends when the mock has the request. Both ends
are read from the machine's one wall clock, which a browser tells to the millisecond.
"""

from __future__ import annotations

import asyncio
import shutil
import statistics
import time
from pathlib import Path

from playwright.async_api import Page, async_playwright

from benchmarks.bench import Result
from benchmarks.press import Receipts, opened, until_lock
from tests.crash.house import DOMAIN, KEY, House, house
from vmrd.clock import SystemClock
from vmrd.store.base import SignIn
from vmrd.store.secrets import derive_keys
from vmrd.store.sqlite import write_once
from vmrd.web.caller import digest

ROOMS = 20
EVENTS = 40
PRESSES = 20
MOST_MS = 100.0
COOKIE = "cookie-of-a-benchmark"
SETTLED = 0.25
"""Seconds after an event in which its consequences have been shown as well."""

_WATCH = """id => {
  const count = () => (document.getElementById(`tile-${id}`).textContent.match(/\\d+ (?:person|people) in/) || [""])[0];
  const former = count();
  window.shown = new Promise((done) => {
    const observer = new MutationObserver(() => {
      if (count() === former) return;
      observer.disconnect();
      requestAnimationFrame(() => {
        const after = new MessageChannel(); // heard once the frame has been made
        after.port1.onmessage = () => done(Date.now());
        after.port2.postMessage(null);
      });
    });
    observer.observe(document.getElementById("live"), { childList: true, subtree: true, characterData: true });
  });
}"""
_CAN_BE_PRESSED = """id => {
  const button = document.querySelector(`form[action="/panel/sessions/${id}/lock"] button`);
  return button !== null && /^Lock\\b/.test(button.textContent.trim());
}"""
_PRESS = """id => {
  const button = document.querySelector(`form[action="/panel/sessions/${id}/lock"] button`);
  const pressed = Date.now();
  button.click();
  return pressed;
}"""


async def measure(folder: Path) -> dict[str, Result]:
    """Both ways, if there is a browser."""
    chromium = shutil.which("chromium")
    if chromium is None:
        return {}
    async with house(folder, 1, rooms=ROOMS) as built, async_playwright() as playwright:
        receipts = Receipts(built.mock.platform)
        await built.begin()
        now = SystemClock().now()
        sign_in = SignIn(digest(COOKIE), "k.shah", "csrf", now, now)
        write_once(built.database, derive_keys(bytes.fromhex(KEY)), lambda tx: tx.put_sign_in(sign_in))
        sessions = await asyncio.gather(*(opened(built, number) for number in range(ROOMS)))
        browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        context = await browser.new_context(viewport={"width": 1280, "height": 900})
        await context.add_cookies([{"name": "vmrd", "value": COOKIE, "url": f"http://127.0.0.1:{built.port}"}])
        page = await context.new_page()
        shown = await _events(built, page, sessions)
        pressed = await _presses(built, page, receipts, sessions[0])
        await browser.close()
    return {
        f"Pexip's event to pixels, {ROOMS} rooms": _result(shown),
        f"press in the browser to Pexip, {ROOMS} rooms": _result(pressed),
    }


def _result(took: list[float]) -> Result:
    p99 = statistics.quantiles(took, n=100)[98]
    return Result(
        value=round(p99, 1),
        unit="ms p99",
        ratio=None,
        against="nothing: what a person notices",
        target=f"< {MOST_MS:.0f} ms on an idle machine",
        met=p99 < MOST_MS,
        beside=f"p50 {statistics.median(took):.1f} ms, slowest {max(took):.1f} ms of {len(took)}",
    )


async def _events(built: House, page: Page, sessions: list[str]) -> list[float]:
    """Milliseconds from somebody's leaving or coming to their tile's other count."""
    aliases, inside, took = {}, dict[str, str](), []
    for session in sessions:
        _, view = await built.api("GET", f"/v1/sessions/{session}")
        aliases[session] = view["vmr"]["alias"].split("@")[0]
        inside[session] = await _dial(built, aliases[session])
    await page.goto(f"http://127.0.0.1:{built.port}/panel")
    await page.wait_for_function("document.getElementById('line').dataset.line === 'live'")
    for number in range(EVENTS):
        session = sessions[number % len(sessions)]
        await asyncio.sleep(SETTLED)
        await page.evaluate(_WATCH, session)
        began = time.time()
        if session in inside:
            await built.control("POST", f"/people/{inside.pop(session)}/leave")
        else:
            inside[session] = await _dial(built, aliases[session])
        took.append(await page.evaluate("window.shown") - began * 1e3)
    return took


async def _dial(built: House, alias: str) -> str:
    body = {"alias": f"{alias}@{DOMAIN}", "name": "Priya Nair", "kind": "browser", "pin": "none"}
    return str((await built.control("POST", "/people", body))["participant"])


async def _presses(built: House, page: Page, receipts: Receipts, session: str) -> list[float]:
    """Milliseconds from the click on Lock to the mock's having the request."""
    took = []
    await page.goto(f"http://127.0.0.1:{built.port}/panel/sessions/{session}")
    for _ in range(PRESSES):
        await page.wait_for_function(_CAN_BE_PRESSED, arg=session)
        receipts.at.clear()
        pressed = await page.evaluate(_PRESS, session)
        await until_lock(built, session, "locked")
        took.append(receipts.wall(session) * 1e3 - pressed)
        await built.api("POST", f"/v1/sessions/{session}/unlock", {})
        await until_lock(built, session, "unlocked")
    return took
