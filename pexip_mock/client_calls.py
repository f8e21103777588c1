"""The calls of a web client over HTTP: an offer is answered, whatever follows is taken, and no media flows.

| request | does |
|---|---|
| `calls` | answers the offer; from here on the leg has media (or presents, with `present: send`) |
| `calls/{call}/ack`, `new_candidate`, `statistics` | taken, and forgotten |
| `calls/{call}/update` | answers a new offer |
| `calls/{call}/dtmf`, `fecc` | as for the participant |
| `calls/{call}/disconnect` | the call is over; the leg stays |
"""

from aiohttp import web

from pexip_mock.asking import ILLEGAL, Asking, Deed, doing, posts
from pexip_mock.client_deeds import move_camera, tones
from pexip_mock.front import token_of
from pexip_mock.live import Platform
from pexip_mock.operations import CALL, PARTICIPANT
from pexip_mock.people import Carries
from pexip_mock.policy import PolicyServer
from pexip_mock.refusal import Refusal
from pexip_mock.sdp import answer_to, offers_picture
from pexip_mock.wire import flag, text

NO_RTMP = "This mock does not fake calls by RTMP from a client."


def routes(platform: Platform, node: str, policy: PolicyServer) -> list[web.RouteDef]:
    """All paths about calls. Policy is asked once more before a client gets media."""
    placing = doing(platform, node, place)

    async def calls(request: web.Request) -> web.StreamResponse:
        leg = platform.world.whoami(token_of(request), node)
        if leg.uuid == request.match_info["participant"]:
            await policy.media(leg)
        return await placing(request)

    return [web.post(f"{PARTICIPANT}/calls", calls), *posts(platform, node, CALL, ON_CALL)]


def place(ask: Asking) -> object:
    """Answer an offer."""
    if ask.choice("call_type", frozenset({"WEBRTC", "RTMP"})) == "RTMP":
        raise Refusal(501, NO_RTMP)
    offer = ask.needed("sdp")
    wanted = ask.choice("media_type", frozenset({"video", "video-only", "audio"}), "video")
    video = wanted != "audio" and _may_have_picture(ask)
    answered = answer_to(offer, ask.who, video=video)
    call = ask.world.calling.place(
        ask.token,
        ask.who,
        carries=Carries(ask.choice("present", frozenset({"send", "receive", "main"}), "main")),
        video=offers_picture(offer) and video,
        fecc=flag(ask.body, "fecc_supported"),
        node=ask.node,
    )
    return {"call_uuid": call, "sdp": answered}


def _update(ask: Asking) -> object:
    ask.world.calling.find(ask.token, ask.who, ask.call, ask.node)
    return {"call_uuid": ask.call, "sdp": answer_to(ask.needed("sdp"), ask.who, video=_may_have_picture(ask))}


def _ack(ask: Asking) -> object:
    text(ask.body, "sdp")
    flag(ask.body, "offer_ignored")
    ask.world.calling.find(ask.token, ask.who, ask.call, ask.node)
    return True


def _candidate(ask: Asking) -> object:
    ask.needed("candidate")
    ask.needed("mid")
    ask.world.calling.find(ask.token, ask.who, ask.call, ask.node)
    return None


def _statistics(ask: Asking) -> object:
    if not all(isinstance(part, dict) for part in ask.body.values()):
        raise Refusal(400, ILLEGAL)
    ask.world.calling.find(ask.token, ask.who, ask.call, ask.node)
    return None


def _tones(ask: Asking) -> object:
    ask.world.calling.find(ask.token, ask.who, ask.call, ask.node)
    return tones(ask)


def _camera(ask: Asking) -> object:
    ask.world.calling.find(ask.token, ask.who, ask.call, ask.node)
    return move_camera(ask)


def _may_have_picture(ask: Asking) -> bool:
    vmr = ask.world.whoami(ask.token, ask.node).conference.vmr
    return dict(vmr.others).get("call_type", "video") != "audio"


ON_CALL: dict[str, Deed] = {
    "ack": _ack,
    "update": _update,
    "new_candidate": _candidate,
    "statistics": _statistics,
    "dtmf": _tones,
    "fecc": _camera,
    "disconnect": lambda ask: ask.world.calling.end(ask.token, ask.who, ask.call, ask.node),
}
