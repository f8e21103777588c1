"""The states of one session's page, by the words of the first column of the table in docs/panel.md.

Where a scene shows the state already, it is that scene.
"""

from __future__ import annotations

from collections.abc import Mapping

from tests.browser import scenes
from tests.browser.scenes import Scene, Stager
from tests.browser.stage import JAMES, PRIYA, Room, Stage, guest, phone
from vmrd.engine import Fault
from vmrd.lifecycle import inputs as i
from vmrd.lifecycle.inputs import Order, Source
from vmrd.lifecycle.rules import MINUTE, SECOND
from vmrd.lifecycle.session import Works
from vmrd.lifecycle.words import Document, Role, Where

BY = "k.shah"


def at(room: Room) -> Scene:
    return Scene(f"/panel/sessions/{room.id}", "")


async def planned(stage: Stage) -> Scene:
    return at(await stage.planned("1", minutes=26 * 60))


async def to_approve(stage: Stage) -> Scene:
    return at(await stage.planned("1", needs_approval=True))


async def nobody_yet(stage: Stage) -> Scene:
    return at(await stage.ready("1"))


async def too_early(stage: Stage) -> Scene:
    return at(await stage.ready("1", minutes=45))


async def nobody_looks(stage: Stage) -> Scene:
    room = await stage.ready("1", minutes=10)
    await stage.given(room.id, i.Unwatched())
    await stage.advance(15_001, room)
    return at(room)


async def not_locked(stage: Stage) -> Scene:
    room = await stage.opened("1")
    stage.watch(room)
    await stage.given(room.id, i.CheckId("ada-1", "att-0", (Document.PHOTO_CARD,), BY))
    return at(room)


async def unwatched(stage: Stage) -> Scene:
    room = await stage.private("1")
    await stage.given(room.id, i.Unwatched())
    await stage.advance(15_001, room)
    return at(room)


async def all_ticked(stage: Stage) -> Scene:
    room = await stage.private("1")
    stage.watch(room)
    for tick in (i.ReminderGiven(BY), i.OfficerLeft(BY)):
        await stage.given(room.id, tick)
    return at(room)


async def interrupted_with_prisoner(stage: Stage) -> Scene:
    room = await stage.private("1")
    await stage.given(room.id, i.ConferenceGone(Order(1, 99), "host-ended"))
    return at(room)


async def _over(stage: Stage) -> Room:
    room = await stage.opened("1")
    await stage.given(room.id, i.End(BY))
    room.who = {}
    await stage.given(room.id, i.ConferenceGone(Order(1, 99), "host-ended"))
    await stage.given(room.id, i.EmptySeen())
    await stage.advance(5 * SECOND)
    await stage.given(room.id, i.EmptySeen())
    return room


async def _proposed(stage: Stage) -> Room:
    room = await _over(stage)
    await stage.given(room.id, i.VmrDeleted(1))
    await stage.advance(150 * SECOND, room)
    await stage.given(room.id, i.AliasProbed(1, 0, 2))
    return room


async def ended(stage: Stage) -> Scene:
    return at(await _over(stage))


async def proposed(stage: Stage) -> Scene:
    return at(await _proposed(stage))


async def closed(stage: Stage) -> Scene:
    room = await _proposed(stage)
    await stage.given(room.id, i.ConfirmOutcome(BY))
    return at(room)


async def cancelled(stage: Stage) -> Scene:
    room = await stage.ready("1")
    await stage.given(room.id, i.Cancel(2, "withdrawn"))
    return at(room)


async def failed(stage: Stage) -> Scene:
    room = await stage.planned("1")
    await stage.advance(21 * MINUTE, room)
    return at(room)


# alerts


async def end_unconfirmed(stage: Stage) -> Scene:
    room = await stage.opened("1")
    await stage.given(room.id, i.End(BY))
    await stage.advance(3 * SECOND, room)
    return at(room)


async def booking_cancelled(stage: Stage) -> Scene:
    room = await stage.opened("1")
    stage.watch(room)
    await stage.given(room.id, i.Cancel(2, "withdrawn"))
    return at(room)


async def booking_changed(stage: Stage) -> Scene:
    room = await stage.opened("1")
    stage.watch(room)
    was = await room.session()
    people = tuple(was.attendees.values())
    await stage.given(
        room.id, i.Amend(2, was.starts_at, was.ends_at, "2", "room2@example.org", people, was.observation)
    )
    return at(room)


async def claim_room(stage: Stage) -> Scene:
    room = await stage.waiting("9", minutes=-1)
    await stage.given(room.id, i.Open(BY))
    await room.show(guest("ada-9", PRIYA), started=True)
    return at(room)


async def command_refused(stage: Stage) -> Scene:
    room = await stage.opened("1")
    stage.watch(room)
    await stage.given(room.id, i.LockRoom(BY))
    await stage.given(room.id, i.CommandFailed("lock", i.Failure.REFUSED))
    return at(room)


async def everyone_left(stage: Stage) -> Scene:
    room = await stage.opened("1")
    stage.watch(room)
    await room.gone("ada-1")
    return at(room)


async def guest_trouble(stage: Stage) -> Scene:
    room = await stage.ready("1")
    await stage.given(room.id, i.TroubleReported(BY))
    return at(room)


async def late_open(stage: Stage) -> Scene:
    room = await stage.waiting("1")
    await stage.advance(11 * MINUTE, room)
    return at(room)


async def lock_drift(stage: Stage) -> Scene:
    room = await stage.secure("1")
    stage.watch(room)
    await room.show(locked=False)
    return at(room)


async def lock_reminder(stage: Stage) -> Scene:
    room = await stage.opened("1")
    stage.watch(room)
    await stage.advance(5 * MINUTE, room)
    return at(room)


async def opened_elsewhere(stage: Stage) -> Scene:
    room = await stage.waiting("1")
    stage.watch(room)
    await room.show(guest("ada-1", PRIYA), started=True)
    return at(room)


async def opening_slow(stage: Stage) -> Scene:
    room = await stage.waiting("1", minutes=-1)
    await stage.given(room.id, i.Open(BY))
    await room.show(guest("ada-1", PRIYA), started=True)
    await stage.advance(45 * SECOND, room)
    return at(room)


async def sweep_slow(stage: Stage) -> Scene:
    room = await stage.waiting("1", phone("tel"), minutes=-1)
    await stage.given(room.id, i.Open(BY))
    await stage.advance(10 * SECOND, room)
    return at(room)


async def overrun(stage: Stage) -> Scene:
    room = await stage.private("1")
    stage.watch(room)
    await stage.advance(28 * MINUTE, room)
    return at(room)


async def time_left(stage: Stage) -> Scene:
    room = await stage.private("1")
    stage.watch(room)
    await stage.advance(18 * MINUTE, room)
    return at(room)


async def ticks_late(stage: Stage) -> Scene:
    room = await stage.private("1")
    stage.watch(room)
    await stage.advance(2 * MINUTE, room)
    return at(room)


async def phone_was_inside(stage: Stage) -> Scene:
    room = await stage.opened("1")
    stage.watch(room)
    await room.show(phone("tel", Where.INSIDE))
    return at(room)


async def recorder_was_inside(stage: Stage) -> Scene:
    room = await stage.opened("1")
    stage.watch(room)
    await room.show(guest("rec", "Recorder", streaming=True))
    return at(room)


async def recording(stage: Stage) -> Scene:
    room = await stage.opened("1")
    stage.watch(room)
    await stage.given(
        room.id, i.ConferenceSeen(Order(1, 99), Source.STREAM, locked=False, started=True, recording=True)
    )
    return at(room)


async def presenting(stage: Stage) -> Scene:
    room = await stage.opened("1")
    stage.watch(room)
    await room.show(guest("ada-1", PRIYA, presenting=True))
    return at(room)


async def signalled(stage: Stage) -> Scene:
    room = await stage.private("1")
    stage.watch(room)
    await stage.given(room.id, i.Signalled(BY))
    return at(room)


async def prisoner_still_in(stage: Stage) -> Scene:
    room = await stage.private("1")
    await stage.given(room.id, i.End(BY))
    return at(room)


async def refused_place(stage: Stage) -> Scene:
    room = await stage.secure("1")
    stage.watch(room)
    await room.show(guest("odd", "iPhone", Where.WAITING, place="192.0.2.7"))
    await stage.given(room.id, i.Refuse("odd", BY))
    await room.gone("odd")
    await room.show(guest("again", "Galaxy", Where.WAITING, place="192.0.2.7"))
    return at(room)


async def own_name(stage: Stage) -> Scene:
    room = await stage.opened("1")
    stage.watch(room)
    await room.show(guest("ada-1", PRIYA, own_name=True))
    return at(room)


async def phone_at_door(stage: Stage) -> Scene:
    room = await stage.ready("1")
    now = stage.clock.now()
    await stage.given(room.id, lambda ref: i.PhoneAtDoor("call-1", ref("+441632960123"), now))
    return at(room)


async def refused_returned(stage: Stage) -> Scene:
    room = await stage.secure("1")
    stage.watch(room)
    await room.show(guest("odd", "iPhone", Where.WAITING))
    await stage.given(room.id, i.Refuse("odd", BY))
    await room.gone("odd")
    await room.show(guest("again", "iPhone", Where.WAITING))
    return at(room)


async def overridden(stage: Stage) -> Scene:
    room = await stage.opened("1")
    stage.watch(room)
    await stage.given(room.id, lambda ref: i.PrisonerIn(BY, eyes_fresh=True, reason_ref=ref("Brought early")))
    return at(room)


async def stray(stage: Stage) -> Scene:
    room = await _over(stage)
    await stage.given(room.id, i.InstanceSeen("another"))
    return at(room)


async def unexpected_host(stage: Stage) -> Scene:
    room = await stage.opened("1")
    stage.watch(room)
    await room.show(guest("who", JAMES, role=Role.HOST))
    await stage.advance(60 * SECOND, room)
    return at(room)


async def vmr_late(stage: Stage) -> Scene:
    room = await stage.planned("1")
    await stage.advance(6 * MINUTE, room)
    return at(room)


async def works(stage: Stage) -> Scene:
    room = await stage.ready("1")
    was = await room.session()
    await stage.given(room.id, i.RoomWorks((Works("w-1", was.starts_at, was.ends_at),)))
    return at(room)


async def faulty(stage: Stage) -> Scene:
    room = await stage.private("1")
    stage.watch(room)
    stage.engine.faults[room.id] = Fault(stage.clock.now(), 1)
    return at(room)


STATES: Mapping[str, Stager] = {
    # phases
    "`planned`": planned,
    "`planned`, to be approved": to_approve,
    "`preparing`": scenes.booked,
    "`ready`, too early": too_early,
    "`ready`, nobody waits": nobody_yet,
    "`ready`, nobody looks": nobody_looks,
    "`ready`, people wait": scenes.waiting,
    "`ready`, not our room": scenes.not_ours,
    "`opening`": scenes.opening,
    "`open`, not checked": scenes.open_unchecked,
    "`open`, not locked": not_locked,
    "`open`, lock asked": scenes.locking,
    "`open`, SECURE": scenes.secure,
    "`private`, SECURE": scenes.private,
    "`private`, all ticked": all_ticked,
    "`private`, patrol": scenes.patrol,
    "`private`, paused": scenes.paused,
    "`private`, a knock": scenes.knock,
    "`interrupted`": scenes.interrupted,
    "`interrupted`, prisoner in": interrupted_with_prisoner,
    "`ending`": scenes.ending,
    "`ended`": ended,
    "`ended`, link dead": proposed,
    "`closed`": closed,
    "`cancelled`": cancelled,
    "`failed`": failed,
    # alerts
    "`breach`": scenes.breach,
    "`blind`": scenes.blind,
    "`unwatched`": unwatched,
    "`vmrd-fault`": faulty,
    "`lock-unconfirmed`, `admit-unconfirmed`, `remove-unconfirmed`": scenes.not_confirmed,
    "`end-unconfirmed`": end_unconfirmed,
    "`command-refused`": command_refused,
    "`vmr-late`": vmr_late,
    "`late-open`": late_open,
    "`opened-elsewhere`": opened_elsewhere,
    "`sweep-slow`": sweep_slow,
    "`opening-slow`": opening_slow,
    "`claim-room`": claim_room,
    "`room-lost`": scenes.room_missing,
    "`interrupted` (alert)": scenes.interrupted,
    "`lock-reminder`": lock_reminder,
    "`lock-drift`": lock_drift,
    "`unexpected-host`": unexpected_host,
    "`phone-was-inside`": phone_was_inside,
    "`recorder-was-inside`": recorder_was_inside,
    "`recording`": recording,
    "`presenting`": presenting,
    "`refused-returned`": refused_returned,
    "`refused-place`": refused_place,
    "`own-name-shown`": own_name,
    "`phone-at-door`": phone_at_door,
    "`secure-overridden`": overridden,
    "`prisoner-signalled`": signalled,
    "`guest-trouble`": guest_trouble,
    "`tick-reminder`, `tick-officer-left`": ticks_late,
    "`time-left`": time_left,
    "`overrun`": overrun,
    "`everyone-left`": everyone_left,
    "`prisoner-still-in`": prisoner_still_in,
    "`booking-changed`": booking_changed,
    "`booking-cancelled`": booking_cancelled,
    "`room-out-of-use`": works,
    "`stray-instance`": stray,
}
