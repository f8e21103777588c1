"""A platform's own configuration, as `survey` reads it: the vendor's rows, and what of them we look at.

Passwords the platform shows are compared with ours here and go no further.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import Annotated

from pydantic import BeforeValidator, Field, TypeAdapter

from vmrd.pexip.wire import Flag, Page, Text, Vendor


@dataclass(frozen=True, slots=True)
class Sink:
    """An event sink. `fits`: whether its password is ours; None where the platform does not show it."""

    uri: str
    name: str
    url: str
    user: str
    fits: bool | None
    version: int
    bulk: bool
    verifies: bool
    filters: bool


@dataclass(frozen=True, slots=True)
class Profile:
    """A policy profile. `amends`: a local policy may change or override what we answer."""

    uri: str
    name: str
    url: str
    user: str
    fits: bool | None
    service: bool
    participant: bool
    amends: bool


@dataclass(frozen=True, slots=True)
class Location:
    """A location, with the URIs of what is attached to it."""

    name: str
    sinks: tuple[str, ...]
    profile: str | None


@dataclass(frozen=True, slots=True)
class Settings:
    """What of the global settings we depend on. `theme`: its name, None for the platform's own."""

    theme: str | None
    scan_quarantine: bool
    scan_limit: int
    waiting_for_host: int
    guests_only: int
    dials_out: bool
    web_clients: bool


@dataclass(frozen=True, slots=True)
class Licences:
    """In use and in all."""

    ports: int
    ports_in_all: int
    rooms: int
    rooms_in_all: int


@dataclass(frozen=True, slots=True)
class Names:
    """By what a node may be addressed."""

    name: str
    hosts: frozenset[str]
    serves_calls: bool


def _uri(value: object) -> object:
    return value.get("resource_uri") if isinstance(value, dict) else value


Uri = Annotated[str, BeforeValidator(_uri)]


class SinkRow(Vendor):
    resource_uri: str
    name: Text = ""
    url: Text = ""
    username: Text = ""
    password: Text = ""
    version: int = 1
    bulk_support: Flag = False
    verify_tls_certificate: Flag = False
    filter_events: Flag = False

    def sink(self, ours: str) -> Sink:
        """`ours`: the password to compare with."""
        return Sink(
            uri=self.resource_uri,
            name=self.name,
            url=self.url,
            user=self.username,
            fits=_fits(self.password, ours),
            version=self.version,
            bulk=self.bulk_support,
            verifies=self.verify_tls_certificate,
            filters=self.filter_events,
        )


class ProfileRow(Vendor):
    resource_uri: str
    name: Text = ""
    url: Text = ""
    username: Text = ""
    password: Text = ""
    enable_service_lookup: Flag = False
    enable_participant_lookup: Flag = False
    enable_internal_service_policy: Flag = False
    enable_internal_participant_policy: Flag = False

    def profile(self, ours: str) -> Profile:
        """`ours`: the password to compare with."""
        return Profile(
            uri=self.resource_uri,
            name=self.name,
            url=self.url,
            user=self.username,
            fits=_fits(self.password, ours),
            service=self.enable_service_lookup,
            participant=self.enable_participant_lookup,
            amends=self.enable_internal_service_policy or self.enable_internal_participant_policy,
        )


class LocationRow(Vendor):
    name: str
    event_sinks: list[Uri] = Field(default=[])
    policy_server: Uri | None = None

    def location(self) -> Location:
        return Location(self.name, tuple(self.event_sinks), self.policy_server)


class ThemeRow(Vendor):
    name: Text = ""


class SettingsRow(Vendor):
    default_theme: ThemeRow | str | None = None
    bdpm_scan_quarantine_enabled: Flag = True
    bdpm_max_scan_attempts_per_window: int = 20
    waiting_for_chair_timeout: int = 900
    guests_only_timeout: int = 60
    enable_dialout: Flag = True
    enable_application_api: Flag = True

    def settings(self, theme: str | None) -> Settings:
        """`theme`: the name of `default_theme`."""
        return Settings(
            theme=theme,
            scan_quarantine=self.bdpm_scan_quarantine_enabled,
            scan_limit=self.bdpm_max_scan_attempts_per_window,
            waiting_for_host=self.waiting_for_chair_timeout,
            guests_only=self.guests_only_timeout,
            dials_out=self.enable_dialout,
            web_clients=self.enable_application_api,
        )


class LicencesRow(Vendor):
    port_count: int
    port_total: int
    vmr_count: int = 0
    vmr_total: int = 0

    def licences(self) -> Licences:
        return Licences(self.port_count, self.port_total, self.vmr_count, self.vmr_total)


class NamesRow(Vendor):
    name: Text = ""
    hostname: Text = ""
    domain: Text = ""
    address: Text = ""
    alternative_fqdn: Text = ""
    static_nat_address: Text = ""
    node_type: Text = "CONFERENCING"

    def names(self) -> Names:
        whole = f"{self.hostname}.{self.domain}" if self.hostname and self.domain else ""
        hosts = (self.address, self.alternative_fqdn, self.static_nat_address, whole)
        return Names(
            self.name, frozenset(host.lower() for host in hosts if host), self.node_type.upper() == "CONFERENCING"
        )


class AlarmRow(Vendor):
    name: Text = ""


class _Total(Vendor):
    total_count: int


class CountedRow(Vendor):
    meta: _Total


SINKS = TypeAdapter(Page[SinkRow])
PROFILES = TypeAdapter(Page[ProfileRow])
LOCATIONS = TypeAdapter(Page[LocationRow])
SETTINGS = TypeAdapter(Page[SettingsRow])
THEME = TypeAdapter(ThemeRow)
LICENCES = TypeAdapter(Page[LicencesRow])
NODE_NAMES = TypeAdapter(Page[NamesRow])
ALARMS = TypeAdapter(Page[AlarmRow])
COUNTED = TypeAdapter(CountedRow)


def _fits(shown: str, ours: str) -> bool | None:
    if not shown or "*" in shown:
        return None
    return hmac.compare_digest(shown.encode(), ours.encode())
