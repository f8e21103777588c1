"""How the platform says no: typed, so that the pure world needs neither HTTP bodies nor JSON."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PinChallenge:
    """A 403 that asks for a PIN. Each field is `required` or `none`, as on the wire."""

    pin: str
    guest_pin: str


@dataclass(frozen=True, slots=True)
class ExtensionChallenge:
    """A 403 of a Virtual Reception that asks which VMR is wanted; `kind` is `standard` or `mssip`."""

    kind: str


@dataclass(frozen=True, slots=True)
class FieldErrors:
    """A management validation error: the resource, then (field, sentence) pairs."""

    resource: str
    faults: tuple[tuple[str, str], ...]


class Refusal(Exception):  # the platform's word for its own answer, not a failure of the mock
    """The platform refuses an operation: `status` is the HTTP status, `result` what stands in the body."""

    def __init__(self, status: int, result: str | PinChallenge | ExtensionChallenge | FieldErrors) -> None:
        super().__init__(status, result)
        self.status = status
        self.result = result


class BadKnob(ValueError):  # reads as what it is
    """A knob was named or set in a way that has no meaning."""


NOT_FOUND = "Neither conference nor gateway found"


def invalid_token() -> Refusal:
    """The answer to a token that is unknown, expired, released or used at another node."""
    return Refusal(403, "Invalid token")


def invalid_role() -> Refusal:
    """The answer to a Guest who asks for what only a Host may do."""
    return Refusal(403, "Invalid role")
