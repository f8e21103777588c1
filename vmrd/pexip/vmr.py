"""A vmr as we want it, as Pexip has it, and what lies between.

A vmr found under our name is ours when its tag, aliases and kind are those we would have given it and nothing dials
out of it by itself; everything else about it may have drifted and is put right. PINs are compared where the platform
shows them; where it hides them (facts 1.5, a conflict of sources), they are set again, which is harmless.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from pydantic import BeforeValidator, ConfigDict, TypeAdapter

from vmrd.pexip.wire import Page, Text, Vendor

# Fields younger than some platforms in use: where one is missing there is nothing to switch off.
_YOUNG_FIELDS = frozenset({"live_captions_enabled", "breakout_rooms", "direct_media"})
_PINS = ("pin", "guest_pin")


@dataclass(frozen=True, slots=True)
class VmrSpec:
    """What `ensure_vmr` is to make true. Every alias is a dial string; PINs follow the table of facts 1.5.1."""

    name: str
    aliases: tuple[str, ...] = field(repr=False)
    tag: str
    host_pin: str = field(repr=False)
    guest_pin: str | None = field(default=None, repr=False)
    description: str = ""
    participant_limit: int | None = None
    guests_can_present: bool = True

    def settings(self) -> dict[str, object]:
        """The fields that may be set again at any time. Chat and captions are always off: content is not ours."""
        return {
            "allow_guests": True,
            "pin": self.host_pin,
            "guest_pin": self.guest_pin or "",
            "enable_chat": "no",
            "live_captions_enabled": "no",
            "guests_can_present": self.guests_can_present,
            "mute_all_guests": False,
            "participant_limit": self.participant_limit,
            "breakout_rooms": False,
            "direct_media": "never",
            "description": self.description,
        }

    def body(self) -> dict[str, object]:
        """The whole record to create."""
        aliases = [{"alias": alias} for alias in self.aliases]
        return {"name": self.name, "tag": self.tag, "service_type": "conference", "aliases": aliases, **self.settings()}


@dataclass(frozen=True, slots=True)
class Ensured:
    """The vmr stands and was read back. `created` only when this call surely made it."""

    created: bool


@dataclass(frozen=True, slots=True)
class Vmr:
    """A vmr of the platform, as a report of orphans needs it."""

    id: int
    name: str
    tag: str


def _alias(value: object) -> object:
    return value.get("alias") if isinstance(value, dict) else value


class VmrRecord(Vendor):
    """A row of `configuration/v1/conference/` (facts 1.5); settings stay in `model_extra` under the vendor's names."""

    model_config = ConfigDict(extra="allow")

    id: int
    name: str
    tag: Text = ""
    service_type: Text = "conference"
    aliases: list[Annotated[str, BeforeValidator(_alias)]] = []  # noqa: RUF012  # pydantic copies it
    automatic_participants: list[object] = []  # noqa: RUF012


class AliasRecord(Vendor):
    """A row of `configuration/v1/conference_alias/` (facts 1.6)."""

    alias: Text = ""


VMRS = TypeAdapter(Page[VmrRecord])
ALIASES = TypeAdapter(Page[AliasRecord])


def stranger(spec: VmrSpec, record: VmrRecord) -> str | None:
    """Which part shows that a vmr of our name is not the one we would have made; None when it is."""
    if record.tag != spec.tag:
        return "tag"
    if {alias.lower() for alias in record.aliases} != {alias.lower() for alias in spec.aliases}:
        return "aliases"
    if record.service_type != "conference":
        return "service type"
    return "automatic participants" if record.automatic_participants else None


def wrong(spec: VmrSpec, record: VmrRecord) -> dict[str, object]:
    """The settings that are visibly not as wanted, with their wanted values."""
    shown = record.model_extra or {}
    differing = {name: value for name, value in spec.settings().items() if shown.get(name) != value}
    for name in _YOUNG_FIELDS - shown.keys():
        differing.pop(name, None)
    for name in hidden(spec, record):
        differing.pop(name, None)
    if shown.get("guest_pin") is None and spec.guest_pin is None:
        differing.pop("guest_pin", None)
    return differing


def hidden(spec: VmrSpec, record: VmrRecord) -> dict[str, object]:
    """The PINs the platform does not show, with their wanted values."""
    shown, settings = record.model_extra or {}, spec.settings()
    return {name: settings[name] for name in _PINS if settings[name] and _is_hidden(shown.get(name))}


def _is_hidden(pin: object) -> bool:
    return pin is None or (isinstance(pin, str) and "*" in pin)
