"""A leg: a connection Pexip reports, and the check an officer made of it. Part of the session (`session`)."""

from __future__ import annotations

from dataclasses import dataclass

from vmrd.lifecycle.words import Document, Instant, Kind, Role, Where


@dataclass(frozen=True, slots=True)
class Check:
    """An officer matched this very leg to an attendee and saw the documents."""

    attendee: str
    documents: tuple[Document, ...]
    practitioner_word: bool
    by: str
    at: Instant


@dataclass(frozen=True, slots=True)
class Leg:
    """A connection Pexip reports. `since`: when it came to be `where` it is; `first_seen`: when first heard of.

    `place_ref`: digest of where it connects from, once known. `from_room`: it has the address of the session's room.
    """

    id: str
    name_ref: str
    kind: Kind
    settled: bool
    role: Role
    where: Where
    has_media: bool
    has_video: bool
    encrypted: bool
    presenting: bool
    first_seen: Instant
    since: Instant
    check: Check | None = None
    left_because: str | None = None
    place_ref: str = ""
    from_room: bool = False
