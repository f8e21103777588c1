"""The pitfalls of the platform that a faithful mock must reproduce, one by one, in the pure world."""

import pytest

from pexip_mock.calls import DialRequest
from pexip_mock.entrance import Verdict
from pexip_mock.events import (
    ConferenceUpdate,
    Disconnected,
    ParticipantCreate,
    ParticipantDelete,
    ParticipantUpdate,
    RefreshWanted,
    SinkEventName,
    SyncBegin,
    SyncEnd,
)
from pexip_mock.floor import HOSTS_DEPARTED, NOBODY_KEEPS_ALIVE, WAITED_TOO_LONG
from pexip_mock.ground import What
from pexip_mock.knobs import Knobs
from pexip_mock.people import Kind, Person, Role, Service, Where
from pexip_mock.refusal import FieldErrors, PinChallenge, Refusal
from pexip_mock.sink_feeds import Sink
from pexip_mock.vmrs import Alias, Vmr
from pexip_mock.world import World
from tests.mock.mock_house import ALIAS, GUEST_PIN, HOST_PIN, House, a_vmr, farewell, names_of, refused


def test_01_a_new_alias_is_dialable_later_and_at_its_own_moment_at_each_node() -> None:
    world = World(Knobs(), seed=3, start=0.0)
    vmr_id = world.create_vmr(a_vmr())
    vmr = world.directory.get(vmr_id)
    moments: dict[str, float] = {}
    while len(moments) < 2:
        due, _ = world.next_due()
        assert due is not None
        for node in world.knobs.nodes:
            if world.directory.is_dialable(node, vmr):
                moments.setdefault(node, world.business)
        world.advance(business=due)
        for node in world.knobs.nodes:
            if world.directory.is_dialable(node, vmr):
                moments.setdefault(node, world.business)
    first, second = moments.values()
    assert first != second
    assert all(48 <= moment <= 72 for moment in moments.values())


def test_01_before_replication_the_alias_is_unknown() -> None:
    world = World(Knobs(), seed=3, start=0.0)
    world.create_vmr(a_vmr())
    with pytest.raises(Refusal) as caught:
        world.request_token(world.knobs.nodes[0], ALIAS, "vmrd", pin=HOST_PIN)
    assert refused(caught.value) == (404, "Neither conference nor gateway found")


def test_01_a_new_pin_and_a_deletion_reach_the_nodes_late_too() -> None:
    house = House(Knobs())
    world = house.world
    world.change_vmr(a_vmr(id=house.vmr_id, pin="111111"))
    assert world.request_token(house.node, ALIAS, "old pin", pin=HOST_PIN).role is Role.CHAIR
    house.later(business=80)
    with pytest.raises(Refusal):
        world.request_token(house.node, ALIAS, "old pin", pin=HOST_PIN)
    world.delete_vmr(house.vmr_id)
    assert world.request_token(house.node, ALIAS, "new pin", pin="111111").role is Role.CHAIR
    house.later(business=80)
    with pytest.raises(Refusal) as caught:
        world.request_token(house.node, ALIAS, "new pin", pin="111111")
    assert caught.value.status == 404


def test_03_a_command_takes_effect_later_and_its_target_may_be_gone() -> None:
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


def test_03_a_command_overtaken_by_the_end_does_nothing() -> None:
    house = House(Knobs(command_delay_min_s=1.0, command_delay_max_s=1.0))
    token = house.host()
    conference = house.world.whoami(token).conference
    house.world.admin.lock(conference.uuid)
    house.world.disconnect_all(token)
    house.later(elapsed=5)
    assert house.happened(What.LOCKED) == []


def test_04_each_instance_has_a_uuid_of_its_own_and_is_found_by_the_vmrs_name() -> None:
    house = House()
    uuids = []
    for _ in range(2):
        token = house.host()
        (facts,) = house.world.status_conferences("Legal visit 4711")
        uuids.append(facts.uuid)
        house.world.release_token(token)
    assert uuids[0] != uuids[1]
    assert house.world.status_conferences() == []


def test_06_the_status_api_lags_behind_the_streams() -> None:
    house = House(Knobs(status_lag_s=3.0))
    token = house.host()
    house.world.take_events(token)
    house.guest()
    house.later(elapsed=1.0)
    assert any(isinstance(event, ParticipantCreate) for event in house.world.take_events(token))
    assert house.world.status_participants() == []
    house.later(elapsed=2.5)
    assert names_of(house.world.status_participants("Legal visit 4711")) == ["vmrd", "Ann Advocate"]


def test_07_each_node_reports_the_conference_and_numbers_its_own_events() -> None:
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


def test_07_a_sink_backs_off_twice_as_long_each_time_and_then_gives_up() -> None:
    house = House(Knobs())
    (feed, _) = house.world.sinks.attach(Sink(1, "sink", "http://sink.example.org"))
    waits: list[float | None] = []
    while not feed.stopped:
        waits.append(feed.failed())
    assert waits[:4] == [1, 2, 4, 8]
    assert waits[-2:] == [1800, None]


def test_09_version_1_sinks_hear_nothing_of_media_streams() -> None:
    house = House()
    house.world.sinks.attach(Sink(1, "one", "http://sink.example.org/1", version=1))
    house.world.sinks.attach(Sink(2, "two", "http://sink.example.org/2", version=2))
    house.world.leave(house.guest())
    told = {sink: [e.name for e in house.world.sinks.feeds[sink, house.node].pending(100)] for sink in (1, 2)}
    assert SinkEventName.STREAMS_DESTROYED not in told[1]
    assert SinkEventName.STREAMS_DESTROYED in told[2]


def test_10_a_phone_stands_at_the_pin_screen_then_waits_then_is_in() -> None:
    house = House(Knobs())
    token = house.host()
    phone = house.guest("01632 960123", Kind.PHONE, number="+441632960123")
    shown = house.leg(phone).shown
    assert (shown.service, shown.role, shown.audio_only, shown.video) == (Service.IVR, Role.UNKNOWN, True, False)
    assert shown.uri == "sip:+441632960123@sbc.example.org"
    house.later(elapsed=1)
    assert (house.service(phone), house.leg(phone).shown.role) == (Service.WAITING_ROOM, Role.GUEST)
    house.world.start_conference(token)
    house.later(elapsed=2)
    assert house.service(phone) is Service.CONFERENCE


@pytest.mark.parametrize(("digits", "locked"), [("*7", True), ("*7*7", False), ("12*7", True), ("*", False)])
def test_10_a_host_can_lock_and_unlock_with_keys(digits: str, locked: bool) -> None:
    house = House()
    chair = house.chair()
    for digit in digits:
        house.world.dtmf(chair, digit)
    assert house.leg(chair).conference.flags.locked is locked


def test_10_a_host_can_end_with_keys_and_a_guest_cannot() -> None:
    house = House()
    chair, guest = house.chair(), house.guest(kind=Kind.PHONE)
    house.world.dtmf(guest, "##")
    assert house.service(guest) is Service.CONFERENCE
    house.world.dtmf(chair, "##")
    assert house.reason(guest) == "Conference host ended the conference with a DTMF command"
    assert house.world.floor.running == {}


def test_10_a_dialled_endpoint_with_the_host_role_has_the_keys_too() -> None:
    house = House()
    token = house.host()
    (endpoint,) = house.world.dial(token, DialRequest("room1@rooms.example.org", role=Role.CHAIR))
    house.world.lock(token)
    house.world.dtmf(endpoint, "*7")
    assert not house.world.conference_status(token).locked


def test_11_waiting_is_only_a_service_type_and_may_hide_the_role() -> None:
    house = House(Knobs.fast().changed({"waiting_role_unknown": True}))
    token, guest = house.host(), house.guest()
    (_, shown) = house.world.participants(token)
    assert (shown.service, shown.role) == (Service.WAITING_ROOM, Role.UNKNOWN)
    house.world.start_conference(token)
    assert house.leg(guest).shown.role is Role.GUEST


def test_12_with_a_host_pin_guests_are_held_and_hosts_walk_through_the_lock() -> None:
    house = House()
    token = house.host()
    house.world.start_conference(token)
    house.world.lock(token)
    assert house.service(house.guest()) is Service.WAITING_ROOM
    assert house.service(house.chair()) is Service.CONFERENCE


def test_12_without_a_host_pin_everybody_new_is_held() -> None:
    house = House(allow_guests=False, pin="", guest_pin="")
    first = house.world.dial_in(Person(ALIAS, "First"))
    token = house.world.request_token(house.node, ALIAS, "vmrd").token
    house.world.lock(token)
    late = house.world.dial_in(Person(ALIAS, "Late"))
    assert (house.service(first), house.service(late)) == (Service.CONFERENCE, Service.WAITING_ROOM)
    house.world.unlock(token)
    assert house.service(late) is Service.CONFERENCE


def test_12_a_dialled_host_and_one_whom_policy_lets_past_enter_a_locked_room_and_a_dialled_guest_does_not() -> None:
    house = House()
    token = house.host()
    house.world.start_conference(token)
    house.world.lock(token)
    (chair,) = house.world.dial(token, DialRequest("room1@rooms.example.org", role=Role.CHAIR))
    (guest,) = house.world.dial(token, DialRequest("room2@rooms.example.org", role=Role.GUEST))
    favoured = house.world.dial_in(Person(ALIAS, "Favoured", pin=GUEST_PIN), Verdict(bypasses_lock=True))
    assert [house.service(leg) for leg in (chair, guest, favoured)] == [
        Service.CONFERENCE,
        Service.WAITING_ROOM,
        Service.CONFERENCE,
    ]


def test_12_unlocking_lets_everybody_in_and_admitting_only_one() -> None:
    house = House()
    token = house.host()
    house.world.start_conference(token)
    house.world.lock(token)
    first, second, third = (house.guest(name) for name in ("One", "Two", "Three"))
    house.world.admit(token, second)
    assert [house.leg(leg).where for leg in (first, second, third)] == [Where.WAITING, Where.INSIDE, Where.WAITING]
    house.world.take_events(token)
    house.world.unlock(token)
    assert [house.leg(leg).where for leg in (first, second, third)] == [Where.INSIDE] * 3
    assert isinstance(house.world.take_events(token)[0], ConferenceUpdate)


def test_12_before_the_start_admitting_answers_true_and_does_nothing() -> None:
    house = House()
    token, guest = house.host(), house.guest()
    assert house.world.admit(token, guest) is True
    assert house.service(guest) is Service.WAITING_ROOM


@pytest.mark.parametrize(("holds", "where"), [(True, Where.WAITING), (False, Where.INSIDE)])
def test_12_a_lock_set_before_the_start_holds_or_not(holds: bool, where: Where) -> None:
    house = House(Knobs.fast().changed({"lock_before_start_holds": holds}))
    token, guest = house.host(), house.guest()
    house.world.lock(token)
    house.world.start_conference(token)
    assert house.leg(guest).where is where


def test_13_one_waiting_timer_with_one_reason_for_unstarted_and_locked_rooms() -> None:
    house = House()
    token = house.host()
    early = house.guest("Early")
    house.later(business=899)
    house.world.start_conference(token)
    house.world.lock(token)
    late = house.guest("Late")
    house.chair()
    house.later(business=899)
    assert house.service(early) is Service.CONFERENCE
    assert house.service(late) is Service.WAITING_ROOM
    house.later(business=2)
    assert house.reason(late) == WAITED_TOO_LONG
    unstarted = House()
    alone = unstarted.guest()
    unstarted.later(business=901)
    assert unstarted.reason(alone) == WAITED_TOO_LONG


def test_14_the_lock_dies_with_the_instance_unless_policy_sets_it() -> None:
    house = House()
    token = house.host()
    house.world.lock(token)
    house.world.release_token(token)
    assert not house.world.conference_status(house.host()).locked
    locked = House()
    service = a_vmr(locked_at_birth=True)
    grant = locked.world.request_token(locked.node, ALIAS, "vmrd", pin=HOST_PIN, verdict=Verdict(service=service))
    assert locked.world.conference_status(grant.token).locked


def test_15_a_control_only_host_neither_starts_nor_keeps_the_meeting() -> None:
    house = House()
    token, guest = house.host(), house.guest()
    assert not house.world.conference_status(token).started
    assert house.service(guest) is Service.WAITING_ROOM
    house.world.start_conference(token)
    assert house.service(guest) is Service.CONFERENCE
    house.later(business=61)
    assert house.reason(guest) == HOSTS_DEPARTED


def test_15_unless_a_knob_says_that_the_one_who_started_it_keeps_it() -> None:
    house = House(Knobs.fast().changed({"control_host_keeps_alive": True}))
    token, guest = house.host(), house.guest()
    house.world.start_conference(token)
    house.later(business=600)
    assert house.service(guest) is Service.CONFERENCE
    house.world.release_token(token)
    house.later(business=61)
    assert house.reason(guest) == HOSTS_DEPARTED


def test_15_start_conference_if_host_starts_at_joining() -> None:
    house = House()
    guest = house.guest()
    house.world.request_token(house.node, ALIAS, "vmrd", pin=HOST_PIN, start_if_host=True)
    assert house.service(guest) is Service.CONFERENCE


def test_16_guests_stay_a_minute_after_the_last_host_and_his_return_cancels_it() -> None:
    house = House()
    house.host()
    chair, guest = house.chair(), house.guest()
    house.world.leave(chair)
    house.later(business=59)
    assert house.service(guest) is Service.CONFERENCE
    back = house.chair()
    house.later(business=600)
    assert house.service(guest) is Service.CONFERENCE
    house.world.leave(back)
    house.later(business=61)
    assert house.reason(guest) == HOSTS_DEPARTED


def test_17_without_a_refresh_the_participant_is_dropped_and_jumps_of_business_time_do_not_matter() -> None:
    house = House()
    token = house.host()
    house.world.take_events(token)
    house.later(business=100_000, elapsed=119)
    token = house.world.refresh_token(token).token
    house.later(elapsed=119)
    assert house.world.whoami(token).where is Where.INSIDE
    house.later(elapsed=2)
    assert farewell(house.world.take_events(token)) == "Timer expired awaiting token refresh"
    with pytest.raises(Refusal) as caught:
        house.world.refresh_token(token)
    assert refused(caught.value) == (403, "Invalid token")


def test_17_the_old_token_is_good_for_a_moment_after_a_refresh() -> None:
    house = House()
    old = house.host()
    new = house.world.refresh_token(old).token
    house.later(elapsed=4)
    assert house.world.lock(old) is True
    house.later(elapsed=2)
    with pytest.raises(Refusal):
        house.world.lock(old)
    assert house.world.unlock(new) is True


def test_17_each_request_token_is_another_participant() -> None:
    house = House()
    token = house.host()
    house.host()
    assert names_of(house.world.participants(token)) == ["vmrd", "vmrd"]


def test_17_a_refresh_tells_of_a_changed_role() -> None:
    house = House()
    host = house.host()
    guest = house.world.request_token(house.node, ALIAS, "Ann", pin=GUEST_PIN)
    house.world.take_events(guest.token)
    house.world.set_role(host, guest.participant.uuid, Role.CHAIR)
    assert RefreshWanted() in house.world.take_events(guest.token)
    assert house.world.refresh_token(guest.token).role is Role.CHAIR


def test_18_no_pin_is_a_challenge_and_a_wrong_one_an_error_and_a_challenge_leaves_no_trace() -> None:
    house = House()
    for pin, answer in ((None, PinChallenge("required", "required")), ("0000", "Invalid PIN"), ("none", "Invalid PIN")):
        with pytest.raises(Refusal) as caught:
            house.world.request_token(house.node, ALIAS, "Ann", pin=pin)
        assert refused(caught.value) == (403, answer)
    assert house.world.floor.running == {}


def test_18_guests_without_a_pin_say_none() -> None:
    house = House(guest_pin="")
    with pytest.raises(Refusal) as caught:
        house.world.request_token(house.node, ALIAS, "Ann")
    assert caught.value.result == PinChallenge("required", "none")
    assert house.world.request_token(house.node, ALIAS, "Ann", pin="none").role is Role.GUEST


def test_20_a_fresh_host_token_may_not_command_yet() -> None:
    house = House(Knobs.fast().changed({"fresh_host_token_delay_s": 1.5}))
    token = house.host()
    with pytest.raises(Refusal) as caught:
        house.world.lock(token)
    assert refused(caught.value) == (403, "Invalid role")
    house.later(elapsed=1.6)
    assert house.world.lock(token) is True


def test_20_a_guest_may_not_command_at_all() -> None:
    house = House()
    guest = house.world.request_token(house.node, ALIAS, "Ann", pin=GUEST_PIN).token
    with pytest.raises(Refusal) as caught:
        house.world.lock(guest)
    assert refused(caught.value) == (403, "Invalid role")


def test_21_every_connection_begins_with_the_whole_roster_and_ends_after_disconnect() -> None:
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


def test_23_to_24_a_dialled_leg_rings_first_and_may_never_answer() -> None:
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


def test_25_a_web_caller_is_api_without_media_before_it_is_webrtc() -> None:
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


def test_25_a_host_in_a_browser_starts_the_conference_when_his_media_is_up() -> None:
    house = House(Knobs())
    house.chair("Officer", Kind.BROWSER)
    (conference,) = house.world.floor.running.values()
    assert not conference.flags.started
    house.later(elapsed=1)
    assert conference.flags.started


def test_26_a_recorder_is_in_the_roster_and_keeps_nothing_alive() -> None:
    house = House()
    token = house.host()
    chair = house.chair()
    (recorder,) = house.world.dial(token, DialRequest("rtmps://stream.example.org/live", "rtmp"))
    shown = house.leg(recorder).shown
    assert (shown.protocol, shown.streaming, shown.outbound) == ("rtmp", True, True)
    house.world.release_token(token)
    house.world.leave(chair)
    assert house.reason(recorder) == NOBODY_KEEPS_ALIVE


def test_28_twenty_wrong_pins_make_the_vmr_vanish_for_ten_minutes() -> None:
    house = House()
    for _ in range(21):
        with pytest.raises(Refusal) as caught:
            house.world.request_token(house.node, ALIAS, "Mallory", pin="0000")
        assert caught.value.status == 403
    with pytest.raises(Refusal) as caught:
        house.host()
    assert caught.value.status == 404
    house.later(business=601)
    assert house.host()


def test_30_maintenance_refuses_newcomers_kills_tokens_and_spares_the_other_node() -> None:
    house = House()
    token, other = house.host(), house.host(house.other_node)
    house.world.take_events(token)
    house.world.set_maintenance(house.node, True)
    with pytest.raises(Refusal) as caught:
        house.world.node_status(house.node)
    assert refused(caught.value) == (503, "Maintenance mode")
    assert farewell(house.world.take_events(token)) == "System in maintenance mode"
    with pytest.raises(Refusal) as caught:
        house.host()
    assert caught.value.status == 503
    assert house.world.lock(other) is True
    house.world.set_maintenance(house.node, False)
    assert house.host()


def test_30_every_node_shows_everybody_a_little_later() -> None:
    house = House(Knobs(node_lag_s=0.5, event_delay_s=0.0))
    far = house.host(house.other_node)
    house.later(elapsed=1)
    house.guest(node=house.node)
    assert names_of(house.world.participants(far)) == ["vmrd"]
    house.later(elapsed=0.6)
    assert names_of(house.world.participants(far)) == ["vmrd", "Ann Advocate"]


def test_30_a_token_is_good_at_its_own_node_only() -> None:
    house = House()
    token = house.host()
    with pytest.raises(Refusal) as caught:
        house.world.lock(token, node=house.other_node)
    assert refused(caught.value) == (403, "Invalid token")


@pytest.mark.parametrize(
    "dialled", [ALIAS.upper(), f"sip:{ALIAS}", f"sips:{ALIAS};transport=tls", f"h323:{ALIAS}:5061"]
)
def test_31_aliases_are_matched_without_case_and_scheme(dialled: str) -> None:
    house = House()
    assert house.world.request_token(house.node, dialled, "vmrd", pin=HOST_PIN).role is Role.CHAIR


def test_31_names_and_aliases_are_unique() -> None:
    house = House()
    with pytest.raises(Refusal) as caught:
        house.world.create_vmr(Vmr(name="Legal visit 4711", aliases=(Alias(ALIAS.upper()),)))
    assert isinstance(caught.value.result, FieldErrors)
    faults = dict(caught.value.result.faults)
    assert set(faults) == {"name", "aliases"}
    assert all("already exists" in sentence for sentence in faults.values())


def test_32_deleting_a_vmr_ends_nothing_and_changing_it_changes_nothing_that_runs() -> None:
    house = House()
    token = house.host()
    chair = house.chair()
    house.world.change_vmr(a_vmr(id=house.vmr_id, enable_chat="no"))
    house.world.delete_vmr(house.vmr_id)
    house.later(business=100)
    assert house.service(chair) is Service.CONFERENCE
    assert house.world.message(token, "text/plain", "hello") is True


def test_34_a_full_room_refuses_the_next_and_control_does_not_count() -> None:
    house = House(participant_limit=1)
    house.host()
    house.guest()
    with pytest.raises(Refusal) as caught:
        house.guest("One too many")
    assert refused(caught.value) == (403, "Participant limit reached")
    assert house.host()


def test_the_unmeant_direction_of_each_knob_has_an_effect_worth_a_knob() -> None:
    held = House(Knobs.fast().changed({"admit_needs_start": True}))
    token, guest = held.host(), held.guest()
    held.world.lock(token)
    held.world.admit(token, guest)
    assert held.service(guest) is Service.WAITING_ROOM
    free = House()
    token, guest = free.host(), free.guest()
    free.world.lock(token)
    free.world.admit(token, guest)
    assert free.service(guest) is Service.CONFERENCE


@pytest.mark.parametrize("seed", range(20))
def test_01_a_deletion_is_never_overtaken_by_the_creation_before_it(seed: int) -> None:
    world = World(Knobs(), seed=seed, start=0.0)
    world.delete_vmr(world.create_vmr(a_vmr()))
    world.advance(business=200)
    assert [world.directory.dialable(node, ALIAS) for node in world.knobs.nodes] == [None, None]
