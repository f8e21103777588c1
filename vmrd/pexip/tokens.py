"""Control tokens, and what asking for one tells about an alias."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from pydantic import Field, TypeAdapter

from vmrd.lifecycle.words import Role
from vmrd.pexip import words
from vmrd.pexip.wire import Envelope, Id, Text, Vendor


@dataclass(frozen=True, slots=True)
class Token:
    """Our place in a conference: the node that gave it, our own leg, and for how many seconds it lasts unrefreshed.

    `role` may change under us; only a Host steers, and a Guest's roster is trimmed (facts 2.4).
    """

    node: str
    alias: str = field(repr=False)
    token: str = field(repr=False)
    leg: str
    expires_s: float
    role: Role


@dataclass(frozen=True, slots=True)
class Probe:
    """How many nodes know the alias. `unreached` nodes count as not answering. `unguarded`: one let us in without a
    PIN, so that the vmr is not as it should be.
    """

    answering: int
    nodes: int
    unreached: int
    unguarded: bool


_Secret = Annotated[str, Field(min_length=1, max_length=8192)]


class TokenReply(Vendor):
    """The result of `request_token` (facts 2.2). `expires` arrives as a string."""

    token: _Secret
    expires: Annotated[float, Field(gt=0, le=86_400)]
    participant_uuid: Id
    role: Text

    def granted(self, node: str, alias: str) -> Token:
        """The token in our words."""
        return Token(node, alias, self.token, self.participant_uuid, self.expires, words.role(self.role))


class RefreshReply(Vendor):
    """The result of `refresh_token` (facts 2.3); an absent role is unchanged."""

    token: _Secret
    expires: Annotated[float, Field(gt=0, le=86_400)]
    role: Text = ""


TOKEN_REPLY = TypeAdapter(Envelope[TokenReply])
REFRESH_REPLY = TypeAdapter(Envelope[RefreshReply])
