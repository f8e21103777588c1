"""Valid booking events and what is done to them: one to three changes each, in the JSON or in its bytes.

Every text that is put in holds `CANARY`, and so do the names of the sample event: an answer that refuses must hold it
nowhere. An event keeps its booking, so that later ones meet what earlier ones left.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from tests.web.house import DESK_KEY, EVENT, KEY, Json, event
from tests.web.test_booking_desk import desk
from tests.web.test_room_events import block

CANARY = "CANARY"
BOOKINGS = 40
"""Few, so that versions of one booking meet."""
_LIMIT = 64 * 1024
_DEEP = 3_000

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Sent:
    """What is posted, and with whose key. `valid`: nothing was bent, so it must not be refused as unreadable."""

    body: bytes
    key: str
    valid: bool


def _cancelled() -> Json:
    return event(eventType="booking.cancelled", segments=[], attendees=[])


def _requested() -> Json:
    nobody = [{"firstName": "Canary", "lastName": "Prisonername", "dateOfBirth": "1990-01-31"}]
    return event(eventType="booking.requested", prisoners=nobody)


def _amended() -> Json:
    segments = deepcopy(EVENT["booking"]["segments"])
    segments[1]["slots"] = [{"date": "2026-11-05", "start": "10:15", "end": "11:00"}]
    return event(eventType="booking.amended", segments=segments)


def _moved(kind: str) -> Json:
    told = {"prisonerNumber": "A1234AA", "establishment": {"prisonCode": "MDI"}, "keptPrisonerNumber": "C5678CC"}
    return {
        "eventType": kind,
        "occurredAt": "2026-11-05T09:00:00+00:00",
        "source": {"system": "bvls"},
        "prisoner": told | {"temporary": False},
    }


_SAMPLES: tuple[tuple[str, str, Callable[[], Json]], ...] = (
    ("bvls", KEY, event),
    ("bvls", KEY, _amended),
    ("bvls", KEY, _cancelled),
    ("bvls", KEY, _requested),
    ("desk", DESK_KEY, desk),
    ("bvls", KEY, block),
    ("bvls", KEY, lambda: block(restored=True)),
    ("bvls", KEY, lambda: _moved("prisoner.released")),
    ("bvls", KEY, lambda: _moved("prisoner.merged")),
)

_TEXTS = [
    "",
    CANARY,
    f" {CANARY} ",
    f"{CANARY}\x00",
    f"\x00{CANARY}",
    f"{CANARY}\ud800",
    f"\udfff{CANARY}",
    f"{CANARY}\u202e\u2066\ufeff",
    CANARY + "x" * 100,
    CANARY + "x" * 210,
    CANARY + "x" * 1_100,
    CANARY + "é" * 5_000,
    f"{CANARY}/~0~1/%00",
    f"<script>{CANARY}</script>",
    f"'; DROP TABLE booking; -- {CANARY}",
    "../../etc/passwd",
]
_OTHERS = [None, True, False, 0, -1, 1, 2, 9, 1.5, 2**53, 2**53 + 1, 2**64, -(2**63), 10**400, 1e308, [], {}]
_OTHERS += [float("nan"), float("inf"), [[]], [None], {"": CANARY}, {CANARY: CANARY}, {CANARY * 30: 1}, [CANARY]]
_WORDS = ["BOOKING.CREATED", "booking.created", "booking.cancelled", "booking.requested", "room.restored", "main"]
_WORDS += ["pre", "post", "MAIN", "external", "managed", "camera", "patrol", "DIVINATION", "bvls", "desk", "other"]
_WORDS += ["MDI", "HII", "BAI", "MDI-VCC-1", "MDI-VCC-2", "A1234AA", "B9876BB", "p1", "p2", "Europe/London", "UTC"]
_TIMES = ["00:00", "00:59", "01:00", "01:30", "01:59", "02:00", "10:00", "23:59", "24:00", "1:00", "01:30:00", "٠١:٣٠"]
_DATES = [
    "2026-10-25",
    "2027-03-28",
    "2026-11-05",
    "2026-11-08",
    "2026-02-30",
    "0001-01-01",
    "9999-12-31",
    "2099-12-31",
]
_WHEN = frozenset({"date", "start", "end", "from", "to", "occurredAt", "dateOfBirth", "hearingDate"})
_DATES += ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "2026-11-05T09:00:00.999999999999Z"]
_DATES += ["2027-03-28T01:30", "2026-10-25T01:30", "9999-12-31T23:59"]

_values: st.SearchStrategy[Any] = st.one_of(
    st.sampled_from(_TEXTS), st.sampled_from(_OTHERS), st.sampled_from(_WORDS), st.sampled_from(_TIMES + _DATES)
)


def _paths(value: object, here: Path = ()) -> list[Path]:
    """Every place in the document, its root left out."""
    found: list[Path] = []
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in inside:
        found += [(*here, key), *_paths(child, (*here, key))]
    return found


def _holder(document: Json, path: Path) -> Any:
    found: Any = document
    for part in path[:-1]:
        found = found[part]
    return found


def _bend(draw: st.DrawFn, document: Json) -> None:
    """One change in the document, at a place of its own."""
    paths = _paths(document)
    if not paths:
        return
    path = draw(st.sampled_from(paths))
    holder, last = _holder(document, path), path[-1]
    match draw(st.sampled_from(("drop", "put", "put", "put", "repeat", "rename", "wrap", "when", "answer"))):
        case "drop":
            del holder[last]
        case "put":
            holder[last] = draw(_values)
        case "repeat" if isinstance(holder[last], list):
            holder[last] = holder[last] * draw(st.sampled_from((2, 3, 4, 70)))
        case "rename" if isinstance(holder, dict):
            holder[draw(st.sampled_from((CANARY, "", "~/", "version", "key", "ref")))] = holder.pop(last)
        case "answer" if "booking" in document and isinstance(document["booking"], dict):
            document["booking"]["answers"] = {draw(st.sampled_from(_TEXTS)): draw(_values)}
        case "when":
            for place in paths:
                if place[-1] in _WHEN and draw(st.booleans()):
                    _holder(document, place)[place[-1]] = draw(st.sampled_from(_TIMES + _DATES))
        case _:
            holder[last] = [holder[last]]


def _doubled(text: str) -> str:
    """Every member `version` and `name` twice."""
    return text.replace('"version":', '"version": 1, "version":').replace('"name":', f'"name": "{CANARY}", "name":')


def _deep(text: str) -> str:
    nested = "[" * _DEEP + f'"{CANARY}"' + "]" * _DEEP
    return text.replace('"id":', f'"extra": {nested}, "id":', 1)


_BYTES: tuple[Callable[[str], bytes], ...] = (
    lambda text: text.encode("utf-16"),
    lambda text: text.replace(CANARY, "CANARYé").replace("Bea", "Béa").encode("latin-1", "replace"),
    lambda text: b"\xef\xbb\xbf" + text.encode(),
    lambda text: text.encode()[: len(text) // 2],
    lambda text: text.encode().replace(b"Canary", b"Canary\xff\xfe"),
    lambda text: text.encode().replace(b"Canary", b"Canary\xed\xa0\x80"),
    lambda text: text.encode().replace(b"{", b"{\x00", 3),
    lambda text: (text + " " * 2**20).encode(),
    lambda text: text.replace('"id":', f'"extra": "{CANARY * 150_000}", "id":', 1).encode(),
    lambda text: _doubled(text).encode(),
    lambda text: _deep(text).encode(),
    lambda text: f"[{text}]".encode(),
    lambda text: (text + text).encode(),
    lambda text: text.replace('"version": ', '"version": 1' + "0" * 5_000, 1).encode(),
    lambda text: b"",
    lambda text: b"null",
    lambda text: CANARY.encode(),
)


@st.composite
def events(draw: st.DrawFn) -> Sent:
    """An event of one of a few bookings and versions; one in eight is left as it is."""
    system, key, sample = draw(st.sampled_from(_SAMPLES))
    document = deepcopy(sample())
    number, version = draw(st.integers(1, BOOKINGS)), draw(st.integers(1, 6))
    for about in document.keys() & {"booking", "room"}:
        document[about].update(id=f"{system}:{number}", version=version)
    if draw(st.integers(0, 7)) == 0:
        return Sent(json.dumps(document).encode(), key, valid=True)
    for _ in range(draw(st.integers(0, 3))):
        _bend(draw, document)
    text = json.dumps(document)
    if draw(st.integers(0, 5)) == 0:
        return Sent(draw(st.sampled_from(_BYTES))(text), key, valid=False)
    return Sent(text.encode(), key, valid=False)
