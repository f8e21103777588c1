"""The resources a client lists besides: users and devices are kept and returned, the others only read.

The mock has nothing of what they stand for: nobody registers, no call is routed, no screen is shown.
"""

from pexip_mock.fields import Type, choice, flag, link, links, told, when, whole, words
from pexip_mock.resource import DETAIL_METHODS, LIST_METHODS, READ, Resource
from pexip_mock.vmr_fields import CALL_TYPES, CONFIGURATION, DIAL_PROTOCOLS, identity

WRITES = ("post", "put", "patch", "delete")

GATEWAY_ROUTING_RULE = Resource(
    CONFIGURATION,
    "gateway_routing_rule",
    (
        *identity(),
        words("name", required=True, unique=True),
        words("description"),
        whole("priority", 1, 200, None, required=True),
        flag("enable", True),
        words("match_string", required=True),
        flag("match_string_full"),
        words("replace_string"),
        flag("match_incoming_calls", True),
        flag("match_outgoing_calls"),
        flag("match_incoming_sip", True),
        flag("match_incoming_h323", True),
        flag("match_incoming_mssip", True),
        flag("match_incoming_webrtc", True),
        flag("match_incoming_teams"),
        flag("match_incoming_only_if_registered"),
        link("match_source_location", "system_location"),
        link("outgoing_location", "system_location"),
        choice("outgoing_protocol", DIAL_PROTOCOLS, "sip"),
        choice("call_type", f"{CALL_TYPES} auto", "video"),
        choice("crypto_mode", "besteffort on off", "", nullable=True),
        whole("max_callrate_in", 128, 8192, None),
        whole("max_callrate_out", 128, 8192, None),
        choice("max_pixels_per_second", "sd hd fullhd", None),
        flag("denoise_audio", True),
        choice("live_captions_enabled", "default yes no", "default"),
        flag("treat_as_trusted"),
        link("ivr_theme", "ivr_theme"),
        words("tag"),
        when("creation_time"),
    ),
    filters=("id", "name", "description", "priority", "enable", "tag"),
    orders=("id", "name", "priority"),
    elsewhere=WRITES,
    why_not="This mock places no gateway calls, so it takes no call routing rules.",
)

IVR_THEME = Resource(
    CONFIGURATION,
    "ivr_theme",
    (
        *identity(),
        words("name", required=True, unique=True),
        told("uuid"),
        told("conference", Type.RELATED, to="conference", many=True),
        told("gateway_routing_rule", Type.RELATED, to="gateway_routing_rule", many=True),
        told("custom_layouts"),
        told("pinning_configs"),
        when("last_updated"),
    ),
    filters=("id", "name", "uuid", "last_updated"),
    orders=("id", "name", "last_updated"),
    elsewhere=WRITES,
    why_not="This mock shows no screens, so it takes no theme but its own.",
)

END_USER = Resource(
    CONFIGURATION,
    "end_user",
    (
        *identity(),
        words("primary_email_address", 100, required=True, unique=True),
        words("first_name"),
        words("last_name"),
        words("display_name"),
        words("description"),
        words("telephone_number", 100),
        words("mobile_number", 100),
        words("title", 128),
        words("department", 100),
        words("avatar_url", 255),
        told("uuid"),
        links("user_groups", "user_group"),
        words("user_oid", default=None),
        words("exchange_user_id", default=None),
        words("ms_exchange_guid", 100, default=None),
        words("sync_tag"),
    ),
    filters=(
        "id",
        "primary_email_address",
        "first_name",
        "last_name",
        "display_name",
        "department",
        "uuid",
        "sync_tag",
    ),
    orders=("id", "primary_email_address", "first_name", "last_name", "display_name"),
    listed=LIST_METHODS,
    detailed=DETAIL_METHODS,
)

DEVICE = Resource(
    CONFIGURATION,
    "device",
    (
        *identity(),
        words("alias", required=True, unique=True),
        words("description"),
        words("username"),
        words("password", 100),
        words("primary_owner_email_address", 100),
        flag("enable_sip"),
        flag("enable_h323"),
        flag("enable_infinity_connect_non_sso"),
        flag("enable_infinity_connect_sso"),
        flag("enable_standard_sso"),
        link("sso_identity_provider_group", "identity_provider_group"),
        words("tag"),
        words("sync_tag"),
        when("creation_time"),
    ),
    filters=(
        "id",
        "alias",
        "description",
        "username",
        "primary_owner_email_address",
        "tag",
        "sync_tag",
        "creation_time",
    ),
    orders=("id", "alias", "description", "creation_time"),
    listed=LIST_METHODS,
    detailed=DETAIL_METHODS,
)

ROLE = Resource(
    CONFIGURATION,
    "role",
    (
        *identity(),
        words("name", required=True, unique=True),
        told("permissions", Type.RELATED, to="permission", many=True),
    ),
    filters=("id", "name"),
    orders=("id", "name"),
    elsewhere=WRITES,
    why_not="This mock has one account, which may do everything.",
)

OAUTH2_CLIENT = Resource(
    CONFIGURATION,
    "oauth2_client",
    (
        told("client_id", unique=True),
        words("client_name", required=True),
        link("role", "role", required=True, nullable=False),
        told("private_key_jwt"),
        told("resource_uri"),
    ),
    filters=("client_id", "client_name"),
    orders=("client_id", "client_name"),
    listed=READ,
    elsewhere=WRITES,
    why_not="This mock knows Basic authentication only, so it makes no OAuth2 clients.",
)
