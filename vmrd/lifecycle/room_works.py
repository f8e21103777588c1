"""Works that have the room of a session: the alert that tells the prison to move the meeting or the works.

The store finds the agreed windows that meet the session's room and time, and tells them all at once, so telling them
again, or late, changes nothing. The alert is about the instant from which the meeting lacks its room, and is up exactly
while a window meets the time as it is booked now: moved out of the way, it ends by itself.
"""

from __future__ import annotations

from vmrd.lifecycle import facts as f
from vmrd.lifecycle.draft import Draft
from vmrd.lifecycle.inputs import RoomWorks
from vmrd.lifecycle.words import OVER

OUT_OF_USE = "room-out-of-use"


def noted(draft: Draft, given: RoomWorks) -> None:
    """Take over what the store found."""
    if draft.session.phase not in OVER and given.works != draft.session.works:
        draft.fact(f.RoomWorksChanged(given.works))


def settle(draft: Draft) -> None:
    """One alert for each instant from which works have the room."""
    session = draft.session
    wanted = {
        str(max(works.start, session.starts_at))
        for works in session.works
        if works.start < session.ends_at and works.end > session.starts_at and session.phase not in OVER
    }
    for alert in list(session.alerts.values()):
        if alert.code == OUT_OF_USE and alert.about not in wanted:
            draft.end_alert(alert.key)
    for about in sorted(wanted):
        draft.alert(OUT_OF_USE, about)
