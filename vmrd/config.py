"""Configuration: one TOML file, environment variables over it, secrets from systemd credentials.

Order, strongest first: environment (`VMRD_STORE__PATH=…`), credentials (`$CREDENTIALS_DIRECTORY/pexip__password`), the
file, defaults. Unknown keys are refused, and all faults are reported at once. pydantic stops here: the rest of vmrd
takes plain values or `Rules`.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    NestedSecretsSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from vmrd.adapters.configuration import AdaptersConfig
from vmrd.config_policy import PolicyConfig
from vmrd.config_retention import RetentionConfig, WitnessConfig
from vmrd.config_senders import Part
from vmrd.config_senders import SenderConfig as SenderConfig
from vmrd.config_signin import SignInConfig
from vmrd.config_smtp import SmtpConfig
from vmrd.directory import entries
from vmrd.directory.entries import Directory, DirectoryError
from vmrd.lifecycle.desk import Authority, Desk
from vmrd.lifecycle.identity import IdProfile
from vmrd.lifecycle.intake_words import Room
from vmrd.lifecycle.rules import HOUR, Rules
from vmrd.lifecycle.words import Document
from vmrd.opening_hours import HoursConfig, hours_of
from vmrd.outward import fault_of
from vmrd.rooms import Premises


class ConfigError(Exception):
    """The configuration cannot be used; the text names every fault and never a value."""


class PexipConfig(Part):
    """The platform. `nodes`: base URLs of the conferencing nodes that serve the client API."""

    management: str
    nodes: tuple[str, ...] = Field(min_length=1)
    user: str = "vmrd"
    password: SecretStr
    domain: str = Field(description="What follows the @ of a vmr's address")
    web_join: str = Field(description="Browser link; {alias} is replaced, for example https://join.example.org/{alias}")
    location: str | None = Field(default=None, description="System location that calls out to the prison rooms")
    verify_tls: bool = True
    ca_file: Path | None = Field(default=None, description="PEM of the private CA that signed it; no other is trusted")
    request_timeout: float = Field(default=5.0, gt=0, le=30)
    alias_scan_limit: int = Field(
        default=20,
        ge=0,
        le=10_000,
        description="Unknown aliases in ten minutes before the platform hides all; 0: never",
    )

    @model_validator(mode="after")
    def _trust_is_looked_at(self) -> Self:
        if self.ca_file is not None and not self.verify_tls:
            raise ValueError("ca_file says whom to trust, and verify_tls = false trusts everybody: give one of them")
        return self

    @field_validator("alias_scan_limit")
    @classmethod
    def _room_to_ask(cls, limit: int) -> int:
        if 0 < limit < 4:
            raise ValueError("must leave room to ask: 0 where the platform has no limit, or at least 4")
        return limit


class StoreConfig(Part):
    """SQLite file and the 32-byte master key (64 hex digits) that encrypts secrets and seals the journal."""

    path: Path
    key: SecretStr


class ListenConfig(Part):
    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    ops_host: str = "127.0.0.1"
    ops_port: int = Field(default=9180, ge=0, le=65535)


class SinkConfig(Part):
    """Basic sign-in that Pexip's event sink uses."""

    user: str = "pexip"
    password: SecretStr | None = None


class RoomConfig(Part):
    """A physical video room. `address`: what Pexip dials to reach its codec; None for a browser PC.

    `screen_share`: whether its equipment shows what a guest presents; "some connections do not currently offer this".
    `dps_location_id`: what HMPPS's own services call it beside `key`.
    """

    key: str
    name: str
    address: str | None = None
    dps_location_id: str | None = None
    screen_share: bool = True

    @property
    def names(self) -> tuple[str, ...]:
        """Everything a booking may call it."""
        return (self.key,) if self.dps_location_id is None else (self.key, self.dps_location_id)


class TimingConfig(Part):
    """Seconds, unless the name says otherwise. What is not set keeps the rule's default."""

    prepare_before: float | None = None
    open_before: float | None = None
    probe_after: float | None = None
    probe_every: float | None = None
    late_open_after: float | None = None
    lock_reminder_after: float | None = None
    tick_reminder_after: float | None = None
    knock_escalates_after: float | None = None
    end_grace: float | None = None
    replication: float | None = None
    watch_after_delete: float | None = None
    guests_only: float | None = None
    waiting_for_host: float | None = None
    remind_before: float | None = Field(default=None, ge=0, description="0: nobody is reminded")


class IdConfig(Part):
    """`also`: documents of which one must be seen on top of the guidance's. `in_advance`: it asks for them before."""

    also: tuple[Document, ...] = ()
    in_advance: bool = False


class QuestionConfig(Part):
    """What this prison asks of every booking on top of the guidance; answered under `answers`."""

    key: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,40}$")]
    text: Annotated[str, Field(min_length=1, max_length=200)]


class EstablishmentConfig(Part):
    code: Annotated[str, Field(pattern=r"^[A-Z0-9]{3,4}$")]
    name: str
    telephone: str | None = None
    rooms: tuple[RoomConfig, ...] = ()
    hours: HoursConfig | None = Field(default=None, description="When its rooms can be booked; all day if not said")
    opening: Literal["default", "locked-first"] = "default"
    encryption_required: bool = False
    unexpected_hosts_removed: bool = False
    undeclared_presentation: Literal["alarmed", "stopped"] = "alarmed"
    identity: IdConfig = IdConfig()
    timing: TimingConfig = TimingConfig()
    notice_hours: float = Field(default=48.0, ge=0, le=24 * 60, description="Less needs a person's word")
    questions: tuple[QuestionConfig, ...] = ()

    @cached_property
    def premises(self) -> Premises:
        """Its rooms and when they can be booked."""
        rooms = {room.key: Room(room.key, room.address, room.screen_share) for room in self.rooms}
        return Premises(self.code, rooms, hours_of(self.hours))

    @cached_property
    def room_names(self) -> Mapping[str, str]:
        """The key of each room by every name a booking system may call it."""
        return {name: room.key for room in self.rooms for name in room.names}


class Config(BaseSettings):
    """Everything vmrd can be told. See `config/vmrd.toml` for a commented example."""

    model_config = SettingsConfigDict(
        extra="forbid",
        frozen=True,
        env_prefix="VMRD_",
        env_nested_delimiter="__",
    )

    pexip: PexipConfig
    store: StoreConfig
    listen: ListenConfig = ListenConfig()
    senders: tuple[SenderConfig, ...] = ()
    adapters: AdaptersConfig = AdaptersConfig()
    sink: SinkConfig = SinkConfig()
    policy: PolicyConfig = PolicyConfig()
    sign_in: SignInConfig = SignInConfig()
    retention: RetentionConfig = RetentionConfig()
    witness: WitnessConfig = WitnessConfig()
    smtp: SmtpConfig | None = Field(default=None, description="Where email goes out; without it none does")
    establishments: tuple[EstablishmentConfig, ...] = Field(min_length=1)
    directory: Directory = Field(default=Directory(), description="In the file: where `establishments.toml` is")
    timing: TimingConfig = TimingConfig()
    allow_private_callbacks: bool = Field(
        default=False, description="Callbacks may go to http and private networks; for rehearsals and closed networks"
    )
    clock_file: Path | None = Field(default=None, description="Follow a published clock (rehearsals); see vmrd.clock")
    demo: bool = Field(default=False, description="One-click sign-in and the DEMO banner; refused off loopback")
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @model_validator(mode="after")
    def _callbacks_go_out(self) -> Self:
        goes_to = [(f"callback_url of {sender.system}", sender.callback_url) for sender in self.senders]
        faults = [
            f"{whose} {fault}"
            for whose, url in (*goes_to, ("url of witness", self.witness.url))
            if url is not None and (fault := fault_of(url, allow_private=self.allow_private_callbacks))
        ]
        if faults:
            raise ValueError("; ".join(faults))
        return self

    @model_validator(mode="after")
    def _adapters_have_senders(self) -> Self:
        """What an adapter brings holds its room and time already, so its sender has to be judged as such."""
        authorities = {sender.system: sender.authority for sender in self.senders}
        for name, adapter in self.adapters.configured():
            if authorities.get(adapter.system) is not Authority.UPSTREAM:
                raise ValueError(f'adapters: {name} needs a sender of its system with authority = "upstream"')
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        directory = os.environ.get("CREDENTIALS_DIRECTORY")
        if directory is None:
            return (env_settings, init_settings)
        nested = NestedSecretsSettingsSource(
            file_secret_settings, secrets_dir=directory, secrets_prefix="", secrets_nested_delimiter="__"
        )
        return (env_settings, nested, init_settings)


def load(path: Path) -> Config:
    """Read and check the file; raises `ConfigError` naming every fault at once."""
    try:
        values = tomllib.loads(path.read_text())
    except OSError as fault:
        raise ConfigError(f"cannot read {path}: {fault.strerror}") from None
    except tomllib.TOMLDecodeError as fault:
        raise ConfigError(f"{path} is not valid TOML: {fault}") from None
    if "directory" in values:
        values["directory"] = _directory(path, values["directory"])
    return from_values(values)


def _directory(path: Path, named: object) -> Directory:
    """What the directory file says; its name counts from the configuration's own folder."""
    if not isinstance(named, str):
        raise ConfigError('directory: give the name of a file, for example "establishments.toml"')
    try:
        return entries.load(path.parent / named)
    except DirectoryError as fault:
        raise ConfigError(str(fault)) from None


def from_values(values: dict[str, Any]) -> Config:
    """The configuration made of these values, the environment and the credentials."""
    try:
        return Config(**values)
    except ValidationError as fault:
        lines = [
            f"{'.'.join(str(part) for part in error['loc'])}: {error['msg']}"
            for error in fault.errors(include_input=False, include_url=False, include_context=False)
        ]
        raise ConfigError("\n".join(lines)) from None


def rules_for(config: Config, code: str) -> Rules:
    """The rules of one establishment: the defaults, the whole estate's timing, then its own."""
    chosen = next((each for each in config.establishments if each.code == code), None)
    if chosen is None:
        return Rules()
    timing = {
        name: int(seconds * 1_000)
        for part in (config.timing, chosen.timing)
        for name, seconds in part.model_dump(exclude_none=True).items()
    }
    rules = Rules(
        opening_locked_first=chosen.opening == "locked-first",
        encryption_required=chosen.encryption_required,
        unexpected_hosts_removed=chosen.unexpected_hosts_removed,
        presenting_stopped=chosen.undeclared_presentation == "stopped",
        protocols_refused=config.policy.refused,
        id_profile=IdProfile(also=frozenset(chosen.identity.also), in_advance=chosen.identity.in_advance),
    )
    # TimingConfig's fields are durations of Rules by the same names; a test compares the two.
    return replace(rules, **timing)  # type: ignore[arg-type]


def desk_for(config: Config, sender: SenderConfig, establishment: EstablishmentConfig) -> Desk:
    """How a booking of this sender for this establishment is judged."""
    return Desk(
        authority=sender.authority,
        notice=int(establishment.notice_hours * HOUR),
        questions={question.key: question.text for question in establishment.questions},
        writes=config.smtp is not None and sender.emails,
    )
