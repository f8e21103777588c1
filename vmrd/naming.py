"""What people call themselves and where they connect from, replaced by references before the core sees or stores it.

A telephone number in a name is hidden first. An address is kept as a digest to compare with, and nowhere as a text.

Somebody known by an alias may type their own name all the same. It is then on the screens of everybody in the meeting,
which vmrd cannot help; but it comes no further: they are taken down under their alias, and the core is told, so that an
officer asks them to come in again. The own name is compared here and nowhere kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from vmrd.lifecycle import inputs as i
from vmrd.lifecycle.matching import whose_own_name
from vmrd.lifecycle.numbers import masked_name
from vmrd.lifecycle.session import Session
from vmrd.secret_names import attendee_name
from vmrd.store.base import Rx

Ref = Callable[[str], str]


def by_reference(rx: Rx, session: Session | None, given: i.Input, ref: Ref, place: Ref) -> i.Input:
    """The input with a reference for each name in it (`ref`), and a digest for each network address (`place`)."""
    match given:
        case i.RosterSeen(sightings=sightings):
            known = _protected(rx, session)
            return replace(given, sightings=tuple(_named(seen, known, ref, place) for seen in sightings))
        case i.LegSeen(sighting=seen):
            return replace(given, sighting=_named(seen, _protected(rx, session), ref, place))
        case _:
            return given


@dataclass(frozen=True, slots=True)
class _Protected:
    """`own`: the own names of those known by an alias, by attendee. `others`: the names the others are listed under."""

    session: Session
    own: Mapping[str, str]
    others: Mapping[str, str]


def _protected(rx: Rx, session: Session | None) -> _Protected | None:
    if session is None or not any(attendee.protected for attendee in session.attendees.values()):
        return None
    secrets = {each.ref: rx.secret(session.id, attendee_name(each.ref)) for each in session.attendees.values()}
    own = {ref: name.decode() for ref, name in secrets.items() if name is not None}
    personal = rx.personal(session.id)
    others = {each.ref: personal.get(each.name_ref, "") for each in session.attendees.values() if each.ref not in own}
    return _Protected(session, own, others)


def _named(seen: i.Sighting, known: _Protected | None, ref: Ref, place: Ref) -> i.Sighting:
    whose = whose_own_name(seen.name, known.own, known.others) if known is not None else None
    if known is None or whose is None:
        return seen.named(ref(masked_name(seen.name)), place(seen.place))
    return replace(seen.named(known.session.attendees[whose].name_ref, place(seen.place)), own_name=True)
