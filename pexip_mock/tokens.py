"""Tokens of the client API: which leg each stands for, when it dies, and what a refresh does to the former one.

A token belongs to one leg at one node. Refreshing answers a new token; the former stays good for a short grace, so a
client whose answer was lost may ask again. Without a refresh for `token_ttl_s` elapsed seconds the leg is dropped.

A referral is another kind of token: it comes with a transfer, opens one other VMR once, in place of a PIN, and dies
after the same time.
"""

from collections.abc import Callable
from dataclasses import dataclass

from pexip_mock.ground import Ground
from pexip_mock.meetings import Conference
from pexip_mock.people import Leg, Participant, Role
from pexip_mock.refusal import invalid_token
from pexip_mock.vmrs import plain_alias

TIMED_OUT = "Timer expired awaiting token refresh"
TOKEN_BITS = 960


@dataclass(frozen=True, slots=True)
class Grant:
    """The answer to `request_token`; the participant tells whether the new leg is held. `expires`: elapsed seconds."""

    token: str
    expires: float
    participant: Participant
    role: Role
    conference: Conference


@dataclass(frozen=True, slots=True)
class Refreshed:
    """The answer to `refresh_token`: the role may have changed meanwhile."""

    token: str
    expires: float
    role: Role


@dataclass(frozen=True, slots=True)
class Referral:
    """Who was sent where, and as what."""

    leg: Leg
    alias: str
    role: Role


@dataclass(slots=True)
class _Token:
    leg: Leg
    dies_at: float | None = None


class Tokens:
    """All living tokens. `on_expired` is told of a leg that nobody refreshed."""

    def __init__(self, ground: Ground, on_expired: Callable[[Leg, str], None]) -> None:
        self._ground = ground
        self._on_expired = on_expired
        self._tokens: dict[str, _Token] = {}
        self._referrals: dict[str, Referral] = {}

    def grant(self, leg: Leg) -> str:
        """A new token for this leg; its time starts now."""
        value = self._secret()
        self._tokens[value] = _Token(leg)
        leg.tokens.append(value)
        if leg.expiry is not None:
            leg.expiry.cancel()
        leg.expiry = self._ground.clock.after_elapsed(
            self._ground.knobs.token_ttl_s, lambda: self._on_expired(leg, TIMED_OUT)
        )
        return value

    def leg(self, value: str, node: str | None = None) -> Leg:
        """Whose token this is. Raises Refusal 403 for one that is unknown, dead, or of another node."""
        token = self._tokens.get(value)
        if token is None or (node is not None and token.leg.node != node):
            raise invalid_token()
        if token.dies_at is not None and token.dies_at <= self._ground.clock.elapsed:
            self._forget(value)
            raise invalid_token()
        return token.leg

    def refresh(self, value: str, node: str | None = None) -> tuple[str, Leg]:
        """A new token in place of this one. Raises Refusal 403 as `leg` does."""
        leg = self.leg(value, node)
        for former in list(leg.tokens):
            token = self._tokens[former]
            if token.dies_at is None:
                token.dies_at = self._ground.clock.elapsed + self._ground.knobs.old_token_grace_s
            elif token.dies_at <= self._ground.clock.elapsed:
                self._forget(former)
        return self.grant(leg), leg

    def refer(self, leg: Leg, alias: str, role: Role) -> str:
        """A token that lets the holder of this leg into another VMR, once."""
        value = self._secret()
        self._referrals[value] = Referral(leg, plain_alias(alias), role)
        self._ground.clock.after_elapsed(self._ground.knobs.token_ttl_s, lambda: self._outlived(value))
        return value

    def referral(self, value: str, alias: str) -> Referral:
        """What this token stands for at this alias. Raises Refusal 403 when it stands for nothing there."""
        found = self._referrals.get(value)
        if found is None or found.alias != plain_alias(alias):
            raise invalid_token()
        return found

    def use_up(self, value: str) -> Referral:
        """This referral has been used; what it stood for."""
        return self._referrals.pop(value)

    def revoke(self, leg: Leg) -> None:
        """The leg is gone: none of its tokens is good any more."""
        if leg.expiry is not None:
            leg.expiry.cancel()
        for value in list(leg.tokens):
            self._forget(value)

    def holders(self, node: str) -> list[Leg]:
        """Legs that hold a token at this node."""
        return list({id(token.leg): token.leg for token in self._tokens.values() if token.leg.node == node}.values())

    def _outlived(self, referral: str) -> None:
        self._referrals.pop(referral, None)

    def _secret(self) -> str:
        return f"{self._ground.rng.getrandbits(TOKEN_BITS):0{TOKEN_BITS // 4}x}"

    def _forget(self, value: str) -> None:
        token = self._tokens.pop(value)
        token.leg.tokens.remove(value)
