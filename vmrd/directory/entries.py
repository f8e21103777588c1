"""The directory file: TOML, one `[[establishment]]` each, kept by people.

    [[establishment]]
    code = "DHI"
    name = "Drake Hall"
    kinds = ["female"]
    contacts = [
        { email = "booking@example.org", parties = ["legal", "probation"] },
        { telephone = "01632 960110", hours = "am", extension = "12" },
    ]

A contact has exactly one of `email`, `telephone` and `web`. `spoc` is who arranges visits of contractors, where one was
named; `escalation`, at the top of the file, is whom to ask when access to an establishment is refused.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from vmrd.config_faults import faults_of
from vmrd.directory.contacts import Channel, Contact, Hours, Party

CHANNELS = tuple(channel.value for channel in Channel)


class DirectoryError(Exception):
    """The directory cannot be used; the text names every fault at once."""


class Kind(StrEnum):
    """What kind of establishment; several may hold, none means that nobody said more than that it is closed and for
    men."""

    RECEPTION = "reception"
    TRAINING_AND_RESETTLEMENT = "training-and-resettlement"
    HIGH_SECURITY = "high-security"
    FEMALE = "female"
    OPEN = "open"
    YOUNG_OFFENDERS = "young-offenders"
    SECURE_TRAINING_CENTRE = "secure-training-centre"


class Video(StrEnum):
    """How far an establishment is with its video rooms."""

    NONE = "none"
    INSTALLING = "installing"
    LIVE = "live"
    DEGRADED = "degraded"


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ContactEntry(_Shape):
    """One way to reach a desk, as written in the file."""

    email: Annotated[str, Field(pattern=r"^[^\s@,]+@[^\s@,]+$")] | None = None
    telephone: Annotated[str, Field(pattern=r"^\+?[0-9 ]{6,20}$")] | None = None
    web: Annotated[str, Field(pattern=r"^https?://\S+$")] | None = None
    parties: tuple[Party, ...] = ()
    hours: Hours | None = None
    extension: Annotated[str, Field(pattern=r"^[0-9]{1,8}$")] | None = None

    @model_validator(mode="after")
    def _one_channel(self) -> ContactEntry:
        if sum(getattr(self, channel) is not None for channel in CHANNELS) != 1:
            raise ValueError("give exactly one of email, telephone and web")
        if self.telephone is None and (self.hours is not None or self.extension is not None):
            raise ValueError("only a telephone has hours or an extension")
        return self

    def contact(self) -> Contact:
        """The contact in our words."""
        channel = next(channel for channel in CHANNELS if getattr(self, channel) is not None)
        return Contact(Channel(channel), getattr(self, channel), self.parties, self.hours, self.extension)


class Entry(_Shape):
    """One establishment. `category`: security category as letters, or empty. `operator`: empty for HMPPS itself.
    `video` None: not said."""

    code: Annotated[str, Field(pattern=r"^[A-Z0-9]{3,4}$")]
    name: Annotated[str, Field(min_length=1, max_length=60)]
    operator: str = ""
    category: Annotated[str, Field(pattern=r"^([A-D](/[A-D])*)?$")] = ""
    kinds: tuple[Kind, ...] = ()
    vcc: bool = False
    video: Video | None = None
    contacts: tuple[ContactEntry, ...] = ()
    spoc: ContactEntry | None = None
    remarks: tuple[str, ...] = ()


class Directory(_Shape):
    """All of the file."""

    escalation: ContactEntry | None = None
    establishment: tuple[Entry, ...] = ()

    @model_validator(mode="after")
    def _each_once(self) -> Directory:
        codes = [entry.code for entry in self.establishment]
        twice = sorted({code for code in codes if codes.count(code) > 1})
        if twice:
            raise ValueError(f"listed twice: {', '.join(twice)}")
        return self

    @cached_property
    def by_code(self) -> Mapping[str, Entry]:
        """Every entry under its code."""
        return {entry.code: entry for entry in self.establishment}


def load(path: Path) -> Directory:
    """Read the file; raises `DirectoryError` naming every fault at once."""
    try:
        return Directory(**tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as fault:
        raise DirectoryError(f"cannot read {path}: {fault.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise DirectoryError(f"{path} is not valid TOML: {fault}") from None
    except ValidationError as fault:
        lines = faults_of(Directory, fault, lambda _: "")
        raise DirectoryError("\n".join(f"{path}: {each}" for each in lines)) from None


def written(entry: Entry) -> str:
    """The entry as it stands in the file."""
    return "\n".join(_lines(entry)) + "\n"


def entry_of(
    code: str, name: str, category: str, vcc: bool, contacts: Iterable[Contact], remarks: Iterable[str]
) -> Entry:
    """An entry made of what was published."""
    return Entry(
        code=code,
        name=name,
        category=category,
        kinds=(Kind.HIGH_SECURITY,) if "A" in category else (),
        vcc=vcc,
        contacts=tuple(_contact_entry(contact) for contact in contacts),
        remarks=tuple(dict.fromkeys(remarks)),
    )


def _contact_entry(contact: Contact) -> ContactEntry:
    rest = {"parties": contact.parties, "hours": contact.hours, "extension": contact.extension}
    return ContactEntry(**{contact.channel.value: contact.value, **rest})  # type: ignore[arg-type]  # checked by the model


def _lines(entry: Entry) -> Iterator[str]:
    yield "[[establishment]]"
    for key, value in entry.model_dump(mode="json", exclude_defaults=True).items():
        if key == "contacts":
            yield "contacts = ["
            yield from (f"    {_inline(contact)}," for contact in value)
            yield "]"
        elif key == "spoc":
            yield f"spoc = {_inline(value)}"
        else:
            yield f"{key} = {_value(value)}"


def _inline(values: Mapping[str, object]) -> str:
    return "{ " + ", ".join(f"{key} = {_value(value)}" for key, value in values.items()) + " }"


def _value(value: object) -> str:
    # What stands in an entry are strings, booleans and lists of strings: JSON writes them as TOML does.
    return json.dumps(value, ensure_ascii=False)
