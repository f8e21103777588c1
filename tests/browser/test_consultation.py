"""A whole consultation through the panel alone, against the daemon of a rehearsal and its Pexip.

It is pressed three times: with the mouse, with the keyboard alone, and where no script runs. Others come and go as the
rehearsal's scenario says. What happened is judged by Pexip's own account.

Also what a panel does that nobody looks at, or whose daemon stands still.
"""

from __future__ import annotations

import asyncio
import json
import re
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import time
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, expect

from tests.browser.conftest import SOON
from tests.browser.hands import Hands, Keyboard, Mouse, WithoutScript
from tests.system import demo_process
from vmrd.demo import cast
from vmrd.demo.cast import COLLEAGUE, INTERPRETER, KNOCKER, PHONE, PRIVATE, SOLICITOR, STRANGER, Booking
from vmrd.demo.officer import Officer
from vmrd.demo.stage import Plan, Stage, stage
from vmrd.demo.steps import ALWAYS
from vmrd.demo.verify import deleted, every, meeting, put_out_before_start, room_out_last

pytestmark = pytest.mark.asyncio(loop_scope="module")

THREE = (SOLICITOR, INTERPRETER, COLLEAGUE)
BY_KEYBOARD = Booking(1101, "MDI-VCC-4", "legal_consultation", "A2230KB", time(10), time(10, 30), THREE)
BY_FORMS = Booking(1102, "MDI-VCC-3", "legal_consultation", "A2231NS", time(10), time(10, 15), THREE)


@dataclass(frozen=True, slots=True)
class Meeting:
    """One of the rehearsal's meetings: who looks at it over the API, and under which alias others dial."""

    built: Stage
    officer: Officer
    alias: str

    async def others(self, act: str) -> None:
        """What others do, as the scenario says."""
        await self.built.players.crowd.play(act, self.alias)

    async def time_passes_until(self, phase: str) -> None:
        while (await self.officer.look()).phase != phase:
            await self.others("seconds pass")

    async def judged(self) -> str | None:
        """What Pexip's own account has against it."""
        check = every(ALWAYS, put_out_before_start(PHONE, STRANGER), room_out_last, deleted)
        return check(meeting(await self.built.players.crowd.state(), self.alias))


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def built() -> AsyncIterator[Stage]:
    async with stage(Plan()) as set_up:
        yield set_up


async def booked(built: Stage, booking: Booking) -> Meeting:
    """The meeting, once its link works and those booked and two others wait."""
    players = built.players
    if booking is cast.YOURS:
        officer = players.officer
    else:
        had = await players.clerk.book(booking)
        officer = replace(players.officer, session=had.answer["sessionIds"][0]["sessionId"])
    seen = await officer.until(lambda seen: seen.phase == "ready")
    made = Meeting(built, officer, seen.alias)
    await made.others("the uninvited arrive")
    await made.others("those booked arrive")
    return made


@pytest.mark.parametrize(
    ("hands", "booking"),
    [(Mouse, cast.YOURS), (Keyboard, BY_KEYBOARD), (WithoutScript, BY_FORMS)],
    ids=["mouse", "keyboard", "without script"],
)
async def test_a_consultation_is_held_through_the_panel_alone(
    browser: Browser, built: Stage, hands: type[Mouse | WithoutScript], booking: Booking
) -> None:
    held = await booked(built, booking)
    context = await browser.new_context(
        viewport={"width": 1280, "height": 900}, java_script_enabled=hands is not WithoutScript
    )
    page = await context.new_page()
    page.set_default_timeout(SOON)
    await page.goto(built.sign_in)
    await hold(hands(page), held, booking)
    await context.close()
    assert await held.judged() is None


TOLD_OF_NOTES = """window.Notification = class extends window.Notification {
  constructor(title, options) {
    super(title, options);
    this.onshow = () => { document.documentElement.dataset.noted = `${title}: ${options.body}`; };
  }
};"""


async def test_a_knock_reaches_an_officer_who_looks_at_another_page(windows: Browser, built: Stage) -> None:
    players = built.players
    context = await windows.new_context(permissions=["notifications"])
    panel = await context.new_page()
    await panel.add_init_script(TOLD_OF_NOTES)
    await panel.goto(built.sign_in)
    await expect(panel.locator("#line-words")).to_have_text("Live")
    quiet = await panel.title()
    look = await context.new_cdp_session(panel)
    await look.send(
        "Emulation.setFocusEmulationEnabled", {"enabled": False}
    )  # Playwright's pages all think they have it
    other = await context.new_page()
    await other.bring_to_front()
    assert not await panel.evaluate("document.hasFocus()")

    await players.crowd.play("a stranger knocks", players.aliases[PRIVATE.room])

    await expect(panel).to_have_title("(!) KNOCK – Video room 2")
    await expect(panel.locator("#favicon")).to_have_attribute("href", re.compile("icon-knock"))
    noted = "KNOCK – Video room 2: Somebody is trying to come in."
    await expect(panel.locator("html")).to_have_attribute("data-noted", noted)
    await expect(panel.locator("html")).to_have_attribute("data-sound", "KNOCK")
    await panel.bring_to_front()
    await Mouse(panel).press(panel.get_by_role("button", name=f"Refuse {KNOCKER}"))
    await expect(panel).to_have_title(quiet)
    await context.close()


async def test_secure_goes_dark_by_itself_when_the_daemon_stands_still(browser: Browser, tmp_path: Path) -> None:
    with demo_process.running(tmp_path, "--story", "none", "--json") as daemon:
        assert daemon.stdout is not None
        told = json.loads(await asyncio.to_thread(daemon.stdout.readline))
        context = await browser.new_context()
        page = await context.new_page()
        await page.goto(told["signIn"])
        await page.get_by_role("link", name="Video room 2").first.click()
        lit, veil = page.locator("#light[data-burning=yes]"), page.locator("#veil")
        await expect(lit).to_contain_text("SECURE – PRIVATE")
        daemon.send_signal(signal.SIGSTOP)
        try:
            await expect(page.locator("#light[data-burning=no]")).to_contain_text("NOT PROVED NOW")
            await expect(veil).to_contain_text(re.compile(r"NOT LIVE since \d\d:\d\d:\d\d – this screen has lost vmrd"))
        finally:
            daemon.send_signal(signal.SIGCONT)
        await expect(veil).to_be_hidden()
        await expect(lit).to_contain_text("SECURE – PRIVATE")
        await context.close()


async def hold(officer: Hands, held: Meeting, booking: Booking) -> None:
    """All an officer does and sees, from the board to the outcome."""
    page = officer.page
    await officer.press(page.locator(f"#tile-{held.officer.session} h2 a"))
    await officer.sees(page.get_by_role("heading", level=1, name=cast.room_name(booking.room)))
    await _open(officer, held)
    await _check(officer, SOLICITOR.name, "Photo identity card")
    await _check(officer, INTERPRETER.name, "Letter on headed paper and passport", "Interpreter or specialist")
    await officer.press(page.get_by_role("button", name="Lock", exact=True))
    await officer.sees(page.locator("#lock-line").get_by_text("Locked, confirmed by Pexip"))
    await _bring_in(officer, booking)
    await officer.press(page.locator("#prisoner").get_by_role("button", name="I told them it must end"))
    await officer.sees(page.locator("#prisoner").get_by_text("They know it must end"))
    await officer.press(page.locator("#open").get_by_role("button", name="The officer has left the room"))
    await officer.sees(page.locator("#open").get_by_text("Nothing: the meeting is private"))
    await _refuse_a_knock(officer, held)
    await _let_the_colleague_in(officer, held)
    await _bring_in(officer, booking)
    await _end(officer, held)


async def _open(officer: Hands, held: Meeting) -> None:
    page = officer.page
    await officer.sees(waiting(officer, "Phone caller"))
    await officer.sees(page.locator("#open").get_by_text("1 not on the list"))
    await officer.press(waiting(officer, STRANGER).get_by_role("button", name="Refuse"))
    await officer.misses(waiting(officer, STRANGER))
    await officer.press(page.get_by_role("button", name="Open and let in 2 people"))
    for name in (SOLICITOR.name, INTERPRETER.name):
        await officer.sees(inside(officer, name))


async def _check(officer: Hands, name: str, way: str, *also: str) -> None:
    form = await officer.check_form(inside(officer, name))
    await officer.choose(form.get_by_label(way, exact=True))
    for words in ("Their face is the face on the document", *also):
        await officer.choose(form.get_by_label(words))
    await officer.press(form.get_by_role("button", name="ID is good"))
    await officer.sees(inside(officer, name).get_by_text("ID checked"))


async def _bring_in(officer: Hands, booking: Booking) -> None:
    page = officer.page
    await officer.sees(page.locator("#light").get_by_text(officer.secure))
    await officer.sees(page.locator("#open").get_by_text(booking.prisoner))
    await officer.press(page.locator("#open").get_by_role("button", name="The prisoner is in"))
    await officer.sees(page.locator("#prisoner").get_by_text("In the room:"))
    await officer.sees(page.locator("#light").get_by_text(officer.private))


async def _refuse_a_knock(officer: Hands, held: Meeting) -> None:
    page = officer.page
    await held.others("a stranger knocks")
    await officer.sees(page.locator("#strip").get_by_text(f"{KNOCKER} is trying to come in (not on the list)"))
    await officer.press(page.locator("#strip").get_by_role("button", name="Refuse"))
    await officer.sees(page.locator("#strip").get_by_text("Nobody is knocking."))
    await officer.misses(waiting(officer, KNOCKER))


async def _let_the_colleague_in(officer: Hands, held: Meeting) -> None:
    page, name = officer.page, COLLEAGUE.name
    await held.others("the colleague comes late")
    await officer.sees(page.locator("#strip").get_by_text(f"looks like {name}, who is expected"))
    await officer.press(page.locator("#strip").get_by_role("button", name="Seen it"))
    await officer.sees(page.locator("#strip").get_by_text("Nobody is knocking."))
    await officer.sees(waiting(officer, name).get_by_text("Take the prisoner out before you let anyone in."))
    await officer.press(page.locator("#prisoner").get_by_role("button", name="The prisoner is out"))
    await officer.sees(page.locator("#prisoner").get_by_text("To fetch:"))
    await officer.press(waiting(officer, name).get_by_role("link", name="Admit"))
    await officer.press(page.get_by_role("button", name="Let them in"))
    await _check(officer, name, "Photo identity card")


async def _end(officer: Hands, held: Meeting) -> None:
    page = officer.page
    await officer.press(page.locator("#prisoner").get_by_role("button", name="The prisoner is out"))
    await officer.sees(page.locator("#prisoner").get_by_text("To fetch:"))
    await officer.press(page.get_by_role("link", name="End the meeting"))
    await officer.press(page.locator("main").get_by_role("button", name="End the meeting"))
    await officer.sees(page.locator("#light").get_by_text("Ending"))
    await held.time_passes_until("ended")
    await held.others("somebody tries the dead link")
    await officer.sees(page.locator("#outcome"))
    await officer.press(page.get_by_role("button", name="This is how it went"))
    await officer.sees(page.locator("#outcome").get_by_text("Went as booked. Confirmed by K. Shah."))


def waiting(officer: Hands, name: str) -> Locator:
    """Whoever of this name waits."""
    return officer.page.locator("#waiting .person").filter(has_text=name)


def inside(officer: Hands, name: str) -> Locator:
    """Whoever of this name is inside."""
    return officer.page.locator("#inside .person").filter(has=officer.page.get_by_role("heading", name=name))
