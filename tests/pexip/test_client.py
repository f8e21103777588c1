"""A control token at the conferencing nodes: taken once, moved on when a node fails, and honest about what it did."""

import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
import pytest_asyncio
import respx

from tests.pexip.samples import (
    ALIAS,
    ALIAS_PATH,
    NODE_A,
    NODE_B,
    NOT_FOUND,
    PIN_CHALLENGE,
    client_person,
    conference_state,
    envelope,
    router,
    token_result,
    transport,
)
from vmrd.lifecycle.words import Role, Where
from vmrd.pexip.client import Client
from vmrd.pexip.errors import BadToken, Busy, Gone, Malformed, NotYet, Rejected, Unreachable
from vmrd.pexip.tokens import Probe, Token

pytestmark = pytest.mark.asyncio
TOKEN = Token(NODE_A, ALIAS, "a1b2c3d4", "own-leg", 120.0, Role.HOST)
GRANTED = httpx.Response(200, json=envelope(token_result()))
CHALLENGED = httpx.Response(403, json=PIN_CHALLENGE)
UNKNOWN = httpx.Response(404, json=NOT_FOUND)
AWAY = httpx.Response(503, json=envelope("Maintenance mode", "failed"))


def at(request: str, node: str = NODE_A) -> str:
    return f"{node}/api/client/v2/conferences/{ALIAS_PATH}/{request}"


@pytest.fixture
def mock() -> respx.MockRouter:
    return router()


@pytest_asyncio.fixture
async def client(mock: respx.MockRouter) -> AsyncIterator[Client]:
    async with Client([NODE_A, NODE_B], transport=transport(mock)) as client:
        yield client


# --- probe -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "second", "found"),
    [
        (CHALLENGED, CHALLENGED, Probe(2, 2, 0, unguarded=False)),
        (CHALLENGED, UNKNOWN, Probe(1, 2, 0, unguarded=False)),
        (UNKNOWN, UNKNOWN, Probe(0, 2, 0, unguarded=False)),
        (CHALLENGED, AWAY, Probe(1, 2, 1, unguarded=False)),
        (AWAY, httpx.ConnectError("down"), Probe(0, 2, 2, unguarded=False)),
        (httpx.Response(404, text="<html>"), CHALLENGED, Probe(1, 2, 0, unguarded=False)),
    ],
)
async def test_every_node_is_asked_whether_it_knows_the_alias(
    mock: respx.MockRouter, client: Client, first: Any, second: Any, found: Probe
) -> None:
    for node, answer in ((NODE_A, first), (NODE_B, second)):
        mock.post(at("request_token", node)).mock(side_effect=[answer])
    assert await client.probe(ALIAS) == found
    assert all("pin" not in call.request.headers for call in mock.calls)


@pytest.mark.parametrize("released", [httpx.Response(200, json=envelope(True)), httpx.ReadTimeout("lost")])
async def test_a_vmr_that_lets_us_in_without_a_pin_is_left_at_once_and_reported(
    mock: respx.MockRouter, client: Client, released: Any
) -> None:
    mock.post(at("request_token")).mock(return_value=GRANTED)
    mock.post(at("request_token", NODE_B)).mock(return_value=CHALLENGED)
    release = mock.post(at("release_token")).mock(side_effect=[released])
    assert await client.probe(ALIAS) == Probe(2, 2, 0, unguarded=True)
    assert release.calls[0].request.headers["token"] == "a1b2c3d4"


# --- tokens ----------------------------------------------------------------------------------------------------------


async def test_a_token_says_who_we_are_and_carries_our_tag(mock: respx.MockRouter, client: Client) -> None:
    asked = mock.post(at("request_token")).mock(return_value=GRANTED)
    token = await client.take(ALIAS, "482913", "vmrd-tag")
    assert token == Token(NODE_A, ALIAS, "a1b2c3d4", token_result()["participant_uuid"], 120.0, Role.HOST)
    request = asked.calls[0].request
    assert request.headers["pin"] == "482913"
    assert json.loads(request.content) == {
        "display_name": "Prison control – cannot see or hear",
        "call_tag": "vmrd-tag",
    }


async def test_tokens_may_be_long(mock: respx.MockRouter, client: Client) -> None:
    mock.post(at("request_token")).respond(200, json=envelope(token_result(token="x" * 400)))
    assert (await client.take(ALIAS, "482913", "vmrd-tag")).token == "x" * 400


@pytest.mark.parametrize("first", [UNKNOWN, AWAY, httpx.ConnectError("down"), httpx.ReadTimeout("lost")])
async def test_the_next_node_is_asked_when_one_cannot(mock: respx.MockRouter, client: Client, first: Any) -> None:
    mock.post(at("request_token")).mock(side_effect=[first])
    mock.post(at("request_token", NODE_B)).mock(return_value=GRANTED)
    assert (await client.take(ALIAS, "482913", "vmrd-tag")).node == NODE_B


async def test_the_wanted_node_is_asked_first(mock: respx.MockRouter, client: Client) -> None:
    mock.post(at("request_token", NODE_B)).mock(return_value=GRANTED)
    assert (await client.take(ALIAS, "482913", "vmrd-tag", node=NODE_B)).node == NODE_B
    assert len(mock.calls) == 1


async def test_a_wrong_pin_is_tried_once_only(mock: respx.MockRouter, client: Client) -> None:
    mock.post(at("request_token")).respond(403, json=envelope("Invalid PIN"))
    other = mock.post(at("request_token", NODE_B)).mock(return_value=GRANTED)
    with pytest.raises(Rejected) as caught:
        await client.take(ALIAS, "000000", "vmrd-tag")
    assert caught.value.code == "wrong-pin"
    assert not other.called


@pytest.mark.parametrize(("last", "error"), [(UNKNOWN, NotYet), (AWAY, Busy), (httpx.ConnectError("x"), Unreachable)])
async def test_when_no_node_can_the_last_answer_counts(
    mock: respx.MockRouter, client: Client, last: Any, error: type[Exception]
) -> None:
    mock.post(at("request_token")).mock(return_value=UNKNOWN)
    mock.post(at("request_token", NODE_B)).mock(side_effect=[last])
    with pytest.raises(error):
        await client.take(ALIAS, "482913", "vmrd-tag")


@pytest.mark.parametrize("changes", [{"token": ""}, {"participant_uuid": None}, {"expires": "soon"}, {"expires": "0"}])
async def test_a_token_that_cannot_be_used_is_malformed(
    mock: respx.MockRouter, client: Client, changes: dict[str, Any]
) -> None:
    mock.post(at("request_token")).respond(200, json=envelope(token_result(**changes)))
    mock.post(at("request_token", NODE_B)).respond(200, json=envelope(token_result(**changes)))
    with pytest.raises(Malformed):
        await client.take(ALIAS, "482913", "vmrd-tag")


async def test_refreshing_swaps_the_token_and_may_change_the_role(mock: respx.MockRouter, client: Client) -> None:
    refresh = mock.post(at("refresh_token"))
    refresh.mock(
        side_effect=[
            httpx.Response(200, json=envelope({"token": "second", "expires": "120"})),
            httpx.Response(200, json=envelope({"token": "third", "expires": "60", "role": "GUEST"})),
            httpx.Response(403, json=envelope("Invalid token")),
        ]
    )
    second = await client.refresh(TOKEN)
    assert (second.token, second.role, second.leg) == ("second", Role.HOST, "own-leg")
    third = await client.refresh(second)
    assert (third.token, third.role, third.expires_s) == ("third", Role.GUEST, 60.0)
    with pytest.raises(BadToken):
        await client.refresh(third)
    assert [call.request.headers["token"] for call in refresh.calls] == ["a1b2c3d4", "second", "third"]


async def test_releasing_twice_is_no_error(mock: respx.MockRouter, client: Client) -> None:
    mock.post(at("release_token")).mock(
        side_effect=[
            httpx.Response(200, json=envelope(True)),
            httpx.Response(403, json=envelope("Invalid token")),
            httpx.ReadTimeout("lost"),
        ]
    )
    await client.release(TOKEN)
    await client.release(TOKEN)
    with pytest.raises(Unreachable):
        await client.release(TOKEN)


async def test_a_token_of_a_node_we_no_longer_know_is_dead(client: Client) -> None:
    with pytest.raises(BadToken):
        await client.read(Token("https://node-z.example.org", ALIAS, "t", "leg", 120.0, Role.HOST))


async def test_a_token_shows_neither_itself_nor_the_alias() -> None:
    assert "a1b2c3d4" not in repr(TOKEN)
    assert "qwkzt" not in repr(TOKEN)


# --- steering --------------------------------------------------------------------------------------------------------

Verb = Callable[[Client], Any]
VERBS: list[tuple[str, Verb]] = [
    ("start_conference", lambda client: client.start(TOKEN)),
    ("lock", lambda client: client.set_lock(TOKEN, True)),
    ("unlock", lambda client: client.set_lock(TOKEN, False)),
    ("disconnect", lambda client: client.end(TOKEN)),
    ("participants/leg%2F1/unlock", lambda client: client.admit(TOKEN, "leg/1")),
    ("participants/leg%2F1/disconnect", lambda client: client.disconnect(TOKEN, "leg/1")),
]


@pytest.mark.parametrize(("path", "verb"), VERBS)
@pytest.mark.parametrize("result", [True, None])
async def test_each_verb_has_its_path_and_takes_true_or_null_for_yes(
    mock: respx.MockRouter, client: Client, path: str, verb: Verb, result: Any
) -> None:
    asked = mock.post(at(path)).respond(200, json=envelope(result))
    await verb(client)
    assert asked.calls[0].request.headers["token"] == "a1b2c3d4"
    assert asked.calls[0].request.url.query == b""


@pytest.mark.parametrize(("path", "verb"), VERBS)
@pytest.mark.parametrize("answer", [envelope(False), envelope("Illegal value"), {"status": "success"}, []])
async def test_anything_else_is_a_no(
    mock: respx.MockRouter, client: Client, path: str, verb: Verb, answer: Any
) -> None:
    mock.post(at(path)).respond(200, json=answer)
    with pytest.raises(Rejected) as caught:
        await verb(client)
    assert caught.value.code == "declined"


@pytest.mark.parametrize(("path", "verb"), VERBS)
async def test_a_verb_is_never_repeated(mock: respx.MockRouter, client: Client, path: str, verb: Verb) -> None:
    asked = mock.post(at(path)).mock(side_effect=httpx.ReadTimeout("lost"))
    with pytest.raises(Unreachable) as caught:
        await verb(client)
    assert caught.value.sent is True
    assert asked.call_count == 1


async def test_a_role_that_has_not_settled_is_told_from_a_dead_token(mock: respx.MockRouter, client: Client) -> None:
    lock = mock.post(at("lock"))
    lock.respond(403, json=envelope("Invalid role"))
    with pytest.raises(NotYet):
        await client.set_lock(TOKEN, True)
    lock.respond(403, json=envelope("Invalid token"))
    with pytest.raises(BadToken):
        await client.set_lock(TOKEN, True)


async def test_a_leg_that_left_is_gone(mock: respx.MockRouter, client: Client) -> None:
    mock.post(at("participants/leg-1/unlock")).respond(404, json=envelope("Participant not found", "failed"))
    with pytest.raises(Gone):
        await client.admit(TOKEN, "leg-1")


async def test_dialling_tells_the_leg(mock: respx.MockRouter, client: Client) -> None:
    dial = mock.post(at("dial")).respond(200, json=envelope(["leg-9"]))
    assert await client.dial(TOKEN, "room3@codec.example.org", display_name="Room 3") == "leg-9"
    body = json.loads(dial.calls[0].request.content)
    assert (body["role"], body["destination"], body["protocol"]) == ("HOST", "room3@codec.example.org", "auto")


async def test_a_call_without_a_leg_was_not_placed(mock: respx.MockRouter, client: Client) -> None:
    mock.post(at("dial")).respond(200, json=envelope([]))
    with pytest.raises(Rejected):
        await client.dial(TOKEN, "room3@codec.example.org")


# --- seeing ----------------------------------------------------------------------------------------------------------


async def test_a_read_asks_for_the_lock_before_the_people(mock: respx.MockRouter, client: Client) -> None:
    mock.get(at("conference_status")).respond(200, json=envelope(conference_state(locked=True, recording=True)))
    people = [client_person(), client_person(uuid="knocker", service_type="waiting_room")]
    mock.get(at("participants")).respond(200, json=envelope(people))
    seen = await client.read(TOKEN)
    assert [call.request.url.path.rpartition("/")[2] for call in mock.calls] == ["conference_status", "participants"]
    assert (seen.locked, seen.started, seen.recording) == (True, True, True)
    assert [(leg.leg, leg.where) for leg in seen.sightings][1] == ("knocker", Where.WAITING)


async def test_a_read_with_one_unreadable_leg_is_no_read(mock: respx.MockRouter, client: Client) -> None:
    mock.get(at("conference_status")).respond(200, json=envelope(conference_state()))
    mock.get(at("participants")).respond(200, json=envelope([client_person(), {"display_name": "no id"}]))
    with pytest.raises(Malformed):
        await client.read(TOKEN)


async def test_a_reading_that_says_the_same_is_the_same_and_one_that_says_something_else_is_not(
    mock: respx.MockRouter, client: Client
) -> None:
    state = mock.get(at("conference_status")).respond(200, json=envelope(conference_state(locked=True)))
    people = mock.get(at("participants")).respond(200, json=envelope([client_person()]))
    reading = client.reading(TOKEN)
    first = await reading.now()
    assert await reading.now() is first
    people.respond(200, json=envelope([client_person(), client_person(uuid="knocker", service_type="waiting_room")]))
    assert [leg.leg for leg in (await reading.now()).sightings] == [first.sightings[0].leg, "knocker"]
    people.respond(200, json=envelope([client_person()]))
    state.respond(200, json=envelope(conference_state(locked=False)))
    assert not (await reading.now()).locked
    assert [route.call_count for route in (state, people)] == [4, 4]


async def test_after_an_unreadable_answer_the_same_is_not_taken_for_the_one_before(
    mock: respx.MockRouter, client: Client
) -> None:
    state = mock.get(at("conference_status")).respond(200, json=envelope(conference_state(locked=True)))
    mock.get(at("participants")).respond(200, json=envelope([client_person()]))
    reading = client.reading(TOKEN)
    locked = await reading.now()
    state.respond(200, content=b"<html>")
    for _ in range(2):
        with pytest.raises(Malformed):
            await reading.now()
    state.respond(200, json=envelope(conference_state(locked=True)))
    assert await reading.now() == locked


def event(name: str, data: Any) -> bytes:
    return f"event: {name}\ndata: {json.dumps(data)}\n\n".encode()


def stream(*events: bytes) -> httpx.Response:
    return httpx.Response(200, headers={"Content-Type": "text/event-stream"}, content=b"".join(events))


async def test_the_token_stays_out_of_the_url_of_the_stream(mock: respx.MockRouter, client: Client) -> None:
    opened = mock.get(at("events")).mock(
        return_value=stream(
            event("conference_update", conference_state()),
            event("participant_sync_begin", None),
            event("participant_create", client_person()),
            event("participant_sync_end", None),
            event("disconnect", {"reason": "Conference terminated by an administrator"}),
        )
    )
    async with client.events(TOKEN) as events:
        told = [type(one).__name__ async for one in events]
    assert told == ["Synced", "Disconnected"]
    request = opened.calls[0].request
    assert request.headers["token"] == "a1b2c3d4"
    assert request.url.query == b""


async def test_a_state_the_stream_does_not_tell_is_read(mock: respx.MockRouter, client: Client) -> None:
    mock.get(at("conference_status")).respond(200, json=envelope(conference_state(locked=True)))
    mock.get(at("events")).mock(
        return_value=stream(event("participant_sync_begin", None), event("participant_sync_end", None))
    )
    async with client.events(TOKEN) as events:
        synced = await anext(events)
        assert synced.roster.locked  # type: ignore[union-attr]
        with pytest.raises(Unreachable):
            await anext(events)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (httpx.Response(403, json=envelope("Invalid token")), BadToken),
        (AWAY, Busy),
        (httpx.ConnectError("down"), Unreachable),
        (stream(), Unreachable),
        (stream(event("participant_sync_begin", None), event("participant_create", {"no": "id"})), Malformed),
        (httpx.Response(200, text="<html>"), Malformed),
    ],
)
async def test_a_stream_that_cannot_be_had_says_why(
    mock: respx.MockRouter, client: Client, answer: Any, error: type[Exception]
) -> None:
    mock.get(at("events")).mock(side_effect=[answer])
    with pytest.raises(error):
        async with client.events(TOKEN):
            pytest.fail("there is nothing to follow")


async def test_unreadable_events_are_counted_and_too_many_end_the_stream(mock: respx.MockRouter) -> None:
    seen: list[tuple[str, str]] = []
    good = [event("conference_update", conference_state()), event("participant_sync_end", None)]
    bad = [event("participant_update", {"no": "id"})]
    mock.get(at("events")).mock(return_value=stream(*good, *bad, event("refresh_token", None), *bad * 4))
    report: Callable[[str, str, float], None] = lambda operation, outcome, _: seen.append((operation, outcome))  # noqa: E731
    async with (
        Client([NODE_A], transport=transport(mock), report=report) as client,
        client.events(TOKEN) as events,
    ):
        assert [type(await anext(events)).__name__ for _ in range(2)] == ["Synced", "RefreshNow"]
        with pytest.raises(Malformed):
            await anext(events)
    assert seen.count(("events", "malformed")) == 5
