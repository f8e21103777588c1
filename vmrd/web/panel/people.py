"""Who is where, as three lists: waiting, inside, expected but not here. Each person with one badge and their presses.

| badge                | tone  | means                                                              |
|----------------------|-------|--------------------------------------------------------------------|
| ID checked           | good  | an officer matched this very connection and saw the documents      |
| Expected             | plain | the name looks like one on the list, which proves nothing          |
| Not on the list      | warn  | no such name is expected                                           |
| Cannot be identified | stop  | a phone caller: no picture, no documents                           |
| Recorder or stream   | stop  | never wanted                                                       |
| Came in with the PIN | stop  | a Host who is neither ours nor the prison room                     |
| Still connecting     | plain | what they are connected with is not settled                        |
| Our own room         | good  | the prison room's screen                                           |
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from vmrd.lifecycle.words import KNOCKING, Kind, Role, Where
from vmrd.web.panel.speech import gettext as _
from vmrd.web.panel.words import nobody
from vmrd.web.view_shapes import AskedView, CheckView, ExpectedView, KnockView, NameNote, ParticipantView, SessionView


@dataclass(frozen=True, slots=True)
class Badge:
    """`tone` picks colour and sign; the words alone say everything."""

    words: str
    tone: str


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody connected. `match`: whom they were checked as, or look like. `asked`: what Pexip has not shown yet.

    `notes`: what to notice about the name.
    """

    id: str
    name: str
    kind: Kind
    since: str
    badge: Badge
    match: ExpectedView | None
    check: CheckView | None
    knock: KnockView | None
    has_video: bool
    presenting: bool
    asked: AskedView | None
    allowed: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Roster:
    """`missing`: expected, and nobody here looks like them. `candidates`: whom an unchecked person may be."""

    waiting: tuple[Person, ...]
    inside: tuple[Person, ...]
    missing: tuple[ExpectedView, ...]
    candidates: tuple[ExpectedView, ...]

    @property
    def unexpected(self) -> tuple[Person, ...]:
        """Whoever waits, looks like nobody on the list and can be refused."""
        return tuple(each for each in self.waiting if each.match is None and "refuse" in each.allowed)

    @property
    def to_check(self) -> tuple[Person, ...]:
        return tuple(person for person in self.inside if "check" in person.allowed and person.check is None)


def roster(view: SessionView) -> Roster:
    """In the order people were first seen, so that who comes later is shown further down."""
    legs = sorted(
        (leg for leg in view.participants if leg.kind is not Kind.OWN and leg.where is not Where.LEFT),
        key=lambda leg: (leg.first_seen, leg.id),
    )
    persons = {leg.id: _person(view, leg) for leg in legs}
    inside = tuple(persons[leg.id] for leg in legs if leg.where is Where.INSIDE)
    taken = {person.match.ref for person in persons.values() if person.match is not None}
    return Roster(
        waiting=tuple(persons[leg.id] for leg in legs if leg.where is not Where.INSIDE),
        inside=inside,
        missing=tuple(each for each in view.expected if not each.checked and each.ref not in taken),
        candidates=tuple(each for each in view.expected if not each.checked),
    )


def named(view: SessionView, ref: str | None) -> ExpectedView | None:
    """The expected person of this reference."""
    return next((each for each in view.expected if each.ref == ref), None) if ref is not None else None


def ringing(view: SessionView) -> tuple[KnockView, ...]:
    """Knocks nobody has acknowledged, oldest first."""
    return tuple(sorted((k for k in view.knocks if k.state == "ringing"), key=lambda k: (k.at, k.id)))


def caller_name(name: str | None, kind: Kind | None) -> str:
    """What somebody is called. The engine has masked telephone numbers before they came here."""
    if kind is Kind.PHONE:
        return _("Phone caller {name}").format(name=name) if name else _("Phone caller")
    return name or nobody()


def _person(view: SessionView, leg: ParticipantView) -> Person:
    match = named(view, leg.attendee or leg.suggested)
    return Person(
        id=leg.id,
        name=caller_name(leg.name, leg.kind),
        kind=leg.kind,
        since=leg.first_seen,
        badge=_badge(view, leg, match),
        match=match,
        check=leg.check,
        knock=next((k for k in view.knocks if k.participant == leg.id and k.state in KNOCKING), None),
        has_video=leg.has_video,
        presenting=leg.presenting,
        asked=next((each for each in view.asked if each.participant == leg.id), None),
        allowed=leg.allowed,
        notes=tuple(_note(note) for note in leg.name_notes),
    )


def _note(note: NameNote) -> str:
    match note.code:
        case "same-name":
            return _("Somebody else here is called the same.")
        case "looks-like":
            return _("The name looks like {name} and is written with other letters.").format(name=note.about)
        case "odd-letters":
            return _("The name mixes alphabets or holds signs that cannot be seen.")
        case "checked-before":
            return _("Was checked and left. Check again: this is another connection.")
        case "checked-before-elsewhere":
            return _("Was checked and left, and connects from another place now. Check again.")
        case _:
            assert_never(note.code)


def _badge(view: SessionView, leg: ParticipantView, match: ExpectedView | None) -> Badge:
    if leg.id == view.endpoint.participant:
        return Badge(_("Our own room"), "good")
    if leg.kind is Kind.PHONE:
        return Badge(_("Cannot be identified"), "stop")
    if leg.kind is Kind.RECORDER:
        return Badge(_("Recorder or stream"), "stop")
    if leg.check is not None:
        return Badge(_("ID checked"), "good")
    if leg.role is Role.HOST:
        return Badge(_("Came in with the Host PIN"), "stop")
    if not leg.settled or leg.where is Where.ARRIVING:
        return Badge(_("Still connecting"), "plain")
    if match is not None:
        return Badge(_("Expected"), "plain")
    return Badge(_("Not on the list"), "warn")
