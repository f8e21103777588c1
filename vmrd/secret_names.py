"""What the secrets of a session are called in the store. They are wiped together when the session is closed."""

from __future__ import annotations

PRISONER_NAME = "prisoner-name"
BACKGROUND = "background"
"""Who booked, for which case, and what was answered: for whoever decides on the booking."""


def booker_address(number: int) -> str:
    """The address of whoever booked; counted, so that a session says which one it was written to and not what it is."""
    return f"booker-address-{number}"


def host_pin(generation: int) -> str:
    """The Host PIN of a vmr's generation."""
    return f"host-pin-{generation}"


def attendee_name(ref: str) -> str:
    """The own name of an attendee whose identity is protected."""
    return f"attendee-name-{ref}"
