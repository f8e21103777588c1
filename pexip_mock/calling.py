"""The calls of a web client: what turns a control-only leg into one with voice and picture, and back.

A leg has one main call, which bears the leg's own UUID, and at most a few for presentations beside it. No media flows:
the leg counts as having media from the moment its offer is answered.
"""

from pexip_mock.callers import Callers
from pexip_mock.floor import Floor
from pexip_mock.ground import Ground
from pexip_mock.people import Carries, Leg, Service
from pexip_mock.presenting import Presenting
from pexip_mock.refusal import Refusal
from pexip_mock.standing import Standing


class Calling:
    """Calls by UUID, within their legs."""

    def __init__(
        self, ground: Ground, floor: Floor, callers: Callers, standing: Standing, presenting: Presenting
    ) -> None:
        self._ground = ground
        self._floor = floor
        self._callers = callers
        self._standing = standing
        self._presenting = presenting

    def place(
        self,
        token: str,
        who: str,
        *,
        carries: Carries = Carries.MAIN,
        video: bool = True,
        fecc: bool = False,
        node: str | None = None,
    ) -> str:
        """A call of one's own; its UUID. Raises Refusal 403 when the room is full or the floor is not free to take."""
        leg = self._standing.oneself(token, who, node)
        if carries is Carries.MAIN:
            self._callers.media_up(leg, video=video)
            if fecc:
                self._floor.change(leg, fecc=True)
            call = leg.uuid
        else:
            if carries is Carries.SENDS_PRESENTATION:
                self._presenting.take(leg)
            call = self._ground.uuid()
        leg.calls[call] = carries
        return call

    def find(self, token: str, who: str, call: str, node: str | None = None) -> Leg:
        """The leg that has this call. Raises Refusal 403, or as `unknown_participant_status` says."""
        leg = self._standing.oneself(token, who, node)
        if call not in leg.calls:
            raise Refusal(self._ground.knobs.unknown_participant_status, "Call not found")
        return leg

    def end(self, token: str, who: str, call: str, node: str | None = None) -> None:
        """End a call of one's own: the main one leaves the leg control-only. Raises Refusal as `find` does."""
        leg = self.find(token, who, call, node)
        match leg.calls.pop(call):
            case Carries.MAIN:
                self._floor.change(
                    leg, has_media=False, video=False, audio_only=False, bandwidth=0, protocol="api", fecc=False
                )
                self._presenting.release(leg)
                if leg.shown.service is Service.CONFERENCE:
                    self._floor.review(leg.conference)
            case Carries.SENDS_PRESENTATION:
                self._presenting.release(leg)
            case Carries.RECEIVES_PRESENTATION:
                pass
