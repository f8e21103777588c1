"""What officers do that nobody meant: twice, both at once, backwards, too late, in a prison that is not theirs."""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import Opener, Screen, settled
from tests.browser.stage import JAMES, OFFICER, PRIYA, Stage, guest
from vmrd.lifecycle.facts import EndRequested, OpenRequested
from vmrd.lifecycle.words import LockState, Phase, Where

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def live(page: Page) -> None:
    await expect(page.locator("#line-words")).to_have_text("Live")
    await settled(page)


async def test_a_double_click_counts_once_with_script_and_without(screen: Screen, plain: Screen, stage: Stage) -> None:
    for number, window in (("1", screen), ("2", plain)):
        room = await stage.private(number)
        stage.watch(room)
        before = (await room.session()).ends_at
        page = await window.open(room)
        if window is screen:
            await live(page)
        await page.get_by_role("button", name="Extend").dblclick()
        await expect(page.get_by_role("heading", level=1)).to_contain_text("to 10:32")
        assert (await room.session()).ends_at == before + 300_000


async def test_two_officers_who_press_at_once_do_it_once_and_both_see_it_done(
    screen: Screen, opener: Opener, stage: Stage
) -> None:
    room = await stage.waiting("1", minutes=-1)
    colleague = await opener(cookie=await stage.sign_in("a.osei"))
    screen.tolerated = colleague.tolerated = ("409", "412")  # who came second may be told so
    pages = [await window.open(room) for window in (screen, colleague)]
    for page in pages:
        await live(page)
    # Held in the hand before: who looks for it only then may find that the other's press has taken it away.
    buttons = [await page.get_by_role("button", name="Open and let in 1 person").element_handle() for page in pages]
    await asyncio.gather(*(button.evaluate("button => button.click()") for button in buttons))
    for page in pages:
        await expect(page.locator("#light")).to_contain_text("Opening:")
        await expect(page.locator("#timeline").get_by_text("Open pressed")).to_have_count(1)
    facts = await stage.store.read(lambda rx: rx.facts(room.id))
    assert len([fact for fact in facts if isinstance(fact, OpenRequested)]) == 1


async def test_two_officers_of_two_minds_the_one_who_keeps_out_is_never_too_late(
    screen: Screen, opener: Opener, stage: Stage
) -> None:
    room = await stage.secure("1")
    stage.watch(room)
    await room.show(guest("james", JAMES, Where.WAITING))
    colleague = await opener(cookie=await stage.sign_in("a.osei"))
    mine, theirs = await screen.open(room, "/confirm/admit/james"), await colleague.open(room)
    for page in (mine, theirs):
        await live(page)
    await mine.get_by_role("button", name="Let them in").click()
    await expect(mine).to_have_url(f"{stage.url}/panel/sessions/{room.id}")
    await expect(theirs.locator("#person-james")).to_contain_text("Asked Pexip to let them in")
    await settled(theirs)
    await theirs.locator("#person-james").get_by_role("button", name="Refuse").click()
    for page in (mine, theirs):
        await expect(page.locator("#person-james")).to_contain_text("Asked Pexip to put them out")
        await expect(page.locator("#person-james")).not_to_contain_text("Asked Pexip to let them in")
    assert {ask for ask in (await room.session()).asks if ask.endswith(":james")} == {"remove:james"}


async def test_going_back_to_a_question_shows_it_as_it_stands_and_asks_nothing_twice(
    screen: Screen, plain: Screen, stage: Stage
) -> None:
    for number, window in (("1", screen), ("2", plain)):
        room = await stage.secure(number)
        stage.watch(room)
        page = await window.open(room)
        await page.get_by_role("link", name="End the meeting").click()
        await page.get_by_role("button", name="End the meeting").click()
        await expect(page.locator("#light")).to_contain_text("Ending")
        await page.go_back()
        await expect(page.get_by_role("heading", level=1)).to_have_text(f"End the meeting in Video room {number}?")
        await expect(page.get_by_role("button", name="End the meeting")).to_be_disabled()
        await page.go_forward()
        await expect(page.locator("#light")).to_contain_text("Ending")
        facts = await stage.store.read(lambda rx, session=room.id: rx.facts(session))
        assert len([fact for fact in facts if isinstance(fact, EndRequested)]) == 1


async def test_another_prison_s_meeting_is_neither_shown_nor_pressed(opener: Opener, stage: Stage) -> None:
    room = await stage.secure("1")
    stranger = await opener(cookie=await stage.sign_in("b.far", "LEI"))
    stranger.tolerated = ("404",)
    page = await stranger.open()
    csrf = await page.locator("input[name=csrf]").first.get_attribute("value")
    for rest in ("", "/check/ada-1", "/confirm/end", "/confirm/admit/ada-1", "/confirm/remove/codec-1"):
        for under in ("/panel", "/panel/fragments"):
            answer = await page.request.get(f"{stage.url}{under}/sessions/{room.id}{rest}")
            assert answer.status == 404, f"{under}{rest}"
            assert PRIYA not in await answer.text()
    for action in ("lock", "unlock", "end", "prisoner-in", "reveal", "remove"):
        fields = {"csrf": csrf or "", "participant": "ada-1", "what": "prisoner-name"}
        origin = {"Accept": "application/json", "Origin": stage.url}
        answer = await page.request.post(f"{stage.url}/panel/sessions/{room.id}/{action}", form=fields, headers=origin)
        assert answer.status == 404, action
    assert (await room.session()).lock.state is LockState.LOCKED
    assert (await room.session()).phase is Phase.OPEN


async def test_a_form_filled_in_when_the_sign_in_has_ended_does_nothing_and_leads_back_to_the_room(
    plain: Screen, stage: Stage
) -> None:
    room = await stage.opened("1")
    page = await plain.open(room, "/check/ada-1")
    await page.get_by_label("Photo identity card").check()
    await page.get_by_label("Their face is the face on the document").check()
    await stage.store.write([], lambda tx: tx.drop_sign_ins(OFFICER))
    await page.get_by_role("button", name="ID is good").click()
    await expect(page).to_have_url(f"{stage.url}/sign-in?next=/sessions/{room.id}/check/ada-1")
    assert not (await room.session()).checked_attendees()


async def test_putting_out_somebody_who_has_just_gone_is_no_fault_and_puts_out_nobody_else(
    plain: Screen, stage: Stage
) -> None:
    room = await stage.opened("1")
    page = await plain.open(room)
    await room.gone("ada-1")
    await room.show(guest("ada-again", PRIYA))
    await page.locator("#person-ada-1").get_by_role("button", name="Remove").click()
    await expect(page.locator("#person-ada-again")).to_be_visible()
    await expect(page.locator("#person-ada-1")).to_have_count(0)
    await expect(page.locator("#said")).to_be_hidden()
    assert not [ask for ask in (await room.session()).asks if ask.startswith("remove:")]
    await plain.open(room, "/confirm/remove/ada-1")
    await expect(page.get_by_role("heading", level=1)).to_have_text("There is nobody to put out now")
