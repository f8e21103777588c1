"""Every screen in every state it can be in, by name: for axe, for measuring, and for pictures."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

from playwright.async_api import Page, expect

from tests.browser.conftest import settled
from tests.browser.stage import JAMES, LIN, PRIYA, TEN, Room, Stage, guest, phone
from vmrd.lifecycle import inputs as i
from vmrd.lifecycle.rules import HOUR
from vmrd.lifecycle.words import AttendeeRole, Control, Observation, Purpose, SegmentKind, Where
from vmrd.lifecycle.works import FOREVER, Consent, Window, WorksKind

BOTH = ((PRIYA, AttendeeRole.DEFENCE), (LIN, AttendeeRole.INTERPRETER))
WINDOW = Window(
    id="w-1",
    establishment="EXI",
    kind=WorksKind.INSTALLATION,
    rooms=("1",),
    start=TEN + HOUR // 2,
    end=TEN + 3 * HOUR,
    consent=Consent.AGREED,
    supplier="Sample Cabling Ltd",
    note="Escort from the north gate.",
)
"""Works in room 1, this morning."""


@dataclass(frozen=True, slots=True)
class Scene:
    """`shows` is on the screen once it is complete. `script`: whether it is looked at with our script.

    `then`: what an officer, or the world, does to the screen afterwards; it is looked at when that has shown.
    """

    path: str
    shows: str
    signed_in: bool = True
    script: bool = True
    then: Then | None = None


Then = Callable[[Page], Awaitable[None]]


async def complete(page: Page, scene: Scene) -> None:
    """Wait until all of the scene is there and at rest."""
    await expect(page.get_by_text(scene.shows).first).to_be_visible()
    if scene.script and await page.locator("#line").count():
        await expect(page.locator("#line-words")).to_have_text("Live")
        await settled(page)
    if scene.then is not None:
        await scene.then(page)
        await settled(page)


def _room(room: Room, shows: str, rest: str = "", *, script: bool = True, then: Then | None = None) -> Scene:
    return Scene(f"/panel/sessions/{room.id}{rest}", shows, script=script, then=then)


async def sign_in(_stage: Stage) -> Scene:
    return Scene("/sign-in", "Your account name", signed_in=False)


async def sign_in_refused(_stage: Stage) -> Scene:
    return Scene("/sign-in?failed", "The name or the password is wrong", signed_in=False)


async def not_there(_stage: Stage) -> Scene:
    return Scene("/panel/sessions/nobody-knows", "There is no such meeting")


async def today_empty(_stage: Stage) -> Scene:
    return Scene("/panel", "No video meetings today")


async def today(stage: Stage) -> Scene:
    """Every kind of tile at once."""
    await stage.waiting("1", guest("odd", "iPhone", Where.WAITING), phone("tel"))
    stage.watch(await stage.opened("2", prisoner="B2345CD"))
    stage.watch(await stage.secure("3", prisoner="C3456DE"))
    stage.watch(await stage.private("4", prisoner="D4567EF", purpose=Purpose.COURT_HEARING))
    breach = await stage.private("5", prisoner="E5678FG")
    stage.watch(breach)
    await breach.show(guest("who", "Somebody else"))
    blind = await stage.private("6", prisoner="F6789GH")
    await stage.given(blind.id, i.EyesLost())
    await stage.ready("7", control=Control.NONE, purpose=Purpose.PAROLE_HEARING, minutes=-2, prisoner="G7890HJ")
    await stage.planned("8", minutes=45, segment=SegmentKind.PRE, purpose=Purpose.COURT_HEARING, prisoner="H8901JK")
    knocked = await stage.private("9", prisoner="J9012KL")
    stage.watch(knocked)
    await knocked.show(guest("late", LIN, Where.WAITING))
    return Scene("/panel", "KNOCK – Video room 9")


async def today_crowded(stage: Stage) -> Scene:
    """Twenty rooms at once, and more people than anybody can look at: ten of the rooms are of no configured number."""
    long = (
        "Wolfeschlegelsteinhausenbergerdorff-Featherstonehaugh-Cholmondeley",
        "محمد عبد الرحمن الهاشمي",
        "🦊 Fox 🦊",
    )
    crowd = [guest(f"n{n}", long[n % 3] if n % 4 else "<b>x</b>", Where.WAITING) for n in range(12)]
    for number in range(20):
        room = str(number + 1 if number < 9 else number + 91)
        await stage.waiting(room, *(replace(each, leg=f"{each.leg}-{room}") for each in crowd))
    return Scene("/panel", "13 waiting, 1 expected")


async def tomorrow(stage: Stage) -> Scene:
    """One booking's three appointments."""
    booking = "b-of-three"
    for minutes, segment in ((1_440, SegmentKind.PRE), (1_470, SegmentKind.MAIN), (1_530, SegmentKind.POST)):
        await stage.planned(
            "1", minutes=minutes, segment=segment, purpose=Purpose.COURT_HEARING, booking=booking, who=BOTH
        )
    return Scene("/panel?date=2026-05-06", "Post-court")


async def on_paper(stage: Stage) -> Scene:
    await tomorrow(stage)
    await stage.planned("2", minutes=1_440, control=Control.NONE, purpose=Purpose.PAROLE_HEARING, prisoner="B2345CD")
    return Scene("/panel/print?date=2026-05-06", "When the computer does not work")


async def shift(stage: Stage) -> Scene:
    """A knock, a breach, and a meeting that runs quietly."""
    stage.watch(await stage.secure("1"))
    knocked = await stage.private("2", prisoner="B2345CD")
    stage.watch(knocked)
    await knocked.show(guest("late", LIN, Where.WAITING))
    [knock] = (await knocked.session()).knocks
    await stage.given(knocked.id, i.DealWith(knock, "a.osei"))
    breached = await stage.private("3", prisoner="C3456DE")
    stage.watch(breached)
    await breached.show(guest("who", "Somebody else"))
    return Scene("/panel/shift", "Would you hear a knock?")


async def shift_quiet(_stage: Stage) -> Scene:
    return Scene("/panel/shift", "No alert and no knock is open")


async def summary(stage: Stage) -> Scene:
    """One that ended, one that runs, one still to come."""
    await over(stage)
    stage.watch(await stage.private("2", prisoner="B2345CD"))
    await stage.planned("3", minutes=60, prisoner="C3456DE")
    return Scene("/panel/summary", "as vmrd proposes")


async def summary_empty(_stage: Stage) -> Scene:
    return Scene("/panel/summary?date=2026-05-04", "No video meetings on this day")


async def record(stage: Stage) -> Scene:
    scene = await over(stage)
    return Scene(f"{scene.path}/record", "Everything that happened")


async def booked(stage: Stage) -> Scene:
    return _room(await stage.planned("1", minutes=45), "Being prepared")


async def waiting(stage: Stage) -> Scene:
    odd = guest("odd", "iPhone", Where.WAITING)
    return _room(await stage.waiting("1", odd, phone("tel"), who=BOTH), "Open and let in")


async def opening(stage: Stage) -> Scene:
    room = await stage.waiting("1", minutes=-1)
    await stage.given(room.id, i.Open("k.shah"))
    return _room(room, "Opening:")


async def open_unchecked(stage: Stage) -> Scene:
    room = await stage.opened("1", guest("odd", "iPhone", Where.WAITING), who=BOTH)
    stage.watch(room)
    return _room(room, "NOT SECURE")


async def room_missing(stage: Stage) -> Scene:
    room = await stage.opened("1")
    stage.watch(room)
    await room.gone("codec-1")
    return _room(room, "The prison room is not connected")


async def locking(stage: Stage) -> Scene:
    room = await stage.opened("1")
    stage.watch(room)
    await stage.given(room.id, i.LockRoom("k.shah"))
    return _room(room, "Not confirmed yet.")


async def not_confirmed(stage: Stage) -> Scene:
    """Everything Pexip can be slow about, at once."""
    room = await stage.opened("1")
    stage.watch(room)
    await room.show(guest("slow", JAMES, Where.WAITING), guest("odd", "iPhone"))
    for given in (i.LockRoom("k.shah"), i.Admit("slow", "k.shah"), i.Remove("odd", "k.shah")):
        await stage.given(room.id, given)
    await stage.advance(3_000, room)
    return _room(room, "Pexip has not confirmed it.")


async def secure(stage: Stage) -> Scene:
    room = await stage.secure("1")
    stage.watch(room)
    return _room(room, "SECURE – bring in the prisoner")


async def private(stage: Stage) -> Scene:
    room = await stage.private("1")
    stage.watch(room)
    return _room(room, "SECURE – PRIVATE")


async def paused(stage: Stage) -> Scene:
    room = await stage.private("1")
    stage.watch(room)
    await stage.given(room.id, i.Pause("k.shah"))
    return _room(room, "PAUSED by k.shah")


async def knock(stage: Stage) -> Scene:
    room = await stage.private("1")
    stage.watch(room)
    await room.show(guest("late", JAMES, Where.WAITING))
    return _room(room, "KNOCK – Video room 1")


async def dealing(stage: Stage) -> Scene:
    room = await stage.private("1")
    stage.watch(room)
    await room.show(guest("late", JAMES, Where.WAITING))
    [knock] = (await room.session()).knocks
    await stage.given(room.id, i.DealWith(knock, "a.osei"))
    return _room(room, "a.osei is dealing with this.")


async def breach(stage: Stage) -> Scene:
    room = await stage.private("1")
    stage.watch(room)
    await room.show(guest("who", "Nobody Knows"))
    return _room(room, "BREACH – the prisoner is in")


async def blind(stage: Stage) -> Scene:
    room = await stage.private("1")
    await stage.given(room.id, i.EyesLost())
    await stage.advance(15_001, room)
    return _room(room, "BLIND – vmrd cannot see the meeting")


async def interrupted(stage: Stage) -> Scene:
    room = await stage.opened("1")
    await stage.given(room.id, i.ConferenceGone(i.Order(1, 99), "host-ended"))
    return _room(room, "Cut off")


async def not_ours(stage: Stage) -> Scene:
    return _room(await stage.ready("1", control=Control.NONE, minutes=-2), "NOT OUR ROOM")


async def ending(stage: Stage) -> Scene:
    room = await stage.opened("1")
    await stage.given(room.id, i.End("k.shah"))
    return _room(room, "Wait: it is ending")


async def over(stage: Stage) -> Scene:
    """Nobody is there any more and the link is dead: how it went waits for an officer's word."""
    room = await stage.opened("1")
    await stage.given(room.id, i.End("k.shah"))
    for _ in range(2):
        await stage.advance(5_000)
        await stage.given(room.id, i.EmptySeen())
    await stage.given(room.id, i.VmrDeleted(1))
    await stage.advance(300_000, room)
    await stage.given(room.id, i.AliasProbed(1, 0, 2))
    return _room(room, "This is how it went")


async def long_names(stage: Stage) -> Scene:
    """Names as long, as foreign and as odd as they come."""
    room = await stage.secure("1")
    stage.watch(room)
    names = (
        "Wolfeschlegelsteinhausenbergerdorff-Featherstonehaugh the Third",
        "محمد عبد الرحمن الهاشمي",
        "🦊 Fox 🦊",
        "<b>x",
    )
    await room.show(*(guest(f"n{n}", name, Where.WAITING) for n, name in enumerate(names)))
    return _room(room, "Featherstonehaugh")


async def confirm_end(stage: Stage) -> Scene:
    return _room(await stage.private("1"), "It cannot be opened again", "/confirm/end")


async def confirm_unlock(stage: Stage) -> Scene:
    room = await stage.secure("1")
    await room.show(guest("odd", "iPhone", Where.WAITING))
    return _room(room, "Unlock lets in everyone", "/confirm/unlock")


async def confirm_new_link(stage: Stage) -> Scene:
    return _room(await stage.waiting("1"), "The old link stops working", "/confirm/replace-vmr")


async def confirm_admit(stage: Stage) -> Scene:
    room = await stage.secure("1")
    await room.show(guest("odd", "iPhone", Where.WAITING))
    return _room(room, "Nobody has seen their ID yet", "/confirm/admit/odd")


async def confirm_refuse_all(stage: Stage) -> Scene:
    room = await stage.secure("1")
    await room.show(guest("odd", "iPhone", Where.WAITING), guest("odder", "Galaxy", Where.WAITING))
    return _room(room, "These are not on the list", "/confirm/refuse-all")


async def confirm_remove(stage: Stage) -> Scene:
    return _room(await stage.opened("1"), "This is the prison room’s own screen", "/confirm/remove/codec-1")


async def patrol(stage: Stage) -> Scene:
    room = await stage.private("1", observation=Observation.PATROL)
    stage.watch(room)
    return _room(room, "DO NOT WATCH ON CAMERA")


async def sounds_and_keys(_stage: Stage) -> Scene:
    return Scene("/panel/help", "What you can hear")


async def override(stage: Stage) -> Scene:
    room = await stage.opened("1", who=BOTH)
    stage.watch(room)
    return _room(room, "How do you know that it is them?", "/override/ada-1")


async def override_asked(stage: Stage) -> Scene:
    """To the supervisor, what an officer asked."""
    room = await stage.opened("1")
    stage.watch(room)
    await stage.given(room.id, lambda ref: i.AskOverride("ada-1", "att-0", False, ref("Known for years"), "a.osei"))
    return _room(room, "I know it is them", "/override/ada-1")


async def works(stage: Stage) -> Scene:
    await stage.works(WINDOW, replace(WINDOW, id="w-2", rooms=("2", "3"), consent=Consent.REQUESTED, end=FOREVER))
    return Scene("/panel/works", "until it is ended")


async def works_new(_stage: Stage) -> Scene:
    return Scene("/panel/works/EXI/new", "What is done there")


async def works_change(stage: Stage) -> Scene:
    """Agreed works that have begun, and a meeting that has no room because of them."""
    room = await stage.planned("1", minutes=45)
    await stage.works(replace(WINDOW, start=TEN - HOUR))
    await stage.claim(room)
    return Scene(f"/panel/works/EXI/{WINDOW.id}", "1 meeting has no room")


async def approvals(stage: Stage) -> Scene:
    await stage.planned("1", minutes=45, needs_approval=True, flags=("short_notice",))
    await stage.planned("2", minutes=1_500, needs_approval=True, purpose=Purpose.OTHER, prisoner="B2345CD")
    return Scene("/panel/approvals", "less notice than this prison asks for")


async def approvals_none(_stage: Stage) -> Scene:
    return Scene("/panel/approvals", "Nothing waits for a decision")


async def check_id(stage: Stage) -> Scene:
    return _room(await stage.opened("1", who=BOTH), "What did they hold up", "/check/ada-1")


async def plain(stage: Stage) -> Scene:
    room = await stage.secure("1")
    stage.watch(room)
    return _room(room, "Secure as of", script=False)


async def unfolded(stage: Stage) -> Scene:
    """Everything that can be opened is open."""
    room = await stage.opened("1", guest("odd", "iPhone", Where.WAITING), who=BOTH)
    stage.watch(room)
    return _room(room, "NOT SECURE", then=_unfold)


async def _unfold(page: Page) -> None:
    closed = page.locator("details:not([open]) > summary")
    while await closed.count():
        await closed.first.click()


async def crowded(stage: Stage) -> Scene:
    """Six inside, four of them strangers, and six who knock: more alarms than one bar shows at once."""
    room = await stage.private("1", who=BOTH)
    stage.watch(room)
    await room.show(*(guest(f"in-{n}", f"Stranger {n}") for n in range(4)))
    await room.show(*(guest(f"out-{n}", f"Late Guest {n}", Where.WAITING) for n in range(6)))
    return _room(room, "KNOCK – Video room 1")


async def refused(stage: Stage) -> Scene:
    """A press that was not done says why."""
    room = await stage.opened("1", who=((LIN, AttendeeRole.INTERPRETER),))
    stage.watch(room)
    await room.show(guest("lin", LIN))
    return _room(room, "NOT SECURE", then=_check_without_the_practitioners_word)


async def _check_without_the_practitioners_word(page: Page) -> None:
    form = page.locator("#check-lin")
    await form.get_by_label("Photo identity card").check()
    await form.get_by_label("Their face is the face on the document").check()
    await form.get_by_role("button", name="ID is good").click()
    await expect(page.locator("#said-words")).to_be_focused()


async def not_live(stage: Stage) -> Scene:
    """The screen has lost vmrd while its light burnt."""
    room = await stage.secure("1")
    stage.watch(room)
    return _room(room, "SECURE – bring in the prisoner", then=_lose_vmrd)


async def _lose_vmrd(page: Page) -> None:
    await page.context.set_offline(True)
    await page.evaluate(LATER, 60_000)
    await expect(page.locator("#veil")).to_be_visible()


async def database_away(stage: Stage) -> Scene:
    """vmrd has lost its database while a light burnt; an officer presses all the same."""
    room = await stage.secure("1")
    stage.watch(room)
    return _room(room, "SECURE – bring in the prisoner", then=partial(_lose_database, stage))


async def _lose_database(stage: Stage, page: Page) -> None:
    stage.store.lost = True
    await expect(page.locator("#veil")).to_contain_text("vmrd has lost its database")
    await page.get_by_role("button", name="Locked").click()
    await expect(page.locator("#said-words")).to_be_focused()


async def database_away_anew(stage: Stage) -> Scene:
    """A room's page asked for while there is no database."""
    room = await stage.secure("1")
    stage.store.lost = True
    return _room(room, "Until it is back")


async def resting(stage: Stage) -> Scene:
    room = await stage.opened("1")
    stage.watch(room)
    return _room(room, "NOT SECURE", then=_leave_alone)


async def _leave_alone(page: Page) -> None:
    await page.evaluate(LATER, 11 * 60_000)
    await expect(page.locator("#resting")).to_be_visible()
    await expect(page.locator("#veil")).to_be_hidden()


LATER = "gone => { const before = Date.now; Date.now = () => before() + gone; }"
"""So many milliseconds pass in this window alone."""


async def blind_rooms(stage: Stage) -> Scene:
    """vmrd has lost all of Pexip."""
    rooms = [await stage.private(each, prisoner=f"A123{each}BC") for each in ("1", "2", "3")]
    for room in rooms:
        await stage.given(room.id, i.EyesLost())
    await stage.advance(15_001, *rooms)
    return Scene("/panel", "cannot see 3 meetings")


async def handed_over(stage: Stage) -> Scene:
    """The form of a screen that changes hands while it rings."""
    room = await stage.private("1")
    stage.watch(room)
    await room.show(guest("late", JAMES, Where.WAITING))
    return _room(room, "KNOCK – Video room 1", then=_hand_over)


async def _hand_over(page: Page) -> None:
    await page.get_by_role("button", name="Switch").click()
    await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


Stager = Callable[[Stage], Awaitable[Scene]]
SCENES: Mapping[str, Stager] = {
    each.__name__.replace("_", "-"): each
    for each in (
        *(sign_in, sign_in_refused, not_there, today_empty, today),
        *(today_crowded, tomorrow, on_paper, shift, shift_quiet, summary, summary_empty, record),
        *(booked, waiting, opening, open_unchecked, room_missing, locking, not_confirmed, secure, private, paused),
        *(patrol, confirm_remove),
        *(knock, dealing, breach, blind, interrupted, not_ours, ending, over, long_names),
        *(confirm_end, confirm_unlock, confirm_new_link, confirm_admit, confirm_refuse_all),
        *(sounds_and_keys, override, override_asked, approvals, approvals_none, works, works_new, works_change),
        *(check_id, plain, unfolded, crowded, refused, not_live, resting, blind_rooms, handed_over),
        *(database_away, database_away_anew),
    )
}
