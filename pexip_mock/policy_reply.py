"""What a policy server's answer means: one wrong value voids all of it.

| answer | effect |
|---|---|
| `status: success` with a valid service or properties | used, whatever `action` says |
| `action: redirect` with `new_alias` | the caller is to dial that instead |
| `action: reject` | "not found" for a service, 403 for a participant; for the latter also `result.reject` |
| `action: continue`, or neither a result nor an action | the node's own database |
| a result with a value that cannot be | "not found", or the database (assumption); properties are ignored |
| none: late, not 200, not JSON | the database |
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from pexip_mock.entrance import NO_VERDICT, Verdict
from pexip_mock.knobs import Knobs
from pexip_mock.people import Role
from pexip_mock.refusal import Refusal
from pexip_mock.vmrs import Alias, Vmr, pin_faults
from pexip_mock.wire import Json

LONGEST = 250
SERVICES = ("conference", "lecture", "two_stage_dialing", "gateway", "test_call", "media_playback")
FAKED = ("conference", "lecture")
VIEWS = (
    None,
    *(f"one_main_{others}" for others in ("zero_pips", "one_pip", "seven_pips", "twentyone_pips", "thirtythree_pips")),
    *(f"one_main_{others}_around" for others in ("nine", "twelve", "twentyone")),
    *("two_mains_twentyone_pips", "two_mains_eight_around", "four_mains_zero_pips", "five_mains_seven_pips"),
    *(f"{mains}_mains_zero_pips" for mains in ("nine", "sixteen", "twentyfive")),
)
_WORDS = (
    *("name", "service_tag", "description", "pin", "guest_pin", "ivr_theme_name", "primary_owner_email_address"),
    *("local_display_name", "local_alias", "host_identity_provider_group", "guest_identity_provider_group"),
)
_FLAGS = (
    *("allow_guests", "locked", "mute_all_guests", "guests_can_present", "enable_overlay_text", "breakout_rooms"),
    *("enable_active_speaker_indication", "force_presenter_into_main", "prefer_ipv6", "bypass_proxy"),
    *("softmute_enabled", "denoise_enabled"),
)
_NUMBERS = {
    "participant_limit": (0, 1_000_000),
    "max_callrate_in": (128_000, 8_192_000),
    "max_callrate_out": (128_000, 8_192_000),
}
_CHOICES: Mapping[str, tuple[object, ...]] = {
    "service_type": SERVICES,
    "call_type": ("audio", "video", "video-only"),
    "crypto_mode": (None, "", "besteffort", "on", "off"),
    "enable_chat": ("default", "yes", "no"),
    "guests_can_see_guests": ("no_hosts", "never", "always"),
    "direct_media": ("never", "best_effort", "always"),
    "max_pixels_per_second": (None, "sd", "hd", "fullhd"),
    "non_idp_participants": ("disallow_all", "allow_if_trusted"),
    **dict.fromkeys(("view", "host_view", "guest_view"), VIEWS),
}
_PROPERTY_WORDS = ("remote_display_name", "remote_alias", "call_tag", "reject_reason", "layout_group")
_PROPERTY_FLAGS = (
    *("bypass_lock", "disable_overlay_text", "can_receive_personal_mix", "prefers_multiscreen_mix", "reject"),
    "wants_presentation_in_mix",
)
_PROPERTY_NUMBERS = {"spotlight": (0, 2**31), "display_count": (0, 100)}
_PROPERTY_CHOICES: Mapping[str, tuple[object, ...]] = {
    "preauthenticated_role": (None, "chair", "guest"),
    "rx_presentation_policy": ("ALLOW", "DENY"),
}


@dataclass(frozen=True, slots=True)
class Heard:
    """What follows from an answer; `failed` ones are remembered for a while."""

    verdict: Verdict
    failed: bool = False


def service_heard(reply: Json | None, alias: str, knobs: Knobs) -> Heard:
    """The answer about an alias. Raises Refusal 501 for a kind of service that the mock does not fake."""
    if reply is None:
        return Heard(NO_VERDICT, failed=True)
    result, action = reply.get("result"), reply.get("action")
    if reply.get("status") == "success" and isinstance(result, dict) and action != "redirect" and result:
        service = _service(result, alias, knobs.min_pin_length)
        if service is not None:
            return Heard(Verdict(service=service))
        void_rejects = action != "continue" and (action == "reject" or knobs.policy_void_is_not_found)
        return Heard(Verdict(service_rejected=void_rejects), failed=True)
    if action == "redirect" and isinstance(result, dict) and isinstance(result.get("new_alias"), str):
        return Heard(Verdict(redirected_to=str(result["new_alias"])))
    return Heard(
        Verdict(service_rejected=action == "reject"), failed=action is None and reply.get("status") != "success"
    )


def participant_heard(reply: Json | None, service: Verdict, knobs: Knobs) -> Heard:
    """The answer about a caller, added to what was said of the service."""
    if reply is None:
        return Heard(service, failed=True)
    result, action = reply.get("result"), reply.get("action")
    properties = result if isinstance(result, dict) else {}
    valid = _valid(properties, _PROPERTY_WORDS, _PROPERTY_FLAGS, _PROPERTY_NUMBERS, _PROPERTY_CHOICES)
    by_action = action == "reject" and knobs.policy_reject_form != "result"
    by_result = valid and properties.get("reject") is True and knobs.policy_reject_form != "action"
    if by_action or by_result:
        reason = properties.get("reject_reason")
        return Heard(
            replace(service, participant_rejected=True, reject_reason=reason if isinstance(reason, str) else "")
        )
    if not valid:
        return Heard(service, failed=True)
    if reply.get("status") != "success":
        return Heard(service, failed=action is None)
    return Heard(_with_properties(service, properties))


def _service(result: Json, alias: str, min_pin_length: int) -> Vmr | None:
    """The service a reply describes; None when anything in it is wrong."""
    needed = {"name", "service_type", "service_tag"} <= result.keys() and bool(result["name"])
    adps = result.get("automatic_participants", [])
    if not needed or not isinstance(adps, list) or not _valid(result, _WORDS, _FLAGS, _NUMBERS, _CHOICES):
        return None
    if result["service_type"] not in FAKED:
        raise Refusal(501, f"This mock has no service of type {result['service_type']}")
    limit = result.get("participant_limit")
    vmr = Vmr(
        name=str(result["name"]),
        aliases=(Alias(alias),),
        service_type=str(result["service_type"]),
        tag=str(result["service_tag"]),
        allow_guests=result.get("allow_guests") is True,
        pin=str(result.get("pin") or ""),
        guest_pin=str(result.get("guest_pin") or ""),
        mute_all_guests=result.get("mute_all_guests") is True,
        guests_can_present=result.get("guests_can_present") is not False,
        participant_limit=limit if isinstance(limit, int) else None,
        enable_chat=str(result.get("enable_chat", "default")),
        locked_at_birth=result.get("locked") is True,
    )
    return None if pin_faults(vmr, min_pin_length) else vmr


def _valid(
    result: Json,
    words: tuple[str, ...],
    flags: tuple[str, ...],
    numbers: Mapping[str, tuple[int, int]],
    choices: Mapping[str, tuple[object, ...]],
) -> bool:
    for field, value in result.items():
        if field in words and not (value is None or (isinstance(value, str) and len(value) <= LONGEST)):
            return False
        if field in flags and not isinstance(value, bool):
            return False
        if field in numbers and value is not None:
            low, high = numbers[field]
            if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
                return False
        if field in choices and value not in choices[field]:
            return False
    return True


def _with_properties(verdict: Verdict, result: Json) -> Verdict:
    role, rx, spotlight = (result.get(key) for key in ("preauthenticated_role", "rx_presentation_policy", "spotlight"))
    return replace(
        verdict,
        role=Role(role) if role in ("chair", "guest") else verdict.role,
        bypasses_lock=result.get("bypass_lock") is True,
        display_name=_word(result, "remote_display_name"),
        address=_word(result, "remote_alias"),
        call_tag=_word(result, "call_tag"),
        receives_presentation=None if rx is None else rx == "ALLOW",
        spotlight=float(spotlight) if isinstance(spotlight, int) else None,
    )


def _word(result: Json, field: str) -> str | None:
    value = result.get(field)
    return value if isinstance(value, str) and value else None
