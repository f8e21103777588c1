"""The JSON of the client API, exactly as the vendor's own web client checks it: YES/NO strings, booleans and floats."""

from pexip_mock.dialling import GATEWAY_PROTOCOLS
from pexip_mock.knobs import Knobs
from pexip_mock.meetings import Conference, Flags
from pexip_mock.people import Participant, Role, Service
from pexip_mock.tokens import Grant
from pexip_mock.vmrs import Vmr
from pexip_mock.wire import Json, version_json

ROLE_WORD = {Role.CHAIR: "HOST", Role.GUEST: "GUEST", Role.UNKNOWN: "GUEST"}


def participant_json(shown: Participant, vmr: Vmr, *, to_host: bool, listed: bool = False) -> Json:
    """One roster entry. Guests see no addresses.

    A `listed` one never says `unknown`, nor a protocol of the newer gateways: the REST answer forbids both.
    """
    role = Role.GUEST if listed and shown.role is Role.UNKNOWN else shown.role
    hidden = not to_host or (listed and shown.protocol in GATEWAY_PROTOCOLS)
    return {
        "uuid": shown.uuid,
        "api_url": f"/participants/{shown.uuid}",
        "display_name": shown.display_name,
        "overlay_text": shown.display_name if shown.overlay_text is None else shown.overlay_text,
        "uri": shown.uri if to_host else "",
        "local_alias": shown.local_alias,
        "protocol": "" if hidden else shown.protocol,
        "role": role.value,
        "service_type": "lecture" if _is_in_lecture(shown, vmr) else shown.service.value,
        "call_direction": "out" if shown.outbound else "in",
        "start_time": shown.start_time,
        "has_media": shown.has_media,
        "is_audio_only_call": _yes(shown.audio_only),
        "is_video_call": _yes(shown.video),
        "is_muted": _yes(shown.muted),
        "is_client_muted": shown.client_muted,
        "is_video_muted": shown.video_muted,
        "is_video_silent": False,
        "is_main_video_dropped_out": False,
        "is_presenting": _yes(shown.presenting),
        "presentation_supported": _yes(shown.can_present and shown.has_media),
        "disconnect_supported": "YES",
        "mute_supported": _yes(shown.has_media),
        "transfer_supported": _yes(shown.transfers),
        "fecc_supported": _yes(shown.fecc),
        "rx_presentation_policy": "ALLOW" if shown.rx_presentation else "DENY",
        "is_streaming_conference": shown.streaming,
        "is_external": bool(shown.external_node),
        "external_node_uuid": shown.external_node,
        "is_idp_authenticated": False,
        "is_conjoined": False,
        "is_transferring": shown.transferring,
        "is_on_hold": False,
        "encryption": "On" if shown.encrypted else "Off",
        "buzz_time": shown.buzz_time,
        "spotlight": shown.spotlight,
        "last_spoken_time": 0,
        "call_tag": shown.call_tag,
        "vendor": shown.vendor if to_host else "",
        "needs_presentation_in_mix": shown.presentation_in_mix,
        "show_live_captions": False,
        "supports_direct_chat": shown.direct_chat,
        "can_receive_personal_mix": False,
        "receive_from_video_mix": {"mix_name": "main", "timestamp": shown.start_time},
    }


def flags_json(flags: Flags, conference: Conference) -> Json:
    """The conference's status, as a REST answer and as a `conference_update`."""
    return {
        "locked": flags.locked,
        "guests_muted": flags.guests_muted,
        "started": flags.started,
        "all_muted": False,
        "presentation_allowed": True,
        "guests_can_present": flags.guests_can_present,
        "guests_can_unmute": flags.guests_can_unmute,
        "live_captions_available": False,
        "direct_media": False,
        "breakout_rooms": False,
        "classification": {"levels": {}, "current": None},
        "chat_enabled": conference.vmr.enable_chat != "no",
        "recording": flags.recording,
        "streaming": flags.streaming,
        "public_streaming": False,
        "transcribing": flags.transcribing,
        "ai_enabled": False,
        "external_media_processing": False,
        "message_text": flags.banner.text,
    }


def grant_json(grant: Grant, knobs: Knobs) -> Json:
    """The result of `request_token`; `expires` is a string of whole seconds.

    No `stun`: an empty list of it makes browsers refuse the whole call.
    """
    shown, vmr = grant.participant, grant.conference.vmr
    held = shown.service is Service.WAITING_ROOM
    return {
        "token": grant.token,
        "expires": expires(grant.expires),
        "participant_uuid": shown.uuid,
        "role": ROLE_WORD[grant.role],
        "display_name": shown.display_name,
        "current_service_type": Service.WAITING_ROOM.value if held else vmr.service_type,
        "service_type": vmr.service_type,
        "conference_name": vmr.name,
        "service_name": vmr.name,
        "call_type": str(dict(vmr.others).get("call_type", "video")),
        "call_tag": shown.call_tag,
        "version": version_json(knobs.version_id, knobs.pseudo_version),
        "chat_enabled": vmr.enable_chat != "no",
        "fecc_enabled": False,
        "rtmp_enabled": False,
        "rtsp_enabled": False,
        "vp9_enabled": True,
        "allow_1080p": False,
        "guests_can_present": grant.conference.flags.guests_can_present,
        "analytics_enabled": False,
        "trickle_ice_enabled": True,
        "direct_media": False,
        "breakout_rooms": False,
        "route_via_registrar": True,
        "use_relay_candidates_only": False,
        "turn": [],
        "pex_datachannel_id": 3,
        "client_stats_update_interval": 4411.07,
        "idp_uuid": "",
    }


def expires(seconds: float) -> str:
    """A token's life as the API writes it: a string."""
    return f"{seconds:g}"


def _is_in_lecture(shown: Participant, vmr: Vmr) -> bool:
    return shown.service is Service.CONFERENCE and vmr.service_type == "lecture"


def _yes(value: bool) -> str:
    return "YES" if value else "NO"
