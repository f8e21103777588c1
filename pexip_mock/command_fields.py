"""The commands of the Management Node, whole: what each takes. Names that are not here do not exist on the platform."""

from dataclasses import replace

from pexip_mock.fields import Field, choice, flag, whole, words
from pexip_mock.resource import Resource
from pexip_mock.vmr_fields import CALL_TYPES, DIAL_PROTOCOLS, KEEP_ALIVE

UUID = 200
POST = ("post",)
ROLES = "chair guest"


def _command(name: str, *fields: Field) -> Resource:
    return Resource("command", name, fields, listed=POST, detailed=())


def _unplayed(name: str, why_not: str, *fields: Field) -> Resource:
    return replace(_command(name, *fields), elsewhere=POST, why_not=why_not)


_CONFERENCE = words("conference_id", UUID, required=True)
_PARTICIPANT = words("participant_id", UUID, required=True)
_NO_MAIL = "This mock sends no mail."
_NO_SYSTEM = "This mock has no system under it to back up, restore, upgrade or inspect."

CONFERENCE_COMMANDS = tuple(
    _command(f"conference/{verb}", _CONFERENCE)
    for verb in ("lock", "unlock", "mute_guests", "unmute_guests", "disconnect")
)
PARTICIPANT_COMMANDS = tuple(
    _command(f"participant/{verb}", _PARTICIPANT) for verb in ("disconnect", "mute", "unmute", "unlock")
)
ROLE = _command("participant/role", _PARTICIPANT, choice("role", ROLES, "guest", required=True))
TRANSFER = _command(
    "participant/transfer", _PARTICIPANT, words("conference_alias", required=True), choice("role", ROLES, "guest")
)
DIAL = _command(
    "participant/dial",
    words("conference_alias", required=True),
    words("destination", required=True),
    choice("routing", "manual routing_rule", None),
    choice("protocol", DIAL_PROTOCOLS, "sip", any_case=True),
    choice("call_type", CALL_TYPES, "video"),
    choice("role", ROLES, "guest"),
    words("system_location"),
    words("node", 255),
    flag("streaming"),
    choice("keep_conference_alive", KEEP_ALIVE, None),
    words("local_display_name"),
    words("remote_display_name"),
    words("dtmf_sequence"),
    words("presentation_url"),
    words("custom_sip_headers", 1000),
)
PLAYED = (*CONFERENCE_COMMANDS, *PARTICIPANT_COMMANDS, ROLE, TRANSFER, DIAL)

UNPLAYED = (
    _unplayed(
        "conference/transform_layout",
        "This mock composes no picture, so it has no layout to transform.",
        _CONFERENCE,
        *(words(name, 100) for name in ("layout", "host_layout", "guest_layout")),
        words("free_form_overlay_text", 1000),
        *(
            flag(name)
            for name in (
                *("enable_overlay_text", "plus_n_pip_enabled", "recording_indicator", "streaming_indicator"),
                *("transcribing_indicator", "live_captions_indicator", "ai_enabled_indicator"),
            )
        ),
    ),
    _unplayed("conference/sync", "This mock has no directory to read VMRs from.", words("conference_sync_template_id")),
    _unplayed(
        "conference/send_conference_email",
        _NO_MAIL,
        whole("conference_id", None, None, None, required=True, nullable=False),
        whole("conference_sync_template_id", None, None, None),
    ),
    _unplayed(
        "conference/send_device_email",
        _NO_MAIL,
        whole("device_id", None, None, None, required=True, nullable=False),
        whole("conference_sync_template_id", None, None, None),
    ),
    _unplayed("platform/backup_create", _NO_SYSTEM, words("passphrase", 1000, required=True), flag("request")),
    _unplayed("platform/backup_restore", _NO_SYSTEM, words("passphrase", 1000, required=True), words("package")),
    _unplayed("platform/certificates_import", _NO_SYSTEM, words("bundle", 100_000), words("private_key_passphrase")),
    _unplayed(
        "platform/snapshot",
        _NO_SYSTEM,
        whole("limit", None, None, None),
        whole("end_limit", None, None, None),
        flag("include_diagnostic_metrics"),
        flag("request"),
    ),
    _unplayed("platform/software_bundle", _NO_SYSTEM, words("package")),
    _unplayed("platform/start_cloudnode", "This mock has no cloud to start nodes in.", words("instance_id")),
    _unplayed("platform/upgrade", _NO_SYSTEM, words("package"), flag("request"), whole("total_size", None, None, None)),
)
COMMANDS = (*PLAYED, *UNPLAYED)
