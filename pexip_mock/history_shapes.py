"""The JSON of the history API: what is over, with its end, its length and its reason."""

from pexip_mock.admin_shapes import alarm_facts, participant_json
from pexip_mock.events import ConferenceFacts, Departure
from pexip_mock.media_shapes import past_streams_json
from pexip_mock.people import Participant
from pexip_mock.sink_feeds import Alarm
from pexip_mock.status_fields import PAST_ALARM, PAST_CONFERENCE, PAST_PARTICIPANT
from pexip_mock.wire import Json, moment

QUALITY_WINDOW_S = 20
_SAME_AS_LIVE = {field.name for field in PAST_PARTICIPANT.fields}


def past_conference_json(facts: ConferenceFacts, legs: tuple[str, ...]) -> Json:
    """One conference that is over, with the UUIDs of all who were ever in it."""
    ended = facts.ended_at if facts.ended_at is not None else facts.born_at
    return {
        "id": facts.uuid,
        "name": facts.name,
        "service_type": facts.service_type,
        "tag": facts.tag,
        "start_time": moment(facts.born_at),
        "end_time": moment(ended),
        "duration": round(ended - facts.born_at),
        "participant_count": len(legs),
        "participants": [PAST_PARTICIPANT.uri(uuid) for uuid in legs],
        "instant_message_count": 0,
        "direct_media_available": False,
        "resource_uri": PAST_CONFERENCE.uri(facts.uuid),
    }


def past_participant_json(conference: str, departure: Departure) -> Json:
    """One leg that has ended, and why."""
    shown, ended = departure.participant, departure.left_at
    kept = {name: value for name, value in participant_json(shown).items() if name in _SAME_AS_LIVE}
    return kept | {
        "conference": PAST_CONFERENCE.uri(conference),
        "conference_name": shown.conference,
        "local_alias": shown.local_alias,
        "remote_alias": shown.uri,
        "start_time": moment(shown.start_time),
        "end_time": moment(ended),
        "duration": round(ended - shown.start_time),
        "disconnect_reason": departure.reason,
        "av_id": shown.uuid if shown.has_media else "",
        "presentation_id": "",
        "media_streams": past_streams_json(shown, ended),
        **_qualities(shown, ended),
        "resource_uri": PAST_PARTICIPANT.uri(shown.uuid),
    }


def past_alarm_json(alarm: Alarm) -> Json:
    """One alarm that was lowered."""
    return alarm_facts(alarm) | {"time_lowered": moment(alarm.lowered_at), "resource_uri": PAST_ALARM.uri(alarm.id)}


def _qualities(shown: Participant, ended: float) -> Json:
    """Every window of a call with media was good; there are none without."""
    windows = max(1, round((ended - shown.start_time) / QUALITY_WINDOW_S)) if shown.has_media else 0
    return {"bucketed_call_quality": [0, windows, 0, 0, 0], "historic_call_quality": [1] * windows}
