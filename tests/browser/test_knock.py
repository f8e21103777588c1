"""A knock nobody can miss: on every screen, in the title, again and again, until an officer says it was seen."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Opener, Screen, settled
from tests.browser.stage import Stage, guest
from vmrd.lifecycle.inputs import EyesLost
from vmrd.lifecycle.words import KnockState, Where

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_it_is_on_every_screen_until_it_is_seen(screen: Screen, stage: Stage) -> None:
    quiet, room = await stage.waiting("1"), await stage.private("3")
    stage.watch(room)
    page = await screen.open()
    await expect(page.locator("#strip")).to_have_text("Nobody is knocking.")
    await room.show(guest("late", "Lin Wu", Where.WAITING))
    for path in ("", f"/sessions/{quiet.id}", f"/sessions/{room.id}", f"/sessions/{room.id}/confirm/end"):
        await page.goto(f"{stage.url}/panel{path}")
        await expect(page.locator("#strip")).to_contain_text("KNOCK – Video room 3")
        await expect(page.locator("#strip")).to_contain_text("Lin Wu is trying to come in (not on the list)")
        await expect(page).to_have_title("(!) KNOCK – Video room 3")
    await page.get_by_role("button", name="Seen it Stop the knock of Lin Wu").click()
    await expect(page.get_by_text("Nobody is knocking")).to_be_visible()
    await expect(page.get_by_role("heading", level=1)).to_have_text("End the meeting in Video room 3?")
    await expect(page).not_to_have_title(re.compile("KNOCK"))
    [knock] = (await room.session()).knocks.values()
    assert knock.state is KnockState.ACKNOWLEDGED


async def test_it_comes_without_a_reload_and_each_person_knocks_alone(screen: Screen, stage: Stage) -> None:
    room = await stage.private("3")
    stage.watch(room)
    page = await screen.open()
    await expect(page.locator("#line-words")).to_have_text("Live")
    await room.show(guest("one", "First Caller", Where.WAITING))
    await expect(page.locator("#strip li")).to_have_count(1)
    await room.show(guest("two", "Second Caller", Where.WAITING))
    await expect(page.locator("#strip li")).to_have_count(2)
    await expect(page.locator("#say-now")).to_contain_text("Second Caller is trying to come in")
    await settled(page)
    await page.get_by_role("button", name="Seen it Stop the knock of First Caller").click()
    await expect(page.locator("#strip li")).to_have_count(1)
    await expect(page.locator("#strip")).to_contain_text("Second Caller")


async def test_it_sounds_every_five_seconds_until_it_is_seen(screen: Screen, stage: Stage) -> None:
    await screen.page.clock.install()
    room = await stage.private("3")
    stage.watch(room)
    await room.show(guest("one", "First Caller", Where.WAITING))
    page = await screen.open()
    rung = page.locator("html[data-sounded='1']")
    await expect(rung).to_have_count(1)
    await page.clock.fast_forward(5_000)
    await expect(page.locator("html[data-sounded='2']")).to_have_count(1)
    await page.get_by_role("button", name="Seen it").click()
    await expect(page.get_by_text("Nobody is knocking")).to_be_visible()
    heard = await page.locator("html").get_attribute("data-sounded")
    await page.clock.fast_forward(20_000)
    await expect(page.locator(f"html[data-sounded='{heard}']")).to_have_count(1)


async def test_refuse_is_beside_it(screen: Screen, stage: Stage) -> None:
    room = await stage.private("3")
    stage.watch(room)
    await room.show(guest("one", "First Caller", Where.WAITING))
    page = await screen.open()
    await page.get_by_role("button", name="Refuse First Caller").click()
    await expect(page.get_by_text("Nobody is knocking")).to_be_visible()
    session = await room.session()
    assert "remove:one" in session.asks
    [knock] = session.knocks.values()
    assert knock.state is KnockState.REFUSED


async def test_the_panel_says_so_while_its_sound_is_off(screen: Screen, stage: Stage) -> None:
    page = await screen.open()
    await expect(page.get_by_text("Sound is off. You will not hear a knock.")).to_be_visible()
    await page.get_by_role("button", name="Turn the sound on").click()
    await expect(page.get_by_text("Sound is off")).to_be_hidden()
    await expect(page.get_by_text("Nobody is knocking")).to_be_visible()


async def test_a_breach_rings_on_every_screen_and_stays_red_when_it_was_seen(screen: Screen, stage: Stage) -> None:
    quiet, room = await stage.waiting("1"), await stage.private("3")
    stage.watch(room)
    page = await screen.open(quiet)
    await expect(page.locator("#line-words")).to_have_text("Live")
    await room.show(guest("who", "Nobody Knows"))
    await expect(page.locator("#strip")).to_contain_text("BREACH – Video room 3")
    await expect(page.locator("#strip")).to_contain_text("Nobody Knows has not been checked")
    await expect(page).to_have_title("(!) BREACH – Video room 3")
    await settled(page)
    await page.get_by_role("button", name="Seen it The breach in Video room 3").click()
    await expect(page.get_by_text("Nobody is knocking")).to_be_visible()
    await page.goto(f"{stage.url}/panel/sessions/{room.id}")
    await expect(page.locator("#light.face-breach")).to_be_visible()


async def test_who_is_dealing_with_it_shows_on_every_panel_and_silences_no_other_room(
    screen: Screen, opener: Opener, stage: Stage
) -> None:
    await screen.page.clock.install()
    first, second = await stage.private("1"), await stage.private("2")
    for room, who in ((first, "First Caller"), (second, "Second Caller")):
        stage.watch(room)
        await room.show(guest(f"late-{who[0]}", who, Where.WAITING))
    colleague = await opener(cookie=await stage.sign_in("a.osei"))
    theirs, page = await colleague.open(), await screen.open()
    for each in (theirs, page):
        await expect(each.locator("#line-words")).to_have_text("Live")
    await theirs.get_by_role("button", name="I am dealing with it The knock of First Caller").click()
    await expect(page.locator("#strip li").first).to_contain_text("a.osei is dealing with this")
    await expect(page.locator("#strip li").last).not_to_contain_text("is dealing with this")
    before = int(await page.locator("html").get_attribute("data-sounded") or 0)
    await page.clock.fast_forward(5_000)
    await expect(page.locator(f"html[data-sounded='{before + 1}'][data-sound=KNOCK]")).to_have_count(1)
    await page.clock.fast_forward(1_000)
    await page.get_by_role("button", name="Seen it Stop the knock of First Caller").click()  # nobody is held up by it
    await expect(theirs.locator("#strip li")).to_have_count(1)
    await page.clock.fast_forward(1_000)
    await page.get_by_role("button", name="I am dealing with it The knock of Second Caller").click()
    await expect(theirs.locator("#strip li")).to_contain_text("k.shah is dealing with this")
    await stage.advance(30_000, second)
    await expect(theirs.locator("#strip li")).not_to_contain_text("is dealing with this")


async def test_a_shift_change_loses_no_knock(screen: Screen, opener: Opener, stage: Stage) -> None:
    room = await stage.private("3")
    stage.watch(room)
    await room.show(guest("late", "Lin Wu", Where.WAITING))
    page = await screen.open()
    await page.get_by_role("button", name="I am dealing with it The knock of Lin Wu").click()
    await expect(page.locator("#strip")).to_contain_text("k.shah is dealing with this")
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_label("Password")).to_be_visible()
    next_shift = await opener(cookie=await stage.sign_in("a.osei"))
    theirs = await next_shift.open()
    await expect(theirs.locator("#strip")).to_contain_text("Lin Wu is trying to come in")
    await expect(theirs.locator("#strip")).to_contain_text("k.shah is dealing with this")
    await stage.advance(30_000, room)
    await expect(theirs.locator("#strip")).not_to_contain_text("is dealing with this")
    await expect(theirs).to_have_title("(!) KNOCK – Video room 3")


async def test_it_comes_as_a_notification_to_who_looks_elsewhere_and_names_no_person(
    screen: Screen, stage: Stage
) -> None:
    await screen.page.add_init_script(
        """window.notes = [];
        window.Notification = class {
          static permission = "granted";
          constructor(title, { body, tag }) { Object.assign(this, { title, body, tag }); window.notes.push(this); }
          close() { this.closed = true; }
        };
        document.hasFocus = () => false;"""
    )
    room = await stage.private("3")
    stage.watch(room)
    page = await screen.open()
    await expect(page.locator("#line-words")).to_have_text("Live")
    await room.show(guest("late", "Lin Wu", Where.WAITING))
    await expect(page.locator("#strip li")).to_have_count(1)
    notes = await page.evaluate("window.notes.map(({ title, body, closed }) => [title, body, closed || false])")
    assert notes == [["KNOCK – Video room 3", "Somebody is trying to come in.", False]]
    await settled(page)
    await page.get_by_role("button", name="Seen it").click()
    await expect(page.get_by_text("Nobody is knocking")).to_be_visible()
    assert await page.evaluate("window.notes.every((note) => note.closed)")


async def test_notifications_are_asked_for_by_a_press_alone(screen: Screen, stage: Stage) -> None:
    await screen.page.add_init_script(
        """window.asked = 0;
        window.Notification = class {
          static permission = "default";
          static async requestPermission() { window.asked += 1; Notification.permission = "denied"; }
        };"""
    )
    room = await stage.private("3")
    await room.show(guest("late", "Lin Wu", Where.WAITING))
    page = await screen.open(room)
    await page.goto(f"{stage.url}/panel/help")
    button = page.get_by_role("button", name="Show knocks over other windows")
    await expect(button).to_be_visible()
    assert await page.evaluate("window.asked") == 0
    await button.click()
    await expect(button).to_be_hidden()
    assert await page.evaluate("window.asked") == 1


async def test_a_supervisor_sees_that_no_panel_of_the_prison_would_be_heard(
    screen: Screen, opener: Opener, stage: Stage
) -> None:
    await stage.ready("1")
    page = await screen.open()
    warning = page.locator("#unheard")
    await expect(warning).to_contain_text("No panel of HMP Example has its sound on.")
    officer = await (await opener(cookie=await stage.sign_in("a.osei"))).open()
    await expect(officer.locator("#unheard")).to_have_count(0)  # an officer has a bar of their own
    await officer.get_by_role("button", name="Turn the sound on").click()
    await expect(officer.get_by_text("Sound is off")).to_be_hidden()
    await expect(officer.locator("html[data-told-sound=on]")).to_have_count(1)
    await page.reload()
    await expect(warning).to_have_count(0, timeout=20_000)  # whatever was not told of shows by then


async def test_somebody_new_who_waits_is_one_soft_tone_and_no_alarm(screen: Screen, stage: Stage) -> None:
    room = await stage.ready("1")
    page = await screen.open()
    await expect(page.locator("#line-words")).to_have_text("Live")
    await room.show(guest("ada", "Priya Nair", Where.WAITING))
    await expect(page.locator("html[data-sound=ARRIVAL][data-sounded='1']")).to_have_count(1)
    await expect(page.locator("#strip")).to_have_text("Nobody is knocking.")
    await expect(page).not_to_have_title(re.compile("!"))


async def test_a_lost_sight_rings_amber_after_a_quarter_of_a_minute_until_it_is_seen(
    screen: Screen, stage: Stage
) -> None:
    room = await stage.private("1")
    await stage.given(room.id, EyesLost())
    page = await screen.open()
    await expect(page.locator("#line-words")).to_have_text("Live")
    await expect(page.locator("#blind-banner")).to_have_count(0)
    await stage.advance(15_000, room)
    await expect(page.locator("#blind-banner")).to_contain_text("BLIND")
    await expect(page).to_have_title("(!) BLIND – Video room 1")
    await expect(page.locator("#favicon")).to_have_attribute("href", re.compile("icon-blind"))
    await expect(page.locator("html[data-sound=BLIND]")).to_have_count(1)
    await settled(page)
    await page.get_by_role("button", name="Seen it That vmrd cannot see Video room 1").click()
    await expect(page).not_to_have_title(re.compile("!"))
    await expect(page.locator("#blind-banner")).to_contain_text("vmrd has lost Pexip")  # it is still so, and said


async def test_many_blind_rooms_are_one_banner(screen: Screen, stage: Stage) -> None:
    first, second = await stage.private("1"), await stage.private("2")
    for room in (first, second):
        await stage.given(room.id, EyesLost())
    await stage.advance(15_001, first, second)
    page = await screen.open()
    await expect(page.locator("#blind-banner")).to_contain_text(
        "vmrd has lost Pexip and cannot see 2 meetings in Video room 1, Video room 2. Watch them yourself."
    )
    await page.get_by_role("button", name="Seen all of them").click()
    await expect(page).not_to_have_title(re.compile("!"))
    for room in (first, second):
        assert (await room.session()).alerts["blind"].acknowledged_by == "k.shah"
