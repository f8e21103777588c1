"""The part of the configuration that says how email goes out; see `config`."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import Field, SecretStr, field_validator, model_validator

from vmrd.config_senders import Part

_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@([A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,63}")


class SmtpConfig(Part):
    """A mail server that takes what we send: to the gov.uk or CJSM address of whoever booked and nobody else."""

    host: str = Field(min_length=1, description="Its name", examples=["mail.example.org"])
    port: int = Field(default=587, ge=1, le=65535, description="Its port")
    tls: Literal["starttls", "tls", "none"] = Field(
        default="starttls",
        description="starttls, or tls (mostly port 465): a server whose certificate does not fit is refused; "
        "none: only for a server on this machine or a network of its own, without a password",
    )
    sender: str = Field(
        description="The address it comes from, of a domain that is ours; its domain also names the calendar entries",
        examples=["video-links@vmrd.example.org"],
    )
    user: str | None = Field(default=None, min_length=1, description="Whom we sign in as", examples=["vmrd"])
    password: SecretStr | None = Field(default=None, min_length=1, description="Its password")

    @property
    def domain(self) -> str:
        """Ours, as emails and their ids name it."""
        return self.sender.partition("@")[2]

    @field_validator("sender")
    @classmethod
    def _is_an_address(cls, sender: str) -> str:
        if not _ADDRESS.fullmatch(sender):
            raise ValueError("must be an email address, for example video-links@example.org")
        return sender

    @model_validator(mode="after")
    def _signs_in_whole_and_hidden(self) -> SmtpConfig:
        if (self.user is None) is not (self.password is None):
            raise ValueError("password: give user and password, or neither")
        if self.user is not None and self.tls == "none":
            raise ValueError('tls: a password needs tls = "starttls" or "tls"')
        return self
