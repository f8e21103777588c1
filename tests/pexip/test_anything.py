"""Whatever Pexip, or somebody who pretends to be Pexip, sends: read or refused, repeated nowhere, and never a light."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import quote, urlencode

import httpx
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from tests.lifecycle.story import TAG, secure
from tests.pexip.samples import NODE_A, client_person, conference_state, sink_person, status_person
from vmrd.lifecycle import inputs as i
from vmrd.lifecycle.callers import classify
from vmrd.lifecycle.decide import Decision, decide
from vmrd.lifecycle.door import is_phone
from vmrd.lifecycle.secure import light
from vmrd.lifecycle.words import Kind, Where
from vmrd.pexip.errors import Malformed, Unreachable
from vmrd.pexip.http import PexipHttp, RawEvent
from vmrd.pexip.policy import read_ask
from vmrd.pexip.sink import read_sink
from vmrd.pexip.sse import LegChanged, LegDeleted, Reader, Synced
from vmrd.pexip.wire import ClientParticipant, PlatformParticipant, parse

CANARY = "CANARY"
SECURE = secure()
"""A meeting that is locked and secure."""

_odd_texts = st.sampled_from(
    [
        CANARY,
        "",
        "\x00" + CANARY,
        CANARY * 500,
        "YES",
        "tel:+441632960123",
        "sip:anonymous@x",
        "rtmp://x",
        "<",
        "%",
        "²",
    ]
)
_values: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(), _odd_texts, st.text(max_size=20)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=5,
)


@st.composite
def bent(draw: st.DrawFn, sample: dict[str, Any]) -> dict[str, Any]:
    """A sample with up to six members changed, dropped or added."""
    document = dict(sample)
    for _ in range(draw(st.integers(0, 6))):
        name = draw(st.sampled_from([*sorted(sample), "extra"]))
        if draw(st.booleans()):
            document.pop(name, None)
        else:
            document[name] = draw(_values)
    return document


_CLIENT, _PLATFORM = TypeAdapter(ClientParticipant), TypeAdapter(PlatformParticipant)


def refusal(read: Callable[[], object]) -> str:
    """What a refusal says, with everything a log could print of it; nothing where all was read."""
    try:
        read()
    except Malformed as refused:
        return f"{refused} {refused!r} {refused.__cause__!r} {refused.__context__!r}"
    return ""


@given(
    st.one_of(
        st.tuples(st.just(_CLIENT), bent(client_person())),
        st.tuples(st.just(_PLATFORM), bent(status_person())),
        st.tuples(st.just(_PLATFORM), bent(sink_person())),
    ),
    st.sampled_from(i.Source),
)
def test_no_participant_breaks_us_or_is_there_without_darkening_the_light(
    what: tuple[TypeAdapter[Any], dict[str, Any]], source: i.Source
) -> None:
    adapter, document = what
    body = json.dumps(document)
    if refused := refusal(lambda: parse(adapter, body, "participant")):
        assert CANARY not in refused
        return
    seen = parse(adapter, body, "participant").sighting()
    order = i.Order(SECURE.session.seen[0], SECURE.session.seen[1] + 1)
    decision = decide(SECURE.session, i.LegSeen(order, source, seen.named("ref", "place")), SECURE.now, SECURE.rules)
    assert isinstance(decision, Decision)
    leg = decision.session.legs.get(seen.leg)
    if seen.leg in SECURE.session.legs or leg is None:
        return
    shines = light(decision.session, SECURE.rules, fresh=True).secure
    assert shines is (leg.where is not Where.INSIDE or leg.kind is Kind.OWN)
    assert (leg.kind is Kind.OWN) <= (seen.call_tag == TAG)


@given(st.one_of(st.text(max_size=60), st.binary(max_size=60), _values.map(json.dumps)))
def test_no_body_is_anything_but_read_or_refused(body: str | bytes) -> None:
    for adapter in (_CLIENT, _PLATFORM):
        assert CANARY not in refusal(lambda adapter=adapter: parse(adapter, body, "participant"))  # type: ignore[misc]


_LEGS = st.sampled_from(["ada", "bo", "cy"])
_STREAM = st.one_of(
    st.tuples(st.just("participant_sync_begin"), st.none()),
    st.tuples(st.just("participant_sync_end"), st.none()),
    st.tuples(st.just("participant_create"), _LEGS.map(lambda leg: client_person(uuid=leg))),
    st.tuples(st.just("participant_update"), _LEGS.map(lambda leg: client_person(uuid=leg, is_presenting="YES"))),
    st.tuples(st.just("participant_delete"), _LEGS.map(lambda leg: {"uuid": leg})),
    st.tuples(st.just("conference_update"), st.just(conference_state())),
    st.tuples(st.sampled_from(["message_received", "live_captions", "stage", "disconnect", "odd"]), _values),
    st.tuples(st.sampled_from(["participant_create", "participant_delete", "conference_update"]), _values),
)


@given(st.lists(_STREAM, max_size=25))
def test_a_roster_is_whole_whatever_stands_between_and_nothing_is_told_while_it_is_gathered(
    events: list[tuple[str, Any]],
) -> None:
    """`gathered`: what the bracket has named so far, kept by hand."""
    reader, gathered = Reader(), dict[str, None]()
    for name, data in events:
        gathering = reader.gathering
        if name == "participant_sync_begin":
            gathered = {}
        try:
            told = reader.take(name, json.dumps(data))
        except Malformed:
            continue
        if gathering and name in ("participant_create", "participant_update"):
            gathered[str(data["uuid"])] = None
        if gathering and name == "participant_delete":
            gathered.pop(str(data["uuid"]), None)
        for event in told:
            assert not (reader.gathering and isinstance(event, LegChanged | LegDeleted))
            if isinstance(event, Synced):
                assert [leg.leg for leg in event.roster.sightings] == list(gathered)
                gathered = {}


@given(st.lists(_STREAM, max_size=8), st.lists(st.integers(1, 400), max_size=30), st.sampled_from(["\n", "\r\n"]))
def test_a_stream_says_the_same_however_the_network_cuts_it(
    events: list[tuple[str, Any]], cuts: list[int], line: str
) -> None:
    body = "".join(f"event: {name}{line}data: {json.dumps(data)}{line}: alive{line}{line}" for name, data in events)
    raw, parts = body.encode(), list[bytes]()
    for cut in cuts:
        parts.append(raw[:cut])
        raw = raw[cut:]
    told = asyncio.run(_received([*parts, raw]))
    assert told == [RawEvent(name, json.dumps(data)) for name, data in events]


async def _received(parts: list[bytes]) -> list[RawEvent]:
    class Cut(httpx.AsyncByteStream):
        async def __aiter__(self):  # type: ignore[no-untyped-def]
            for part in parts:
                yield part

    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"content-type": "text/event-stream"}, stream=Cut())

    found: list[RawEvent] = []
    async with PexipHttp(NODE_A, transport=httpx.MockTransport(answer)) as http:
        stream = http.stream(
            "/events", operation="events", headers={}, silence=5.0, refusal=lambda _: Malformed("none")
        )
        async with stream as events:
            with suppress(Unreachable):  # as every stream that ends
                async for event in events:
                    found.append(event)
    return found


_EVENTS = ["participant_connected", "participant_updated", "participant_disconnected", "conference_updated", "odd"]


@given(
    st.lists(
        st.one_of(
            st.builds(
                lambda event, data, name: {"event": event, "node": "n", "seq": 1, "time": 1.0, "data": data | name},
                st.sampled_from(_EVENTS),
                bent(sink_person()),
                st.sampled_from(
                    [{"conference": "vmrd-s1-1", "name": "vmrd-s1-1"}, {"conference": CANARY, "name": CANARY}]
                ),
            ),
            _values,
        ),
        max_size=6,
    )
)
def test_every_event_of_a_delivery_is_ours_foreign_or_unreadable(delivered: list[Any]) -> None:
    body = json.dumps({"event": "eventsink_bulk", "node": "127.0.0.1", "seq": 0, "data": delivered})
    batch = read_sink(body.encode(), "vmrd-")
    assert len(batch.hints) + batch.foreign + batch.malformed == len(delivered)
    assert all(hint.conference_name.startswith("vmrd-") for hint in batch.hints)
    for hint in batch.hints:
        if hint.sighting is not None:
            classify(hint.sighting, (TAG,))


@given(st.one_of(st.binary(max_size=60), _values.map(lambda value: json.dumps(value).encode())))
def test_no_delivery_is_anything_but_read_or_refused(body: bytes) -> None:
    assert CANARY not in refusal(lambda: read_sink(body, "vmrd-"))


@given(
    st.dictionaries(st.sampled_from(["vendor", "location", "call_tag", "registered", "trigger"]), st.text(max_size=30)),
    st.sampled_from(["+441632960123", "sip:+441632960123@sbc.example.org", "tel:01632960123", "00441632960123@gw"]),
    st.text(max_size=30),
)
def test_a_phone_at_the_door_is_one_whatever_else_is_said_of_it(more: dict[str, str], number: str, name: str) -> None:
    assume("\x00" not in name)
    query = urlencode(
        {**more, "remote_display_name": name, "remote_alias": number, "protocol": "sip"}, errors="replace"
    )
    assert is_phone(read_ask(query).caller)
    assert is_phone(read_ask(f"protocol=sip&remote_alias={quote(number)}&junk=%ff%&&=").caller)
