"""What is planted, what it looks like wherever it turns up, and where it may."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import quote, quote_plus

from tests.crash.house import KEY, SECRET, TOKEN


class Place(StrEnum):
    """Where something leaves vmrd."""

    LOG = "what the daemon prints, at debug and when it dies"
    METRICS = "what Prometheus reads"
    ADDRESS = "the addresses vmrd asks for"
    VMR = "the meeting rooms as Pexip holds them, but for their PINs"
    PEXIP = "headers and bodies of what Pexip is asked, and of what it is answered when it asks"
    CALLBACK = "what booking systems are told"
    EMAIL = "what is written to whoever booked"
    PROBLEM = "what a refused request is answered"
    ANSWER = "what a booking system is answered that was taken"
    VIEW = "what an officer's program is shown"
    SCREEN = "what an officer is shown"
    RECORD = "the record of a meeting, as a page and as data"
    REVEAL = "what an officer asked to see, one at a time"
    EXPORT = "the journal and the lists that auditors export"
    COMMAND = "what commands print"
    FILE = "the database file and its copies"


P = Place
WORKING = frozenset({P.VIEW, P.SCREEN, P.RECORD, P.FILE})
"""Whoever works with a meeting has to see who is in it; the file keeps it until it is erased."""
NOWHERE: frozenset[Place] = frozenset()


@dataclass(frozen=True, slots=True)
class Canary:
    """`value` is what is sent, `trace` the part of it that is looked for. `why` it may be at `places` and no other."""

    value: str
    places: frozenset[Place]
    why: str
    trace: str = ""
    is_number: bool = False

    def is_in(self, text: str) -> bool:
        """Whether it shows there: as it is, in an address, in Base64, or as a number however it is written."""
        if self.is_number:
            return self.value in re.sub(r"(?<=\d)(?:[\s().-]|%20|\+)+(?=\d)", "", text)
        trace = self.trace or self.value
        low = text.lower()
        return any(form.lower() in low for form in (trace, quote(trace), quote_plus(trace))) or any(
            form in text for form in _base64(trace)
        )


def _base64(trace: str) -> tuple[str, ...]:
    """What Base64 makes of it wherever it begins, without what its neighbours have a share in."""
    forms = (base64.b64encode(b"\0" * shift + trace.encode()).decode().rstrip("=") for shift in range(3))
    return tuple(form[(0, 2, 3)[shift] : -1] for shift, form in enumerate(forms))


CANARIES = {
    "attendee": Canary("Zephyrine Quillfeather", WORKING, "an officer checks who it is", "quillfeather"),
    "stranger": Canary("Ottokar Brambleswick", WORKING, "an officer decides on who knocks", "brambleswick"),
    "added-person": Canary("Peregrin Umberlatch", WORKING, "an officer said that they are expected", "umberlatch"),
    "protected-name": Canary(
        "Cordelia Vexmorrow", frozenset({P.REVEAL}), "protected: one look at a time, each journalled", "vexmorrow"
    ),
    "protected-alias": Canary(
        "Interpreter Larkspindle", WORKING | {P.PEXIP}, "what everybody is to see instead of the name", "larkspindle"
    ),
    "prisoner-number": Canary("A7319QX", WORKING, "an officer fetches them"),
    "prisoner-name": Canary("Thaddeus Ironmarsh", frozenset({P.REVEAL}), "one look at a time", "ironmarsh"),
    "date-of-birth": Canary("1971-02-23", NOWHERE, "looked at for its form and dropped"),
    "contact-address": Canary("z.quill@chambers.example.org", NOWHERE, "only whether there is one is looked at"),
    "contact-number": Canary("7700900843", NOWHERE, "only whether there is one is looked at", is_number=True),
    "caller-number": Canary("441632960741", NOWHERE, "hidden from the first sighting", is_number=True),
    "caller-at-door": Canary("441632960752", NOWHERE, "hidden from the first sighting", is_number=True),
    "booker": Canary("Hester Fennimore", frozenset({P.REVEAL}), "who decides on the booking may look", "fennimore"),
    "booker-address": Canary(
        "h.dunmorrow@courts.example.gov.uk", frozenset({P.REVEAL, P.EMAIL}), "who is written to", "dunmorrow"
    ),
    "case": Canary("CASE-8841-OXBOW", frozenset({P.REVEAL}), "who decides on the booking may look"),
    "unknown-member": Canary("gristlewick", frozenset({P.REVEAL}), "kept encrypted, for whoever decides"),
    "document-number": Canary("PASS7719042GB", NOWHERE, "never asked for, and dropped where it is sent"),
    "reason": Canary("because of the ostrichplume", WORKING, "typed for the record", "ostrichplume"),
    "note": Canary("a note on the marrowfat", WORKING, "typed for the record", "marrowfat"),
    "chat": Canary("the walrus said so in chat", NOWHERE, "content is dropped unread", "walrus"),
    "caption": Canary("spoken of a pangolin", NOWHERE, "content is dropped unread", "pangolin"),
    "presentation": Canary("Slides about the axolotl", NOWHERE, "content is dropped unread", "axolotl"),
    "foreign-meeting": Canary("Board of Wolverhampstead", NOWHERE, "another tenant's", "wolverhampstead"),
    "foreign-person": Canary("Ignatius Mossbottom", NOWHERE, "another tenant's", "mossbottom"),
    "upstream-note": Canary("visitor fears the kestrelbane", NOWHERE, "not read", "kestrelbane"),
    "sent-junk": Canary("flibbertigrue", NOWHERE, "a refusal repeats nothing"),
    "tried-name": Canary("Morwenna Tried", NOWHERE, "a sign-in that fails is counted and forgotten", "morwenna"),
    "crash": Canary("crash with a thistlenock inside", NOWHERE, "an exception's own text", "thistlenock"),
    "officer-token": Canary(TOKEN, NOWHERE, "kept as a hash"),
    "officer-password": Canary("hedgerow-lantern-77", NOWHERE, "kept as a hash"),
    "wrong-password": Canary("guess-of-a-burglar-19", NOWHERE, "never kept"),
    "webhook-secret": Canary(SECRET, NOWHERE, "it only signs", SECRET.removeprefix("whsec_")),
    "sender-token": Canary("token-of-a-sender-that-cannot-sign-0", NOWHERE, "kept in memory alone"),
    "adapter-secret": Canary("secret-of-the-queue-5501", NOWHERE, "kept in memory alone"),
    "adapter-client": Canary("client-secret-of-bookings-6602", NOWHERE, "kept in memory alone"),
    "pexip-password": Canary("pexip-password-of-vmrd-3303", frozenset({P.PEXIP}), "it signs in with it"),
    "sink-password": Canary("password-of-the-sink-4404", NOWHERE, "Pexip sends it"),
    "policy-password": Canary("password-of-policy-2202", NOWHERE, "Pexip sends it"),
    "mail-password": Canary("password-of-the-mail-server-1101", NOWHERE, "the mail server alone is told"),
    "service-secret": Canary("secret-of-the-sign-in-service-9909", NOWHERE, "the sign-in service alone is told"),
    "store-key": Canary(KEY, NOWHERE, "kept in memory alone"),
}


def minted(value: str, why: str) -> Canary:
    """A PIN or token that vmrd or Pexip made on the way: Pexip and whoever asks to see it, and nobody else."""
    return Canary(value, frozenset({P.PEXIP, P.REVEAL}), why)
