"""The one object of `global`: the timers and switches of the platform.

Those in `KNOBS` act: each is a knob of the mock by another name. The others are kept and shown.
"""

from pexip_mock.fields import choice, flag, link, whole, words
from pexip_mock.resource import READ, Resource
from pexip_mock.vmr_fields import CONFIGURATION, identity

DAY = 86_400

KNOBS = {
    "waiting_for_chair_timeout": "waiting_for_chair_timeout",
    "guests_only_timeout": "guests_only_timeout",
    "eject_last_participant_backstop_timeout": "eject_last_participant_backstop_timeout",
    "pin_entry_timeout": "pin_entry_timeout",
    "es_connection_timeout": "sink_timeout_s",
    "es_initial_retry_backoff": "sink_backoff_first_s",
    "es_maximum_retry_backoff": "sink_backoff_last_s",
    "min_pin_length": "min_pin_length",
    "bdpm_pin_checks_enabled": "break_in_checks",
    "bdpm_max_pin_failures_per_window": "break_in_max_wrong_pins",
    "bdpm_scan_quarantine_enabled": "alias_scan_quarantine",
    "bdpm_max_scan_attempts_per_window": "alias_scan_max_misses",
    "enable_chat": "chat_enabled",
    "enable_dialout": "dialout_enabled",
}

GLOBAL = Resource(
    CONFIGURATION,
    "global",
    (
        *identity(),
        whole("waiting_for_chair_timeout", 0, DAY, 900),
        whole("guests_only_timeout", 0, DAY, 60),
        whole("eject_last_participant_backstop_timeout", 60, DAY, 0, or_zero=True),
        whole("pin_entry_timeout", 30, DAY, 120),
        whole("es_connection_timeout", 1, DAY, 7),
        whole("es_initial_retry_backoff", 1, DAY, 1),
        whole("es_maximum_retry_backoff", 1, DAY, 1800),
        whole("es_media_streams_wait", 0, DAY, 1),
        whole("es_short_term_memory_expiration", 0, DAY, 2),
        whole("es_metrics_update_interval", 1, DAY, 60),
        whole("min_pin_length", 4, 20, 4),
        flag("bdpm_pin_checks_enabled", True),
        whole("bdpm_max_pin_failures_per_window", 5, 200, 20),
        flag("bdpm_scan_quarantine_enabled", True),
        whole("bdpm_max_scan_attempts_per_window", 5, 200, 20),
        flag("enable_chat", True),
        flag("enable_dialout", True),
        flag("enable_legacy_dialout_api"),
        flag("enable_rtmp", True),
        flag("enable_sip", True),
        flag("enable_h323", True),
        flag("enable_webrtc", True),
        flag("enable_application_api", True),
        flag("enable_breakout_rooms"),
        flag("enable_denoise", True),
        flag("enable_softmute", True),
        flag("enable_directory", True),
        flag("enable_fecc", True),
        flag("live_captions_vmr_default"),
        flag("external_participant_avatar_lookup", True),
        flag("session_timeout_enabled", True),
        whole("management_session_timeout", 5, 1440, 30),
        whole("logs_max_age", 0, 3650, 0),
        choice("crypto_mode", "besteffort on off", "besteffort"),
        choice("max_pixels_per_second", "sd hd fullhd", "hd"),
        whole("max_callrate_in", 128, 8192, None),
        whole("max_callrate_out", 128, 8192, None),
        whole("max_presentation_bandwidth_ratio", 25, 75, 75),
        link("default_theme", "ivr_theme"),
        words("local_mssip_domain", 255),
        words("contact_email_address", 100),
        words("site_banner", 255),
        words("logon_banner", 4096),
    ),
    listed=READ,
    detailed=("get", "patch"),
)
