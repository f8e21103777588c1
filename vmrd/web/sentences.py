"""What an officer reads: a sentence for every alert, and the evidence line under the light."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from vmrd.lifecycle.room_works import OUT_OF_USE
from vmrd.lifecycle.session import Alert, Session
from vmrd.lifecycle.words import Instant, LockState, Unlocker

LONDON = ZoneInfo("Europe/London")
FAULT = "vmrd-fault"
FAULT_TEXT = "vmrd has a fault in this session and cannot be relied on for it. Watch the room yourself and call support"

ALERTS = {
    "admit-unconfirmed": "{who} was to be let in and has not come in. If it lasts, refuse them; they can join again",
    "blind": "vmrd cannot see the meeting. Watch the room yourself until this clears",
    "booking-cancelled": "The booking was cancelled. The meeting goes on until you press End",
    "booking-changed": "The booking was changed while the meeting runs. Ask the booking office what is wanted",
    "breach": "The prisoner is in the room and it is not secure",
    "claim-room": "Join from the prison room, then press This is our room beside its name",
    "command-refused": "Pexip refused {what}",
    "end-unconfirmed": "Pexip has not put everybody out. End it with ## on the room's remote control",
    "everyone-left": "Everyone but the prison room has gone. End the meeting if it is over",
    "guest-trouble": "Somebody rang: they cannot connect",
    "interrupted": "The meeting was cut off. Its lock and all checks no longer count. Open it again, or End",
    "late-open": "The meeting should have been opened by now",
    "lock-drift": "The meeting was unlocked, likely {by}. vmrd locks it again",
    "lock-reminder": "The meeting is open and not locked",
    "lock-unconfirmed": "Pexip has not confirmed what you asked of the lock. Keep the prisoner out, and "
    "lock or unlock with *7 on the room's remote control",
    "opened-elsewhere": "Somebody opened this meeting with the Host PIN. Check everybody and lock it",
    "opening-slow": "Opening is slow. Guests are dropped 60 seconds after the start if the prison room is not in",
    "own-name-shown": "{who} joined under their own name, which is to be kept secret. Ask them to join again as {who}",
    "overrun": "The booked time is over",
    "phone-at-door": "A phone caller was turned away. Whoever was booked needs the link: nobody can join by phone",
    "phone-was-inside": "A phone caller was in the meeting and was put out",
    "presenting": "{who} is sharing a screen. This was not declared",
    "prisoner-signalled": "The prisoner signalled",
    "prisoner-still-in": "The meeting is ending. Take the prisoner out",
    "recorder-was-inside": "A recorder or stream was in the meeting and was put out",
    "recording": "The meeting is being recorded or streamed",
    "refused-place": "{who} connects from where somebody you refused did. It may be the same person under another name",
    "refused-returned": "{who} was refused and is back",
    "remove-unconfirmed": "{who} was to be put out and is still there. Keep the prisoner out, and if it lasts "
    "end the meeting",
    OUT_OF_USE: "Room out of use from {from_time}: works",
    "room-lost": "The prison room is not connected",
    "secure-overridden": "The prisoner was brought in while SECURE was dark",
    "stray-instance": "Somebody used the link after the end. vmrd is disconnecting them",
    "sweep-slow": "A phone caller or recorder is still there. The meeting opens when they are gone",
    "tick-officer-left": "Tick when the officer has left the room",
    "tick-reminder": "Remind everyone when the meeting must end, then tick it",
    "time-left": "{about} minutes left",
    "unexpected-host": "{who} came in with the Host PIN. Somebody else knows it. A supervisor can make a new one",
    "unwatched": "vmrd is not watching this room: it has more meetings than it can look at. Watch the room yourself",
    "vmr-late": "The meeting room is not ready and the start has come",
}
_REFUSED = {
    "start": "to start the meeting",
    "lock": "to change the lock",
    "room": "to call the prison room",
    "end": "to end the meeting",
    "admit": "to let somebody in",
    "remove": "to put somebody out",
    "ensure": "to make the meeting room",
    "delete": "to delete the meeting room",
    "probe": "to say whether the link works",
}


_UNLOCKERS = {
    Unlocker.ROOM: "with *7 on the remote control of the prison room",
    Unlocker.HOST: "by the Host who came in with the PIN",
    Unlocker.ELSEWHERE: "by an administrator of the video platform",
}


def alert_text(alert: Alert, who: str, unlocker: Unlocker | None = None) -> str:
    """The sentence of an alert; `who` is the name of the person it is about, `unlocker` who likely undid a lock."""
    what = _REFUSED.get((alert.about or "").partition(":")[0], "what was asked of it")
    text = ALERTS.get(alert.code, alert.code.replace("-", " ").capitalize())
    from_time = clock_time(int(alert.about or 0))[:5] if alert.code == OUT_OF_USE else ""
    text = text.format(
        who=who, what=what, about=alert.about, from_time=from_time, by=_UNLOCKERS[unlocker or Unlocker.ELSEWHERE]
    )
    return text.replace("1 minutes", "1 minute") if alert.about == "1" else text


def clock_time(instant: Instant) -> str:
    """As the clock on the prison's wall shows it."""
    return datetime.fromtimestamp(instant / 1_000, UTC).astimezone(LONDON).strftime("%H:%M:%S")


def evidence(session: Session, seen_at: Instant | None) -> str:
    """What the light rests on: the lock as Pexip showed it, and whose eyes checked whom."""
    return " · ".join([_lock(session, seen_at), _checks(session)])


def _lock(session: Session, seen_at: Instant | None) -> str:
    lock = session.lock
    match lock.state:
        case LockState.LOCKED if lock.confirmed_at is not None:
            return f"Locked per Pexip {clock_time(seen_at or lock.confirmed_at)}"
        case LockState.LOCKED:
            return "Locked per Pexip"
        case LockState.LOCKING:
            return f"Lock asked {clock_time(lock.requested_at)}, not confirmed" if lock.requested_at else "Lock asked"
        case LockState.UNLOCKING:
            return f"Unlock asked {clock_time(lock.requested_at)}" if lock.requested_at else "Unlock asked"
        case LockState.UNLOCKED:
            return "Not locked"
        case LockState.UNKNOWN:
            return "Lock not known"


def _checks(session: Session) -> str:
    people = session.people_inside()
    checks = [leg.check for leg in people if leg.check is not None]
    if not people:
        return "nobody to check"
    counted = f"{len(checks)} of {len(people)} checked"
    return f"{counted} by {' and '.join(dict.fromkeys(check.by for check in checks))}" if checks else counted


def removal_key(leg: str) -> str:
    """The key under which the session remembers that it asked to put this leg out."""
    return f"remove:{leg}"
