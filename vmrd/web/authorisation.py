"""Who may do what: one row for each route of the main listener, printed by `vmrd authorisation`.

The rows of the API are read from its contract, which also enforces them. What the panel's own routes ask is said here,
and so is, for every route, what becomes of somebody whose role is right and whose establishment is not. A route without
a row fails a test, and so does a route that answers any role, or nobody, otherwise than its row says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from vmrd.web.call import Access, Call
from vmrd.web.caller import Role
from vmrd.web.contract import CALLS, PRESSING, WATCHING


class Elsewhere(StrEnum):
    """What a caller is answered about an establishment that is not theirs."""

    NOT_THERE = "404, as if it did not exist"
    LEFT_OUT = "left out"
    NOTHING = "–"


class Nobody(StrEnum):
    """What a request is answered that nobody is signed in for."""

    REFUSED = "401"
    LED = "led to sign in"
    SERVED = "served"
    OTHER_PROOF = "other proof"
    """A booking system's signature or token, or Pexip's Basic sign-in; no person's."""


@dataclass(frozen=True, slots=True)
class Row:
    """`roles`: who may; all of them where nobody need be signed in. `demo`: there in a demo only."""

    method: str
    path: str
    nobody: Nobody
    roles: tuple[Role, ...]
    elsewhere: Elsewhere
    demo: bool = False


_HEAD = """\
# Who may do what

Printed by `vmrd authorisation` from the code. A test sends every one of these requests, as every role and as nobody,
for an own and for another establishment, and holds the answers to this table; a route that is missing here fails it.

- **nobody**: what a request is answered without a sign-in or token. *Other proof*: a booking system's signature or
  token, or Pexip's Basic sign-in.
- **elsewhere**: what somebody with the right role is answered about an establishment that is not theirs. Nobody learns
  by it whether there is such a session.
- A role without a tick is answered 403. Accounts, the audit and the journal are for whoever has the machine's command
  line. The second listener (metrics and health) asks nobody, tells of no person, and belongs on loopback.

"""
_EVERYBODY = tuple(Role)
_WITHOUT_A_PLACE = {
    "list-establishments": Elsewhere.LEFT_OUT,
    "list-refusals": Elsewhere.LEFT_OUT,
    "list-sessions": Elsewhere.LEFT_OUT,
    "live": Elsewhere.LEFT_OUT,
    "me": Elsewhere.NOTHING,
    "sign-out": Elsewhere.NOTHING,
}
"""Calls for people whose address names no establishment and nothing that belongs to one."""

_PANEL = (
    Row("GET", "/", Nobody.SERVED, _EVERYBODY, Elsewhere.NOTHING),
    Row("GET", "/panel/static/{edition}/{name}", Nobody.SERVED, _EVERYBODY, Elsewhere.NOTHING),
    Row("GET", "/panel/language/{code}", Nobody.SERVED, _EVERYBODY, Elsewhere.NOTHING),
    Row("GET", "/panel", Nobody.LED, WATCHING, Elsewhere.LEFT_OUT),
    Row("GET", "/panel/{tail}", Nobody.LED, WATCHING, Elsewhere.NOT_THERE),
    Row("GET", "/panel/summary.{form}", Nobody.REFUSED, WATCHING, Elsewhere.LEFT_OUT),
    Row("GET", "/panel/fragments", Nobody.REFUSED, WATCHING, Elsewhere.LEFT_OUT),
    Row("GET", "/panel/fragments/{tail}", Nobody.REFUSED, WATCHING, Elsewhere.NOT_THERE),
    Row("POST", "/panel/sessions/{id}/{action}", Nobody.LED, PRESSING, Elsewhere.NOT_THERE),
    Row("POST", "/panel/shift", Nobody.LED, PRESSING, Elsewhere.NOTHING),
    Row("POST", "/panel/demo/{name}", Nobody.LED, WATCHING, Elsewhere.NOTHING, demo=True),
    Row("GET", "/sign-in/demo", Nobody.SERVED, _EVERYBODY, Elsewhere.NOTHING, demo=True),
)


def rows() -> tuple[Row, ...]:
    """Every route, the API's in the order of its contract. Raises `KeyError` for a call nobody said it of."""
    return (*map(_of_call, CALLS), *_PANEL)


def page() -> str:
    """docs/authorisation.md."""
    return _HEAD + "".join(f"{line}\n" for line in _lines())


def written(path: str) -> str:
    """A path without what it says of how its parts are written."""
    return re.sub(r"\{(\w+)[^{}]*\}", r"{\1}", path)


def _of_call(call: Call) -> Row:
    path = written(call.path)
    match call.access:
        case Access.PEOPLE:
            elsewhere = Elsewhere.NOT_THERE if "{" in path else _WITHOUT_A_PLACE[call.name]
            return Row(call.method, path, Nobody.REFUSED, call.roles or _EVERYBODY, elsewhere)
        case Access.ANYBODY:
            return Row(call.method, path, Nobody.SERVED, _EVERYBODY, Elsewhere.NOTHING)
        case Access.SENDER | Access.ADAPTER | Access.PEXIP | Access.POLICY:
            return Row(call.method, path, Nobody.OTHER_PROOF, (), Elsewhere.NOTHING)


def _lines() -> Iterator[str]:
    yield f"| route | nobody | {' | '.join(Role)} | elsewhere |"
    yield f"|---|---|{'---|' * len(Role)}---|"
    for row in rows():
        ticks = " | ".join("✓" if role in row.roles else "" for role in Role)
        demo = " (demo only)" if row.demo else ""
        yield f"| `{row.method} {row.path}`{demo} | {row.nobody} | {ticks} | {row.elsewhere} |"
