"""One session's page: what is said before an officer presses, and what a press does."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, Request, expect

from tests.browser.conftest import Screen, settled
from tests.browser.stage import JAMES, LIN, NUMBER, PRIYA, Stage, guest, phone
from vmrd.lifecycle.facts import Revealed
from vmrd.lifecycle.words import AttendeeRole, Document, LockState, Observation, Phase, Where

pytestmark = pytest.mark.asyncio(loop_scope="module")

BOTH = ((PRIYA, AttendeeRole.DEFENCE), (LIN, AttendeeRole.INTERPRETER))


async def test_open_names_everybody_it_would_let_in(screen: Screen, stage: Stage) -> None:
    room = await stage.waiting("1", guest("odd", "iPhone", Where.WAITING), phone("tel"))
    page = await screen.open(room)
    step = page.locator("#open")
    await expect(step).to_contain_text("Open lets in everyone who is waiting")
    await expect(step.get_by_role("listitem").nth(0)).to_have_text("Priya Nair (expected)")
    await expect(step.get_by_role("listitem").nth(1)).to_contain_text("iPhone ? Not on the list")
    await expect(step).to_contain_text("1 not on the list.")
    await expect(step.get_by_role("listitem")).to_have_count(2)  # the phone is swept, never let in
    await page.get_by_role("button", name="Open and let in 2 people").click()
    await expect(page.locator("#light")).to_contain_text("Opening:")
    assert (await room.session()).phase is Phase.OPENING


async def test_a_phone_caller_cannot_be_identified_and_the_number_is_nowhere(screen: Screen, stage: Stage) -> None:
    told: list[str] = []
    screen.page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: told.append(str(frame))))
    room = await stage.waiting("1", phone("tel"))
    page = await screen.open(room)
    await expect(page.locator("#person-tel")).to_contain_text("Cannot be identified")
    await expect(page.locator("#person-tel")).to_contain_text("Phone caller number ending 123")
    only = page.locator("#person-tel").get_by_role("button")
    await expect(only).to_have_text(["Refuse Phone caller number ending 123"])
    assert "person-tel" in await page.content()
    assert any("ending 123" in each for each in told)
    for text in (await page.content(), *told):
        assert NUMBER.removeprefix("+44") not in text


async def test_refuse_and_admit_stand_apart_and_do_what_they_say(screen: Screen, stage: Stage) -> None:
    room = await stage.secure("1")
    stage.watch(room)
    await room.show(guest("james", JAMES, Where.WAITING), guest("odd", "iPhone", Where.WAITING))
    page = await screen.open(room)
    admit, refuse = page.get_by_role("link", name=f"Admit… {JAMES}"), page.locator("#refuse-james-" + room.id)
    first, second = await admit.bounding_box(), await refuse.bounding_box()
    assert first is not None
    assert second is not None
    assert second["x"] - (first["x"] + first["width"]) >= 16
    assert min(first["height"], second["height"]) >= 64
    await admit.click()
    await expect(page.get_by_role("heading", level=1)).to_have_text(f"Let {JAMES} into Video room 1?")
    await page.get_by_role("button", name="Let them in").click()
    await expect(page.locator("#light")).to_contain_text("James Okoro is being let in")
    await settled(page)
    await page.locator("#refuse-odd-" + room.id).click()
    await expect(page.locator("#person-odd")).to_contain_text("Asked Pexip to put them out")
    session = await room.session()
    assert {"admit:james", "remove:odd"} <= session.asks.keys()


async def test_documents_that_do_not_identify_cannot_be_chosen_and_an_interpreter_needs_a_word(
    screen: Screen, stage: Stage
) -> None:
    room = await stage.opened("1", who=BOTH)
    stage.watch(room)
    await room.show(guest("lin", LIN))
    page = await screen.open(room)
    form = page.locator("#check-lin")
    await expect(form.get_by_label(LIN)).to_be_checked()
    assert await form.locator("input[name=documents]").evaluate_all("all => all.map(each => each.value)") == [
        "photo_card",
        "headed_letter+passport",
        "headed_letter+photo_driving_licence",
    ]
    await form.get_by_label("Letter on headed paper and passport").check()
    await form.get_by_label("Their face is the face on the document").check()
    await form.get_by_role("button", name="ID is good").click()
    await expect(page.locator("#said")).to_contain_text("Ask the practitioner to confirm who this person is")
    await expect(form.get_by_label("Letter on headed paper and passport")).to_be_checked()  # nothing is lost
    await form.get_by_label("the practitioner says this is the right person").check()
    await form.get_by_role("button", name="ID is good").click()
    await expect(page.locator("#person-lin")).to_contain_text("ID checked")
    await expect(page.locator("#said")).to_be_hidden()
    check = (await room.session()).legs["lin"].check
    assert check is not None
    assert check.documents == (Document.HEADED_LETTER, Document.PASSPORT)
    assert check.practitioner_word
    screen.tolerated = ("409",)


async def test_what_is_half_filled_in_survives_what_happens_meanwhile(screen: Screen, stage: Stage) -> None:
    room = await stage.opened("1")
    stage.watch(room)
    page = await screen.open(room)
    await page.get_by_text("Write a note").click()
    note = page.get_by_label("Note", exact=True)
    await note.fill("half a sen")
    await page.get_by_label("Letter on headed paper and passport").check()
    await note.focus()
    await room.show(guest("new", "New Comer"))
    await expect(page.locator("#inside")).to_contain_text("New Comer")
    await expect(note).to_be_focused()
    await expect(note).to_have_value("half a sen")
    await expect(page.get_by_label("Letter on headed paper and passport").first).to_be_checked()


async def test_a_button_that_has_just_come_takes_no_press(screen: Screen, stage: Stage) -> None:
    await screen.page.clock.install()
    room = await stage.secure("1")
    page = await screen.open(room)
    await expect(page.locator("#line-words")).to_have_text("Live")
    # What follows is within a second. The instant must lie ahead when the browser hears of it, however busy it is.
    await page.clock.pause_at(await page.evaluate("Date.now() / 1000") + 2)
    await room.show(guest("james", JAMES, Where.WAITING))
    refuse = page.locator("#refuse-james-" + room.id)
    await refuse.click()
    assert "remove:james" not in (await room.session()).asks
    await page.clock.run_for(1_100)
    await settled(page)
    await refuse.click()
    await expect(page.locator("#person-james")).to_contain_text("Asked Pexip to put them out")


async def test_unlock_and_end_ask_once_more_and_say_what_follows(screen: Screen, stage: Stage) -> None:
    room = await stage.secure("1")
    stage.watch(room)
    await room.show(guest("odd", "iPhone", Where.WAITING))
    page = await screen.open(room)
    await page.get_by_role("link", name="Unlock").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Unlock Video room 1?")
    await expect(page.locator("main")).to_contain_text("iPhone ? Not on the list")
    await page.get_by_role("link", name="Keep it locked").click()
    assert (await room.session()).lock.state is LockState.LOCKED
    await page.get_by_role("link", name="End the meeting").click()
    await expect(page.locator("main")).to_contain_text("It cannot be opened again")
    await page.get_by_role("button", name="End the meeting").click()
    await expect(page).to_have_url(f"{stage.url}/panel/sessions/{room.id}")
    assert (await room.session()).phase is Phase.ENDING


async def test_the_name_is_shown_on_demand_and_who_looked_is_written_down(screen: Screen, stage: Stage) -> None:
    await screen.page.clock.install()
    room = await stage.secure("1")
    stage.watch(room)
    page = await screen.open(room)
    await expect(page.locator("#prisoner")).to_contain_text("A1234BC")
    assert "Sam Sample" not in await page.content()
    await page.get_by_role("button", name="Show the name for 10 seconds").click()
    await expect(page.get_by_text("Sam Sample")).to_be_visible()
    facts = await stage.store.read(lambda rx: rx.facts(room.id))
    assert [(fact.what, fact.by) for fact in facts if isinstance(fact, Revealed)] == [("prisoner-name", "k.shah")]
    await page.clock.fast_forward(10_000)
    await expect(page.get_by_text("Sam Sample")).to_have_count(0)


async def test_the_prisoner_already_in_is_taken_down_with_a_reason(screen: Screen, stage: Stage) -> None:
    room = await stage.opened("1")
    stage.watch(room)
    page = await screen.open(room)
    await page.get_by_text("The prisoner is already in").click()
    await page.get_by_label("Why is the prisoner in?").fill("Brought early")
    await page.get_by_role("button", name="The prisoner is in").click()
    await expect(page.locator("#light.face-breach")).to_be_visible()
    await expect(page.locator("#alerts")).to_contain_text("The prisoner was brought in while SECURE was dark")
    await settled(page)
    await page.get_by_role("button", name="The prisoner is out").click()
    await expect(page.locator("#light.face-dark")).to_be_visible()


async def test_ticks_time_and_calls_for_help(screen: Screen, stage: Stage) -> None:
    room = await stage.private("1")
    stage.watch(room)
    page = await screen.open(room)
    before = (await room.session()).ends_at
    await page.get_by_role("button", name="I told them it must end").first.click()
    await expect(page.locator("#prisoner")).to_contain_text("They know it must end at 10:27")
    await page.get_by_label("Give it more time").select_option("10")
    await settled(page)
    await page.get_by_role("button", name="Extend").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("to 10:37")
    await settled(page)
    await page.get_by_role("button", name="The prisoner signalled").click()
    await expect(page.locator("#alerts")).to_contain_text("The prisoner signalled")
    await settled(page)
    await page.get_by_role("button", name="Seen it The prisoner signalled").click()
    await expect(page.locator("#alerts")).not_to_contain_text("The prisoner signalled")
    session = await room.session()
    assert session.ticks.reminder_given
    assert session.ends_at == before + 600_000


async def test_a_press_sent_twice_counts_once(screen: Screen, stage: Stage) -> None:
    room = await stage.private("1")
    stage.watch(room)
    page = await screen.open(room)
    before = (await room.session()).ends_at
    posts: list[Request] = []
    page.on("request", lambda request: request.method == "POST" and posts.append(request))
    await page.get_by_role("button", name="Extend").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("to 10:32")
    [first] = posts
    again = await page.request.post(first.url, data=first.post_data, headers=await _form(first, stage))
    assert again.status in (200, 204)
    assert (await room.session()).ends_at == before + 300_000


async def _form(sent: Request, stage: Stage) -> dict[str, str]:
    return {"Content-Type": sent.headers["content-type"], "Accept": "application/json", "Origin": stage.url}


async def test_a_form_from_elsewhere_is_refused(screen: Screen, stage: Stage) -> None:
    room = await stage.opened("1")
    page: Page = await screen.open(room)
    answer = await page.request.post(
        f"{stage.url}/panel/sessions/{room.id}/lock", form={"csrf": "guessed"}, headers={"Accept": "application/json"}
    )
    assert answer.status == 403
    assert (await room.session()).lock.state is not LockState.LOCKING


async def test_what_somebody_calls_themselves_is_text_and_nothing_more(screen: Screen, stage: Stage) -> None:
    name = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>{{ 7 * 7 }}"
    room = await stage.private("1")
    stage.watch(room)
    page = await screen.open(room)
    await expect(page.locator("#line-words")).to_have_text("Live")
    await room.show(guest("odd", name, Where.WAITING))  # comes by fragment first, then with the whole page
    for _ in range(2):
        await expect(page.locator("#person-odd h3")).to_have_text(name)
        await expect(page.locator("#strip")).to_contain_text(name)
        await expect(page).to_have_title("(!) KNOCK – Video room 1")
        await screen.open(room)


async def test_the_prison_room_s_own_screen_is_put_out_by_no_single_press(screen: Screen, stage: Stage) -> None:
    room = await stage.opened("1")
    stage.watch(room)
    page = await screen.open(room)
    codec = page.locator("#person-codec-1")
    await expect(codec.get_by_role("button")).to_have_count(0)
    await codec.get_by_role("link", name="Remove… the prison room").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text(
        "Put the prison room out of the meeting in Video room 1?"
    )
    await expect(page.locator("main")).to_contain_text("guests are dropped after a minute. vmrd calls it again.")
    await page.get_by_role("link", name="Leave it in").click()
    assert "remove:codec-1" not in (await room.session()).asks
    await page.locator("#person-ada-1").get_by_role("button", name="Remove").click()  # anybody else goes at one press
    await expect(page.locator("#person-ada-1")).to_contain_text("Asked Pexip to put them out")
    await settled(page)
    await codec.get_by_role("link", name="Remove… the prison room").click()
    await page.get_by_role("button", name="Put out the prison room").click()
    await expect(page).to_have_url(f"{stage.url}/panel/sessions/{room.id}")
    assert "remove:codec-1" in (await room.session()).asks


async def test_a_room_watched_on_foot_says_so_above_the_light(screen: Screen, stage: Stage) -> None:
    room = await stage.private("1", observation=Observation.PATROL)
    page = await screen.open(room)
    await expect(page.locator("#no-watch")).to_have_text("⊘ DO NOT WATCH ON CAMERA – patrol")
    await expect(page.locator("#light.face-blind")).to_contain_text("Watch the room yourself, on foot.")
    await expect(page.locator("#prisoner")).not_to_contain_text("Watched by camera")


async def test_who_comes_back_is_checked_again(screen: Screen, stage: Stage) -> None:
    room = await stage.secure("1")
    stage.watch(room)
    page = await screen.open(room)
    await expect(page.locator("#person-ada-1")).not_to_contain_text("Was checked and left")
    await room.gone("ada-1")
    await room.show(guest("ada-again", PRIYA, Where.WAITING))
    back = page.locator("#person-ada-again")
    await expect(back).to_contain_text("Was checked and left. Check again: this is another connection.")
    await expect(back).not_to_contain_text("ID checked")


async def test_twelve_people_with_names_of_every_kind_can_be_told_apart_and_pressed(
    screen: Screen, stage: Stage
) -> None:
    room = await stage.secure("1")
    stage.watch(room)
    names = [
        f"{kind} {n}"
        for n, kind in enumerate(
            (
                "Wolfeschlegelsteinhausenbergerdorff-Featherstonehaugh-Smith",
                "محمد عبد الرحمن بن إبراهيم آل سعود الهاشمي القرشي المكي",
                "🦊👩🏽‍⚖️🏴󠁧󠁢󠁷󠁬󠁳󠁿" * 3,
                '</li></ul><img src=x onerror="document.title=1"><form action=/x>',
            )
            * 3
        )
    ]
    await room.show(*(guest(f"n{n}", name, Where.WAITING) for n, name in enumerate(names)))
    page = await screen.open(room)
    await expect(page.locator("#waiting .person")).to_have_count(12)
    await settled(page)
    for width in (320, 1280):
        await page.set_viewport_size({"width": width, "height": 900})
        for n, name in enumerate(names):
            await expect(page.locator(f"#person-n{n} h3")).to_have_text(name)
        hidden = await page.locator("#waiting .person .govuk-button").evaluate_all(
            """all => all.filter(each => { const box = each.getBoundingClientRect();
              return box.right > innerWidth + 1 || box.left < 0 || box.height < 44; }).map(each => each.id)"""
        )
        assert hidden == [], f"at {width} pixels"
    await settled(page)
    await page.locator("#waiting").get_by_role("button", name="Refuse " + names[3], exact=True).click()
    await expect(page.locator("#person-n3")).to_contain_text("Asked Pexip to put them out")
    assert {ask for ask in (await room.session()).asks if ask.startswith("remove:")} == {"remove:n3"}
