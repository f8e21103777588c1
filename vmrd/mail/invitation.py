"""The meeting as a calendar entry (RFC 5545, 5546), for people to open from the email.

It is published, not asked: whoever booked has agreed already, and an answer would reach nobody. A session keeps its
`UID` for life, and `SEQUENCE` grows with every change, so a calendar knows the newer entry from the older whichever
email is opened last.
"""

from __future__ import annotations

from datetime import UTC, datetime

from icalendar import Calendar, Event, vCalAddress

from vmrd.joining import Message
from vmrd.lifecycle.words import Instant


def invitation(message: Message, change: int, sender: str, now: datetime) -> bytes:
    """The entry as a file. `change`: how often what was written has changed; `sender`: the address it comes from."""
    event = Event()
    event.add("uid", f"{message.session}@{sender.partition('@')[2]}")
    event.add("sequence", change)
    event.add("dtstamp", now)
    event.add("dtstart", _moment(message.starts_at))
    event.add("dtend", _moment(message.ends_at))
    event.add("summary", message.title)
    event.add("description", message.text())
    event.add("class", "PRIVATE")
    event.add("status", "CANCELLED" if message.over else "CONFIRMED")
    event.add("organizer", vCalAddress(f"mailto:{sender}"))
    if message.link is not None:
        event.add("location", message.link)
    calendar = Calendar()
    calendar.add("prodid", "-//vmrd//Video meetings//EN")
    calendar.add("version", "2.0")
    calendar.add("method", method(message))
    calendar.add_component(event)
    return bytes(calendar.to_ical())


def method(message: Message) -> str:
    """What a calendar is to do with the entry."""
    return "CANCEL" if message.over else "PUBLISH"


def _moment(instant: Instant) -> datetime:
    return datetime.fromtimestamp(instant / 1_000, UTC)
