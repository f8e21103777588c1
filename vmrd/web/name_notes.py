"""What an officer should notice about a name before trusting it. Notes beside a person; none of them decides anything.

| code                     | says                                                                              |
|--------------------------|-----------------------------------------------------------------------------------|
| `same-name`              | somebody else here is called the same                                             |
| `looks-like`             | the name can be mistaken for `about`'s, who is here or expected, and is another   |
| `odd-letters`            | it mixes alphabets, or holds signs that cannot be seen                            |
| `checked-before`         | somebody of this name was checked and left: a check belongs to one connection     |
| `checked-before-elsewhere` | the same, and they connect from another place now                               |
"""

from __future__ import annotations

from collections.abc import Iterator

from vmrd.lifecycle.lookalikes import looks_like, odd, same
from vmrd.lifecycle.session import Leg, Session
from vmrd.lifecycle.words import UNWANTED, Kind, Where
from vmrd.web.around import Around
from vmrd.web.view_shapes import NameNote

_NOBODY = frozenset({*UNWANTED, Kind.OWN, Kind.ENDPOINT})


def name_notes(session: Session, around: Around, leg: Leg) -> tuple[NameNote, ...]:
    """What is to be noticed about the name on this leg; nothing once it has left."""
    name = around.personal.get(leg.name_ref)
    if not name or not _is_here(leg):
        return ()
    return tuple(_found(session, around, leg, name))


def _found(session: Session, around: Around, leg: Leg, name: str) -> Iterator[NameNote]:
    others = [other for other in session.legs.values() if other.id != leg.id]
    here = {around.personal.get(other.name_ref, "") for other in others if _is_here(other)}
    if any(same(name, other) for other in here):
        yield NameNote(code="same-name", about=None)
    expected = {around.personal.get(attendee.name_ref, "") for attendee in session.attendees.values()}
    for other in sorted(here | expected):
        if looks_like(name, other):
            yield NameNote(code="looks-like", about=other)
    if odd(name):
        yield NameNote(code="odd-letters", about=None)
    left = [other for other in others if other.where is Where.LEFT and other.check is not None]
    before = [other for other in left if same(name, around.personal.get(other.name_ref, ""))]
    if before and leg.check is None:
        places = {other.place_ref for other in before}
        elsewhere = leg.place_ref != "" and "" not in places and leg.place_ref not in places
        yield NameNote(code="checked-before-elsewhere" if elsewhere else "checked-before", about=None)


def _is_here(leg: Leg) -> bool:
    return leg.where is not Where.LEFT and leg.kind not in _NOBODY
