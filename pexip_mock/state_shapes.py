"""The JSON of the mock's own account: what is, what happened, what was asked, what was made to go wrong."""

from pexip_mock.faults import Fault
from pexip_mock.ground import Happening
from pexip_mock.live import Asked, Platform
from pexip_mock.meetings import Conference
from pexip_mock.people import Leg, Where
from pexip_mock.vmrs import Vmr
from pexip_mock.wire import Json, rfc3339
from pexip_mock.world import World


def state_json(platform: Platform, after: int = 0) -> Json:
    """Everything a verifier needs, of the history what is numbered above `after`; no PIN and no token is in it."""
    world = platform.world
    directory, floor = world.directory, world.floor
    return {
        "business": rfc3339(world.business),
        "businessMs": world.business * 1000,
        "elapsed": world.elapsed,
        "vmrs": [
            *(_vmr(world, vmr, deleted=False) for vmr in directory.records.values()),
            *(_vmr(world, vmr, deleted=True) for vmr in directory.deleted.values()),
        ],
        "conferences": [_conference(one) for one in (*floor.ended, *floor.running.values())],
        "history": [happening_json(one) for one in world.happened_after(after)],
        "nodes": [
            {"node": node, "maintenance": node in world.entrance.in_maintenance, "away": node in platform.away}
            for node in world.knobs.nodes
        ],
    }


def happening_json(one: Happening) -> Json:
    """One line of the account."""
    return {
        "seq": one.seq,
        "what": one.what.value,
        "at": rfc3339(one.business),
        "businessMs": one.business * 1000,
        "elapsed": one.elapsed,
        "conference": one.conference,
        "name": one.name,
        "participant": one.participant,
        "detail": one.detail,
    }


def fault_json(fault: Fault) -> Json:
    """One fault ordered, and how often it was met."""
    return {
        "id": fault.id,
        "operation": fault.operation,
        "how": fault.how.value,
        "times": fault.times,
        "met": fault.met,
        "heldNow": fault.held_now,
    }


def request_json(asked: Asked) -> Json:
    """One request; `status` is 0 while it is unanswered, `fault` the id of the one it met."""
    return {
        "seq": asked.seq,
        "at": rfc3339(asked.at),
        "node": asked.node,
        "method": asked.method,
        "path": asked.route,
        "operation": asked.operation,
        "status": asked.status,
        "by": asked.by,
        "target": asked.target,
        "fault": asked.fault,
    }


def _vmr(world: World, vmr: Vmr, *, deleted: bool) -> Json:
    return {
        "id": vmr.id,
        "name": vmr.name,
        "aliases": [alias.alias for alias in vmr.aliases],
        "tag": vmr.tag,
        "dialable": {node: world.directory.is_dialable(node, vmr) for node in world.knobs.nodes},
        "deleted": deleted,
    }


def _conference(conference: Conference) -> Json:
    flags, aliases = conference.flags, conference.vmr.aliases
    return {
        "id": conference.uuid,
        "name": conference.name,
        "alias": aliases[0].alias if aliases else "",
        "started": flags.started,
        "locked": flags.locked,
        "guestsMuted": flags.guests_muted,
        "recording": flags.recording,
        "streaming": flags.streaming,
        "transcribing": flags.transcribing,
        "bornAt": rfc3339(conference.born_at),
        "startedAt": rfc3339(conference.started_at),
        "endedAt": rfc3339(conference.ended_at),
        "participants": [_leg(leg) for leg in conference.legs.values()],
    }


def _leg(leg: Leg) -> Json:
    shown = leg.shown
    return {
        "id": shown.uuid,
        "name": shown.display_name,
        "kind": leg.kind.value,
        "protocol": shown.protocol,
        "role": shown.role.value,
        "where": leg.where.value,
        "has_media": shown.has_media and leg.where is not Where.LEFT,
        "has_video": shown.video and not shown.video_muted,
        "callTag": shown.call_tag,
        "outbound": shown.outbound,
        "address": shown.uri,
        "enteredAt": rfc3339(leg.entered_at),
        "leftAt": rfc3339(leg.left_at),
        "reason": leg.reason,
        "node": leg.node,
    }
