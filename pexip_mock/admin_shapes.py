"""The JSON of the status API: booleans as such, protocols in capitals, times in UTC without a zone."""

from uuid import NAMESPACE_URL, uuid5

from pexip_mock.administration import Shard
from pexip_mock.events import ConferenceFacts
from pexip_mock.people import Participant
from pexip_mock.sink_feeds import Alarm
from pexip_mock.status_fields import ALARM, CONFERENCE, CONFERENCE_SHARD, PARTICIPANT
from pexip_mock.wire import Json, moment

ALARM_IDENTIFIERS = {"eventsink_stopped": 1}


def conference_json(facts: ConferenceFacts) -> Json:
    """One running conference."""
    return {
        "id": facts.uuid,
        "name": facts.name,
        "service_type": facts.service_type,
        "is_locked": facts.flags.locked,
        "is_started": facts.flags.started,
        "guests_muted": facts.flags.guests_muted,
        "start_time": moment(facts.born_at),
        "tag": facts.tag,
        "direct_media_available": False,
        "resource_uri": CONFERENCE.uri(facts.uuid),
    }


def shard_json(shard: Shard, location: str) -> Json:
    """One running conference at one node."""
    shown = conference_json(shard.facts)
    del shown["name"], shown["direct_media_available"]
    key = str(uuid5(NAMESPACE_URL, f"{shard.facts.uuid}/{shard.node}"))
    return shown | {
        "id": key,
        "conference": shard.facts.name,
        "node": shard.node,
        "system_location": location,
        "is_direct": False,
        "transcoding_enabled": True,
        "resource_uri": CONFERENCE_SHARD.uri(key),
    }


def participant_json(shown: Participant) -> Json:
    """One live leg."""
    control_only = not shown.has_media
    source, destination = shown.aliases
    return {
        "id": shown.uuid,
        "call_uuid": shown.uuid,
        "conversation_id": shown.conversation,
        "conference": shown.conference,
        "display_name": shown.display_name,
        "participant_alias": shown.uri,
        "source_alias": source,
        "destination_alias": destination,
        "role": shown.role.value,
        "service_type": shown.service.value,
        "service_tag": shown.tag,
        "protocol": shown.admin_protocol,
        "call_direction": "out" if shown.outbound else "in",
        "call_quality": "0_unknown" if control_only else "1_good",
        "call_tag": shown.call_tag,
        "connect_time": moment(shown.start_time),
        "encryption": "On" if shown.encrypted else "Off",
        "has_media": shown.has_media,
        "is_muted": shown.muted,
        "is_client_muted": shown.client_muted,
        "is_on_hold": False,
        "is_presenting": shown.presenting,
        "is_streaming": shown.streaming,
        "is_recording": False,
        "is_transcribing": False,
        "is_direct": False,
        "transcoding_enabled": True,
        "is_idp_authenticated": False,
        "is_disconnect_supported": True,
        "is_mute_supported": shown.has_media,
        "is_transfer_supported": shown.transfers,
        "is_presentation_supported": shown.can_present and shown.has_media,
        "idp_uuid": "",
        "bandwidth": shown.bandwidth,
        "rx_bandwidth": shown.bandwidth,
        "tx_bandwidth": shown.bandwidth,
        "license_count": 0 if control_only else 1,
        "license_type": "nolicense" if control_only else "port",
        "media_node": shown.node if shown.has_media else "",
        "signalling_node": shown.node,
        "proxy_node": "",
        "remote_address": "192.0.2.55",
        "remote_port": 5061,
        "system_location": shown.location,
        "vendor": shown.vendor,
        "parent_id": "",
        "resource_uri": PARTICIPANT.uri(shown.uuid),
    }


def alarm_json(alarm: Alarm) -> Json:
    """One alarm that stands."""
    return alarm_facts(alarm) | {"acknowledged": False, "resource_uri": ALARM.uri(alarm.id)}


def alarm_facts(alarm: Alarm) -> Json:
    """What status and history say of an alarm alike."""
    return {
        "id": alarm.id,
        "identifier": ALARM_IDENTIFIERS[alarm.name],
        "name": alarm.name,
        "level": "warning",
        "details": "",
        "instance": alarm.instance,
        "node": alarm.node,
        "time_raised": moment(alarm.raised_at),
    }
