"""One connection's events, from the first full roster on."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.pexip.samples import client_person, conference_state
from vmrd.lifecycle.words import Where
from vmrd.pexip import sse
from vmrd.pexip.errors import Malformed, Unreachable
from vmrd.pexip.http import RawEvent
from vmrd.pexip.sse import (
    Connection,
    Disconnected,
    LegChanged,
    LegDeleted,
    Reader,
    RefreshNow,
    StateChanged,
    StreamEvent,
    Synced,
)
from vmrd.pexip.wire import ConferenceState

BEGIN = ("participant_sync_begin", None)
END = ("participant_sync_end", None)
STATE = ("conference_update", conference_state())
ANNA = ("participant_create", client_person(uuid="anna"))
BEN = ("participant_create", client_person(uuid="ben"))


def tell(reader: Reader, *events: tuple[str, Any]) -> list[StreamEvent]:
    return [told for name, data in events for told in reader.take(name, json.dumps(data))]


def legs(event: StreamEvent) -> list[str]:
    assert isinstance(event, Synced)
    return [leg.leg for leg in event.roster.sightings]


@pytest.mark.parametrize(
    "order",
    [
        (STATE, BEGIN, ANNA, BEN, END),
        (BEGIN, STATE, ANNA, BEN, END),
        (BEGIN, ANNA, BEN, END, STATE),
    ],
)
def test_the_first_thing_told_is_everybody(order: tuple[tuple[str, Any], ...]) -> None:
    (synced,) = tell(Reader(), *order)
    assert legs(synced) == ["anna", "ben"]
    assert isinstance(synced, Synced)
    assert (synced.roster.locked, synced.roster.started) == (False, True)


def test_what_changes_while_everybody_is_named_is_in_the_roster() -> None:
    moved = ("participant_update", client_person(uuid="anna", service_type="waiting_room"))
    (synced,) = tell(Reader(), STATE, BEGIN, ANNA, BEN, moved, ("participant_delete", {"uuid": "ben"}), END)
    assert legs(synced) == ["anna"]
    assert isinstance(synced, Synced)
    assert synced.roster.sightings[0].where is Where.WAITING


def test_without_a_state_nothing_is_told_until_it_is_provided() -> None:
    reader = Reader()
    assert tell(reader, BEGIN, ANNA, END) == []
    assert reader.wants_state
    (synced,) = reader.provide(ConferenceState(locked=True, started=True, recording=False))
    assert isinstance(synced, Synced)
    assert synced.roster.locked
    assert not reader.wants_state


def test_afterwards_changes_are_told_one_by_one() -> None:
    reader = Reader()
    tell(reader, STATE, BEGIN, ANNA, END)
    knock = ("participant_create", client_person(uuid="kim", service_type="waiting_room"))
    told = tell(
        reader,
        knock,
        ("conference_update", conference_state(locked=True, transcribing=True)),
        ("participant_delete", {"uuid": "anna"}),
        ("refresh_token", None),
        ("disconnect", {"reason": "Timer expired awaiting token refresh"}),
    )
    assert isinstance(told[0], LegChanged)
    assert (told[0].sighting.leg, told[0].sighting.where) == ("kim", Where.WAITING)
    assert told[1:] == [
        StateChanged(locked=True, started=True, recording=True),
        LegDeleted("anna"),
        RefreshNow(),
        Disconnected("token-expired"),
    ]


def test_a_second_naming_replaces_everything() -> None:
    reader = Reader()
    tell(reader, STATE, BEGIN, ANNA, END)
    (synced,) = tell(reader, BEGIN, BEN, END)
    assert legs(synced) == ["ben"]


@pytest.mark.parametrize("data", ['{"reason": "free text by an endpoint"}', "null", "{}", "", "nonsense"])
def test_being_put_out_is_told_whatever_the_reason_looks_like(data: str) -> None:
    assert Reader().take("disconnect", data) == (Disconnected("other"),)


@pytest.mark.parametrize(
    "name",
    [
        "message_received",
        "live_captions",
        "presentation_frame",
        "presentation_start",
        "stage",
        "layout",
        "refer",
        "new",
    ],
)
def test_content_is_dropped_before_it_is_parsed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        pytest.fail("content was parsed")

    monkeypatch.setattr(sse, "parse", refuse)
    assert Reader().take(name, '{"payload": "we plead guilty"}') == ()


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("participant_create", "{}"),
        ("participant_update", "null"),
        ("participant_delete", '{"uuid": ""}'),
        ("conference_update", '{"locked": true}'),
        ("participant_create", "{broken"),
    ],
)
def test_what_we_need_and_cannot_read_is_malformed(name: str, data: str) -> None:
    with pytest.raises(Malformed):
        Reader().take(name, data)


async def raw_events(*events: tuple[str, Any], then: asyncio.Event | None = None) -> AsyncIterator[RawEvent]:
    for name, data in events:
        yield RawEvent(name, json.dumps(data))
    if then is not None:
        await then.wait()
    raise Unreachable(sent=True)


async def no_state() -> ConferenceState:
    pytest.fail("the stream had told the state")


def connection(*events: tuple[str, Any], then: asyncio.Event | None = None) -> tuple[Connection, list[None]]:
    passed_over: list[None] = []
    return Connection(raw_events(*events, then=then), no_state, lambda: passed_over.append(None)), passed_over


@pytest.mark.asyncio
async def test_a_roster_that_is_never_complete_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "SYNCHRONISE_WITHIN", 0.05)
    reading, _ = connection(STATE, BEGIN, ANNA, then=asyncio.Event())
    with pytest.raises(Unreachable):
        await reading.synchronise()


@pytest.mark.asyncio
async def test_put_out_before_the_roster_was_complete() -> None:
    reading, _ = connection(BEGIN, ("disconnect", {"reason": "Conference terminated by an administrator"}))
    await reading.synchronise()
    assert [event async for event in reading.follow()] == [Disconnected("admin")]


@pytest.mark.asyncio
async def test_one_unreadable_event_is_passed_over() -> None:
    reading, passed_over = connection(STATE, END, ("participant_create", {}), ("refresh_token", None))
    await reading.synchronise()
    events = reading.follow()
    assert [type(await anext(events)) for _ in range(2)] == [Synced, RefreshNow]
    assert len(passed_over) == 1
    with pytest.raises(Unreachable):
        await anext(events)


@pytest.mark.asyncio
async def test_an_unreadable_leg_while_everybody_is_named_anew_ends_the_connection() -> None:
    reading, _ = connection(STATE, END, BEGIN, ("participant_create", {}), END)
    await reading.synchronise()
    events = reading.follow()
    await anext(events)
    with pytest.raises(Malformed):
        await anext(events)
