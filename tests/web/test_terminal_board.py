"""What `vmrd watch` draws: the panel's words in any width, honest about its age, and nothing a terminal would obey."""

import io
import re
import unicodedata

import pytest
import pytest_asyncio
from rich.console import Console

from tests.web.house import ROOM, START, House, leg
from tools.words import CATALOGUE
from vmrd.clock import as_text
from vmrd.lifecycle.words import Where
from vmrd.terminal_board import LOST_AFTER, NARROW, NOT_PROVED, SHADOW, Drawing, Told, plain
from vmrd.web.sentences import ALERTS
from vmrd.web.shadow import watched_only
from vmrd.web.view_shapes import AlertView, SessionView

pytestmark = pytest.mark.asyncio

ADVOCATE = leg("B Advocate")
NOW = 500.0
LIT = "SECURE – bring in the prisoner"
ESCAPES = re.compile(r"\x1b\[[\d;]*m")


@pytest_asyncio.fixture
async def secure(home: House) -> SessionView:
    """A room that is secure, with eyes just opened."""
    return await seen(home, await home.secured(ADVOCATE))


async def test_a_vmrd_in_shadow_says_so_above_everything_and_lights_nothing(secure: SessionView) -> None:
    text = drawn(told(watched_only(secure)))
    assert text.splitlines()[1] == SHADOW
    assert "SHADOW – watches only" in text.replace(SHADOW, "")
    assert LIT not in text
    assert SHADOW not in drawn(told(secure))


async def seen(home: House, session: str) -> SessionView:
    return SessionView.model_validate(await home.view(session))


async def knocked(home: House, name: str) -> SessionView:
    """An open, locked room at whose door somebody of this name stands."""
    session = await home.opened(ADVOCATE)
    await home.pressed(session, "lock")
    await home.shows(session, ROOM, ADVOCATE, locked=True)
    await home.shows(session, ROOM, ADVOCATE, leg(name, Where.WAITING, id="leg-knocking"), locked=True)
    return await seen(home, session)


def told(*views: SessionView) -> Told:
    everything = Told()
    everything.connected(views[0].as_of, NOW)
    for view in views:
        everything.take(view, NOW)
    everything.complete()
    everything.hear(NOW)
    return everything


def drawn(
    everything: Told, now: float = NOW, *, width: int = 200, photograph: bool = False, colour: bool = False
) -> str:
    paper = io.StringIO()
    console = Console(file=paper, width=width, force_terminal=colour, color_system="truecolor" if colour else None)
    console.print(Drawing(everything, now, photograph))
    return paper.getvalue()


async def test_a_room_is_a_row_with_all_an_officer_needs_at_a_glance(secure: SessionView) -> None:
    lines = drawn(told(secure)).splitlines()
    assert lines[0] == "Live 10:00:00"
    row = next(line for line in lines if line.startswith("Video room 1"))
    for words in ("10:00 to 10:30, 30:00 left", "Locked and checked", LIT, "1 person in, 1 checked"):
        assert words in row
    assert "While it is secure" in row


@pytest.mark.parametrize("width", [24, 40, 80])
async def test_a_narrow_terminal_says_the_same_in_lines(secure: SessionView, width: int) -> None:
    text = drawn(told(secure), width=width)
    assert max(map(len, text.splitlines())) <= width
    joined = re.sub(r"\s+", " ", text)
    for words in ("Video room 1", "Locked and checked", LIT, "1 person in, 1 checked", "Next: While it is secure"):
        assert words in joined


@pytest.mark.parametrize("width", [NARROW, 140, 150, 151, 180])
async def test_nothing_is_cut_off_a_row(home: House, width: int) -> None:
    text = drawn(told(await knocked(home, "Sam Stranger")), width=width)
    rows = text[text.index("Room ") :]
    assert max(map(len, text.splitlines())) <= width
    assert "NOT SECURE – keep the prisoner out" in rows
    for word in ("Video", "10:00", "left", "Locked", "KNOCK", "checked", "waiting", "Answer", "the", "knock"):
        assert re.search(rf"\b{word}\b", rows)


async def test_the_light_goes_dark_by_itself_when_nobody_proves_it_again(secure: SessionView) -> None:
    everything = told(secure)
    everything.hear(NOW + 7.9)
    assert LIT in drawn(everything, NOW + 7.9)
    everything.hear(NOW + 8.1)
    dark = drawn(everything, NOW + 8.1)
    assert LIT not in dark
    assert NOT_PROVED in dark


async def test_a_view_made_a_while_ago_burns_no_longer_than_it_said(secure: SessionView) -> None:
    everything = Told()
    everything.connected(as_text(START + 7_000), NOW)
    everything.take(secure, NOW)
    everything.complete()
    everything.hear(NOW)
    assert LIT in drawn(everything, NOW + 0.9)
    assert LIT not in drawn(everything, NOW + 1.1)


async def test_silence_and_a_lost_line_are_said_with_the_time_and_put_the_light_out(secure: SessionView) -> None:
    silent = drawn(told(secure), NOW + LOST_AFTER + 0.1)
    assert silent.startswith("NOT LIVE since 10:00:00 – this screen has lost vmrd. Do not rely on it.")
    assert LIT not in silent
    lost = told(secure)
    lost.lost()
    assert drawn(lost, NOW + 2).startswith("NOT LIVE since 10:00:00")
    lost.connected(as_text(START + 3_000), NOW + 3)
    lost.take(secure, NOW + 3)
    assert drawn(lost, NOW + 3).startswith("NOT LIVE since 10:00:00")
    lost.complete()
    assert drawn(lost, NOW + 3).startswith("Live")


async def test_what_is_no_longer_told_after_a_new_beginning_is_gone(home: House, secure: SessionView) -> None:
    everything = told(secure)
    everything.lost()
    everything.connected(secure.as_of, NOW)
    assert "Video room 1" in drawn(everything)
    everything.complete()
    assert "Video room 1" not in drawn(everything)


async def test_what_is_printed_and_stays_is_dated_and_never_lit(secure: SessionView) -> None:
    text = drawn(told(secure), photograph=True)
    assert text.startswith("As at 10:00:00 – no sound, no live alarm")
    assert "Secure as of 10:00:00" in text
    assert LIT not in text


async def test_a_knock_stands_above_the_rooms_and_at_its_own(home: House) -> None:
    text = drawn(told(await knocked(home, "Sam Stranger")))
    knock, rooms = text.index("KNOCK – Video room 1: Sam Stranger is trying to come in"), text.index("Room ")
    assert knock < rooms
    assert "KNOCK × 1" in text[rooms:]
    assert "Answer the knock" in text[rooms:]


async def test_a_meeting_that_nobody_looks_at_is_said_above_the_rooms_with_the_reason(secure: SessionView) -> None:
    why = ALERTS["unwatched"]
    alert = AlertView(
        key="unwatched", code="unwatched", about=None, text=why, since=secure.as_of, acknowledged_by=None, dealing=None
    )
    text = drawn(told(secure.model_copy(update={"alerts": (alert,)})))
    assert f"BLIND – {secure.room_name}: {why}." in text


async def test_a_breach_stands_first_of_all_with_what_is_wrong(home: House, secure: SessionView) -> None:
    await home.pressed(secure.id, "prisoner-in")
    await home.shows(secure.id, ROOM, ADVOCATE, leg("Sam Stranger"), locked=True)
    lines = drawn(told(await seen(home, secure.id)), width=200).splitlines()
    assert lines[1].startswith("BREACH – Video room 1: The prisoner is in the room and it is not secure: ")
    assert "Sam Stranger" in lines[1]


@pytest.mark.parametrize(
    "name",
    [
        "\x1b]0;SECURE\x07\x1b[2J\x1b[31mRed",
        "\x9b2JRed\r\nSECURE – bring in the prisoner\x08\x08",
        "[bold green]SECURE[/bold green]",
        "\u202eReversed\u2066 and \u200fisolated",
        "שלמה בן דוד",
        "👩\u200d👩\u200d👧 Family ✅",
        "é" + "́" * 20,
        "x" * 60,
    ],
)
@pytest.mark.parametrize("width", [40, 140])
async def test_a_name_is_only_ever_text(home: House, name: str, width: int) -> None:
    text = ESCAPES.sub("", drawn(told(await knocked(home, name)), width=width, colour=True))
    assert not {sign for sign in text if unicodedata.category(sign) in ("Cc", "Cf")} - {"\n"}
    kept = [part for part in re.split(r"\W+", plain(name)) if part and part.isascii()]
    assert all(part in re.sub(r"\s", "", text) for part in kept)
    assert not any(line.strip() == LIT for line in text.splitlines())


async def test_colour_is_extra_and_can_be_turned_off(secure: SessionView, monkeypatch: pytest.MonkeyPatch) -> None:
    coloured = drawn(told(secure), colour=True)
    monkeypatch.setenv("NO_COLOR", "1")
    plainly = drawn(told(secure), colour=True)
    assert "\x1b[" in coloured
    assert not re.search(r"\x1b\[(\d+;)*(3[0-7]|4[0-7]|[34]8)(;\d+)*m", plainly)
    assert ESCAPES.sub("", plainly) == ESCAPES.sub("", coloured) == drawn(told(secure))


async def test_an_older_view_that_comes_late_changes_nothing(home: House, secure: SessionView) -> None:
    await home.pressed(secure.id, "prisoner-in")
    home.clock.at += 1_000
    newer = await seen(home, secure.id)
    everything = told(newer)
    everything.take(secure, NOW)
    assert "SECURE – PRIVATE" in drawn(everything)


async def test_another_days_rooms_are_not_todays(home: House) -> None:
    sessions = await home.booked()
    views = [await seen(home, session) for session in sessions.values()]
    everything = told(*views)
    assert "Video room 1" in drawn(everything)
    assert "No video meetings today" in drawn(everything, NOW + 20 * 3_600)


async def test_the_terminal_and_the_page_say_the_same_when_nothing_is_proved(secure: SessionView) -> None:
    catalogue = CATALOGUE.read_text(encoding="utf-8").replace('"\n"', "")  # where a line was too long
    said = drawn(told(secure), NOW + 60).splitlines()[0].replace("10:00:00", "{time}")
    for words in (NOT_PROVED, said):
        assert f'msgid "{words}"' in catalogue
