"""The part of the configuration that lets Pexip ask vmrd who may come in; see `config`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, SecretStr

from vmrd.config_pexip import BasicUser
from vmrd.config_senders import Part
from vmrd.lifecycle.door import OPEN_TO
from vmrd.lifecycle.inputs import Protocol


class PolicyConfig(Part):
    """Basic sign-in of Pexip's policy profile; without a password nobody is answered."""

    user: BasicUser = Field(default="pexip", description="User of the policy profile")
    password: SecretStr | None = Field(default=None, min_length=1, description="Its password")
    protocols: tuple[Literal["sip", "h323", "skype", "gateway"], ...] = Field(
        default=("sip", "h323", "skype"),
        description="How people may connect beside the web, also where Pexip cannot ask; gateway would let in a whole "
        "meeting nobody booked",
    )

    @property
    def allowed(self) -> frozenset[Protocol]:
        """The same in the core's words."""
        return OPEN_TO | {Protocol(name) for name in self.protocols}

    @property
    def refused(self) -> frozenset[Protocol]:
        """What may not connect; in the meeting too, where Pexip does not ask before."""
        return frozenset(Protocol) - self.allowed - {Protocol.STREAMING}
