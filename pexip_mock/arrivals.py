"""Making a leg: one who arrives, whichever way, becomes a roster entry and the mock's own book-keeping of it."""

from dataclasses import dataclass

from pexip_mock.ground import Ground
from pexip_mock.meetings import Conference
from pexip_mock.people import Kind, Leg, Participant, Role, Service, Traits


@dataclass(frozen=True, slots=True)
class Arrival:
    """What is needed to make a leg: who, in what way, where, and with which standing."""

    kind: Kind
    name: str
    uri: str
    alias: str
    node: str
    call_tag: str
    role: Role
    service: Service = Service.CONFERENCE
    bypasses_lock: bool = False
    awaiting_media: bool = False
    outbound: bool = False
    streaming: bool = False
    uuid: str = ""


def make_leg(ground: Ground, conference: Conference, arrival: Arrival, traits: Traits) -> Leg:
    """A leg that has not yet arrived anywhere."""
    with_media = arrival.service is not Service.CONNECTING and not arrival.awaiting_media
    has_media = with_media and arrival.kind is not Kind.API
    uuid = arrival.uuid or ground.uuid()
    shown = Participant(
        uuid=uuid,
        conference=conference.name,
        display_name=arrival.name,
        uri=arrival.uri,
        local_alias=arrival.alias,
        protocol="api" if arrival.awaiting_media else traits.protocol,
        role=arrival.role if arrival.service is not Service.IVR else Role.UNKNOWN,
        service=arrival.service,
        outbound=arrival.outbound,
        start_time=ground.clock.business,
        node=arrival.node,
        tag=conference.vmr.tag,
        call_tag=arrival.call_tag,
        vendor=traits.vendor,
        has_media=has_media,
        audio_only=has_media and not traits.has_video,
        video=has_media and traits.has_video,
        can_present=traits.presents,
        fecc=traits.fecc,
        transfers=traits.transfers,
        streaming=arrival.streaming or traits.streaming,
        encrypted=arrival.kind is not Kind.PHONE,
        bandwidth=traits.bandwidth if has_media else 0,
        location=ground.locations.of(arrival.node),
        conversation=uuid,
        external_node=ground.uuid() if traits.external else "",
        control_word=ground.knobs.control_protocol_word,
        remote_is_destination=ground.knobs.outbound_remote_is_destination,
    )
    return Leg(
        shown=shown,
        kind=arrival.kind,
        node=arrival.node,
        conference=conference,
        role=arrival.role,
        bypasses_lock=arrival.bypasses_lock,
        awaiting_media=arrival.awaiting_media,
    )
