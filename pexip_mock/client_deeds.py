"""What a token's holder may ask of the conference, and of one participant in it: one line for each request.

Who may is decided by `standing`; what comes of it, by `world` and `conduct`.
"""

from pexip_mock.asking import ILLEGAL, Asking, Deed
from pexip_mock.calls import DialRequest
from pexip_mock.dialling import PROTOCOLS
from pexip_mock.events import CameraMoved
from pexip_mock.people import KeepAlive, Role
from pexip_mock.refusal import Refusal
from pexip_mock.wire import number, text

DIALLED_AS = {"HOST": Role.CHAIR, "GUEST": Role.GUEST}
TRANSFERRED_AS = {"host": Role.CHAIR, "guest": Role.GUEST}
CALL_TYPES = frozenset({"video", "video-only", "audio"})
MEDIA_TYPES = frozenset({"text/plain", "application/json"})
CAMERA_ACTIONS = frozenset({"start", "stop", "continue"})
CAMERA_AXES = {"pan": {"left", "right"}, "tilt": {"up", "down"}, "zoom": {"in", "out"}}
TONES = frozenset("0123456789*#ABCDabcd,")


def dial(ask: Asking) -> object:
    """Call an endpoint into the conference; the UUIDs of the new legs."""
    role = ask.choice("role", frozenset(DIALLED_AS))
    protocol, destination = ask.choice("protocol", PROTOCOLS), ask.needed("destination")
    streaming = ask.choice("streaming", frozenset({"yes", "no"}), "no") == "yes"
    for free in ("presentation_url", "dtmf_sequence", "source_display_name", "source"):
        text(ask.body, free)
    keep_alive = ask.choice("keep_conference_alive", frozenset({*KeepAlive, ""}), "")
    if not destination:
        raise Refusal(400, ILLEGAL)
    return ask.world.dial(
        ask.token,
        DialRequest(
            destination,
            protocol,
            DIALLED_AS[role],
            text(ask.body, "remote_display_name"),
            streaming,
            KeepAlive(keep_alive) if keep_alive else None,
            audio_only=ask.choice("call_type", CALL_TYPES, "video") == "audio",
            overlay_text=text(ask.body, "text") or None,
        ),
        ask.node,
    )


def _say(ask: Asking) -> object:
    return ask.world.conduct.say(ask.token, ask.choice("type", MEDIA_TYPES), ask.needed("payload"), ask.node)


def _whisper(ask: Asking) -> object:
    media_type, payload = ask.choice("type", MEDIA_TYPES), ask.needed("payload")
    return ask.world.conduct.whisper(ask.token, ask.who, media_type, payload, ask.node)


def _detect_silence(ask: Asking) -> object:
    config = ask.body.get("config")
    if not isinstance(config, dict):
        raise Refusal(400, ILLEGAL)
    return ask.world.conduct.host_only(ask.token, ask.node)


def _role(ask: Asking) -> object:
    role = Role(ask.choice("role", frozenset({Role.CHAIR, Role.GUEST})))
    return ask.world.set_role(ask.token, ask.who, role, ask.node)


def _transfer(ask: Asking) -> object:
    role, alias = ask.choice("role", frozenset(TRANSFERRED_AS)), ask.needed("conference_alias")
    pin = text(ask.body, "pin") or None
    return ask.world.transfer(ask.token, ask.who, alias, TRANSFERRED_AS[role], ask.node, pin=pin)


def _aspect_ratio(ask: Asking) -> object:
    number(ask.body, "aspect_ratio", 1.0)
    return ask.world.conduct.self_only(ask.token, ask.who, ask.node)


def tones(ask: Asking) -> object:
    """Send tones to a leg; whoever is there hears them, and nothing else comes of it."""
    if not set(ask.needed("digits")) <= TONES:
        raise Refusal(400, ILLEGAL)
    return ask.world.conduct.within_reach(ask.token, ask.who, ask.node)


def move_camera(ask: Asking) -> object:
    """Move a far end's camera."""
    movement = ask.body.get("movement")
    pairs = tuple(
        (str(one.get("axis")), str(one.get("direction")))
        for one in (movement if isinstance(movement, list) else ())
        if isinstance(one, dict)
    )
    if not pairs or any(direction not in CAMERA_AXES.get(axis, ()) for axis, direction in pairs):
        raise Refusal(400, ILLEGAL)
    action, milliseconds = ask.choice("action", CAMERA_ACTIONS), number(ask.body, "timeout", 1000)
    return ask.world.conduct.move_camera(ask.token, ask.who, CameraMoved(action, pairs, milliseconds), ask.node)


ON_CONFERENCE: dict[str, Deed] = {
    "dial": dial,
    "lock": lambda ask: ask.world.lock(ask.token, ask.node),
    "unlock": lambda ask: ask.world.unlock(ask.token, ask.node),
    "start_conference": lambda ask: ask.world.start_conference(ask.token, ask.node),
    "muteguests": lambda ask: ask.world.mute_guests(ask.token, True, ask.node),
    "unmuteguests": lambda ask: ask.world.mute_guests(ask.token, False, ask.node),
    "set_guests_can_unmute": lambda ask: ask.world.conduct.guests_can_unmute(
        ask.token, ask.switch("setting"), ask.node
    ),
    "set_guests_can_present": lambda ask: ask.world.conduct.guests_can_present(
        ask.token, ask.switch("setting"), ask.node
    ),
    "disconnect": lambda ask: ask.world.disconnect_all(ask.token, ask.node),
    "message": _say,
    "set_message_text": lambda ask: ask.world.conduct.set_banner(ask.token, text(ask.body, "text"), ask.node),
    "clearallbuzz": lambda ask: ask.world.conduct.clear_all_buzz(ask.token, ask.node),
    "clearspotlights": lambda ask: ask.world.conduct.clear_spotlights(ask.token, ask.node),
    "silent_video_detection": _detect_silence,
}

ON_PARTICIPANT: dict[str, Deed] = {
    "disconnect": lambda ask: ask.world.disconnect_participant(ask.token, ask.who, ask.node),
    "unlock": lambda ask: ask.world.admit(ask.token, ask.who, ask.node),
    "mute": lambda ask: ask.world.mute(ask.token, ask.who, True, ask.node),
    "unmute": lambda ask: ask.world.mute(ask.token, ask.who, False, ask.node),
    "client_mute": lambda ask: ask.world.conduct.client_mute(ask.token, ask.who, True, ask.node),
    "client_unmute": lambda ask: ask.world.conduct.client_mute(ask.token, ask.who, False, ask.node),
    "video_muted": lambda ask: ask.world.conduct.camera(ask.token, ask.who, False, ask.node),
    "video_unmuted": lambda ask: ask.world.conduct.camera(ask.token, ask.who, True, ask.node),
    "allowrxpresentation": lambda ask: ask.world.conduct.receive_presentations(ask.token, ask.who, True, ask.node),
    "denyrxpresentation": lambda ask: ask.world.conduct.receive_presentations(ask.token, ask.who, False, ask.node),
    "spotlighton": lambda ask: ask.world.conduct.spotlight(ask.token, ask.who, True, ask.node),
    "spotlightoff": lambda ask: ask.world.conduct.spotlight(ask.token, ask.who, False, ask.node),
    "buzz": lambda ask: ask.world.conduct.buzz(ask.token, ask.who, True, ask.node),
    "clearbuzz": lambda ask: ask.world.conduct.buzz(ask.token, ask.who, False, ask.node),
    "role": _role,
    "transfer": _transfer,
    "overlaytext": lambda ask: ask.world.conduct.overlay(ask.token, ask.who, ask.needed("text"), ask.node),
    "dtmf": tones,
    "message": _whisper,
    "pres_in_mix": lambda ask: ask.world.conduct.presentation_in_mix(ask.token, ask.who, ask.switch("state"), ask.node),
    "preferred_aspect_ratio": _aspect_ratio,
    "fecc": move_camera,
    "take_floor": lambda ask: ask.world.conduct.take_floor(ask.token, ask.who, ask.node),
    "release_floor": lambda ask: ask.world.conduct.release_floor(ask.token, ask.who, ask.node),
    "notify_not_afk": lambda ask: ask.world.conduct.self_only(ask.token, ask.who, ask.node),
}
