"""What waits for a supervisor: decided in the browser by name, and what takes two people by two."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Opener, Screen, settled
from tests.browser.stage import Stage
from vmrd.lifecycle import facts as f
from vmrd.lifecycle import inputs as i
from vmrd.lifecycle.words import Phase

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_an_approved_meeting_leaves_the_list_and_is_made_ready(screen: Screen, stage: Stage) -> None:
    room = await stage.planned("1", minutes=45, needs_approval=True, flags=("short_notice",))
    page = screen.page
    await page.goto(f"{stage.url}/panel/approvals")
    await expect(page.locator("#line-words")).to_have_text("Live")
    await page.locator(f"#approve-{room.id}").click()
    await expect(page.get_by_text("Nothing waits for a decision.")).to_be_visible()
    session = await room.session()
    assert not session.needs_approval
    facts = await stage.store.read(lambda rx: rx.facts(room.id))
    assert [fact.by for fact in facts if isinstance(fact, f.Approved)] == ["k.shah"]


async def test_a_declined_meeting_fails_and_its_reason_is_in_the_record(plain: Screen, stage: Stage) -> None:
    room = await stage.planned("1", minutes=45, needs_approval=True)
    page = plain.page
    await page.goto(f"{stage.url}/panel/approvals")
    await page.get_by_text("Decline it").click()
    press = page.locator(f"#decline-press-{room.id}")
    await press.click()
    assert (await room.session()).phase is Phase.PLANNED, "a reason is asked for"
    await page.get_by_label("Why the prison declines it").fill("The wing is closed that day")
    await press.click()
    await expect(page.get_by_text("Nothing waits for a decision.")).to_be_visible()
    assert (await room.session()).phase is Phase.FAILED
    await page.goto(f"{stage.url}/panel/sessions/{room.id}")
    await expect(page.locator("#timeline")).to_contain_text("Booking declined: The wing is closed that day")


async def test_an_officer_is_neither_led_to_approvals_nor_let_in(opener: Opener, stage: Stage) -> None:
    officer = await opener(cookie=await stage.sign_in("a.osei"))
    officer.tolerated = ("status of 403",)
    page = await officer.open()
    await expect(page.get_by_role("link", name="Works")).to_be_visible()
    await expect(page.get_by_role("link", name="Approvals")).to_have_count(0)
    await page.goto(f"{stage.url}/panel/approvals")
    await expect(page.get_by_text("Your role (officer) may not do this.")).to_be_visible()


async def test_somebody_without_documents_counts_once_a_second_person_says_so(opener: Opener, stage: Stage) -> None:
    room = await stage.opened("1")
    stage.watch(room)
    await stage.given(room.id, i.LockRoom("k.shah"))
    await room.show(locked=True)
    officer, supervisor = await opener(cookie=await stage.sign_in("a.osei")), await opener()
    page = await officer.open(room)
    await page.get_by_role("link", name="They cannot show these documents").click()
    await page.get_by_label("How do you know that it is them?").fill("Known here for years")
    await page.get_by_role("button", name="Ask a supervisor").click()
    await expect(page.get_by_text("A supervisor other than a.osei confirms it")).to_be_visible()
    await expect(page.get_by_role("button", name="confirm")).to_have_count(0)
    theirs = supervisor.page
    await theirs.goto(f"{stage.url}/panel/approvals")
    await theirs.get_by_role("link", name="Look").click()
    await expect(theirs.locator("#override-why")).to_contain_text("Known here for years")
    await expect(theirs.locator("#line-words")).to_have_text("Live")
    await settled(theirs)
    await theirs.get_by_role("button", name="I know it is them").click()
    await expect(theirs.locator("#light[data-burning=yes]")).to_be_visible()
    await expect(theirs.locator("#timeline")).to_contain_text("as a.osei asked: Known here for years")
    facts = await stage.store.read(lambda rx: rx.facts(room.id))
    [both] = [fact for fact in facts if isinstance(fact, f.Overridden)]
    assert (both.asked_by, both.by) == ("a.osei", "k.shah")


async def test_a_supervisor_cannot_confirm_what_they_asked_for_themselves(plain: Screen, stage: Stage) -> None:
    room = await stage.opened("1")
    stage.watch(room)
    page = await plain.open(room, "/override/ada-1")
    await page.get_by_label("How do you know that it is them?").fill("Known here for years")
    await page.get_by_role("button", name="Ask a supervisor").click()
    await expect(page.get_by_text("A supervisor other than k.shah confirms it")).to_be_visible()
    await expect(page.get_by_role("button", name="I know it is them")).to_have_count(0)
