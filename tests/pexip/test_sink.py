"""Event sink deliveries: ours are hints, everybody else's are dropped by name."""

import json
from typing import Any

import pytest

from tests.pexip.samples import NAME, sink_event, sink_person
from vmrd.lifecycle.words import Where
from vmrd.pexip.errors import Malformed
from vmrd.pexip.sink import SinkBatch, SinkHint, read_sink
from vmrd.pexip.wire import PlatformParticipant

CONFERENCE = {"name": NAME, "service_type": "conference", "tag": "vmrd:4711", "start_time": 1795252500.0}


def deliver(body: Any) -> SinkBatch:
    return read_sink(json.dumps(body).encode(), "vmrd-")


def only(body: Any) -> SinkHint:
    batch = deliver(body)
    assert (batch.foreign, batch.malformed) == (0, 0)
    (hint,) = batch.hints
    return hint


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("name", ["participant_connected", "participant_updated"])
def test_a_leg_seen(name: str, version: int) -> None:
    hint = only(sink_event(name, sink_person(), version=version))
    assert hint.sighting is not None
    assert (hint.sighting.leg, hint.sighting.where) == ("7f0c0000-0000-4000-a000-000000000001", Where.WAITING)
    assert (hint.conference_name, hint.node, hint.seq, hint.at) == (NAME, "10.10.0.11", 42, 1795252510010)
    assert (hint.left, hint.locked, hint.started, hint.ended) == (None, None, None, False)


def test_a_leg_gone_with_the_media_statistics_of_version_1() -> None:
    person = sink_person(
        disconnect_reason="Call disconnected", duration=12.5, media_streams=[{"id": "0", "rx_packet_loss": 0.0}]
    )
    hint = only(sink_event("participant_disconnected", person, version=1))
    assert (hint.left, hint.reason, hint.sighting) == ("7f0c0000-0000-4000-a000-000000000001", "hung-up", None)


@pytest.mark.parametrize("name", ["conference_started", "conference_updated"])
def test_the_conference_itself(name: str) -> None:
    hint = only(sink_event(name, {**CONFERENCE, "is_locked": True, "is_started": False}))
    assert (hint.locked, hint.started, hint.ended) == (True, False, False)


def test_an_update_that_tells_only_what_changed_leaves_the_rest_untold() -> None:
    hint = only(sink_event("conference_updated", {"name": NAME, "is_locked": True}))
    assert (hint.locked, hint.started) == (True, None)


def test_an_update_without_a_place_is_a_reason_to_look_and_no_sighting() -> None:
    person = {"uuid": "7f0c", "conference": NAME, "is_muted": True}
    hint = only(sink_event("participant_updated", person))
    assert (hint.sighting, hint.conference_name) == (None, NAME)


def test_a_conference_ended() -> None:
    hint = only(sink_event("conference_ended", {**CONFERENCE, "end_time": 1795252600.0, "is_locked": True}))
    assert (hint.ended, hint.locked) == (True, None)


def test_a_bulk_is_its_events_each_with_its_own_origin() -> None:
    inner = [
        sink_event("conference_started", {**CONFERENCE, "is_locked": False, "is_started": False}, seq=1),
        {**sink_event("participant_connected", sink_person(), seq=7), "node": "10.10.0.12"},
        sink_event("participant_media_stream_window", {"uuid": "7f0c", "packet_loss_history": []}, seq=2),
        sink_event("participant_connected", sink_person(conference="A Crown Court"), seq=3),
        sink_event("participant_connected", {"conference": NAME}, seq=4),
        "not an event",
    ]
    batch = deliver({**sink_event("eventsink_bulk", inner, seq=0), "node": "127.0.0.1"})
    assert [hint.key[:2] for hint in batch.hints] == [("10.10.0.11", 1), ("10.10.0.12", 7)]
    assert (batch.foreign, batch.malformed) == (2, 2)


@pytest.mark.parametrize("name", ["eventsink_started", "eventsink_updated", "eventsink_stopped", "anything_new"])
def test_events_about_the_sink_itself_are_not_ours(name: str) -> None:
    assert deliver(sink_event(name, {})) == SinkBatch((), foreign=1, malformed=0)


@pytest.mark.parametrize("foreign", ["A Crown Court", "", "VMRD-4711", None, 7])
def test_other_peoples_meetings_are_dropped_unread(foreign: object, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        pytest.fail("somebody else's participant was read")

    monkeypatch.setattr(PlatformParticipant, "model_validate", refuse)
    assert deliver(sink_event("participant_connected", sink_person(conference=foreign))) == SinkBatch((), 1, 0)


def test_two_deliveries_of_one_event_have_one_key_and_a_restarted_sequence_has_another() -> None:
    event = sink_event("conference_ended", CONFERENCE)
    later = sink_event("conference_ended", CONFERENCE, time=1795259999.0)
    assert only(event).key == only(event).key
    assert only(event).key != only(later).key


@pytest.mark.parametrize("body", [b"", b"[]", b"<xml/>", b'{"event": 1}', b'{"event": "eventsink_bulk", "data": {}}'])
def test_an_unreadable_delivery_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        read_sink(body, "vmrd-")
