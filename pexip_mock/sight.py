"""What one caller sees and hears: the words on their own screen, and whom they can see.

| caller | sees |
|---|---|
| browser, app | the roster, waiting ones too, once their media is up (that one who waits sees it is an assumption) |
| room system, Skype, H.323, recorder | the faces of those inside, once inside |
| telephone | nobody |
"""

from pexip_mock.administration import DROPPED_BY_ADMIN
from pexip_mock.callers import ENDED_BY_DTMF, HUNG_UP, PIN_TIMEOUT, TOO_MANY_TRIES
from pexip_mock.dialling import NOT_ANSWERED
from pexip_mock.entrance import MAINTENANCE
from pexip_mock.floor import ENDED_BY_ADMIN, HOSTS_DEPARTED, LAST_ONE, NOBODY_KEEPS_ALIVE, WAITED_TOO_LONG
from pexip_mock.people import TRAITS, Kind, Leg, Participant, Role, Service, Where
from pexip_mock.refusal import Refusal
from pexip_mock.tokens import TIMED_OUT
from pexip_mock.wire import Json
from pexip_mock.world import DROPPED_BY_OTHER, ENDED_BY_OTHER, World

_FAREWELLS = {
    HUNG_UP: "You hung up.",
    WAITED_TOO_LONG: "You waited too long: nobody let you in.",
    HOSTS_DEPARTED: "The host has gone, so the meeting ended for its guests.",
    NOBODY_KEEPS_ALIVE: "The meeting ended: nobody was left to keep it going.",
    LAST_ONE: "You were the last one there, so the meeting ended.",
    ENDED_BY_DTMF: "A host ended the meeting.",
    ENDED_BY_OTHER: "A host ended the meeting.",
    ENDED_BY_ADMIN: "The meeting was ended for everybody.",
    TOO_MANY_TRIES: "Too many wrong PINs: the call was ended.",
    PIN_TIMEOUT: "No PIN was typed in time: the call was ended.",
    NOT_ANSWERED: "The call was not answered.",
    MAINTENANCE: "The platform is being maintained: the call was ended.",
    TIMED_OUT: "The connection was lost.",
}
_WHERE = {
    Service.CONNECTING: Where.ARRIVING,
    Service.IVR: Where.ARRIVING,
    Service.WAITING_ROOM: Where.WAITING,
    Service.CONFERENCE: Where.INSIDE,
}
_REMOVED = (DROPPED_BY_OTHER, DROPPED_BY_ADMIN)


def leg_of(world: World, participant: str) -> Leg:
    """A leg, gone ones too. Raises Refusal 404."""
    leg = world.floor.legs.get(participant)
    if leg is not None:
        return leg
    for conference in (*world.floor.running.values(), *reversed(world.floor.ended)):
        if participant in conference.legs:
            return conference.legs[participant]
    raise Refusal(404, "Participant not found")


def aliases_json(world: World) -> list[Json]:
    """Every alias that some node answers for, and which nodes do."""
    directory = world.directory
    return [
        {"alias": alias.alias, "name": vmr.name, "nodes": nodes}
        for vmr in directory.records.values()
        for alias in vmr.aliases
        if (nodes := [node for node in world.knobs.nodes if directory.dialable(node, alias.alias) is not None])
    ]


def sight_json(world: World, leg: Leg) -> Json:
    """What this caller's own screen says; `state` is a word for programs, `sentence` one for people."""
    shown, flags = leg.shown, leg.conference.flags
    state, sentence = _situation(leg)
    inside = state == "inside"
    return {
        "participant": leg.uuid,
        "name": shown.display_name,
        "kind": leg.kind.value,
        "alias": shown.local_alias,
        "state": state,
        "sentence": sentence,
        "reason": leg.reason,
        "role": "host" if shown.role is Role.CHAIR else shown.role.value,
        "video": shown.video and not shown.video_muted,
        "hasCamera": TRAITS[leg.kind].has_video,
        "canPresent": shown.can_present,
        "presenting": shown.presenting,
        "muted": shown.muted,
        "recorded": inside and (flags.recording or flags.streaming or flags.transcribing),
        "locked": inside and flags.locked,
        "roster": [_seen(one, leg) for one in _visible(world, leg)],
    }


def _situation(leg: Leg) -> tuple[str, str]:
    if leg.where is Where.LEFT:
        return "left", _farewell(leg)
    match leg.shown.service:
        case Service.CONNECTING:
            return "connecting", "Connecting."
        case Service.IVR:
            return "pin", "Type the PIN, then the hash key."
        case Service.WAITING_ROOM if leg.conference.flags.locked:
            return "locked", "The meeting is locked: waiting to be let in."
        case Service.WAITING_ROOM:
            return "waiting", "Waiting for the host."
        case Service.CONFERENCE if leg.awaiting_media:
            return "connecting", "Connecting."
        case Service.CONFERENCE:
            return "inside", "In the meeting."


def _farewell(leg: Leg) -> str:
    if leg.reason in _REMOVED:
        return "You were removed from the meeting." if leg.entered_at is not None else "You were not let in."
    return _FAREWELLS.get(leg.reason, leg.reason or "The call ended.")


def _visible(world: World, leg: Leg) -> list[Participant]:
    if leg.where in (Where.LEFT, Where.ARRIVING) or leg.kind in (Kind.PHONE, Kind.API):
        return []
    roster = list(world.news.view(leg).roster.values())
    if TRAITS[leg.kind].web:
        return roster
    if leg.where is Where.WAITING:
        return []
    return [
        one
        for one in roster
        if one.service is Service.CONFERENCE and (one.uuid == leg.uuid or (one.video and not one.video_muted))
    ]


def _seen(one: Participant, by: Leg) -> Json:
    return {
        "name": one.display_name,
        "you": one.uuid == by.uuid,
        "role": "host" if one.role is Role.CHAIR else one.role.value,
        "where": _WHERE[one.service].value,
        "video": one.video and not one.video_muted,
        "presenting": one.presenting,
    }
