"""The part of the configuration that says where the platform is, and whom there to trust; see `config`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, field_validator, model_validator

from vmrd.config_senders import Part
from vmrd.config_signin import is_safe

_DOMAIN = re.compile(r"(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*")


def _base(url: str) -> str:
    """The account's password goes there, so it is TLS unless it never leaves this machine."""
    if not is_safe(url):
        raise ValueError("must be an https address with no user in it (http only for this machine, as in a rehearsal)")
    parts = urlsplit(url)
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise ValueError("must end after the host and port: vmrd adds Pexip's own paths")
    return url


def no_colon(user: str) -> str:
    """Basic sign-in parts user and password by the first colon."""
    if ":" in user:
        raise ValueError("must hold no colon: Basic sign-in parts user and password by it")
    return user


BaseUrl = Annotated[str, AfterValidator(_base)]
BasicUser = Annotated[str, Field(min_length=1, max_length=150), AfterValidator(no_colon)]


class PexipConfig(Part):
    """The platform vmrd works on: its Management Node, its conferencing nodes, and how its meetings are joined."""

    management: BaseUrl = Field(
        description="Base URL of the Management Node", examples=["https://management.pexip.example.org"]
    )
    nodes: tuple[BaseUrl, ...] = Field(
        min_length=1,
        description="Base URLs of the conferencing nodes that serve the client API, in order of preference",
        examples=[["https://node1.pexip.example.org", "https://node2.pexip.example.org"]],
    )
    user: BasicUser = Field(default="vmrd", description="The account of docs/pexip-account.md")
    password: SecretStr = Field(min_length=1, description="The account's password")
    domain: str = Field(description="What follows the @ of a meeting's address", examples=["meet.example.org"])
    web_join: str = Field(
        description="Link that opens a meeting in a browser; {alias} becomes the meeting's whole address",
        examples=["https://join.example.org/webapp3/m/{alias}"],
    )
    location: str | None = Field(
        default=None,
        min_length=1,
        description="System location that calls the prison rooms, by the Management Node; if not set, the node of"
        " their meeting does, by Pexip's routing rules",
        examples=["Prisons"],
    )
    verify_tls: bool = Field(default=True, description="Whether Pexip's certificates are looked at")
    ca_file: Path | None = Field(
        default=None,
        description="PEM of the private CA that signed Pexip's certificates; then no other is trusted for it",
        examples=["/etc/vmrd/pexip-ca.pem"],
    )
    request_timeout: float = Field(default=5.0, gt=0, le=30, description="Seconds for one request")
    meetings_at_most: int = Field(
        default=5_000,
        ge=1,
        description="Meetings one vmrd looks at, those about to begin included; what is beyond, and no replica takes,"
        " is dark and rings",
    )
    alias_scan_limit: int = Field(
        default=20,
        ge=0,
        le=10_000,
        description="Unknown aliases from one address in ten minutes before the platform hides all; 0: it has no limit",
    )

    @field_validator("domain")
    @classmethod
    def _is_a_domain(cls, domain: str) -> str:
        if not _DOMAIN.fullmatch(domain.lower()):
            raise ValueError("must be a domain alone, without a scheme, an @ or a path, for example meet.example.org")
        return domain

    @field_validator("web_join")
    @classmethod
    def _leads_to_the_meeting(cls, link: str) -> str:
        if "{alias}" not in link:
            raise ValueError("must hold {alias}, or every guest is sent to the same page")
        if not is_safe(link.replace("{alias}", "a")):
            raise ValueError("must be an https link: it is sent to guests")
        return link

    @field_validator("nodes")
    @classmethod
    def _each_once(cls, nodes: tuple[str, ...]) -> tuple[str, ...]:
        if len({node.rstrip("/").lower() for node in nodes}) < len(nodes):
            raise ValueError("names a node twice: list each once")
        return nodes

    @model_validator(mode="after")
    def _trust_is_looked_at(self) -> Self:
        if self.ca_file is not None and not self.verify_tls:
            raise ValueError(
                "ca_file: says whom to trust, and verify_tls = false trusts everybody: leave one of them out"
            )
        return self

    @field_validator("alias_scan_limit")
    @classmethod
    def _room_to_ask(cls, limit: int) -> int:
        if 0 < limit < 4:
            raise ValueError("must leave room to ask: 0 where the platform has no limit, or at least 4")
        return limit
