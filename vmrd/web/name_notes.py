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

from collections import Counter, defaultdict
from collections.abc import Iterator

from vmrd.lifecycle.lookalikes import look, odd
from vmrd.lifecycle.session import Leg, Session
from vmrd.lifecycle.words import UNWANTED, Kind, Where
from vmrd.web.around import Around
from vmrd.web.view_shapes import NameNote

_NOBODY = frozenset({*UNWANTED, Kind.OWN, Kind.ENDPOINT})


def name_notes(session: Session, around: Around) -> dict[str, tuple[NameNote, ...]]:
    """What is to be noticed about the names of those who are here, by leg."""
    names = {leg.id: name for leg in session.legs.values() if (name := around.personal.get(leg.name_ref))}
    looks = {leg: look(name) for leg, name in names.items()}
    here = [leg for leg in session.legs.values() if leg.id in looks and _is_here(leg)]
    before = [leg for leg in session.legs.values() if leg.id in looks and leg.check is not None and _has_left(leg)]
    expected = [name for each in session.attendees.values() if (name := around.personal.get(each.name_ref))]
    called = Counter(looks[leg.id].plain for leg in here)
    by_shape: dict[str, set[str]] = defaultdict(set)
    for name in (*(names[leg.id] for leg in here), *expected):
        by_shape[look(name).shape].add(name)

    def notes(leg: Leg) -> Iterator[NameNote]:
        mine = looks[leg.id]
        if called[mine.plain] > 1:
            yield NameNote(code="same-name", about=None)
        for name in sorted(name for name in by_shape[mine.shape] if mine.like(look(name))):
            yield NameNote(code="looks-like", about=name)
        if odd(names[leg.id]):
            yield NameNote(code="odd-letters", about=None)
        places = {other.place_ref for other in before if mine.same(looks[other.id])}
        if places and leg.check is None:
            elsewhere = leg.place_ref != "" and "" not in places and leg.place_ref not in places
            yield NameNote(code="checked-before-elsewhere" if elsewhere else "checked-before", about=None)

    return {leg.id: tuple(notes(leg)) for leg in here}


def _is_here(leg: Leg) -> bool:
    return not _has_left(leg) and leg.kind not in _NOBODY


def _has_left(leg: Leg) -> bool:
    return leg.where is Where.LEFT
