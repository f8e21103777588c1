"""Which documents identify a person (guidance, "Authentication" and step 7).

EITHER a photo identity card issued by HMPPS, probation, the firm or chambers (the Bar Council's digital card counts),
OR an introductory letter on headed paper PLUS a passport or photo driving licence. A paper licence is not accepted
and cannot be named. Interpreters show the same; the practitioner's word is needed *and* the officer's own eye.
Some prisons ask for more: `IdProfile.also` is added to either way.
"""

from __future__ import annotations

from dataclasses import dataclass

from vmrd.lifecycle.session import Attendee
from vmrd.lifecycle.words import AttendeeRole, Document

WORD_NEEDED = frozenset({AttendeeRole.INTERPRETER, AttendeeRole.SPECIALIST})
"""Roles for whom the practitioner must vouch as well ("responsible for verifying the interpreter")."""

_WAYS: tuple[frozenset[Document], ...] = (
    frozenset({Document.PHOTO_CARD}),
    frozenset({Document.HEADED_LETTER, Document.PASSPORT}),
    frozenset({Document.HEADED_LETTER, Document.PHOTO_DRIVING_LICENCE}),
)

DOCUMENTS = {
    Document.PHOTO_CARD: "a photo identity card",
    Document.HEADED_LETTER: "a letter on headed paper",
    Document.PASSPORT: "a passport",
    Document.PHOTO_DRIVING_LICENCE: "a photo driving licence",
}
"""How each document is called in a sentence."""

WORD_MISSING = "Ask the practitioner to confirm who this person is, then tick that they did."


@dataclass(frozen=True, slots=True)
class IdProfile:
    """What an establishment accepts. `ways`: any one of these sets; `also`: at least one of these on top, if any.
    `in_advance`: it wants to have seen the documents before the meeting; they are looked at in it all the same."""

    ways: tuple[frozenset[Document], ...] = _WAYS
    also: frozenset[Document] = frozenset()
    in_advance: bool = False


def missing(
    attendee: Attendee, documents: tuple[Document, ...], practitioner_word: bool, profile: IdProfile
) -> str | None:
    """Why these documents do not identify the attendee, in a sentence for an officer; None when they do."""
    seen = frozenset(documents)
    if not any(way <= seen for way in profile.ways):
        return (
            "These documents are not enough. Ask for a photo identity card, or a letter on headed paper together with "
            "a passport or photo driving licence. A paper licence does not count."
        )
    if profile.also and not (profile.also & seen):
        wanted = " or ".join(DOCUMENTS[document] for document in sorted(profile.also))
        return f"This prison also asks for {wanted}."
    if attendee.needs_word and not practitioner_word:
        return WORD_MISSING
    return None
