"""Configuration: one TOML file, environment variables over it, secrets from systemd credentials.

Order, strongest first: environment (`VMRD_STORE__PATH=…`), credentials (`$CREDENTIALS_DIRECTORY/pexip__password`), the
file, defaults. Unknown keys are refused, and all faults are reported at once. pydantic stops here: the rest of vmrd
takes plain values or `Rules`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    NestedSecretsSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from vmrd import config_sources as sources
from vmrd.adapters.configuration import AdaptersConfig
from vmrd.config_establishments import EstablishmentConfig as EstablishmentConfig
from vmrd.config_establishments import TimingConfig as TimingConfig
from vmrd.config_faults import ConfigError as ConfigError
from vmrd.config_faults import Loc, faults_of, line
from vmrd.config_listen import ListenConfig
from vmrd.config_pexip import BasicUser, PexipConfig
from vmrd.config_policy import PolicyConfig
from vmrd.config_retention import RetentionConfig, WitnessConfig
from vmrd.config_senders import Part
from vmrd.config_senders import SenderConfig as SenderConfig
from vmrd.config_shadow import ShadowConfig
from vmrd.config_signin import SignInConfig
from vmrd.config_smtp import SmtpConfig
from vmrd.config_sources import Written, read
from vmrd.config_store import StoreConfig
from vmrd.config_together import contradictions
from vmrd.directory import entries
from vmrd.directory.entries import Directory, DirectoryError
from vmrd.lifecycle.desk import Desk
from vmrd.lifecycle.identity import IdProfile
from vmrd.lifecycle.rules import HOUR, Rules

_UNREADABLE = "environment or credentials: cannot be read; leave out one after the other to find which"


class SinkConfig(Part):
    """Basic sign-in that Pexip's event sink uses; without a password the endpoint is closed."""

    user: BasicUser = Field(default="pexip", description="The event sink's user")
    password: SecretStr | None = Field(default=None, min_length=1, description="Its password")


class Config(BaseSettings):
    """Everything vmrd can be told. See `config/vmrd.toml` for a commented example."""

    model_config = SettingsConfigDict(
        extra="forbid",
        frozen=True,
        env_prefix="VMRD_",
        env_nested_delimiter="__",
    )

    log_level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="What the log says")
    allow_private_callbacks: bool = Field(
        default=False, description="Callbacks may go to http and private networks; for rehearsals and closed networks"
    )
    clock_file: Path | None = Field(
        default=None, description="Follow a published clock (rehearsals)", examples=["/run/vmrd-clock.json"]
    )
    demo: bool = Field(default=False, description="One-click sign-in and the DEMO banner; refused off loopback")
    directory: Directory = Field(
        default=Directory(),
        description="File with the contacts, operator and kind of every establishment; counts from this file's folder",
        examples=["establishments.toml"],
    )
    pexip: PexipConfig = Field(description="The platform")
    store: StoreConfig = Field(description="The database")
    listen: ListenConfig = Field(default=ListenConfig(), description="Where vmrd is reached")
    senders: tuple[SenderConfig, ...] = Field(default=(), description="The booking systems")
    adapters: AdaptersConfig = Field(default=AdaptersConfig(), description="HMPPS's own booking systems")
    sink: SinkConfig = Field(default=SinkConfig(), description="Pexip's event sink")
    policy: PolicyConfig = Field(default=PolicyConfig(), description="Pexip's external policy")
    sign_in: SignInConfig = Field(default=SignInConfig(), description="How people sign in")
    retention: RetentionConfig = Field(default=RetentionConfig(), description="How long what is kept")
    witness: WitnessConfig = Field(default=WitnessConfig(), description="The outside witness")
    shadow: ShadowConfig = Field(default=ShadowConfig(), description="Watching another system's meetings")
    smtp: SmtpConfig | None = Field(default=None, description="Where email goes out; without it none does")
    establishments: tuple[EstablishmentConfig, ...] = Field(min_length=1, description="The prisons")
    timing: TimingConfig = Field(default=TimingConfig(), description="Timing of the whole estate")

    @property
    def proxies(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """Whose `X-Forwarded-For` is believed."""
        return self.sign_in.trusted_proxies + self.listen.behind_proxy

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
    written = read(path)
    values = dict(written.values)
    if "directory" in values:
        values["directory"] = _directory(path, values["directory"])
    return from_values(values, written.where)


def _directory(path: Path, named: object) -> Directory:
    """What the directory file says; its name counts from the configuration's own folder."""
    if not isinstance(named, str):
        raise ConfigError('directory: give the name of a file, for example "establishments.toml"')
    try:
        return entries.load(path.parent / named)
    except DirectoryError as fault:
        raise ConfigError("\n".join(f"directory: {each}" for each in str(fault).splitlines())) from None


def from_values(values: dict[str, Any], where: Callable[[Loc], str] | None = None) -> Config:
    """The configuration made of these values, the environment and the credentials; raises `ConfigError`.

    What each part says is looked at first; what does not fit together, once every part could be read.
    """
    found = where or Written(values).where
    faults = list(sources.faults(Config, _named_files(values)))
    try:
        config = Config(**values)
    except (SettingsError, UnicodeDecodeError, OSError):  # its own text may hold what stands there
        raise ConfigError("\n".join(faults or [_UNREADABLE])) from None
    except ValidationError as error:
        raise ConfigError("\n".join([*faults, *faults_of(Config, error, found)])) from None
    first: dict[Loc, str] = {}
    for loc, sentence in contradictions(config):
        first.setdefault(loc, sentence)
    faults += [line(loc, sentence, found) for loc, sentence in first.items()]
    if faults:
        raise ConfigError("\n".join(faults))
    return config


def _named_files(values: Mapping[str, Any]) -> frozenset[str]:
    """Credentials that settings name as their files."""
    listen = values.get("listen")
    given = [listen.get("tls_certificate"), listen.get("tls_key")] if isinstance(listen, dict) else []
    return frozenset(each for each in given if isinstance(each, str))


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
    rules = replace(rules, **timing)  # type: ignore[arg-type]
    # The vmrs of a shadow are another system's and stand already: nothing is waited for.
    return replace(rules, probe_after=0) if config.shadow.enabled else rules


def desk_for(config: Config, sender: SenderConfig, establishment: EstablishmentConfig) -> Desk:
    """How a booking of this sender for this establishment is judged."""
    return Desk(
        authority=sender.authority,
        notice=int(establishment.notice_hours * HOUR),
        questions={question.key: question.text for question in establishment.questions},
        writes=config.smtp is not None and sender.emails and not config.shadow.enabled,
    )
