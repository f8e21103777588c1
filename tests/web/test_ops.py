"""The operations' listener, and that nothing personal reaches it, the logs or an error."""

import json

import pytest
import structlog
from structlog.testing import CapturingLogger

from tests.web.house import EVENT, OFFICER, PASSWORD, ROOM, SUPERVISOR, House, event, leg
from vmrd.lifecycle import inputs as i

pytestmark = pytest.mark.asyncio


async def test_health_is_told_and_a_closed_store_is_not_ready(home: House) -> None:
    assert (await home.ops.get("/healthz")).status == 200
    assert (await home.ops.get("/readyz")).status == 200
    await home.store.close()
    assert (await home.ops.get("/readyz")).status == 503
    assert (await home.ops.get("/healthz")).status == 200
    answer = await home.get("/v1/sessions")
    assert answer.status == 503
    assert (await answer.json())["type"] == "/problems/store"


async def test_operations_and_the_api_do_not_share_a_listener(home: House) -> None:
    assert (await home.client.get("/metrics")).status == 404
    assert (await home.ops.get("/v1/sessions", headers={"Authorization": f"Bearer {OFFICER}"})).status == 404


async def test_no_name_pin_token_or_number_reaches_a_log_a_metric_or_an_error(home: House) -> None:
    logger = CapturingLogger()
    structlog.configure(logger_factory=lambda *_: logger, cache_logger_on_first_use=False)
    try:
        said = await everything_that_can_go_wrong(home)
    finally:
        structlog.reset_defaults()
    metrics = await (await home.ops.get("/metrics")).text()
    pin = await home.press(home_session(home), "reveal", {"what": "host-pin"})
    canaries = [
        "Canary",
        "B Advocate",
        "Interpreter 1",
        "Mallory",
        "A1234AA",
        "1990-01-31",
        "1632960",
        "canary",
        OFFICER,
        SUPERVISOR,
        PASSWORD,
        (await pin.json())["value"],
    ]
    for place, text in (("logs", repr(logger.calls)), ("metrics", metrics), ("errors", said)):
        for canary in canaries:
            assert canary not in text, f"{canary} in {place}"
    assert logger.calls  # the faults below are logged, so an empty log would prove nothing


def home_session(home: House) -> str:
    return next(iter(home._numbers))


async def everything_that_can_go_wrong(home: House) -> str:
    """Every kind of error with something secret in what was sent; all that was answered."""
    people = (leg("B Advocate"), leg("Mallory"))
    session = await home.opened(*people)
    number = "+441632960123"
    phone = leg(number, id="leg-phone", protocol=i.Protocol.SIP, address=f"sip:{number}@example.org")
    await home.shows(session, ROOM, *people, phone)

    def broken(ref: object) -> i.Input:
        raise RuntimeError("Canary in an exception's own text")

    await home.engine.submit(session, broken)
    answers = [
        await home.deliver(event(version=9, prisoners=[{"prisonerNumber": "Canary", "dateOfBirth": "canary"}]), "a"),
        await home.deliver(event(version=9, attendees=[{"ref": "canary person", "role": "canary"}]), "b"),
        await home.deliver(b'["canary', "c"),
        await home.deliver(event(id="bvls:clash"), "d"),
        await home.deliver(EVENT, "e", key="whsec_Y2FuYXJ5"),
        await home.press(session, "check", {"participant": "canary", "attendee": "canary", "documents": ["canary"]}),
        await home.press(session, "admit", {"participant": "canary"}),
        await home.press(session, "note", {"text": "canary " * 100}),
        await home.press(session, "canary"),
        await home.press(session, "prisoner-in"),
        await home.press(session, "reveal", {"what": "canary"}),
        await home.get("/v1/sessions?date=canary&phase=canary"),
        await home.get("/v1/sessions/canary"),
        await home.client.post("/sign-in", json={"name": "canary", "password": PASSWORD}),
        await home.client.post("/pexip/events", data=b"canary"),
        await home.get("/v1/me", "canary-token"),
    ]
    assert {answer.status for answer in answers} <= {202, 400, 401, 404, 409, 422}
    told = [await answer.text() for answer in answers]
    return json.dumps(told)
