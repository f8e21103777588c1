"""What comes out of signing in by a sign-in service: a person, or why not."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Why(StrEnum):
    """Why somebody was not signed in; each has its sentence on the sign-in page."""

    AWAY = "away"
    """The sign-in service does not answer, or answers what cannot be read."""
    START_AGAIN = "again"
    """It is not this browser's attempt, took too long, or was brought back twice."""
    DECLINED = "declined"
    """The service says so: they pressed cancel, or may not use this client."""
    NOT_PROVED = "proof"
    """The token is not the service's, not for us, not of this attempt or not of now."""
    NO_NAME = "no-name"
    NO_ROLE = "no-role"
    NO_ESTABLISHMENT = "no-establishment"


class NotSignedIn(Exception):
    """`why` decides what the page says; `what` is a code for the log. Neither holds anything of a token."""

    def __init__(self, why: Why, what: str) -> None:
        super().__init__(why)
        self.why = why
        self.what = what


@dataclass(frozen=True, slots=True)
class Person:
    """Who signed in, as the token said. `establishments` empty means all."""

    name: str
    role: str
    establishments: tuple[str, ...]
