"""The part of the configuration that says which systems may send, and what they are told; see `config`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from vmrd.lifecycle.desk import Authority


class Part(BaseModel):
    """A table of the file. An unknown key is a slip of the pen."""

    model_config = ConfigDict(extra="forbid", frozen=True)


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


class SenderConfig(Part):
    """A booking system: its name, signing keys (newest first; two during rotation), and where it wants to be told.

    `token`: for one that cannot sign. `establishments`, `event_types`: all it may speak of; empty means any.
    """

    system: str = Field(pattern=r"^[a-z0-9_-]{1,32}$")
    secrets: tuple[SecretStr, ...] = Field(default=(), max_length=2)
    token: Annotated[SecretStr, Field(min_length=32)] | None = None
    establishments: tuple[str, ...] = ()
    event_types: tuple[EventType, ...] = ()
    authority: Authority = Field(
        default=Authority.VMRD, description="upstream: the sender holds room and time already; see lifecycle.desk"
    )
    callback_url: str | None = None
    callback_secrets: tuple[SecretStr, ...] = Field(
        default=(), max_length=2, description="What callbacks are signed with, newest first; the sender's own if none"
    )
    distributor: bool = Field(default=False, description="May be given the guest link in session.ready")
    emails: bool = Field(
        default=True, description="Whoever books by it is written to, where [smtp] is set; false if it does so itself"
    )

    @model_validator(mode="after")
    def _can_prove_itself(self) -> SenderConfig:
        if not self.secrets and self.token is None:
            raise ValueError("give a secret to sign with, or a token where the sender cannot sign")
        if self.callback_url is not None and not (self.callback_secrets or self.secrets):
            raise ValueError("give callback_secrets: what is told must be signed, and a token signs nothing")
        return self

    def may_send(self, event_type: str) -> bool:
        return not self.event_types or event_type in self.event_types
