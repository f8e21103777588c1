"""What the nodes of real Pexip answer and this mock does not fake: 501, and a sentence that names it."""

from aiohttp import web

from pexip_mock.asking import refusing
from pexip_mock.operations import CLIENT, CONFERENCE, PARTICIPANT

GET, POST = "GET", "POST"
LAYOUTS = "layouts, for there is no picture to lay out"
BREAKOUTS = "breakout rooms"
CAPTIONS = "live captions, for there is no speech to write down"

ABSENT: tuple[tuple[str, str, str], ...] = (
    (POST, f"{CONFERENCE}/transform_layout", LAYOUTS),
    (GET, f"{CONFERENCE}/available_layouts", LAYOUTS),
    (GET, f"{CONFERENCE}/layout_svgs", LAYOUTS),
    (POST, f"{CONFERENCE}/video_mixes/create", LAYOUTS),
    (POST, f"{CONFERENCE}/video_mixes/{{mix}}/configure", LAYOUTS),
    (POST, f"{CONFERENCE}/video_mixes/{{mix}}/delete", LAYOUTS),
    (POST, f"{CONFERENCE}/set_guests_can_see_guests", LAYOUTS),
    (POST, f"{CONFERENCE}/set_pinning_config", LAYOUTS),
    (GET, f"{CONFERENCE}/get_pinning_config", LAYOUTS),
    (GET, f"{CONFERENCE}/available_pinning_configs", LAYOUTS),
    (POST, f"{CONFERENCE}/set_classification_level", "classification levels"),
    (GET, f"{CONFERENCE}/get_classification_level", "classification levels"),
    (POST, f"{CONFERENCE}/set_clock", "the conference clock"),
    (GET, f"{CONFERENCE}/get_clock", "the conference clock"),
    (POST, f"{CONFERENCE}/breakouts", BREAKOUTS),
    (POST, f"{CONFERENCE}/breakouts/{{rest:.+}}", BREAKOUTS),
    (POST, f"{CONFERENCE}/breakoutbuzz", BREAKOUTS),
    (POST, f"{CONFERENCE}/clearbreakoutbuzz", BREAKOUTS),
    (GET, f"{CONFERENCE}/presentation.jpeg", "pictures of presentations"),
    (GET, f"{CONFERENCE}/presentation_high.jpeg", "pictures of presentations"),
    (POST, f"{PARTICIPANT}/show_live_captions", CAPTIONS),
    (POST, f"{PARTICIPANT}/hide_live_captions", CAPTIONS),
    (GET, f"{PARTICIPANT}/get_properties", "custom properties of participants"),
    (POST, f"{CLIENT}/registrations/{{alias}}/{{rest:.+}}", "registrations"),
    (GET, f"{CLIENT}/registrations/{{alias}}/{{rest:.+}}", "registrations"),
)


def routes() -> list[web.RouteDef]:
    """All paths that answer 501."""
    return [web.route(method, path, refusing(f"This mock does not fake {what}.")) for method, path, what in ABSENT]
