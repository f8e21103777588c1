"""What a queue is answered: who may call, what an event is, and what happens to it when the system cannot be asked."""

from __future__ import annotations

import json
import logging
from base64 import b64encode
from typing import Any

import pytest
from openapi_schema_validator import OAS31Validator
from structlog.testing import capture_logs

from tests.adapters.estate import (
    BVLS_PATH,
    FORMER_SECRET,
    SECRET,
    TOPIC,
    VISIT_PATH,
    VISITS_SECRET,
    Estate,
    enveloped,
    official_visit,
    video_booking,
)
from tests.adapters.upstreams import (
    CLIENT_SECRET,
    Answer,
    booking,
    hang_up,
    said,
    silence,
    status,
    visit,
)
from tests.web.test_turnstile import taken_up
from vmrd.adapters import subscription
from vmrd.adapters.upstream import MAX_ANSWER
from vmrd.logging import ALLOWED
from vmrd.store.base import SessionFilter
from vmrd.web import turnstile

pytestmark = pytest.mark.asyncio

TOKEN = "2336412f37fb687f5d51e6e2425929f52bd0d7f1"
CONFIRM = f"https://sns.eu-west-2.amazonaws.com/?Action=ConfirmSubscription&Token={TOKEN}"


async def sessions(here: Estate) -> int:
    return len(await here.home.store.read(lambda rx: rx.sessions(SessionFilter())))


async def metric(here: Estate, outcome: str, name: str = "bvls") -> float:
    return (
        here.home.deps.metrics.registry.get_sample_value(
            "vmrd_adapter_events_total", {"adapter": name, "outcome": outcome}
        )
        or 0.0
    )


async def test_an_event_in_an_sns_envelope_says_the_same_as_a_plain_one(here: Estate) -> None:
    plain = await here.taken(video_booking())
    wrapped = await here.taken(enveloped(video_booking()))
    assert (plain["result"], wrapped["result"]) == ("accepted", "duplicate")
    assert wrapped["sessionIds"] == plain["sessionIds"]


@pytest.mark.parametrize("secret", [SECRET, FORMER_SECRET])
async def test_both_secrets_are_good_while_they_are_changed(here: Estate, secret: str) -> None:
    await here.taken(video_booking(), secret=secret)


async def test_sns_itself_signs_in_with_the_password_of_its_endpoint(here: Estate) -> None:
    for password, expected in ((SECRET, 202), ("wrong", 401)):
        pair = f"sns:{password}".encode()
        answer = await here.home.client.post(
            "/v1/adapters/bvls/events",
            json=enveloped(video_booking()),
            headers={"Authorization": "Basic " + b64encode(pair).decode()},
        )
        assert answer.status == expected


async def test_nobody_is_heard_without_the_adapters_own_secret(here: Estate) -> None:
    for wrong in ("", f"Bearer {VISITS_SECRET}", "Bearer", "Basic !!!", "Basic c25z", f"Digest {SECRET}", "Bearer é"):
        answer = await here.home.client.post(
            "/v1/adapters/bvls/events", json=video_booking(), headers={"Authorization": wrong} if wrong else {}
        )
        assert answer.status == 401, wrong
        assert answer.headers["WWW-Authenticate"] == 'Basic realm="vmrd", Bearer'
    assert (here.bvls.reads, await sessions(here)) == (0, 0)


async def test_an_adapter_that_is_not_configured_is_not_there(here: Estate) -> None:
    assert (await here.tell(video_booking(), name="nomis")).status == 404


def asks_to_confirm(kind: str = "SubscriptionConfirmation", **members: str) -> dict[str, str]:
    return {"Type": kind, "MessageId": "m1", "TopicArn": TOPIC, "Token": TOKEN, "SubscribeURL": CONFIRM, **members}


async def test_the_subscription_of_the_adapters_topic_is_confirmed_at_sns_itself(
    here: Estate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscription, "SERVICE", here.bvls.url + "/sns/{region}.{domain}")
    with capture_logs() as logs:
        found = await here.outcome(asks_to_confirm())
    assert found["codes"] == ["SubscriptionConfirmation", "confirmed"]
    asked = {"Action": "ConfirmSubscription", "TopicArn": TOPIC, "Token": TOKEN}
    assert here.bvls.confirmed == [("eu-west-2.amazonaws.com", asked)]
    assert [(entry["event"], entry["why"]) for entry in logs] == [("adapter_subscription", "confirmed")]
    assert TOKEN not in str(logs) + str(found)


async def test_any_other_word_about_a_subscription_calls_nobody_and_its_token_is_in_no_log(
    here: Estate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscription, "SERVICE", here.bvls.url + "/sns/{region}.{domain}")
    others = [
        (asks_to_confirm(TopicArn=TOPIC.replace("domain", "other")), "bvls", "not_ours"),
        (asks_to_confirm(Token="t&TopicArn=other"), "bvls", "not_ours"),
        (asks_to_confirm(Token=""), "bvls", "not_ours"),
        (asks_to_confirm("UnsubscribeConfirmation"), "bvls", "ended"),
        (asks_to_confirm(), "official-visits", "no_topic"),
    ]
    for handshake, name, why in others:
        with capture_logs() as logs:
            found = await here.outcome(handshake, name=name)
        assert (found["outcome"], found["codes"][1]) == ("noted", why)
        assert [(entry["event"], entry["what"], entry["why"]) for entry in logs] == [
            ("adapter_subscription", handshake["Type"], why)
        ]
        assert set(logs[0]) <= ALLOWED | {"log_level"}
        assert TOKEN not in str(logs) + str(found)
    assert here.bvls.reads == 0
    assert here.bvls.confirmed == []


async def test_sns_is_asked_again_when_it_does_not_answer_and_said_so_when_it_refuses(
    here: Estate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscription, "SERVICE", "http://127.0.0.1:1/")
    assert (await here.tell(asks_to_confirm())).status == 503
    monkeypatch.setattr(subscription, "SERVICE", here.bvls.url + "/nobody-here")
    assert (await here.outcome(asks_to_confirm()))["codes"][1] == "not_confirmed"


NO_EVENTS: list[tuple[Any, str]] = [
    (b"", "malformed"),
    (b"\xff\xfe", "malformed"),
    (b"[" * 5_000, "malformed"),
    (b"[]", "invalid"),
    (b"null", "invalid"),
    ({"eventType": 5}, "invalid"),
    ({"Type": "Notification", "MessageId": "m"}, "malformed"),
    ({"Type": "Notification", "MessageId": "a b", "Message": "{}"}, "invalid"),
    ({"Type": "Canary", "MessageId": "m", "Message": "{}"}, "invalid"),
    (enveloped({"eventType": ""}), "invalid"),
    *((video_booking(number=number), "invalid") for number in (None, True, -5, 0, 1.5, "1/../2", ["1"], 10**30)),
    ({**video_booking(), "additionalInformation": {}}, "invalid"),
    ({**video_booking(), "additionalInformation": "canary"}, "invalid"),
]


async def test_what_is_no_event_is_said_so_and_asks_nobody(here: Estate) -> None:
    for event, problem in NO_EVENTS:
        answer = await here.tell(event)
        told = await answer.text()
        assert (answer.status, json.loads(told)["type"]) == (
            400 if problem == "malformed" else 422,
            f"/problems/{problem}",
        ), event
        assert "canary" not in told.lower()
    assert here.bvls.reads == 0


async def test_a_body_that_is_too_large_is_not_read(here: Estate) -> None:
    assert (await here.tell(b"[" + b" " * 70_000 + b"]")).status == 413


async def test_a_visit_is_named_by_number_and_establishment(here: Estate) -> None:
    for prison in (None, "../x", "mdi", 5):
        answer = await here.tell(official_visit(prison=prison), name="official-visits")
        assert answer.status == 422
    assert here.visits.reads == 0


async def test_events_of_other_kinds_are_ignored_without_asking(here: Estate) -> None:
    for other in (
        "book-a-video-link.appointment.created",
        "prison-offender-events.prisoner.released",
        "official-visits-api.visit.created",
    ):
        found = await here.outcome({"eventType": other, "additionalInformation": {"appointmentId": 1}})
        assert (found["outcome"], found["codes"]) == ("ignored", ["event_type"])
    assert here.bvls.reads == 0


async def test_a_booking_the_system_does_not_have_is_ignored(here: Estate) -> None:
    found = await here.outcome(video_booking(number=999))
    assert (found["outcome"], found["codes"]) == ("ignored", ["not_there"])


@pytest.mark.parametrize("carrier", [enveloped, lambda event: event])
async def test_a_message_that_was_taken_is_answered_again_without_asking(here: Estate, carrier: Any) -> None:
    first = await here.outcome(carrier(video_booking()), message="m1")
    here.bvls.held[BVLS_PATH] = booking(statusCode="CANCELLED", amendedAt="2026-11-03T10:00:00")
    assert await here.outcome(carrier(video_booking()), message="m1") == first
    assert here.bvls.reads == 1
    assert await sessions(here) == 3


async def test_a_plain_event_without_an_id_stands_for_itself(here: Estate) -> None:
    for expected in (1, 1):
        answer = await here.home.client.post(
            "/v1/adapters/bvls/events", json=video_booking(), headers={"Authorization": f"Bearer {SECRET}"}
        )
        assert answer.status == 202
        assert here.bvls.reads == expected


async def test_one_message_id_for_two_events_is_a_fault_of_the_sender(here: Estate) -> None:
    await here.outcome(video_booking(), message="m1")
    found = await here.outcome(video_booking("amended"), message="m1")
    assert (found["outcome"], found["codes"]) == ("refused", ["key-reused"])


async def test_a_token_the_system_has_forgotten_is_made_anew_once(here: Estate) -> None:
    await here.taken(video_booking())
    here.bvls.faults = [status(401)]
    await here.taken(video_booking())
    assert (here.bvls.tokens, here.bvls.reads) == (2, 3)


@pytest.mark.parametrize("fault", [status(429), status(503), status(500), status(502), hang_up])
async def test_what_passes_by_itself_is_asked_again(here: Estate, fault: Answer) -> None:
    here.bvls.faults = [fault, fault]
    await here.taken(video_booking())
    assert here.bvls.reads == 3


TOO_LARGE = said(json.dumps({**booking(), "notesForStaff": "x" * MAX_ANSWER}))


UNANSWERED: list[tuple[list[Answer], list[Answer], int]] = [
    ([status(503)] * 3, [], 3),
    ([status(429)] * 3, [], 3),
    ([status(429, **{"Retry-After": "60"})], [], 1),
    ([status(503, **{"Retry-After": "Fri, 06 Nov 2026 10:00:00 GMT"})], [], 1),
    ([status(401)] * 2, [], 2),
    ([status(403)], [], 1),
    ([status(302, Location="/elsewhere")], [], 1),
    ([status(418)], [], 1),
    ([TOO_LARGE], [], 1),
    ([said("<html>Canary</html>", "text/html")], [], 1),
    ([said("")], [], 1),
    ([said('{"canary"')], [], 1),
    ([], [status(401)], 0),
    ([], [status(400)], 0),
    ([], [status(503)] * 3, 0),
    ([], [said("<html>Canary</html>", "text/html")], 0),
    ([], [said('{"access_token": "a b", "expires_in": 1}')], 0),
]
"""What the system answers to reads and to sign-ins, and how many reads reach it."""


async def test_when_the_system_cannot_be_asked_the_queue_keeps_the_event_and_it_is_taken_later(here: Estate) -> None:
    here.bvls.expires_in = 0  # so that every read signs in
    for number, (faults, sign_in_faults, reads) in enumerate(UNANSWERED, start=1):
        here.bvls.faults, here.bvls.sign_in_faults, here.bvls.reads = list(faults), list(sign_in_faults), 0
        answer = await here.tell(video_booking(), message="m1")
        assert answer.status == 503, number
        assert (await answer.json())["type"] == "/problems/upstream"
        assert int(answer.headers["Retry-After"]) > 0
        assert (here.bvls.reads, await metric(here, "again")) == (reads, number)
        assert (here.bvls.faults, here.bvls.sign_in_faults) == ([], [])
    assert await sessions(here) == 0
    await here.taken(video_booking(), message="m1")
    assert await sessions(here) == 3


async def test_a_system_that_says_nothing_is_given_up_on(here: Estate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vmrd.adapters.upstream.DEADLINE", 0.05)
    here.bvls.faults = [silence]
    assert (await here.tell(video_booking())).status == 503
    monkeypatch.undo()
    await here.taken(video_booking())


async def test_an_answer_that_is_no_booking_is_named_and_not_taken(here: Estate) -> None:
    for body in ("[]", "null", "5", '{"canary": 1}'):
        here.bvls.faults = [said(body)]
        found = await here.outcome(video_booking())
        assert found["outcome"] == "refused", body
        assert all(code.startswith("unreadable:") for code in found["codes"])
        assert "canary" not in str(found)
    assert await sessions(here) == 0


async def test_what_is_answered_is_what_the_document_says(here: Estate) -> None:
    document = await (await here.home.client.get("/openapi.json")).json()
    responses = document["paths"]["/v1/adapters/{name}/events"]["post"]["responses"]
    taken = await here.tell(video_booking())
    ignored = await here.tell(video_booking(number=999))
    here.bvls.faults = [status(403)]
    again = await here.tell(video_booking())
    for answer in (taken, ignored, again, await here.tell(b""), await here.tell({}), await here.tell({}, secret="x")):
        content = responses[str(answer.status)]["content"][answer.content_type]
        OAS31Validator({**content["schema"], "components": document["components"]}).validate(await answer.json())


async def test_what_became_of_events_is_counted(here: Estate) -> None:
    await here.taken(video_booking())
    await here.outcome(video_booking(number=999))
    here.bvls.held[BVLS_PATH] = booking(prisonAppointments=[])
    await here.outcome(video_booking())
    await here.tell(b"")
    await here.tell(video_booking(), secret="wrong")
    for outcome in ("taken", "ignored", "refused", "unreadable", "stranger"):
        assert await metric(here, outcome) == 1, outcome


CANARIES = ("canary", "Canary", "A1234AA", "46385765", "court.example.org", CLIENT_SECRET, SECRET, "Bea ", "Interp")


def leaks() -> list[Answer]:
    """Answers that repeat all they should not, one for each thing that can go wrong."""
    said_all = json.dumps({**booking(), "statusCode": {"x": CLIENT_SECRET}, "courtCode": "Canary"})
    return [
        status(503),
        status(401),
        status(401),
        said(said_all),
        said("Canary " + CLIENT_SECRET),
        said(json.dumps(booking(prisonAppointments=[{**booking()["prisonAppointments"][0], "prisonCode": "Canary"}]))),
        hang_up,
        said(json.dumps(booking(prisonAppointments=[{**booking()["prisonAppointments"][0], "startTime": "Canary"}]))),
    ]


async def test_no_name_secret_or_token_is_in_a_log_line_a_metric_or_a_refusal(
    here: Estate, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    answers = []
    with capture_logs() as logs:
        await here.taken(video_booking())
        here.visits.held[VISIT_PATH] = visit(visitDate="2026-11-06")
        await here.taken(official_visit(), name="official-visits")
        for fault in leaks():
            here.bvls.faults = [fault] * 3
            answers.append(await (await here.tell(video_booking())).text())
        here.bvls.faults = []
        for secret in ("Canary wrong secret", SECRET):
            answers.append(await (await here.tell(b"Canary", secret=secret)).text())
    metrics = await (await here.home.ops.get("/metrics")).text()
    text = json.dumps(logs, default=str) + caplog.text + metrics + "".join(answers) + repr(here.home.deps.adapters)
    assert [canary for canary in CANARIES if canary in text] == []
    assert any(entry["event"] == "adapter_refused" for entry in logs)
    assert any(entry["event"] == "adapter_later" for entry in logs)


async def test_where_too_many_bookings_wait_the_queue_keeps_the_event(
    here: Estate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turnstile, "WAITING", 0)
    async with taken_up(here.home.deps.turnstile):
        refused = await here.tell(video_booking(), message="msg")
        assert (refused.status, refused.headers["Retry-After"]) == (503, "5")
        assert await here.record("bvls:184233") is None
    assert (await here.taken(video_booking(), message="msg"))["result"] == "accepted"
    metrics = await (await here.home.ops.get("/metrics")).text()
    assert 'vmrd_adapter_events_total{adapter="bvls",outcome="again"} 1.0' in metrics
