"""What an officer presses in the story. What others do at the door and in the room is in `consultation.toml`."""

from __future__ import annotations

import asyncio

from vmrd.demo.cast import COLLEAGUE, INTERPRETER, SOLICITOR, Visitor
from vmrd.demo.officer import NotShown, Refused
from vmrd.demo.steps import Act, Players


def others(act: str) -> Act:
    """What others do: an act of the scenario, at the viewer's own meeting."""
    return lambda players: players.crowd.play(act, players.alias)


async def open_for_those_booked(players: Players) -> None:
    """Open, once the screen says that only those booked would come in."""
    booked = {SOLICITOR.name, INTERPRETER.name}
    await players.officer.until(lambda seen: set(seen.would_enter) == booked)
    await players.officer.press("open")


async def check(players: Players, visitor: Visitor) -> None:
    """Look at somebody's documents and say which they were."""
    await players.officer.check(visitor.name, visitor.documents, practitioner_word=visitor.needs_word)


async def check_with_word(players: Players) -> None:
    """An interpreter is not checked by documents alone: vmrd must refuse that first."""
    try:
        await players.officer.check(INTERPRETER.name, INTERPRETER.documents, practitioner_word=False)
    except Refused:
        await check(players, INTERPRETER)
    else:
        raise NotShown("an interpreter was checked without the practitioner's word")


async def lock(players: Players) -> None:
    """Lock; what the press itself shows is that it was asked, which is not yet that it is so."""
    shown = await players.officer.press("lock")
    if shown.lock not in ("locking", "locked") or (shown.secure and shown.lock != "locked"):
        raise NotShown("the screen does not say that a lock was asked for")


async def prisoner_in(players: Players) -> None:
    """Fetch the prisoner while SECURE is lit."""
    await players.officer.bring_in()


async def admit_is_refused(players: Players) -> None:
    """Admit while the prisoner is in must be refused with what to do; then do it."""
    try:
        await players.officer.press_on("admit", COLLEAGUE.name)
    except Refused as refused:
        if not str(refused).startswith("Take the prisoner out first"):
            raise NotShown(f"Admit was refused with other words: {refused}") from None
    else:
        raise NotShown("somebody was admitted while the prisoner was in")
    await players.officer.press("prisoner-out")


async def wait_for_the_end(players: Players) -> None:
    """Pexip must show nobody twice, some seconds apart; the wall clock need not be waited for."""
    while (await players.officer.look()).phase == "ending":
        await players.crowd.play("seconds pass")
        await asyncio.sleep(0.2)
