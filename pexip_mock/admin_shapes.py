"""The JSON of the status and history APIs: booleans as such, protocols in capitals, times in UTC without a zone."""

from pexip_mock.administration import Shard
from pexip_mock.events import ConferenceFacts, Departure
from pexip_mock.knobs import Knobs
from pexip_mock.people import Participant
from pexip_mock.sink_feeds import Alarm
from pexip_mock.wire import Json, moment

STATUS = "/api/admin/status/v1"
HISTORY = "/api/admin/history/v1"


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
        "resource_uri": f"{STATUS}/conference/{facts.uuid}/",
    }


def shard_json(shard: Shard, location: str) -> Json:
    """One running conference at one node."""
    return conference_json(shard.facts) | {
        "conference": shard.facts.name,
        "node": shard.node,
        "system_location": location,
        "is_direct": False,
        "transcoding_enabled": True,
        "resource_uri": f"{STATUS}/conference_shard/{shard.facts.uuid}/",
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
        "resource_uri": f"{STATUS}/participant/{shown.uuid}/",
    }


def node_json(index: int, node: str, knobs: Knobs, maintenance: bool, booted_at: float) -> Json:
    """One Conferencing Node."""
    return {
        "id": index,
        "configuration_id": index,
        "name": f"node-{index}",
        "address": node,
        "system_location": knobs.location_of(node),
        "node_type": "CONFERENCING",
        "version": f"{knobs.version_id} ({knobs.pseudo_version})",
        "deploy_status": "SUCCESS",
        "sync_status": "SYNCED",
        "maintenance_mode": maintenance,
        "maintenance_mode_reason": "",
        "media_load": 0,
        "media_tokens_used": 0,
        "signaling_count": 0,
        "boot_time": moment(booted_at),
        "upgrade_status": "IDLE",
        "resource_uri": f"{STATUS}/worker_vm/{index}/",
    }


def alarm_json(alarm: Alarm) -> Json:
    """One alarm."""
    return {
        "id": alarm.id,
        "identifier": alarm.id,
        "name": alarm.name,
        "level": "warning",
        "details": "",
        "instance": alarm.instance,
        "node": alarm.node,
        "time_raised": moment(alarm.raised_at),
        "resource_uri": f"{STATUS}/alarm/{alarm.id}/",
    }


def past_conference_json(facts: ConferenceFacts, legs: int) -> Json:
    """One conference that is over."""
    ended = facts.ended_at if facts.ended_at is not None else facts.born_at
    return {
        "id": facts.uuid,
        "name": facts.name,
        "service_type": facts.service_type,
        "tag": facts.tag,
        "start_time": moment(facts.born_at),
        "end_time": moment(ended),
        "duration": round(ended - facts.born_at),
        "participant_count": legs,
        "instant_message_count": 0,
        "resource_uri": f"{HISTORY}/conference/{facts.uuid}/",
    }


def past_participant_json(conference: str, departure: Departure) -> Json:
    """One leg that has ended, and why."""
    shown = departure.participant
    return participant_json(shown) | {
        "conference": f"{HISTORY}/conference/{conference}/",
        "conference_name": shown.conference,
        "local_alias": shown.local_alias,
        "remote_alias": shown.uri,
        "start_time": moment(shown.start_time),
        "end_time": moment(departure.left_at),
        "duration": round(departure.left_at - shown.start_time),
        "disconnect_reason": departure.reason,
        "resource_uri": f"{HISTORY}/participant/{shown.uuid}/",
    }
