"""Drills in which the machine, its disk or vmrd itself fails."""

from __future__ import annotations

import asyncio
import json
import signal
import sqlite3
from contextlib import closing

from vmrd.demo.cast import KNOCKER
from vmrd.drill.drill import Drill
from vmrd.drill.house import House
from vmrd.drill.looks import NO_TRACEBACK, NOT_LIVE, log_says
from vmrd.drill.platform import nothing
from vmrd.drill.scrape import Recording, Sign, grown


def _nobody_answers(seen: Recording) -> bool:
    return len(seen.scrapes) > 4 and not any(seen.scrapes[-4:])


_DOWN = Sign("VmrdDown", ("up",), _nobody_answers)


async def _leave_dead(house: House) -> None:
    house.keeper.leave_dead()


async def _start_again(house: House) -> None:
    house.keeper.start_again()


VMRD_DOWN = Drill(
    name="vmrd-down",
    what="vmrd is killed and does not come back",
    breaks=_leave_dead,
    mends=_start_again,
    signs=(_DOWN,),
    sees=(NOT_LIVE,),
)


async def _kill_it_four_times(house: House) -> None:
    for _ in range(4):
        await house.restart()
        await asyncio.sleep(0.6)  # until it was scraped: what no scrape saw, Prometheus cannot count


def _restarted(seen: Recording) -> bool:
    began = {value for each in seen.scrapes if each for (name, _), value in each.items() if name == _STARTED}
    return len(began) > 4


_STARTED = "process_start_time_seconds"
VMRD_RESTARTING = Drill(
    name="vmrd-restarting",
    what="vmrd dies four times within a few minutes, and is started again each time",
    breaks=_kill_it_four_times,
    mends=nothing,
    signs=(Sign("VmrdRestarting", (_STARTED,), _restarted, pace=5),),
    darkens=None,
)

# --- the disk ---------------------------------------------------------------------------------------------------------


async def _fill_the_disk(house: House) -> None:
    """From now on the kernel refuses every byte; then somebody knocks, which must be written down."""
    house.keeper.disk(full=True)
    await house.crowd.browser(house.alias, KNOCKER)


async def _make_room(house: House) -> None:
    house.keeper.disk(full=False)


async def _knock_was_kept(house: House) -> str | None:
    seen = await house.officer.look()
    return None if KNOCKER in seen.ringing else "the knock is not shown"


DISK_FULL = Drill(
    name="disk-full",
    what="The disk takes no more, and somebody knocks",
    breaks=_fill_the_disk,
    mends=_make_room,
    signs=(_DOWN,),
    sees=(NOT_LIVE, log_says("the database refused", "full"), NO_TRACEBACK),
    healed=(("The knock of meanwhile is on the screen", _knock_was_kept),),
)


async def _lock_the_database(house: House) -> None:
    """Another program holds the database; then somebody knocks."""
    house.held["other"] = other = sqlite3.connect(house.database, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    await house.crowd.browser(house.alias, KNOCKER)


async def _let_go(house: House) -> None:
    house.held["other"].close()


DATABASE_LOCKED = Drill(
    name="database-locked",
    what="Another program holds the database's lock, and somebody knocks",
    breaks=_lock_the_database,
    mends=_let_go,
    signs=(_DOWN,),
    sees=(NOT_LIVE, log_says("the database refused", "BUSY"), NO_TRACEBACK),
    healed=(("The knock of meanwhile is on the screen", _knock_was_kept),),
)


async def _hold_the_database(house: House) -> None:
    """Another program writes, most of the time, and lets go just often enough."""
    house.tasks["busy"] = asyncio.create_task(_write_in_pulses(house))


async def _write_in_pulses(house: House) -> None:
    with closing(sqlite3.connect(house.database, isolation_level=None)) as other:
        while True:
            other.execute("BEGIN IMMEDIATE")
            try:
                await asyncio.sleep(0.6)
            finally:
                other.execute("ROLLBACK")
            await asyncio.sleep(0.15)


async def _hold_it_no_more(house: House) -> None:
    house.tasks["busy"].cancel()


def _slow(seen: Recording) -> bool:
    """More than a hundredth of the last writes took longer than a quarter of a second."""
    writes = seen.grew_lately(20, "vmrd_store_commit_seconds_count")
    return writes > 0 and seen.grew_lately(20, "vmrd_store_commit_seconds_bucket", le="0.25") < 0.99 * writes


STORE_SLOW = Drill(
    name="store-slow",
    what="Another program writes to the same database nearly all the time",
    breaks=_hold_the_database,
    mends=_hold_it_no_more,
    signs=(Sign("VmrdStoreSlow", ("vmrd_store_commit_seconds_bucket",), _slow),),
    darkens=False,
)

_ROW = "UPDATE session SET body = ? WHERE id = ?"
_NEWEST = "seq = (SELECT max(seq) FROM journal WHERE session_id = ?1) AND session_id = ?1"


async def _spoil_the_session(house: House) -> None:
    """Its row alone would be made again from its journal, so its newest fact is spoilt as well."""
    session = house.officer.session
    with closing(sqlite3.connect(house.database)) as connection, connection:
        (house.held["row"],) = connection.execute("SELECT body FROM session WHERE id = ?", (session,)).fetchone()
        house.held["fact"] = connection.execute(f"SELECT body, seq FROM journal WHERE {_NEWEST}", (session,)).fetchone()  # noqa: S608
        connection.execute(
            "UPDATE journal SET body = ? WHERE seq = ? AND session_id = ?", ("{", house.held["fact"][1], session)
        )
        connection.execute(_ROW, ("{", session))
    await house.crowd.browser(house.alias, KNOCKER)


async def _put_it_back(house: House) -> None:
    session, (body, seq) = house.officer.session, house.held["fact"]
    with closing(sqlite3.connect(house.database)) as connection, connection:
        connection.execute("UPDATE journal SET body = ? WHERE seq = ? AND session_id = ?", (body, seq, session))
        connection.execute(_ROW, (house.held["row"], session))


SESSION_UNREADABLE = Drill(
    name="session-unreadable",
    what="What is stored of the session and its journal cannot be read any more, and somebody knocks",
    breaks=_spoil_the_session,
    mends=_put_it_back,
    signs=(grown("VmrdSessionFault", "vmrd_session_faults_total"),),
    sees=(log_says("_fault"), NO_TRACEBACK),
)

# --- clock and load ---------------------------------------------------------------------------------------------------

_STEP_MS = 5 * 60 * 1_000


def _step_clock(house: House, by_ms: int) -> None:
    """vmrd's own clock alone is wrong: Pexip's goes on as it did."""
    file = house.folder / "clock.json"
    said = json.loads(file.read_text("utf-8"))
    said["business_ms"] += by_ms
    draft = file.with_suffix(".step")
    draft.write_text(json.dumps(said), "utf-8")
    draft.replace(file)


async def _step_ahead_and_back(house: House) -> None:
    """Ahead, and then twice as far back: time stands in the past of what is written already."""
    _step_clock(house, _STEP_MS)
    await asyncio.sleep(2.0)
    _step_clock(house, -2 * _STEP_MS)
    await house.crowd.browser(house.alias, KNOCKER)


async def _right_again(house: House) -> None:
    _step_clock(house, _STEP_MS)
    await house.officer.press_on("refuse", KNOCKER)


CLOCK_STEP = Drill(
    name="clock-step",
    what="vmrd's clock steps five minutes ahead, then ten back, and somebody knocks",
    breaks=_step_ahead_and_back,
    mends=_right_again,
    sees=(("The knock is on the screen", _knock_was_kept),),
    darkens=False,
)


async def _slow_down(house: House) -> None:
    house.tasks["slow"] = asyncio.create_task(_stop_and_go(house))


async def _stop_and_go(house: House) -> None:
    """Most of the time the daemon gets no processor at all."""
    try:
        while True:
            house.keeper.send(signal.SIGSTOP)
            await asyncio.sleep(0.4)
            house.keeper.send(signal.SIGCONT)
            await asyncio.sleep(0.15)
    finally:
        house.keeper.send(signal.SIGCONT)


async def _speed_up(house: House) -> None:
    house.tasks["slow"].cancel()


def _late(seen: Recording) -> bool:
    """More than a hundredth of the last rounds were later than a quarter of a second."""
    rounds = seen.grew_lately(24, "vmrd_loop_lag_seconds_count")
    return rounds > 0 and seen.grew_lately(24, "vmrd_loop_lag_seconds_bucket", le="0.25") < 0.99 * rounds


MACHINE_SLOW = Drill(
    name="machine-slow",
    what="The machine is so busy that vmrd hardly gets a processor",
    breaks=_slow_down,
    mends=_speed_up,
    signs=(Sign("VmrdLoopSlow", ("vmrd_loop_lag_seconds_bucket",), _late, pace=60),),
    darkens=None,
)

DRILLS = (
    VMRD_DOWN,
    VMRD_RESTARTING,
    DISK_FULL,
    DATABASE_LOCKED,
    STORE_SLOW,
    SESSION_UNREADABLE,
    CLOCK_STEP,
    MACHINE_SLOW,
)
