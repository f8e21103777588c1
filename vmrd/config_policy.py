"""The part of the configuration that lets Pexip ask vmrd who may come in; see `config`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, SecretStr

from vmrd.config_senders import Part
from vmrd.lifecycle.door import OPEN_TO
from vmrd.lifecycle.inputs import Protocol


class PolicyConfig(Part):
    """Basic sign-in of Pexip's policy profile; without a password nobody is answered, and Pexip asks its own database.

    `protocols`: how people may connect beside the web. A gateway brings a whole meeting of people nobody booked. Holds
    without a password too: whoever is there by another is nobody an officer can be sure of.
    """

    user: str = "pexip"
    password: SecretStr | None = None
    protocols: tuple[Literal["sip", "h323", "skype", "gateway"], ...] = Field(
        default=("sip", "h323", "skype"), description="How people may connect beside the web"
    )

    @property
    def allowed(self) -> frozenset[Protocol]:
        """The same in the core's words."""
        return OPEN_TO | {Protocol(name) for name in self.protocols}

    @property
    def refused(self) -> frozenset[Protocol]:
        """What may not connect; in the meeting too, where Pexip does not ask before."""
        return frozenset(Protocol) - self.allowed - {Protocol.STREAMING}
