"""Pitfalls of the management API and of what it takes for a change to arrive, as a client meets them over HTTP."""

import aiohttp
import pytest

from pexip_mock.knobs import Knobs
from pexip_mock.server import MockServer
from tests.mock.mock_site import ALIAS, HOST_PIN, NAME, VMR, Site, a_site

pytestmark = pytest.mark.asyncio

VMRS = "configuration/v1/conference/"


async def answers(site: Site, pin: str = "") -> list[int]:
    """What each node says to somebody who dials, without leaving anybody behind."""
    statuses = []
    for node in (0, 1):
        asked = await site.node("POST", "request_token", {"display_name": "probe"}, pin=pin, node=node)
        statuses.append(asked.status)
        if asked.status == 200 and isinstance(asked.result, dict):
            await site.node("POST", "release_token", token=str(asked.result["token"]), node=node)
    return statuses


async def step_until(site: Site, wanted: list[int], pin: str = "") -> list[list[int]]:
    """Move the clock on second by second; what was answered on the way."""
    seen: list[list[int]] = []
    for _ in range(90):
        seen.append(await answers(site, pin))
        if seen[-1] == wanted:
            return seen
        await site.pass_time(1)
    raise AssertionError(seen[-1])


async def test_pitfall_01_what_is_created_changed_or_deleted_reaches_each_node_at_its_own_moment() -> None:
    knobs = Knobs.fast().changed({"replication_delay_s": 60, "break_in_checks": False})
    async with MockServer(knobs, seed=3) as server, aiohttp.ClientSession() as session:
        site = Site(server, session)
        created = await site.admin("POST", VMRS, VMR)
        assert created.status == 201
        await site.pass_time(47)
        on_the_way = await step_until(site, [403, 403])
        assert on_the_way[0] == [404, 404]
        assert [404, 403] in on_the_way or [403, 404] in on_the_way, "one node knew before the other"
        path = created.headers["Location"]
        await site.admin("PATCH", path, {"pin": "111111"})
        assert await answers(site, HOST_PIN) == [200, 200], "the old PIN still works"
        await site.pass_time(47)
        assert (await step_until(site, [403, 403], HOST_PIN))[0] == [200, 200]
        await site.admin("DELETE", path)
        assert (await site.admin("GET", path)).status == 404
        await site.pass_time(47)
        assert (await step_until(site, [404, 404]))[0] == [403, 403], "the alias still answers"


async def test_pitfall_02_codes_and_bodies_of_creating_changing_commanding_and_deleting(site: Site) -> None:
    created = await site.admin("POST", VMRS, {"name": "second"})
    path = created.headers["Location"]
    assert (created.status, created.body) == (201, None)
    assert path.rstrip("/").rpartition("/")[2].isdigit()
    assert (await site.admin("PATCH", path, {"tag": "x"})).status == 202
    token = await site.token()
    running = (await site.listed("status/v1/conference/"))[0]
    locked = await site.admin("POST", "command/v1/conference/lock/", {"conference_id": running["id"]})
    assert (locked.status, locked.body) == (202, {"status": "success", "data": None})
    assert (await site.node("POST", "release_token", token=token)).status == 200
    deleted = await site.admin("DELETE", path)
    assert (deleted.status, deleted.body) == (204, None)


async def test_pitfall_04_three_ids_and_the_name_joins_them(site: Site) -> None:
    (vmr,) = await site.listed(VMRS)
    assert isinstance(vmr["id"], int)
    instances = []
    for _ in range(2):
        token = await site.token()
        (running,) = await site.listed("status/v1/conference/")
        (own,) = await site.roster(token)
        (shown,) = await site.listed("status/v1/participant/")
        assert (shown["id"], shown["conference"], running["name"]) == (own, NAME, NAME)
        assert str(vmr["id"]) not in (running["id"], own)
        instances.append(running["id"])
        await site.node("POST", "release_token", token=token)
    assert instances[0] != instances[1], "each instance has a UUID of its own"


async def test_pitfall_05_status_comes_in_twenties_and_is_gone_with_the_end(site: Site) -> None:
    token = await site.token()
    for number in range(21):
        await site.person(f"Guest {number}", "room-system")
    first = (await site.admin("GET", "status/v1/participant/")).body
    assert isinstance(first, dict)
    assert (len(first["objects"]), first["meta"]["limit"], first["meta"]["total_count"]) == (20, 20, 22)
    assert first["meta"]["next"].startswith("/api/admin/status/v1/participant/?")
    rest = await site.listed(first["meta"]["next"])
    assert len(rest) == 2
    assert await site.listed("status/v1/conference/?name=legal") == []
    (running,) = await site.listed("status/v1/conference/")
    await site.node("POST", "disconnect", token=token)
    for kind, uuid in (("conference", running["id"]), ("participant", rest[0]["id"])):
        assert (await site.admin("GET", f"status/v1/{kind}/{uuid}/")).status == 404


@pytest.mark.parametrize(
    ("pins", "status"),
    [
        ({"allow_guests": False}, 201),
        ({"allow_guests": False, "pin": "1234"}, 201),
        ({"allow_guests": False, "pin": "1234", "guest_pin": "5678"}, 400),
        ({"allow_guests": True}, 400),
        ({"allow_guests": True, "guest_pin": "5678"}, 400),
        ({"allow_guests": True, "pin": "1234"}, 201),
        ({"allow_guests": True, "pin": "1234", "guest_pin": "5678"}, 201),
        ({"allow_guests": True, "pin": "1234", "guest_pin": "56789"}, 400),
        ({"allow_guests": True, "pin": "1234#", "guest_pin": "56789#"}, 201),
        ({"allow_guests": True, "pin": "1234#", "guest_pin": "5678"}, 400),
        ({"allow_guests": True, "pin": "1234", "guest_pin": "1234"}, 400),
        ({"pin": "123"}, 400),
        ({"pin": "12ab"}, 400),
        ({"pin": "1" * 21}, 400),
    ],
)
async def test_pitfall_28_pins_that_do_not_go_together_are_a_400(
    site: Site, pins: dict[str, object], status: int
) -> None:
    created = await site.admin("POST", VMRS, {"name": "other"} | pins)
    assert created.status == status
    if status == 400:
        assert isinstance(created.body, dict)
        assert set(created.body) == {"conference"}


@pytest.mark.parametrize("checks", [True, False])
async def test_pitfall_28_twenty_one_wrong_pins_hide_the_vmr_for_ten_minutes(checks: bool) -> None:
    async with a_site(break_in_checks=checks) as site:
        for _ in range(21):
            wrong = await site.node("POST", "request_token", {"display_name": "Mallory"}, pin="0000")
            assert (wrong.status, wrong.result) == (403, "Invalid PIN")
        hidden = await site.node("POST", "request_token", {"display_name": "vmrd"}, pin=HOST_PIN)
        assert hidden.status == (404 if checks else 200)
        await site.pass_time(601)
        assert await site.token()


async def test_pitfall_29_over_the_rate_limit_is_429_with_the_seconds_to_wait() -> None:
    async with a_site(rate_limit=5) as site:
        answers = [await site.admin("GET", VMRS) for _ in range(6)]
        assert [one.status for one in answers].count(429) >= 1
        assert int(answers[-1].headers["Retry-After"]) >= 1
        assert (await site.node("POST", "request_token", {"display_name": "x"})).status == 403, "nodes have no limit"


@pytest.mark.parametrize("dialled", [ALIAS.upper(), f"sip:{ALIAS}", f"sips:{ALIAS}", f"h323:{ALIAS}"])
async def test_pitfall_31_aliases_are_matched_without_case_and_scheme(site: Site, dialled: str) -> None:
    assert (await site.control("POST", "people", {"alias": dialled, "name": "Ann", "pin": HOST_PIN})).status == 201


async def test_pitfall_31_names_and_aliases_are_taken_once(site: Site) -> None:
    same_name = await site.admin("POST", VMRS, {"name": NAME})
    same_alias = await site.admin("POST", VMRS, {"name": "other", "aliases": [{"alias": ALIAS.upper()}]})
    for answer, field in ((same_name, "name"), (same_alias, "aliases")):
        assert answer.status == 400
        assert isinstance(answer.body, dict)
        assert "already exists" in answer.body["conference"][field][0]


@pytest.mark.parametrize(("knob", "ends"), [(False, False), (True, True)])
async def test_pitfall_32_deleting_a_vmr_does_not_hang_up(knob: bool, ends: bool) -> None:
    async with a_site(vmr_delete_ends_running=knob) as site:
        chair = await site.chair()
        (vmr,) = await site.listed(VMRS)
        await site.admin("DELETE", f"{VMRS}{vmr['id']}/")
        await site.pass_time(10)
        assert await site.where(chair) == ["left" if ends else "inside"]


@pytest.mark.parametrize(("knob", "reaches"), [(False, False), (True, True)])
async def test_pitfall_32_a_change_does_not_reach_what_runs(knob: bool, reaches: bool) -> None:
    async with a_site(vmr_change_reaches_running=knob) as site:
        token = await site.token()
        (vmr,) = await site.listed(VMRS)
        await site.admin("PATCH", f"{VMRS}{vmr['id']}/", {"enable_chat": "no"})
        await site.pass_time(10)
        said = await site.node("POST", "message", {"type": "text/plain", "payload": "x"}, token=token)
        assert said.result is not reaches
        await site.node("POST", "release_token", token=token)
        said = await site.node("POST", "message", {"type": "text/plain", "payload": "x"}, token=await site.token())
        assert said.result is False, "the next instance has the new settings"


async def test_pitfall_33_a_name_with_quotes_and_spaces_is_found_only_when_escaped(site: Site) -> None:
    other = {"name": "Alices VMR 4711", "aliases": [{"alias": "other@vmr.example.org"}]}
    await site.admin("POST", VMRS, other)
    await site.pass_time(1)
    await site.control("POST", "people", {"alias": "other@vmr.example.org", "name": "Bob"})
    await site.token()
    assert len(await site.listed("status/v1/conference/")) == 2
    escaped = "Alice%27s%20%22VMR%22%20%E2%80%93%204711"
    (running,) = await site.listed(f"status/v1/conference/?name={escaped}")
    assert running["name"] == NAME
    assert len(await site.listed(f"status/v1/participant/?conference={escaped}")) == 1


@pytest.mark.parametrize(("control_counts", "second"), [(False, 200), (True, 403)])
async def test_pitfall_34_a_full_room_refuses_the_next_and_who_is_counted(control_counts: bool, second: int) -> None:
    async with a_site(control_counts_for_limit=control_counts) as site:
        (vmr,) = await site.listed(VMRS)
        await site.admin("PATCH", f"{VMRS}{vmr['id']}/", {"participant_limit": 2})
        await site.pass_time(10)
        await site.token()
        await site.person("Ann", "room-system")
        again = await site.node("POST", "request_token", {"display_name": "vmrd"}, pin=HOST_PIN)
        assert again.status == second
        if second == 200:
            await site.person("Bob", "room-system")
        full = await site.control("POST", "people", {"alias": ALIAS, "name": "Cid", "pin": HOST_PIN})
        assert (full.status, full.refused) == (403, "Participant limit reached")


@pytest.mark.parametrize("control_counts", [False, True])
async def test_pitfall_34_an_endpoint_called_into_a_full_room_is_hung_up_when_it_answers(control_counts: bool) -> None:
    async with a_site(control_counts_for_limit=control_counts) as site:
        (vmr,) = await site.listed(VMRS)
        await site.admin("PATCH", f"{VMRS}{vmr['id']}/", {"participant_limit": 1 + control_counts})
        await site.pass_time(10)
        token = await site.token()
        async with site.watching(token) as watch:
            legs: list[str] = []
            for left in (0, 1):
                body = {"destination": "room1@rooms.example.org", "protocol": "auto", "role": "HOST"}
                called = (await site.node("POST", "dial", body, token=token)).result
                assert isinstance(called, list)
                legs += called
                await site.pass_time(10)
                await watch.until(lambda seen, left=left: seen.names().count("participant_delete") == left)  # type: ignore[misc]
        assert await site.where(*legs) == ["inside", "left"]
        assert await site.reason(legs[1]) == "Participant limit reached"


@pytest.mark.parametrize(("allowed", "status", "left"), [(False, 403, 1), (True, 204, 0)])
async def test_pitfall_35_a_delete_on_the_list_would_delete_everything(allowed: bool, status: int, left: int) -> None:
    async with a_site(allow_list_delete=allowed) as site:
        assert (await site.admin("DELETE", VMRS)).status == status
        assert len(await site.listed(VMRS)) == left
