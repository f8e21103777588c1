"""What the control API's larger bodies may say, read in one place: a scenario on file is judged as a request is."""

from collections.abc import Collection
from dataclasses import dataclass

from pexip_mock.faults import How, can_happen
from pexip_mock.given import Given
from pexip_mock.operations import CONTROL, Operation
from pexip_mock.people import Kind, Person

KINDS = tuple(kind.value for kind in Kind if kind is not Kind.API)
KEYS = frozenset("0123456789*#ABCD")


@dataclass(frozen=True, slots=True)
class FaultOrder:
    """What shall go wrong, how, how often (None: until it is taken back), and with which delay or status."""

    operation: str
    how: How
    times: int | None
    delay_s: float
    status: int


def person_of(given: Given, alias: str = "") -> Person:
    """Somebody who dials, but for the node they reach. `alias`: what they dial when the body does not say."""
    number = given.text("number")
    return Person(
        alias=given.text("alias", alias, needed=not alias),
        name=given.text("name", needed=not number),
        kind=Kind(given.text("kind", Kind.BROWSER.value, choices=KINDS)),
        pin=given.text("pin") or None,
        number=number or None,
        call_tag=given.text("callTag"),
        chat_leg=given.flag("chatLeg"),
        idp_attributes=_attributes(given),
    )


def fault_of(given: Given, routes: Collection[str] | None = None) -> FaultOrder:
    """A fault. `routes`: those there are; None where nobody knows, and any route is taken for one."""
    operation = given.text("operation", needed=True)
    is_route = operation in routes if routes is not None else " /api/" in operation
    if operation and operation not in set(Operation) and not is_route:
        given.wrong("operation", f"there is none of that name; GET {CONTROL}/operations lists them")
    how = given.text("how", needed=True, choices=sorted(How))
    if operation and how and not can_happen(operation, How(how)):
        given.wrong("how", "this can never befall that operation: choose another, or another operation")
    return FaultOrder(
        operation=operation,
        how=How(how) if how else How.STATUS,
        times=None if given.says_null("times") else given.whole("times", 1, least=1),
        delay_s=given.number("delayMs", 1000, most=3_600_000) / 1000,
        status=given.whole("status", 503, least=400, most=599),
    )


def digits_of(given: Given) -> str:
    """Keys somebody presses."""
    digits = given.text("digits", needed=True)
    if not set(digits) <= KEYS:
        given.wrong("digits", "must be keys of a telephone: 0 to 9, * and #")
    return digits


def _attributes(given: Given) -> tuple[tuple[str, str], ...]:
    """What an identity provider says of a caller: `{"idp": {"groups": ["a", "b"]}}`; each value is told by itself."""
    idp = given.table("idp")
    if idp is None:
        return ()
    return tuple((name, value) for name in idp.names() for value in idp.texts(name) or ())
