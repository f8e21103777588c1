"""Who is seen where and when in the pure world: commands, streams, sinks, and the kinds of legs."""

import pytest

from pexip_mock.calls import DialRequest
from pexip_mock.events import (
    ConferenceUpdate,
    Disconnected,
    ParticipantCreate,
    ParticipantDelete,
    ParticipantUpdate,
    SinkEventName,
    SyncBegin,
    SyncEnd,
)
from pexip_mock.floor import NOBODY_KEEPS_ALIVE
from pexip_mock.ground import What
from pexip_mock.knobs import Knobs
from pexip_mock.people import Kind, Role, Service, Where
from pexip_mock.refusal import FieldErrors, Refusal
from pexip_mock.sink_feeds import Sink
from tests.mock.mock_house import House, names_of, refused


def test_pitfall_03_a_command_takes_effect_later_and_its_target_may_be_gone() -> None:
    house = House(Knobs(command_delay_min_s=1.0, command_delay_max_s=1.0))
    token, guest = house.host(), house.guest()
    house.later(elapsed=5)
    conference = house.world.whoami(token).conference
    house.world.admin.lock(conference.uuid)
    assert not conference.flags.locked
    house.later(elapsed=1.1)
    assert conference.flags.locked
    house.world.leave(guest)
    with pytest.raises(Refusal) as caught:
        house.world.admin.admit(guest)
    assert refused(caught.value) == (
        400,
        FieldErrors("unlock", (("participant_id", "Failed to find participant."),)),
    )
    with pytest.raises(Refusal) as caught:
        house.world.admin.lock("0-0-0")
    assert refused(caught.value) == (400, FieldErrors("lock", (("conference_id", "Failed to find conference."),)))


def test_pitfall_03_a_command_overtaken_by_the_end_does_nothing() -> None:
    house = House(Knobs(command_delay_min_s=1.0, command_delay_max_s=1.0))
    token = house.host()
    conference = house.world.whoami(token).conference
    house.world.admin.lock(conference.uuid)
    house.world.disconnect_all(token)
    house.later(elapsed=5)
    assert house.happened(What.LOCKED) == []


def test_pitfall_06_the_status_api_lags_behind_the_streams() -> None:
    house = House(Knobs(status_lag_s=3.0))
    token = house.host()
    house.world.take_events(token)
    house.guest()
    house.later(elapsed=1.0)
    assert any(isinstance(event, ParticipantCreate) for event in house.world.take_events(token))
    assert house.world.status_participants() == []
    house.later(elapsed=2.5)
    assert names_of(house.world.status_participants("Legal visit 4711")) == ["vmrd", "Ann Advocate"]


def test_pitfall_07_each_node_reports_the_conference_and_numbers_its_own_events() -> None:
    house = House()
    house.world.sinks.attach(Sink(1, "sink", "http://sink.example.org"))
    house.host()
    house.guest(node=house.other_node)
    feeds = {node: house.world.sinks.feeds[1, node].pending(100) for node in (house.node, house.other_node)}
    for node, events in feeds.items():
        assert [event.seq for event in events] == list(range(1, len(events) + 1)), node
        assert [event.name for event in events].count(SinkEventName.CONFERENCE_STARTED) == 1
    house.world.sinks.feeds[1, house.node].restart()
    (restarted,) = house.world.sinks.feeds[1, house.node].pending(100)
    assert (restarted.seq, restarted.name) == (1, SinkEventName.STARTED)


def test_pitfall_07_a_sink_backs_off_twice_as_long_each_time_and_then_gives_up() -> None:
    house = House(Knobs())
    (feed, _) = house.world.sinks.attach(Sink(1, "sink", "http://sink.example.org"))
    waits: list[float | None] = []
    while not feed.stopped:
        waits.append(feed.failed())
    assert waits[:4] == [1, 2, 4, 8]
    assert waits[-2:] == [1800, None]


def test_pitfall_09_version_1_sinks_hear_nothing_of_media_streams() -> None:
    house = House()
    house.world.sinks.attach(Sink(1, "one", "http://sink.example.org/1", version=1))
    house.world.sinks.attach(Sink(2, "two", "http://sink.example.org/2", version=2))
    house.world.leave(house.guest())
    told = {sink: [e.name for e in house.world.sinks.feeds[sink, house.node].pending(100)] for sink in (1, 2)}
    assert SinkEventName.STREAMS_DESTROYED not in told[1]
    assert SinkEventName.STREAMS_DESTROYED in told[2]


def test_pitfall_21_every_connection_begins_with_the_whole_roster_and_ends_after_disconnect() -> None:
    house = House()
    token = house.host()
    guest = house.guest()
    for _ in range(2):
        events = house.world.open_stream(token).take()
        assert [type(event) for event in events] == [
            ConferenceUpdate,
            SyncBegin,
            ParticipantCreate,
            ParticipantCreate,
            SyncEnd,
        ]
    house.world.disconnect_participant(token, guest)
    house.world.release_token(token)
    events = house.world.take_events(token)
    assert events == [ParticipantDelete(guest), Disconnected("User initiated disconnect")]


def test_pitfall_24_a_dialled_leg_rings_first_and_may_never_answer() -> None:
    house = House(Knobs())
    token = house.host()
    house.world.dialling.silent.add("room2@rooms.example.org")
    (answering,) = house.world.dial(token, DialRequest("room1@rooms.example.org", role=Role.CHAIR))
    (silent,) = house.world.dial(token, DialRequest("room2@rooms.example.org", role=Role.CHAIR))
    assert [house.service(leg) for leg in (answering, silent)] == [Service.CONNECTING] * 2
    assert not house.leg(answering).shown.has_media
    house.later(elapsed=2)
    assert (house.service(answering), house.service(silent)) == (Service.CONFERENCE, Service.CONNECTING)
    assert house.world.conference_status(token).started
    house.later(elapsed=60)
    assert house.reason(silent) == "Call rejected"
    (again,) = house.world.dial(token, DialRequest("room1@rooms.example.org", role=Role.CHAIR))
    assert again != answering


def test_pitfall_25_a_web_caller_is_api_without_media_before_it_is_webrtc() -> None:
    house = House(Knobs())
    token = house.host()
    house.world.take_events(token)
    guest = house.guest()
    assert house.leg(guest).where is Where.ARRIVING
    house.later(elapsed=5)
    seen = [
        (event.participant.protocol, event.participant.has_media)
        for event in house.world.take_events(token)
        if isinstance(event, ParticipantCreate | ParticipantUpdate) and event.participant.uuid == guest
    ]
    assert seen == [("api", False), ("webrtc", True)]
    assert house.leg(guest).where is Where.WAITING


def test_pitfall_25_a_host_in_a_browser_starts_the_conference_when_his_media_is_up() -> None:
    house = House(Knobs())
    house.chair("Officer", Kind.BROWSER)
    (conference,) = house.world.floor.running.values()
    assert not conference.flags.started
    house.later(elapsed=1)
    assert conference.flags.started


def test_pitfall_26_a_recorder_is_in_the_roster_and_keeps_nothing_alive() -> None:
    house = House()
    token = house.host()
    chair = house.chair()
    (recorder,) = house.world.dial(token, DialRequest("rtmps://stream.example.org/live", "rtmp"))
    shown = house.leg(recorder).shown
    assert (shown.protocol, shown.streaming, shown.outbound) == ("rtmp", True, True)
    house.world.release_token(token)
    house.world.leave(chair)
    assert house.reason(recorder) == NOBODY_KEEPS_ALIVE
