"""The part of the configuration that says which systems may send, and what they are told; see `config`."""

from __future__ import annotations

from base64 import b64decode
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator

from vmrd.lifecycle.desk import Authority


class Part(BaseModel):
    """A table of the file. An unknown key is a slip of the pen."""

    model_config = ConfigDict(extra="forbid", frozen=True)


SYSTEM = r"^[a-z0-9_-]{1,32}$"
_LEAST = 24
"""Bytes of a signing key: what Standard Webhooks asks for at least."""

EventType = Literal[
    "booking.created",
    "booking.amended",
    "booking.cancelled",
    "booking.requested",
    "prisoner.merged",
    "prisoner.transferred",
    "prisoner.released",
    "room.out_of_use",
    "room.restored",
]


def _strong(key: SecretStr) -> SecretStr:
    """The sentence names no part of the key."""
    try:
        held = b64decode(key.get_secret_value().strip().removeprefix("whsec_"), validate=True)
    except ValueError:
        raise ValueError("is not a signing key: it is whsec_ and Base64") from None
    if len(held) < _LEAST:
        raise ValueError(f"is too short a signing key: at least {_LEAST} bytes, in Base64 after whsec_")
    return key


SigningKey = Annotated[SecretStr, AfterValidator(_strong)]


class SenderConfig(Part):
    """A booking system that may send: who it is, what it may speak of, and where it wants to be told."""

    system: str = Field(pattern=SYSTEM, description="Its name, in the ids of its bookings", examples=["bvls"])
    secrets: tuple[SigningKey, ...] = Field(
        default=(),
        max_length=2,
        description="What it signs with, newest first, two while one is changed; make one with "
        "python3 -c \"import base64, os; print('whsec_' + base64.b64encode(os.urandom(32)).decode())\"",
    )
    token: Annotated[SecretStr, Field(min_length=32)] | None = Field(
        default=None,
        description="For a system that cannot sign, beside or instead of secrets: sent as a bearer token with an "
        "Idempotency-Key. It proves nothing about the body, so sign if you can",
    )
    establishments: tuple[str, ...] = Field(
        default=(), description="Codes of all it may speak of; empty: all", examples=[["MDI"]]
    )
    event_types: tuple[EventType, ...] = Field(
        default=(), description="All it may send; empty: all", examples=[["room.out_of_use"]]
    )
    authority: Authority = Field(
        default=Authority.VMRD,
        description="upstream: it holds room and time already, and is never refused for notice, details or contacts; "
        "vmrd: the guidance's rules hold",
        examples=["upstream"],
    )
    callback_url: str | None = Field(
        default=None,
        description="Where it is told; leave out to tell it nothing",
        examples=["https://bookings.example.org/vmrd"],
    )
    callback_secrets: tuple[SigningKey, ...] = Field(
        default=(),
        max_length=2,
        description="What callbacks are signed with, newest first, and while there are two, with both; its own if none",
    )
    distributor: bool = Field(default=False, description="May be given the guest link in session.ready")
    emails: bool = Field(
        default=True,
        description="Whoever books by it is written to, where [smtp] is set; false if it does so itself",
    )

    @model_validator(mode="after")
    def _can_prove_itself(self) -> SenderConfig:
        if not self.secrets and self.token is None:
            raise ValueError("secrets: give a secret to sign with, or a token where the sender cannot sign")
        if self.callback_url is not None and not (self.callback_secrets or self.secrets):
            raise ValueError(
                "callback_secrets: give callback_secrets: what is told must be signed, and a token signs nothing"
            )
        return self

    def may_send(self, event_type: str) -> bool:
        return not self.event_types or event_type in self.event_types
