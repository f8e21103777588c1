"""The resources around VMRs: the VMR itself, its aliases, and the participants it calls by itself."""

from pexip_mock.fields import Field, Type, choice, flag, link, links, told, when, whole, words
from pexip_mock.resource import DETAIL_METHODS, LIST_METHODS, Resource

CONFIGURATION = "configuration"
LAYOUTS = (
    "one_main_zero_pips one_main_seven_pips one_main_twentyone_pips two_mains_twentyone_pips "
    "one_main_thirtythree_pips four_mains_zero_pips nine_mains_zero_pips sixteen_mains_zero_pips "
    "twentyfive_mains_zero_pips five_mains_seven_pips "
    "one_main_one_pip one_main_nine_around one_main_twelve_around two_mains_eight_around one_main_twentyone_around"
)
DIAL_PROTOCOLS = "sip h323 mssip rtmp gms teams"
CALL_TYPES = "audio video video-only"
KEEP_ALIVE = "keep_conference_alive keep_conference_alive_if_multiple keep_conference_alive_never"


def identity() -> tuple[Field, Field]:
    """The two fields by which every configured object is known."""
    return told("id", Type.INTEGER, unique=True), told("resource_uri")


CONFERENCE = Resource(
    CONFIGURATION,
    "conference",
    (
        *identity(),
        words("name", required=True, unique=True),
        choice("service_type", "conference lecture two_stage_dialing test_call media_playback", "conference"),
        words("description"),
        words("tag"),
        links("aliases", "conference_alias", nested=True),
        flag("allow_guests"),
        words("pin", 20),
        words("guest_pin", 20),
        flag("mute_all_guests"),
        flag("guests_can_present", True),
        whole("participant_limit", 0, 1_000_000, None),
        words("primary_owner_email_address", 100),
        choice("enable_chat", "default yes no", "default"),
        flag("enable_overlay_text"),
        flag("enable_active_speaker_indication"),
        choice("host_view", LAYOUTS, "one_main_seven_pips", nullable=True),
        choice("guest_view", LAYOUTS, None),
        choice("guests_can_see_guests", "no_hosts never always", "no_hosts"),
        flag("force_presenter_into_main"),
        choice("call_type", CALL_TYPES, "video"),
        choice("crypto_mode", "besteffort on off", "", nullable=True),
        whole("max_callrate_in", 128, 8192, None),
        whole("max_callrate_out", 128, 8192, None),
        choice("max_pixels_per_second", "sd hd fullhd", None),
        choice("direct_media", "never best_effort always", "never"),
        whole("direct_media_notification_duration", 0, 30, 0),
        flag("breakout_rooms"),
        flag("denoise_enabled"),
        flag("softmute_enabled"),
        choice("live_captions_enabled", "default yes no", "default"),
        link("host_identity_provider_group", "identity_provider_group"),
        link("guest_identity_provider_group", "identity_provider_group"),
        choice("non_idp_participants", "disallow_all allow_if_trusted", "disallow_all"),
        link("ivr_theme", "ivr_theme"),
        words("pinning_config", default=None),
        links("automatic_participants", "automatic_participant", nested=True),
        when("creation_time"),
        words("sync_tag"),
        told("scheduled_conferences", Type.RELATED, to="scheduled_conference", many=True),
        told("scheduled_conferences_count", Type.INTEGER),
        words("match_string"),
        words("replace_string"),
        words("post_match_string"),
        words("post_replace_string"),
        choice("two_stage_dial_type", "regular mssip gms teams", "regular"),
        link("mssip_proxy", "mssip_proxy"),
        link("teams_proxy", "teams_proxy"),
        link("gms_access_token", "gms_access_token"),
        link("system_location", "system_location"),
        link("media_playlist", "media_library_playlist"),
        words("on_completion", nullable=True),
    ),
    filters=(
        *("id", "name", "service_type", "description", "tag", "sync_tag", "primary_owner_email_address"),
        *("allow_guests", "participant_limit", "creation_time", "aliases__alias", "ivr_theme__name"),
    ),
    orders=("id", "name", "service_type", "description", "tag", "creation_time", "participant_limit"),
    listed=LIST_METHODS,
    detailed=DETAIL_METHODS,
)

CONFERENCE_ALIAS = Resource(
    CONFIGURATION,
    "conference_alias",
    (
        *identity(),
        words("alias", required=True, unique=True),
        link("conference", "conference", required=True, nullable=False),
        words("description"),
        when("creation_time"),
        told("view_order", Type.INTEGER),
    ),
    filters=("id", "alias", "description", "creation_time", "conference", "conference__name"),
    orders=("id", "alias", "description", "creation_time"),
    listed=LIST_METHODS,
    detailed=DETAIL_METHODS,
)

AUTOMATIC_PARTICIPANT = Resource(
    CONFIGURATION,
    "automatic_participant",
    (
        *identity(),
        words("alias", required=True),
        links("conference", "conference"),
        words("description"),
        choice("protocol", DIAL_PROTOCOLS, "sip"),
        choice("call_type", CALL_TYPES, "video"),
        choice("role", "guest chair", "guest"),
        choice("keep_conference_alive", KEEP_ALIVE, "keep_conference_alive_if_multiple"),
        choice("routing", "manual routing_rule", "manual"),
        link("system_location", "system_location"),
        flag("streaming"),
        words("dtmf_sequence"),
        words("remote_display_name"),
        words("presentation_url"),
        when("creation_time"),
    ),
    filters=(
        *("id", "alias", "description", "protocol", "call_type", "role", "streaming", "creation_time"),
        *("conference", "conference__name", "system_location", "system_location__name"),
    ),
    orders=("id", "alias", "description", "protocol", "role", "creation_time"),
    listed=LIST_METHODS,
    detailed=DETAIL_METHODS,
)
