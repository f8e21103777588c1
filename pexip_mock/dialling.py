"""Dialling out: the leg is `connecting` at once, and answers later, or never.

Anything answers unless it was told not to; a second dial to the same place makes a second leg. A leg takes a place in
the room when it is answered: in a full one its call ends then.
"""

from collections.abc import Callable
from dataclasses import replace

from pexip_mock.arrivals import Arrival, make_leg
from pexip_mock.calls import DialRequest
from pexip_mock.floor import Floor
from pexip_mock.ground import Ground
from pexip_mock.meetings import LIMIT_REACHED, Conference
from pexip_mock.people import TRAITS, KeepAlive, Kind, Leg, Role, Service

NOT_ANSWERED = "Call rejected"

_KIND_OF_PROTOCOL = {
    "sip": Kind.ROOM_SYSTEM,
    "auto": Kind.ROOM_SYSTEM,
    "h323": Kind.H323,
    "mssip": Kind.SKYPE,
    "rtmp": Kind.RECORDER,
    "gms": Kind.ROOM_SYSTEM,
    "teams": Kind.ROOM_SYSTEM,
}
GATEWAY_PROTOCOLS = frozenset({"gms", "teams"})
PROTOCOLS = frozenset(_KIND_OF_PROTOCOL) - GATEWAY_PROTOCOLS
"""What the client API may dial by; the Management Node dials by the gateway's protocols as well."""


class Dialling:
    """Calls from the platform to endpoints. `silent` holds destinations that only ring, `busy` those that refuse."""

    def __init__(self, ground: Ground, floor: Floor) -> None:
        self._ground = ground
        self._floor = floor
        self.silent: set[str] = set()
        self.busy: set[str] = set()
        self.on_dialled: Callable[[Leg], None] = lambda _leg: None

    def dial(self, conference: Conference, node: str, request: DialRequest) -> str:
        """Call an endpoint into this conference; the UUID of the leg, which is only ringing yet."""
        streaming = request.streaming or request.protocol == "rtmp"
        scheme = "sip:" if request.protocol in ("sip", "auto", "mssip") and ":" not in request.destination else ""
        kind = Kind.PHONE if request.audio_only else _KIND_OF_PROTOCOL[request.protocol]
        leg = make_leg(
            self._ground,
            conference,
            Arrival(
                kind=kind,
                name=request.remote_display_name or request.destination,
                uri=scheme + request.destination,
                alias=conference.vmr.aliases[0].alias if conference.vmr.aliases else conference.name,
                node=node,
                call_tag="",
                role=request.role,
                service=Service.CONNECTING,
                bypasses_lock=request.role is Role.CHAIR,
                outbound=True,
                streaming=streaming,
            ),
            replace(TRAITS[kind], protocol="sip" if request.protocol == "auto" else request.protocol),
        )
        if request.keep_alive is not None:
            leg.keep_alive = request.keep_alive
        elif streaming and not self._ground.knobs.dialled_recorder_keeps_alive:
            leg.keep_alive = KeepAlive.NEVER
        leg.shown = replace(leg.shown, overlay_text=request.overlay_text)
        self._floor.arrive(leg)
        self.on_dialled(leg)
        knobs = self._ground.knobs
        if request.destination in self.silent:
            self._ground.clock.after_elapsed(knobs.dial_ring_s, lambda: self._floor.drop(leg, NOT_ANSWERED))
        else:
            self._ground.soon(knobs.dial_answer_s, lambda: self._answer(leg, request.destination))
        return leg.uuid

    def call_automatic(self, conference: Conference) -> None:
        """Call everybody whom the VMR calls by itself when its conference starts."""
        ground = self._ground
        for call in conference.vmr.automatic:
            self.dial(conference, ground.locations.node_in(call.location) or conference.nodes[0], call.request)

    def _answer(self, leg: Leg, destination: str) -> None:
        if leg.left_at is not None:
            return
        if destination in self.busy:
            self._floor.drop(leg, NOT_ANSWERED)
            return
        if leg.conference.is_full(self._ground.knobs.control_counts_for_limit):
            self._floor.drop(leg, LIMIT_REACHED)
            return
        traits = TRAITS[leg.kind]
        media: dict[str, object] = {
            "has_media": True,
            "audio_only": not traits.has_video,
            "video": traits.has_video,
            "bandwidth": traits.bandwidth,
        }
        if self._ground.knobs.dialled_guest_seen_inside_first and leg.role is Role.GUEST:
            self._floor.change(leg, service=Service.CONFERENCE, role=leg.role, **media)
        self._floor.settle(leg, **media)
