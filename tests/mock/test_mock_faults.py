"""Every way in which a fault can befall a request, and what the mock's own account says of it afterwards."""

import asyncio

import aiohttp
import pytest

from tests.mock.mock_site import Site, until

pytestmark = pytest.mark.asyncio


async def locked(site: Site) -> bool:
    return bool((await site.conference())["locked"])


async def test_a_status_is_answered_without_effect_and_so_many_times_only(site: Site) -> None:
    token = await site.token()
    fault = await site.fault("lock", "status", status=529, times=2)
    statuses = [(await site.node("POST", "lock", token=token)).status for _ in range(2)]
    assert statuses == [529, 529]
    assert not await locked(site)
    assert (await site.node("POST", "lock", token=token)).status == 200
    assert (await site.faults())[fault]["met"] == 2


async def test_ignore_answers_success_without_effect(site: Site) -> None:
    token = await site.token()
    await site.fault("lock", "ignore")
    answer = await site.node("POST", "lock", token=token)
    assert (answer.status, answer.result) == (200, True)
    assert not await locked(site)


async def test_drop_has_no_effect_and_lose_answer_has(site: Site) -> None:
    token = await site.token()
    await site.fault("lock", "drop")
    with pytest.raises(aiohttp.ClientError):
        await site.node("POST", "lock", token=token)
    assert not await locked(site)
    await site.fault("lock", "lose-answer")
    with pytest.raises(aiohttp.ClientError):
        await site.node("POST", "lock", token=token)
    assert await locked(site)


async def test_one_operation_has_the_same_name_on_both_apis(site: Site) -> None:
    await site.token()
    conference = await site.conference()
    await site.fault("lock", "status")
    refused = await site.admin("POST", "command/v1/conference/lock/", {"conference_id": conference["id"]})
    assert refused.status == 503
    accepted = await site.admin("POST", "command/v1/conference/lock/", {"conference_id": conference["id"]})
    assert accepted.status == 202
    assert await locked(site)


async def test_relock_means_the_second_lock_request_of_a_conference(site: Site) -> None:
    token = await site.token()
    fault = await site.fault("relock", "status", times=None)
    assert (await site.node("POST", "lock", token=token)).status == 200
    assert (await site.faults())[fault]["met"] == 0
    assert (await site.node("POST", "lock", token=token)).status == 503


async def test_refuse_and_disconnect_both_mean_to_hang_up_on_one_participant(site: Site) -> None:
    token = await site.token()
    held, other = await site.person("Held"), await site.person("Other")
    for operation in ("refuse", "disconnect"):
        await site.fault(operation, "status")
        assert (await site.node("POST", f"participants/{held}/disconnect", token=token)).status == 503
    await site.node("POST", f"participants/{held}/disconnect", token=token)
    await site.node("POST", "start_conference", token=token)
    await site.node("POST", f"participants/{other}/disconnect", token=token)
    requests = (await site.control("GET", "requests")).body
    assert isinstance(requests, list)
    hangups = [one["operation"] for one in requests if one["path"].endswith("/{participant}/disconnect")]
    assert hangups == ["refuse", "refuse", "refuse", "disconnect"]


async def test_a_duplicate_takes_effect_twice(site: Site) -> None:
    token = await site.token()
    await site.fault("dial", "duplicate")
    await site.node(
        "POST", "dial", {"destination": "room1@rooms.example.org", "protocol": "sip", "role": "HOST"}, token=token
    )
    people = (await site.conference())["participants"]
    assert isinstance(people, list)
    assert [person["address"] for person in people[1:]] == ["sip:room1@rooms.example.org"] * 2


async def test_hold_before_blocks_until_released_and_has_its_effect_then(site: Site) -> None:
    token = await site.token()
    fault = await site.fault("lock", "hold-before")
    asking = asyncio.create_task(site.node("POST", "lock", token=token))

    async def held() -> bool:
        return (await site.faults())[fault]["heldNow"] == 1

    await until(held)
    assert not await locked(site)
    assert (await site.control("DELETE", f"faults/{fault}")).status == 204
    assert (await asking).status == 200
    assert await locked(site)


async def test_hold_before_has_no_effect_when_the_client_goes_away(site: Site) -> None:
    token = await site.token()
    fault = await site.fault("lock", "hold-before", times=None)
    asking = asyncio.create_task(site.node("POST", "lock", token=token))

    async def held() -> bool:
        return (await site.faults())[fault]["heldNow"] == 1

    async def gone() -> bool:
        return (await site.faults())[fault]["heldNow"] == 0

    await until(held)
    asking.cancel()
    await until(gone)
    await site.control("DELETE", f"faults/{fault}")
    assert not await locked(site)


async def test_hold_after_has_its_effect_at_once_and_answers_when_released(site: Site) -> None:
    token = await site.token()
    fault = await site.fault("lock", "hold-after")
    asking = asyncio.create_task(site.node("POST", "lock", token=token))
    await until(lambda: locked(site))
    assert not asking.done()
    await site.control("DELETE", f"faults/{fault}")
    assert (await asking).result is True


async def test_a_delay_delays(site: Site) -> None:
    token = await site.token()
    await site.fault("lock", "delay", delayMs=50)
    loop = asyncio.get_running_loop()
    before = loop.time()
    assert (await site.node("POST", "lock", token=token)).status == 200
    assert loop.time() - before >= 0.05


async def test_disconnect_closes_open_streams_at_once_and_the_next_when_it_opens(site: Site) -> None:
    token = await site.token()
    async with site.watching(token) as watch:
        await watch.until(lambda seen: "participant_sync_end" in seen.names())
        fault = await site.fault("events", "disconnect", times=2)
        await watch.until(lambda seen: seen.over)
        assert "disconnect" not in watch.names()
    async with site.watching(token) as cut:
        await cut.until(lambda seen: seen.over)
        assert cut.events == []
    async with site.watching(token) as watch:
        await watch.until(lambda seen: "participant_sync_end" in seen.names())
    assert (await site.faults())[fault]["met"] == 2


async def test_disconnect_on_another_operation_lets_it_happen_and_cuts_the_streams(site: Site) -> None:
    token = await site.token()
    async with site.watching(token) as watch:
        await watch.until(lambda seen: "participant_sync_end" in seen.names())
        await site.fault("lock", "disconnect")
        assert (await site.node("POST", "lock", token=token)).status == 200
        await watch.until(lambda seen: seen.over)
    assert await locked(site)


async def test_events_can_come_twice_and_out_of_order(site: Site) -> None:
    token = await site.token()
    async with site.watching(token) as watch:
        await watch.until(lambda seen: "participant_sync_end" in seen.names())
        synced = len(watch.events)
        await site.fault("events", "duplicate")
        await site.node("POST", "lock", token=token)
        await watch.until(lambda seen: len(seen.events) == synced + 2)
        assert watch.events[synced] == watch.events[synced + 1]
        await site.fault("events", "reorder")
        await site.node("POST", "unlock", token=token)
        await site.node("POST", "muteguests", token=token)
        await watch.until(lambda seen: len(seen.events) == synced + 4)
        later = [(data["locked"], data["guests_muted"]) for _, data in watch.events[synced + 2 :]]  # type: ignore[index]
        assert later == [(False, True), (False, False)]


async def test_a_stalled_stream_stays_open_and_silent_until_released(site: Site) -> None:
    token = await site.token()
    async with site.watching(token) as watch:
        await watch.until(lambda seen: "participant_sync_end" in seen.names())
        synced = len(watch.events)
        fault = await site.fault("events", "hold-after")
        await site.node("POST", "lock", token=token)

        async def held() -> bool:
            return (await site.faults())[fault]["heldNow"] == 1

        await until(held)
        assert (len(watch.events), watch.over) == (synced, False)
        await site.control("DELETE", f"faults/{fault}")
        await watch.until(lambda seen: len(seen.events) == synced + 1)


async def test_any_befalls_whatever_comes_first(site: Site) -> None:
    token = await site.token()
    await site.fault("any", "status", status=500)
    assert (await site.node("GET", "conference_status", token=token)).status == 500
    assert (await site.node("GET", "conference_status", token=token)).status == 200


async def test_a_fault_can_befall_any_single_route(site: Site) -> None:
    listed = (await site.control("GET", "operations")).body
    assert isinstance(listed, dict)
    routes = [f"POST /api/client/v2/conferences/{{alias}}/{rest}" for rest in ("muteguests", "lock")]
    assert set(routes) <= set(listed["routes"])
    assert "lock" in listed["operations"]
    token = await site.token()
    await site.fault(routes[0], "status")
    assert (await site.node("POST", "lock", token=token)).status == 200
    assert (await site.node("POST", "muteguests", token=token)).status == 503
    await site.fault("GET /api/admin/configuration/v1/conference/", "status", status=500)
    assert (await site.admin("GET", "configuration/v1/conference/1/")).status == 200
    assert (await site.admin("GET", "configuration/v1/conference/")).status == 500


async def test_the_account_says_which_request_met_which_fault(site: Site) -> None:
    token = await site.token()
    fault = await site.fault("lock", "ignore")
    for _ in range(2):
        await site.node("POST", "lock", token=token)
    requests = (await site.control("GET", "requests")).body
    assert isinstance(requests, list)
    assert [one["fault"] for one in requests if one["operation"] in ("lock", "relock")] == [fault, None]


@pytest.mark.parametrize(
    "body", [{"operation": "lcok", "how": "drop"}, {"operation": "lock", "how": "dorp"}, {"how": "drop"}]
)
async def test_a_fault_that_means_nothing_is_refused(site: Site, body: dict[str, str]) -> None:
    refused = await site.control("POST", "faults", body)
    assert refused.status == 400
    assert await site.faults() == {}


@pytest.mark.parametrize(
    ("operation", "how"),
    [("create_vmr", "ignore"), ("create_vmr", "status"), ("delete", "ignore"), ("delete", "status")],
)
async def test_creating_and_deleting_can_fail_in_the_worst_way(site: Site, operation: str, how: str) -> None:
    await site.fault(operation, how)
    if operation == "create_vmr":
        answer = await site.admin("POST", "configuration/v1/conference/", {"name": "second"})
        assert answer.status == (201 if how == "ignore" else 503)
    else:
        answer = await site.admin("DELETE", "configuration/v1/conference/1/")
        assert answer.status == (204 if how == "ignore" else 503)
    vmrs = (await site.state())["vmrs"]
    assert isinstance(vmrs, list)
    assert [(vmr["id"], vmr["deleted"]) for vmr in vmrs] == [(1, False)]
