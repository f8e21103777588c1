"""What those who were booked are told before the meeting: when, how, what to have ready, and what the law says.

The same words go into an email (`message`), the answer of the API and whatever a booking system makes of them.

Made anew each time from the session and the directory, so that a moved start or an added ID rule is never out of date
in it. `VERSION` says which wording somebody received. Two things are never in it, whatever is configured: a telephone
number (who dials in cannot be checked, and everybody in the meeting would see the number), and the Host PIN.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from vmrd.directory.contacts import Channel
from vmrd.directory.entries import Entry, Kind
from vmrd.lifecycle.identity import DOCUMENTS, IdProfile
from vmrd.lifecycle.rules import Rules
from vmrd.lifecycle.session import Session
from vmrd.lifecycle.words import AttendeeRole, Instant, Letter, SegmentKind

VERSION = "2026-11"
LONDON = ZoneInfo("Europe/London")
_SUBJECTS = {
    Letter.CONFIRMED: "Confirmed",
    Letter.CHANGED: "Changed",
    Letter.REMINDER: "Reminder",
    Letter.CANCELLED: "Cancelled",
}
_PARTS = {SegmentKind.PRE: " before the hearing", SegmentKind.POST: " after the hearing"}


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what is said under it, a sentence or two a line."""

    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Joining:
    """`works_from`: from then on the link is answered; `sections` in the order to be read."""

    session: str
    link: str
    uri: str
    works_from: Instant
    sections: tuple[Section, ...]

    def text(self) -> str:
        """As plain text, to be pasted into a message."""
        return _text(self.sections)


@dataclass(frozen=True, slots=True)
class Message:
    """What an email to whoever booked says. `title`: the meeting; `over`: it will not be held, and has no `link`."""

    session: str
    subject: str
    title: str
    starts_at: Instant
    ends_at: Instant
    link: str | None
    over: bool
    sections: tuple[Section, ...]

    def text(self) -> str:
        """As plain text."""
        return _text(self.sections)


_FIRST = {
    Letter.CHANGED: Section(
        "Your video meeting has changed",
        (
            "What follows replaces all you were told before. If the link is another one, the former does not work.",
            "Tell everybody to whom you passed it on.",
        ),
    ),
    Letter.REMINDER: Section(
        "A reminder of your video meeting", ("Nothing has changed since you were last written to.",)
    ),
}


def message(letter: Letter, session: Session, entry: Entry, rules: Rules, link: str, uri: str) -> Message:
    """A letter about one session, which names nobody."""
    start, over, part = _local(session.starts_at), letter is Letter.CANCELLED, _PARTS.get(session.segment, "")
    return Message(
        session=session.id,
        subject=" ".join(
            f"{_SUBJECTS[letter]}: video meeting{part}, {entry.name}, {_day(start)}, {start:%H:%M}".split()
        ),
        title=f"Video meeting{part}, {entry.name}",
        starts_at=session.starts_at,
        ends_at=session.ends_at,
        link=None if over else link,
        over=over,
        sections=_called_off(session, entry) if over else _said(letter, joining(session, entry, rules, link, uri)),
    )


def _said(letter: Letter, instructions: Joining) -> tuple[Section, ...]:
    return (_FIRST[letter], *instructions.sections) if letter in _FIRST else instructions.sections


def _called_off(session: Session, entry: Entry) -> tuple[Section, ...]:
    start, end = _local(session.starts_at), _local(session.ends_at)
    lines = (
        f"{entry.name}, {_day(start)}, {start:%H:%M} to {end:%H:%M} (London time).",
        "Its link does not work any more. Delete it, and tell everybody to whom you passed it on.",
    )
    ask = f"If you did not expect this, ask the prison: {_desks(entry)}."
    return (Section("Your video meeting will not be held", (*lines, ask)),)


def joining(session: Session, entry: Entry, rules: Rules, link: str, uri: str) -> Joining:
    """The instructions for one session. `entry`: the establishment as the directory knows it."""
    works_from = max(session.planned_at, session.starts_at - rules.prepare_before) + rules.replication
    sections = (
        Section("Your video meeting", tuple(_when(session, entry, works_from))),
        Section("How to join", tuple(_how(session, link, uri))),
        Section("What to have ready", tuple(_ready(session, rules.id_profile))),
        Section("In the meeting", tuple(_inside(session))),
        Section("What is not allowed", tuple(_forbidden(entry))),
        Section("If something does not work", tuple(_trouble(entry))),
    )
    return Joining(session.id, link, uri, works_from, sections)


def _when(session: Session, entry: Entry, works_from: Instant) -> Iterator[str]:
    start, end = _local(session.starts_at), _local(session.ends_at)
    yield f"{entry.name}, {_day(start)}, {start:%H:%M} to {end:%H:%M} (London time)."
    yield "Allow a few minutes of it for showing your ID. It has to end on time."
    yield "Be there when it starts: the meeting is locked soon after, and nobody who is late can come in."
    opens = _local(works_from)
    yield f"The link works from {opens:%H:%M} on {opens.day} {opens:%B}."


def _how(session: Session, link: str, uri: str) -> Iterator[str]:
    yield f"In a browser, Chrome works best: {link}"
    yield f"From Skype for Business or a video system: {uri}"
    yield "Enter the name you work under, or the alias you were given and nothing else: everybody sees it."
    yield "Choose camera and microphone. Join as a guest, without a PIN, and wait until the prison opens the meeting."
    yield "Never join by telephone. A caller cannot be checked and is disconnected."
    yield "The link is for you and for this meeting alone. Do not pass it on; delete it afterwards."


def _ready(session: Session, profile: IdProfile) -> Iterator[str]:
    ways = [" together with ".join(DOCUMENTS[each] for each in sorted(way)) for way in sorted(profile.ways, key=sorted)]
    yield f"Your ID, to show on camera: either {', or '.join(ways)}. A paper driving licence is not accepted."
    if profile.also:
        yield f"This prison also asks for {' or '.join(DOCUMENTS[each] for each in sorted(profile.also))}."
    if profile.in_advance:
        yield "This prison wants to see your documents before the meeting as well. Ask it how to send them."
    if any(
        attendee.role in (AttendeeRole.INTERPRETER, AttendeeRole.SPECIALIST) for attendee in session.attendees.values()
    ):
        yield "Your interpreter or specialist shows the same. You confirm who they are, and the prison looks as well."
    yield "A private place where nobody overhears you, and nothing behind you that says who or where you are."
    yield "A charged device and no other video program. Over 1 Mbps each way, and a delay under 100 ms, are enough."


def _inside(session: Session) -> Iterator[str]:
    yield "The officer checks each person's ID, locks the meeting, fetches the prisoner and leaves the room."
    yield (
        "On the list of those present stands “Prison control – cannot see or hear”. It is the prison's system, which "
        "opens, locks and ends the meeting. It has no picture and no sound."
    )
    yield "If somebody knocks or appears whom you do not expect, ask the prisoner to signal to the officer at once."
    if session.screen_share_declared:
        yield "You said that you will share your screen. Some rooms cannot show it; have a copy at hand."
    else:
        yield "If you want to share your screen, tell the officer before the meeting starts."
    yield "Mute yourself while you listen: the picture follows whoever makes a sound."
    yield "If you finish early, ask the prisoner to signal to the officer, then leave the meeting."


def _forbidden(entry: Entry) -> Iterator[str]:
    yield f"{_rule(entry)} applies, as to every legal visit."
    yield "To record sound or pictures from a prison is a criminal offence."
    yield "Take no photographs or screenshots, record nothing, and let nobody else do so."


def _rule(entry: Entry) -> str:
    if Kind.SECURE_TRAINING_CENTRE in entry.kinds:
        return "What the Secure Training Centre Rules say of visits"
    return "Young Offender Institution Rule 16" if Kind.YOUNG_OFFENDERS in entry.kinds else "Prison Rule 38"


def _trouble(entry: Entry) -> Iterator[str]:
    yield "Close other tabs, allow camera and microphone, try Chrome, another network or another device, or restart it."
    yield "Office and public networks may block video; so may a mobile provider. Ask theirs to let it through."
    yield "A cable is better than Wi-Fi, and Wi-Fi than mobile data; of that, take 4G or 5G and keep the device still."
    yield "On a phone, use the Pexip app."
    yield "Two devices in one room whistle: mute one of them, or use a headset. Stop downloads and backups."
    yield f"If you still cannot join, tell the prison: {_desks(entry)}."


def _desks(entry: Entry) -> str:
    desks = [each.contact() for each in entry.contacts]
    written = [each.value for each in desks if each.channel is not Channel.TELEPHONE]
    return ", ".join(written) if written else "as you booked with them"


def _text(sections: tuple[Section, ...]) -> str:
    return "\n\n".join("\n".join((section.title.upper(), *section.lines)) for section in sections) + "\n"


def _day(local: datetime) -> str:
    return f"{local:%A} {local.day} {local:%B %Y}"


def _local(instant: Instant) -> datetime:
    return datetime.fromtimestamp(instant / 1_000, UTC).astimezone(LONDON)
