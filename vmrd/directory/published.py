"""The contact table as HMPPS published it, read for what it means.

| printed                                           | read as                                                  |
|---------------------------------------------------|----------------------------------------------------------|
| nothing, `N/A`                                    | no contact                                               |
| `TBC`                                             | no contact, and a remark                                 |
| `01296 442626 / 442635`                           | two numbers of one exchange                              |
| `01904 772048 01904 772035`                       | two numbers                                              |
| `AM: 01296 … PM: 01296 …`                         | numbers for the morning and for the afternoon            |
| `01784 425690 ext 3315`                           | a number and its extension                               |
| `Legal/Probation – a@… Courts – b@… or c@…`       | addresses kept for those parties                         |
| `http://…`                                        | a web page                                               |
| an address in the column of telephones, a comma   | read, and a remark                                       |
| a domain that is retired or looks mistyped        | kept as printed, and a remark: a guess could misdeliver  |

Nothing is corrected silently: a remark is for a person to settle with the prison.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from vmrd.directory.contacts import Channel, Contact, Hours, Party

COLUMNS = ("code", "name", "contact_email", "other_contact", "category", "vcc_site_2020")
NOTHING = frozenset({"", "N/A"})
UNSETTLED = "TBC"
SHORTEST_NUMBER = 10
"""Digits of a full national number; fewer follow the exchange of the number before."""
DOUBTFUL_DOMAINS = {
    "hmps.gsi.gov.uk": "the gsi.gov.uk domain was retired in 2019",
    "cjism.net": "the secure mail domain of the justice system is cjsm.net",
}
_PARTIES = {"legal": Party.LEGAL, "probation": Party.PROBATION, "courts": Party.COURT}
_PART = re.compile(
    r"(?P<hours>AM|PM):"
    r"|(?P<parties>(?:Legal|Probation|Courts)(?:/(?:Legal|Probation|Courts))*)\s+–"
    r"|(?P<web>https?://\S+)"
    r"|(?P<email>[^\s@,]+@[^\s@,]+)"
    r"|ext\s*(?P<extension>\d+)"
    r"|(?P<digits>\d+)"
    r"|(?P<slash>/)"
    r"|(?P<odd>[^\s\d/]+)"
)
_GLUE = frozenset({"or", "and"})


@dataclass(frozen=True, slots=True)
class Published:
    """One row of the table. `category`: security category where it was known, else empty. `vcc`: had a Video
    Conferencing Centre planned or built in 2020."""

    code: str
    name: str
    category: str
    vcc: bool
    contacts: tuple[Contact, ...]
    remarks: tuple[str, ...]


def rows(lines: Iterable[str]) -> Iterator[Published]:
    """The rows of a CSV with these COLUMNS. Raises ValueError naming those it lacks."""
    table = csv.DictReader(lines)
    missing = [column for column in COLUMNS if column not in (table.fieldnames or ())]
    if missing:
        raise ValueError(f"the table has no column {', '.join(missing)}")
    for row in table:
        code, name, email, other, category, vcc = (row[column] for column in COLUMNS)
        first, second = cell(email), cell(other)
        remarks = [*first.remarks, *second.remarks]
        if any(contact.channel is Channel.EMAIL for contact in second.contacts):
            remarks.append("an email address stood in the column of telephone numbers")
        contacts = (*first.contacts, *second.contacts)
        if not contacts:
            remarks.append("there is no way to reach this establishment")
        yield Published(code, name, category, vcc == "yes", contacts, tuple(remarks))


@dataclass(frozen=True, slots=True)
class Cell:
    """What one printed cell says."""

    contacts: tuple[Contact, ...] = ()
    remarks: tuple[str, ...] = ()


def cell(text: str) -> Cell:
    """Read one cell; what cannot be read becomes a remark."""
    text = text.strip()
    if text in NOTHING:
        return Cell()
    if text == UNSETTLED:
        return Cell(remarks=("to be confirmed when the table was printed",))
    return _Reading().of(text)


class _Reading:
    """A cell from left to right: labels hold for what follows them, digits gather until a number is whole."""

    def __init__(self) -> None:
        self._contacts: list[Contact] = []
        self._remarks: list[str] = []
        self._hours: Hours | None = None
        self._parties: tuple[Party, ...] = ()
        self._digits: list[str] = []
        self._exchange = ""

    def of(self, text: str) -> Cell:
        for part in _PART.finditer(text):
            match part.lastgroup, part[0]:
                case "hours", _:
                    self._number_ends()
                    self._hours = Hours(part["hours"].lower())
                case "parties", _:
                    self._parties = tuple(_PARTIES[word.lower()] for word in part["parties"].split("/"))
                case "web", address:
                    self._contacts.append(Contact(Channel.WEB, address))
                case "email", address:
                    self._email(address)
                case "extension", _:
                    self._number_ends(part["extension"])
                case "digits", group:
                    if group.startswith("0") and len("".join(self._digits)) >= SHORTEST_NUMBER:
                        self._number_ends()
                    self._digits.append(group)
                case "slash", _:
                    self._number_ends()
                case _, word if word not in _GLUE:
                    self._remarks.append(f"a stray {word!r} was left out")
        self._number_ends()
        return Cell(tuple(self._contacts), tuple(self._remarks))

    def _email(self, address: str) -> None:
        self._contacts.append(Contact(Channel.EMAIL, address, self._parties))
        for domain, why in DOUBTFUL_DOMAINS.items():
            if address.lower().endswith((f"@{domain}", f".{domain}")):
                self._remarks.append(f"ask before writing to {domain}: {why}")

    def _number_ends(self, extension: str | None = None) -> None:
        if not self._digits:
            return
        if len("".join(self._digits)) < SHORTEST_NUMBER and self._exchange:
            self._digits.insert(0, self._exchange)
        elif len(self._digits) > 1:
            self._exchange = self._digits[0]
        number = " ".join(self._digits)
        self._contacts.append(Contact(Channel.TELEPHONE, number, (), self._hours, extension))
        self._digits = []
