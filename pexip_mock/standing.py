"""Who may do what to whom with a token: the rules on Host, Guest and oneself, in one place.

| asked of | a Host | a Guest |
|---|---|---|
| the conference | yes | "Invalid role" |
| another participant | yes | "Invalid role" |
| oneself, for what anybody may do to itself (hand, camera, name, hanging up) | yes | yes |
| oneself, for what nobody else may do (floor, calls, own microphone) | on oneself only | on oneself only |

A Host's token may be refused for a moment after it was granted (`fresh_host_token_delay_s`).
"""

from pexip_mock.ground import Ground
from pexip_mock.people import Leg, Role
from pexip_mock.refusal import Refusal, invalid_role
from pexip_mock.tokens import Tokens


class Standing:
    """Finds the leg that a request is about, or refuses."""

    def __init__(self, ground: Ground, tokens: Tokens) -> None:
        self._ground = ground
        self._tokens = tokens

    def host(self, token: str, node: str | None) -> Leg:
        """The Host behind this token. Raises Refusal 403 for anybody else."""
        leg = self._tokens.leg(token, node)
        fresh = self._ground.clock.elapsed < leg.granted_at + self._ground.knobs.fresh_host_token_delay_s
        if leg.role is not Role.CHAIR or fresh:
            raise invalid_role()
        return leg

    def other(self, token: str, participant: str, node: str | None) -> Leg:
        """A participant of the Host behind this token. Raises Refusal 403, or as `unknown_participant_status` says."""
        return self._among(self.host(token, node), participant)

    def oneself(self, token: str, participant: str, node: str | None) -> Leg:
        """The leg behind this token, if the request is about it. Raises Refusal 403."""
        leg = self._tokens.leg(token, node)
        if leg.uuid != participant:
            raise invalid_role()
        return leg

    def oneself_or_other(self, token: str, participant: str, node: str | None) -> Leg:
        """The leg behind this token, or for a Host any other. Raises Refusal as `other` does."""
        leg = self._tokens.leg(token, node)
        return leg if leg.uuid == participant else self.other(token, participant, node)

    def fellow(self, token: str, participant: str, node: str | None) -> tuple[Leg, Leg]:
        """Whose token this is, and somebody of the same conference: what both may do alike. Raises Refusal."""
        leg = self._tokens.leg(token, node)
        return leg, self._among(leg, participant)

    def _among(self, own: Leg, participant: str) -> Leg:
        leg = own.conference.live.get(participant)
        if leg is None:
            raise Refusal(self._ground.knobs.unknown_participant_status, "Participant not found")
        return leg
