"""What happened at the door, before anybody was there for Pexip to show."""

from __future__ import annotations

from dataclasses import dataclass

from vmrd.lifecycle.words import Instant


@dataclass(frozen=True, slots=True)
class PhoneAtDoor:
    """A phone called and was turned away `at` that instant. `call` is minted for it; `name_ref`: its masked number."""

    call: str
    name_ref: str
    at: Instant
