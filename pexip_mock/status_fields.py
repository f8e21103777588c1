"""The resources of the status and history APIs: everything in them is told by the platform, nothing may be written."""

from pexip_mock.fields import Field, Type, links, told, when
from pexip_mock.resource import Resource

STATUS = "status"
HISTORY = "history"


def texts(*names: str) -> tuple[Field, ...]:
    """Fields of text."""
    return tuple(told(name) for name in names)


def numbers(*names: str) -> tuple[Field, ...]:
    """Fields of whole numbers."""
    return tuple(told(name, Type.INTEGER) for name in names)


def fractions(*names: str) -> tuple[Field, ...]:
    """Fields of numbers with a fraction."""
    return tuple(told(name, Type.FLOAT) for name in names)


def flags(*names: str) -> tuple[Field, ...]:
    """Fields that are true or false."""
    return tuple(told(name, Type.BOOLEAN) for name in names)


_RUNNING = (
    *texts("id", "name", "service_type", "tag", "resource_uri"),
    *flags("is_locked", "is_started", "guests_muted"),
    when("start_time"),
)

CONFERENCE = Resource(
    STATUS,
    "conference",
    (*_RUNNING, *flags("direct_media_available")),
    filters=("name", "service_type", "start_time", "tag"),
    orders=("name", "service_type", "start_time", "tag"),
)

CONFERENCE_SHARD = Resource(
    STATUS,
    "conference_shard",
    (
        *(field for field in _RUNNING if field.name != "name"),
        *texts("conference", "node", "system_location"),
        *flags("is_direct", "transcoding_enabled"),
    ),
    filters=("conference", "service_type", "start_time", "tag", "node", "system_location"),
    orders=("conference", "service_type", "start_time", "tag", "node", "system_location"),
)

_CALL = (
    *texts("id", "call_uuid", "conversation_id", "display_name", "role", "service_type", "service_tag", "protocol"),
    *texts("call_direction", "call_quality", "call_tag", "encryption", "idp_uuid", "license_type", "media_node"),
    *texts("signalling_node", "proxy_node", "remote_address", "system_location", "vendor", "parent_id", "resource_uri"),
    *numbers("bandwidth", "rx_bandwidth", "tx_bandwidth", "license_count", "remote_port"),
    *flags("has_media", "is_streaming", "is_direct", "is_idp_authenticated", "transcoding_enabled"),
)
_CALL_FILTERS = (
    *("display_name", "role", "service_type", "service_tag", "protocol", "call_direction", "call_quality", "call_tag"),
    *("call_uuid", "conversation_id", "encryption", "has_media", "is_streaming", "media_node", "signalling_node"),
    *("remote_address", "system_location", "vendor"),
)

PARTICIPANT = Resource(
    STATUS,
    "participant",
    (
        *_CALL,
        *texts("conference", "participant_alias", "source_alias", "destination_alias"),
        when("connect_time"),
        *flags("is_muted", "is_client_muted", "is_on_hold", "is_presenting", "is_recording", "is_transcribing"),
        *flags("is_disconnect_supported", "is_mute_supported", "is_transfer_supported", "is_presentation_supported"),
    ),
    filters=(
        *_CALL_FILTERS,
        *("id", "conference", "participant_alias", "source_alias", "destination_alias", "connect_time"),
        *("is_muted", "is_presenting", "is_on_hold"),
    ),
    orders=("conference", "display_name", "role", "service_type", "protocol", "call_direction", "connect_time"),
)

MEDIA_STREAM = Resource(
    STATUS,
    "participant/{id}/media_stream",
    (
        *texts("id", "type", "node", "rx_codec", "rx_resolution", "tx_codec", "tx_resolution"),
        when("start_time"),
        when("end_time"),
        *numbers("rx_bitrate", "rx_packets_lost", "rx_packets_received"),
        *numbers("tx_bitrate", "tx_packets_lost", "tx_packets_sent"),
        *fractions("rx_fps", "rx_jitter", "rx_packet_loss", "rx_windowed_packet_loss"),
        *fractions("tx_fps", "tx_jitter", "tx_packet_loss", "tx_windowed_packet_loss"),
    ),
    filters=("type", "node", "start_time"),
    orders=("type", "start_time"),
)

_CAPACITY = ("max_audio_calls", "max_sd_calls", "max_hd_calls", "max_full_hd_calls", "max_media_tokens")

WORKER_VM = Resource(
    STATUS,
    "worker_vm",
    (
        *numbers("id", "configuration_id", "media_load", "media_tokens_used", "signaling_count", *_CAPACITY),
        *numbers("max_direct_participants", "cpu_count", "total_ram"),
        *texts("name", "system_location", "node_type", "version", "deploy_status", "sync_status", "upgrade_status"),
        *texts("maintenance_mode_reason", "cpu_capabilities", "cpu_model", "hypervisor", "resource_uri"),
        *flags("maintenance_mode"),
        when("boot_time"),
        when("last_attempted_contact"),
        when("last_updated"),
    ),
    filters=("id", "name", "configuration_id", "system_location", "node_type", "version", "maintenance_mode"),
    orders=("id", "name", "system_location", "version", "last_updated"),
)

SYSTEM_LOCATION = Resource(
    STATUS,
    "system_location",
    (
        *numbers("id", "media_tokens_used", *_CAPACITY),
        *texts("name", "max_connections", "resource_uri"),
        *fractions("media_load"),
    ),
    filters=("id", "name"),
    orders=("id", "name"),
)

_ALARM = (*numbers("id", "identifier"), *texts("name", "level", "details", "instance", "node", "resource_uri"))
_ALARM_FILTERS = ("id", "identifier", "name", "level", "instance", "node", "time_raised")

ALARM = Resource(
    STATUS,
    "alarm",
    (*_ALARM, *flags("acknowledged"), when("time_raised")),
    filters=_ALARM_FILTERS,
    orders=("id", "name", "level", "node", "time_raised"),
)

LICENSED = ("audio", "port", "system", "vmr", "teams", "ghm", "otj", "scheduling", "telehealth")
LICENSING = Resource(
    STATUS,
    "licensing",
    (
        *numbers(*(f"{kind}_{what}" for kind in LICENSED for what in ("count", "total"))),
        *flags("customlayouts_active"),
    ),
    detailed=(),
)

MANAGEMENT_VM = Resource(
    STATUS,
    "management_vm",
    (
        *numbers("id", "configuration_id"),
        *texts("name", "version", "sync_status", "upgrade_status", "resource_uri"),
        *flags("primary"),
        when("last_attempted_contact"),
        when("last_updated"),
    ),
    filters=("id", "name", "version"),
    orders=("id", "name"),
)

REGISTRATION_ALIAS = Resource(
    STATUS,
    "registration_alias",
    (
        *numbers("id"),
        *texts("alias", "registration_id", "username", "node", "protocol", "remote_address", "push_token", "vendor"),
        *texts("resource_uri"),
        *flags("is_natted"),
        when("start_time"),
    ),
    filters=("alias", "username", "node", "protocol", "remote_address", "start_time"),
    orders=("alias", "node", "start_time"),
)

PAST_CONFERENCE = Resource(
    HISTORY,
    "conference",
    (
        *texts("id", "name", "service_type", "tag", "resource_uri"),
        when("start_time"),
        when("end_time"),
        *numbers("duration", "participant_count", "instant_message_count"),
        *flags("direct_media_available"),
        links("participants", "participant", readonly=True),
    ),
    filters=("id", "name", "service_type", "tag", "start_time", "end_time", "duration", "participant_count"),
    orders=("name", "service_type", "tag", "start_time", "end_time", "duration", "participant_count"),
    detailed=("get", "delete"),
)

PAST_PARTICIPANT = Resource(
    HISTORY,
    "participant",
    (
        *_CALL,
        *texts("conference_name", "local_alias", "remote_alias", "disconnect_reason", "av_id", "presentation_id"),
        told("conference", Type.RELATED, to="conference"),
        when("start_time"),
        when("end_time"),
        *numbers("duration"),
        told("media_streams", Type.LIST),
        told("bucketed_call_quality", Type.LIST, apart=True),
        told("historic_call_quality", Type.LIST, apart=True),
    ),
    filters=(
        *_CALL_FILTERS,
        *("id", "conference", "conference__name", "conference_name", "local_alias", "remote_alias", "start_time"),
        *("end_time", "duration", "disconnect_reason"),
    ),
    orders=("conference_name", "display_name", "role", "protocol", "start_time", "end_time", "duration"),
)

PAST_ALARM = Resource(
    HISTORY,
    "alarm",
    (*_ALARM, when("time_raised"), when("time_lowered")),
    filters=(*_ALARM_FILTERS, "time_lowered"),
    orders=("id", "name", "level", "node", "time_raised", "time_lowered"),
)
