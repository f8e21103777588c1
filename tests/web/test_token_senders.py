"""Systems that cannot sign: a bearer token and an `Idempotency-Key` say who sends, and what a repeat is known by."""

from pathlib import Path

import pytest
from aiohttp import ClientResponse

from tests.web.house import EVENT, KEY, OFFICER, TOKEN, WORKS_TOKEN, House, Json, configuration, event, house
from tests.web.test_room_events import block
from vmrd.config import ConfigError

pytestmark = pytest.mark.asyncio
EVENTS = "/v1/bookings/events"


def plain(**changes: object) -> Json:
    return {**event(id="plain:1", **changes), "source": {"system": "plain"}}


async def post(home: House, body: Json, key: str | None = "one", token: str = TOKEN, **headers: str) -> ClientResponse:
    keyed = {"Idempotency-Key": key} if key is not None else {}
    return await home.client.post(EVENTS, json=body, headers={"Authorization": f"Bearer {token}", **keyed, **headers})


async def test_a_booking_is_taken_by_token_and_a_repeated_key_gets_its_first_answer(home: House) -> None:
    first = await post(home, plain())
    assert (first.status, (await first.json())["result"]) == (202, "accepted")
    again = await post(home, plain())
    assert (again.status, await again.read()) == (202, await first.read())
    other = await post(home, plain(version=4))
    assert (other.status, (await other.json())["type"]) == (422, "/problems/key-reused")
    newer = await post(home, plain(version=4), "two")
    assert (newer.status, (await newer.json())["result"]) == (202, "accepted")


async def test_a_token_nobody_has_books_nothing(home: House) -> None:
    for token in ("wrong", "", OFFICER, "\udcff\udcfe"):
        answer = await post(home, plain(), token=token)
        assert (answer.status, (await answer.json())["type"]) == (401, "/problems/not-signed-in")
    assert (await home.get("/v1/bookings/plain:1")).status == 404


async def test_without_a_key_a_repeat_could_not_be_known(home: House) -> None:
    for key in (None, "", "a key with spaces", "k" * 256):
        answer = await post(home, plain(), key)
        assert (answer.status, (await answer.json())["errors"][0]["code"]) == (422, "idempotency_key")


async def test_a_token_does_not_save_a_wrong_signature(home: House) -> None:
    answer = await post(home, plain(), **{"Webhook-Signature": "v1,d3Jvbmc="})
    assert (answer.status, (await answer.json())["type"]) == (401, "/problems/bad-signature")


async def test_a_token_speaks_for_its_own_system_establishments_and_event_types_only(home: House) -> None:
    assert (await post(home, EVENT, "one")).status == 403
    assert (await post(home, plain(establishment={"prisonCode": "BAI"}), "two")).status == 403
    works = {"source": {"system": "works"}}
    refused = await post(home, {**event(id="works:1"), **works}, "three", WORKS_TOKEN)
    assert (refused.status, (await refused.json())["type"]) == (403, "/problems/forbidden")
    assert (await home.get("/v1/bookings/works:1")).status == 404
    assert (await post(home, {**block(id="works:1"), **works}, "four", WORKS_TOKEN)).status == 202


async def test_a_key_that_signs_may_be_kept_to_some_event_types(tmp_path: Path) -> None:
    kept = {"system": "bvls", "secrets": [KEY], "event_types": ["booking.created"], "authority": "upstream"}
    async with house(tmp_path, senders=[kept]) as home:
        assert (await home.deliver(EVENT, "one")).status == 202
        assert (await home.deliver(event(version=4, eventType="booking.cancelled"), "two")).status == 403
        assert (await home.deliver(block(), "three")).status == 403


@pytest.mark.parametrize(
    ("sender", "fault"),
    [
        ({"system": "x"}, "give a secret to sign with, or a token"),
        ({"system": "x", "token": "canary"}, "senders.0.token"),
        ({"system": "x", "token": TOKEN, "event_types": ["booking.create"]}, "senders.0.event_types.0"),
    ],
)
async def test_a_sender_that_proves_nothing_is_found_at_the_start(
    home: House, sender: dict[str, object], fault: str
) -> None:
    with pytest.raises(ConfigError, match=fault) as refused:
        configuration(home.deps.config.store.path.parent, senders=[sender])
    assert "canary" not in str(refused.value)
