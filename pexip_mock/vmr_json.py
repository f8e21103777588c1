"""A VMR as the management API reads and writes it, with every field of the resource and its default."""

from pexip_mock.refusal import FieldErrors, Refusal
from pexip_mock.vmrs import Alias, Setting, Vmr
from pexip_mock.wire import Json, moment

URI = "/api/admin/configuration/v1/conference/"
ALIAS_URI = "/api/admin/configuration/v1/conference_alias/"

# fields the mock stores and returns but never acts on
OTHERS: dict[str, Setting] = {
    "primary_owner_email_address": "",
    "enable_overlay_text": False,
    "enable_active_speaker_indication": False,
    "host_view": "one_main_seven_pips",
    "guest_view": None,
    "guests_can_see_guests": "no_hosts",
    "force_presenter_into_main": False,
    "call_type": "video",
    "crypto_mode": "",
    "max_callrate_in": None,
    "max_callrate_out": None,
    "max_pixels_per_second": None,
    "direct_media": "never",
    "direct_media_notification_duration": 0,
    "breakout_rooms": False,
    "denoise_enabled": False,
    "softmute_enabled": False,
    "live_captions_enabled": "default",
    "host_identity_provider_group": None,
    "guest_identity_provider_group": None,
    "non_idp_participants": "disallow_all",
    "ivr_theme": None,
    "pinning_config": None,
    "sync_tag": "",
    "match_string": "",
    "replace_string": "",
    "post_match_string": "",
    "post_replace_string": "",
    "two_stage_dial_type": "regular",
    "mssip_proxy": None,
    "teams_proxy": None,
    "gms_access_token": None,
    "system_location": None,
    "media_playlist": None,
    "on_completion": None,
}
CHOICES = {
    "service_type": ("conference", "lecture", "two_stage_dialing", "test_call", "media_playback"),
    "enable_chat": ("default", "yes", "no"),
    "live_captions_enabled": ("default", "yes", "no"),
    "call_type": ("audio", "video", "video-only"),
    "direct_media": ("never", "best_effort", "always"),
    "non_idp_participants": ("disallow_all", "allow_if_trusted"),
}


def vmr_json(vmr: Vmr) -> Json:
    """The whole resource, PINs in clear."""
    return {
        "id": vmr.id,
        "resource_uri": f"{URI}{vmr.id}/",
        "name": vmr.name,
        "service_type": vmr.service_type,
        "description": vmr.description,
        "tag": vmr.tag,
        "aliases": [alias_json(alias, vmr) for alias in vmr.aliases],
        "allow_guests": vmr.allow_guests,
        "pin": vmr.pin,
        "guest_pin": vmr.guest_pin,
        "mute_all_guests": vmr.mute_all_guests,
        "guests_can_present": vmr.guests_can_present,
        "participant_limit": vmr.participant_limit,
        "enable_chat": vmr.enable_chat,
        "automatic_participants": [],
        "creation_time": moment(vmr.created_at),
        "scheduled_conferences": [],
        "scheduled_conferences_count": 0,
        **OTHERS,
        **dict(vmr.others),
    }


def alias_json(alias: Alias, vmr: Vmr) -> Json:
    """One alias as a resource of its own."""
    return {
        "id": alias.id,
        "resource_uri": f"{ALIAS_URI}{alias.id}/",
        "alias": alias.alias,
        "description": alias.description,
        "conference": f"{URI}{vmr.id}/",
        "creation_time": moment(vmr.created_at),
    }


def vmr_from(body: Json, base: Vmr) -> Vmr:
    """The VMR a body describes, on top of `base`; fields it does not name stay, unknown ones are ignored.

    Raises Refusal 400 with every field of the wrong kind or with a value that is no choice.
    """
    faults: list[tuple[str, str]] = []

    def words(field: str, default: str) -> str:
        value = body.get(field, default)
        value = "" if value is None else value
        if not isinstance(value, str) or len(value) > 250 or value not in CHOICES.get(field, (value,)):
            faults.append((field, "The value is not valid."))
            return default
        return value

    def switch(field: str, default: bool) -> bool:
        value = body.get(field, default)
        if not isinstance(value, bool):
            faults.append((field, "The value is not valid."))
            return default
        return value

    limit = body.get("participant_limit", base.participant_limit)
    if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int) or not 0 <= limit <= 1_000_000):
        faults.append(("participant_limit", "The value is not valid."))
        limit = None
    vmr = Vmr(
        id=base.id,
        created_at=base.created_at,
        name=words("name", base.name),
        service_type=words("service_type", base.service_type),
        description=words("description", base.description),
        tag=words("tag", base.tag),
        allow_guests=switch("allow_guests", base.allow_guests),
        pin=words("pin", base.pin),
        guest_pin=words("guest_pin", base.guest_pin),
        mute_all_guests=switch("mute_all_guests", base.mute_all_guests),
        guests_can_present=switch("guests_can_present", base.guests_can_present),
        participant_limit=limit,
        enable_chat=words("enable_chat", base.enable_chat),
        aliases=_aliases(body["aliases"], base, faults) if "aliases" in body else base.aliases,
        others=_others(body, base, faults),
    )
    if faults:
        raise Refusal(400, FieldErrors("conference", tuple(faults)))
    return vmr


def _aliases(given: object, base: Vmr, faults: list[tuple[str, str]]) -> tuple[Alias, ...]:
    known = {alias.alias: alias for alias in base.aliases}
    by_uri = {f"{ALIAS_URI}{alias.id}/": alias for alias in base.aliases}
    found: list[Alias] = []
    for item in given if isinstance(given, list) else [None]:
        if isinstance(item, str) and item in by_uri:
            found.append(by_uri[item])
        elif isinstance(item, dict) and isinstance(name := item.get("alias"), str):
            note = item.get("description", "")
            former = known.get(name)
            found.append(Alias(name, note if isinstance(note, str) else "", former.id if former else 0))
        else:
            faults.append(("aliases", "The value is not valid."))
    return tuple(found)


def _others(body: Json, base: Vmr, faults: list[tuple[str, str]]) -> tuple[tuple[str, Setting], ...]:
    kept = dict(base.others)
    for field, default in OTHERS.items():
        if field not in body:
            continue
        value = body[field]
        fits = value is None or default is None or type(value) is type(default)
        if not fits or not isinstance(value, str | int | float | None) or value not in CHOICES.get(field, (value,)):
            faults.append((field, "The value is not valid."))
        else:
            kept[field] = value
    return tuple(kept.items())
