"""What waits for a supervisor's decision: approved or declined in the browser, by name, and by nobody else."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Opener, Screen
from tests.browser.stage import Stage
from vmrd.lifecycle import facts as f
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
