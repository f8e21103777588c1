"""A list of bookings kept by hand, one row each, as booking events: from CSV, or from a JSON list of the same members.

| column                          | says                                                                               |
|---------------------------------|------------------------------------------------------------------------------------|
| `booking_id` *                  | `system:anything`, the same for the life of the booking; the system is the sender  |
| `version`                       | a whole number, 1 if empty; raise it when the row changes                          |
| `action`                        | `book`, if empty, or `cancel`                                                      |
| `establishment`, `room` *       | the prison's code; the room's key there                                            |
| `prisoner_number` *             | a letter, 4 digits, 2 letters                                                      |
| `date_of_birth`                 | YYYY-MM-DD; looked at and dropped                                                  |
| `date`, `start`, `end` *        | YYYY-MM-DD and HH:MM, local; `_2` and `_3` behind them are further choices         |
| `purpose`, `observation`        | words of the booking event                                                         |
| `case_reference`, `hearing_date`| of the case the meeting is about                                                   |
| `booked_by_name`, `_email`      | who asks for it; the address confirms it                                           |
| `notice_allowed_by`             | who at the prison allowed less notice than it asks for                             |
| `attendee_1_name`, `_role`, `_email`, `_phone`, `_organisation` | up to `attendee_6_…`; the first leads              |
| `attendee_2_presence_by`, `_link_by` | which attendee (1 to 6) confirmed they will come, and passes the link on      |
| `answer_KEY`                    | the answer to the prison's own question of that key                                |
| `screen_share`                  | `yes` or `no`                                                                      |

`*` is needed, for a cancellation only `booking_id` and `establishment`. What else the guidance asks for is checked as
for our own desk (`lifecycle.desk`). All faults of all rows are found at once, by the very rules vmrd itself reads
bookings with, so that nothing is sent of a list that would be refused half-way. Each event is made of its row alone:
sending the list again repeats the same messages, and changes nothing.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import orjson
from pydantic import JsonValue, ValidationError

from vmrd.lifecycle.desk import Desk
from vmrd.lifecycle.intake import read
from vmrd.lifecycle.intake_words import Room
from vmrd.lifecycle.words import Instant
from vmrd.tables import rows_of
from vmrd.web.booking_shapes import BookingEventIn
from vmrd.web.bookings import asked_of
from vmrd.web.problem import pointer

Json = dict[str, JsonValue]

ATTENDEES = 6
_PART = ("name", "role", "email", "phone", "organisation")
_BY_OTHERS = ("presence_by", "link_by")
_SLOTS = ("", "_2", "_3")
_SLOT_COLUMNS = tuple(f"{part}{which}" for which in _SLOTS for part in ("date", "start", "end"))
_ATTENDEE_COLUMNS = tuple(
    f"attendee_{number}_{part}" for number in range(1, ATTENDEES + 1) for part in (*_PART, *_BY_OTHERS)
)
COLUMNS = (
    *("booking_id", "version", "action", "establishment", "room", "prisoner_number", "date_of_birth"),
    *_SLOT_COLUMNS,
    *(
        "purpose",
        "observation",
        "case_reference",
        "hearing_date",
        "booked_by_name",
        "booked_by_email",
        "notice_allowed_by",
    ),
    *_ATTENDEE_COLUMNS,
    "screen_share",
)
_ACTIONS = {"": "booking.created", "book": "booking.created", "cancel": "booking.cancelled"}
_YES = {"": False, "no": False, "yes": True}
_BOOKING_ID = re.compile(r"([a-z0-9_-]{1,32}):\S{1,60}")
_ANSWER = "answer_"
_COLUMN_OF = (
    (re.compile(r"/booking/id|/source/system"), "booking_id"),
    (re.compile(r"/booking/version"), "version"),
    (re.compile(r"/booking/establishment/prisonCode"), "establishment"),
    (re.compile(r"/booking/prisoners/0/prisonerNumber"), "prisoner_number"),
    (re.compile(r"/booking/prisoners/0/dateOfBirth"), "date_of_birth"),
    (re.compile(r"/booking/segments/0/prisonRoom.*"), "room"),
    (re.compile(r"/booking/(purpose|observation)"), r"\1"),
    (re.compile(r"/booking/bookedBy/(name|email)"), r"booked_by_\1"),
    (re.compile(r"/booking/case.*"), "case_reference"),
    (re.compile(r"/booking/noticeOverride.*"), "notice_allowed_by"),
    (re.compile(r"/booking/answers/(.*)"), rf"{_ANSWER}\1"),
    (re.compile(r"/booking/attendees"), "attendee_1_name"),
)
_SLOT_AT = re.compile(r"/booking/segments/0/slots/(\d)/(date|start|end)")
_ATTENDEE_AT = re.compile(r"/booking/attendees/(\d)(?:/(\w+))?")
_OF_ATTENDEE = {"presence_unconfirmed": "presence_by", "contact_missing": "email"}
"""Columns of what is said of an attendee as a whole, by code."""


@dataclass(frozen=True, slots=True)
class RowFault:
    """`row` as a spreadsheet numbers it: the header of a CSV is row 1; items of a JSON list count from 1."""

    row: int
    column: str
    code: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Row:
    """A row as an event, ready to be sent. `message` is the same whenever the row is."""

    number: int
    booking: str
    body: bytes = field(repr=False)

    @property
    def message(self) -> str:
        return f"import-{hashlib.sha256(self.body).hexdigest()[:40]}"


@dataclass(frozen=True, slots=True)
class Listed:
    rows: tuple[Row, ...]
    faults: tuple[RowFault, ...]


def listed(content: bytes, now: Instant) -> Listed:
    """What the file holds: rows that can be sent, and everything that is wrong with the others. Raises `NoTable`."""
    rows: list[Row] = []
    faults: list[RowFault] = []
    seen: dict[str, int] = {}
    for number, cells in rows_of(content, "booking_id"):
        booking = cells.get("booking_id", "")
        found: dict[str, RowFault] = {}
        for fault in _row_faults(number, cells, now):
            found.setdefault(fault.column, fault)  # what the shape says of a column we have spoken of is no news
        if booking and booking in seen:
            sentence = f"Row {seen[booking]} is of the same booking."
            found.setdefault("booking_id", RowFault(number, "booking_id", "twice", sentence))
        seen.setdefault(booking, number)
        faults += found.values()
        if not found:
            rows.append(Row(number, booking, orjson.dumps(_event(cells), option=orjson.OPT_SORT_KEYS)))
    return Listed(tuple(rows), tuple(faults))


def _row_faults(number: int, cells: Mapping[str, str], now: Instant) -> Iterator[RowFault]:
    for column in sorted(cells.keys() - set(COLUMNS)):
        if not column.startswith(_ANSWER):
            yield RowFault(number, column, "unknown_column", "There is no such column.")
    for person in range(1, ATTENDEES + 1):
        for part in _BY_OTHERS:
            column = f"attendee_{person}_{part}"
            if cells.get(column) and cells[column] not in {str(other) for other in _people(cells)} - {str(person)}:
                yield RowFault(number, column, "which_attendee", "Write the number of another attendee of this row.")
    version, action, share = (cells.get(column, "").lower() for column in ("version", "action", "screen_share"))
    if not _BOOKING_ID.fullmatch(cells.get("booking_id", "")):
        yield RowFault(number, "booking_id", "booking_id", "A booking is written system:number, for example desk:1001.")
    if version and not re.fullmatch(r"\d{1,15}", version, re.ASCII):
        yield RowFault(number, "version", "version", "A version is a whole number.")
    if action not in _ACTIONS:
        yield RowFault(number, "action", "action", "An action is book or cancel.")
    if share not in _YES:
        yield RowFault(number, "screen_share", "yes_or_no", "Write yes or no.")
    for pointed, code, sentence in _said_by_the_rules(cells, now):
        yield RowFault(number, _column(pointed, code, cells), code, sentence)


def _said_by_the_rules(cells: Mapping[str, str], now: Instant) -> Iterator[tuple[str, str, str]]:
    try:
        event = BookingEventIn.model_validate(_event(cells))
    except ValidationError as fault:
        for error in fault.errors(include_input=False, include_url=False, include_context=False):
            yield pointer(error["loc"]), error["type"], f"{error['msg']}."
        return
    if event.event_type == "booking.cancelled":
        return
    # Which rooms there are only vmrd itself knows; here any name will do.
    room = cells.get("room", "")
    answer = read(asked_of(event, {}), {room: Room(room, None)} if room else {}, Desk(), now)
    if isinstance(answer, tuple):
        yield from ((fault.pointer, fault.code, fault.sentence) for fault in answer)


def _event(cells: Mapping[str, str]) -> Json:
    def cell(column: str) -> str | None:
        return cells.get(column) or None

    version = cells.get("version", "")
    slots: list[JsonValue] = [
        {part: cells.get(f"{part}{which}", "") for part in ("date", "start", "end")} for which in _choices(cells)
    ]
    cancelled = cells.get("action", "").lower() == "cancel"
    return {
        "eventType": _ACTIONS.get(cells.get("action", "").lower(), "booking.created"),
        "source": {"system": cells.get("booking_id", "").partition(":")[0] or "none"},
        "booking": {
            "id": cells.get("booking_id", ""),
            "version": int(version) if re.fullmatch(r"\d{1,15}", version, re.ASCII) else 1,
            "purpose": cell("purpose"),
            "observation": cell("observation"),
            "establishment": {"prisonCode": cells.get("establishment", "")},
            "bookedBy": {"name": cell("booked_by_name"), "email": cell("booked_by_email")},
            "noticeOverride": {"by": cell("notice_allowed_by")} if cell("notice_allowed_by") else None,
            "answers": {
                column.removeprefix(_ANSWER): text
                for column, text in cells.items()
                if column.startswith(_ANSWER) and text
            },
            "case": {"reference": cell("case_reference"), "hearingDate": cell("hearing_date")},
            "prisoners": [
                {"prisonerNumber": cell("prisoner_number"), "dateOfBirth": cell("date_of_birth")},
            ],
            "segments": []
            if cancelled
            else [{"key": "main", "slots": slots, "prisonRoom": {"locationKey": cell("room")}}],
            "attendees": [] if cancelled else list(_attendees(cells)),
            "declarations": {"screenShare": {"declared": _YES.get(cells.get("screen_share", "").lower(), False)}},
        },
    }


def _choices(cells: Mapping[str, str]) -> list[str]:
    """The endings of the columns of each slot that is offered; the first always is."""
    offered = [which for which in _SLOTS if any(cells.get(f"{part}{which}") for part in ("date", "start", "end"))]
    return offered or [_SLOTS[0]]


def _people(cells: Mapping[str, str]) -> list[int]:
    """The numbers of the attendees of whom something is said."""
    return [n for n in range(1, ATTENDEES + 1) if any(cells.get(f"attendee_{n}_{part}") for part in _PART)]


def _attendees(cells: Mapping[str, str]) -> Iterator[Json]:
    for number in _people(cells):
        said: Json = {part: cells.get(f"attendee_{number}_{part}") or None for part in _PART}
        presence, link = (cells.get(f"attendee_{number}_{part}") for part in _BY_OTHERS)
        yield {
            **said,
            "ref": f"p{number}",
            "role": said["role"] or "other",
            "lead": number == 1,
            "presenceConfirmed": bool(presence),
            "vouchedBy": f"p{presence}" if presence else None,
            "linkForwardedBy": f"p{link}" if link else None,
        }


def _column(pointed: str, code: str, cells: Mapping[str, str]) -> str:
    """The column a pointer into the row's event is about; slots and attendees have no gaps there."""
    for form, column in _COLUMN_OF:
        if form.fullmatch(pointed):
            return form.sub(column, pointed)
    if slot := _SLOT_AT.fullmatch(pointed):
        return f"{slot[2]}{_choices(cells)[int(slot[1])]}"
    if attendee := _ATTENDEE_AT.fullmatch(pointed):
        return f"attendee_{_people(cells)[int(attendee[1])]}_{attendee[2] or _OF_ATTENDEE.get(code, 'name')}"
    return pointed
