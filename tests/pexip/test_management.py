"""Provisioning and commands at the Management Node: one vmr whatever is lost, and nothing touched that is not ours."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
import respx

from tests.pexip.samples import ALIAS, BASE, NAME, page, router, spec, status_person, upstream, vmr_row
from vmrd.pexip.errors import Gone, Malformed, NotOurs, PexipError, Rejected, Unreachable
from vmrd.pexip.management import Management
from vmrd.pexip.status import Instance, Node
from vmrd.pexip.vmr import Ensured, Vmr

pytestmark = pytest.mark.asyncio
VMR = f"{BASE}/api/admin/configuration/v1/conference/"
CONFERENCE = f"{BASE}/api/admin/status/v1/conference/"
PARTICIPANT = f"{BASE}/api/admin/status/v1/participant/"
COMMAND = f"{BASE}/api/admin/command/v1"
EXISTS = httpx.Response(400, json={"conference": {"name": ["Conference with this Name already exists."]}})
CREATED = httpx.Response(201, headers={"Location": "/api/admin/configuration/v1/conference/54/"})
RUNNING = {"id": "c0ffee00-0000-4000-a000-000000000001", "name": NAME, "is_locked": False, "is_started": True}


@pytest.fixture
def mock() -> respx.MockRouter:
    return router()


@pytest_asyncio.fixture
async def management(mock: respx.MockRouter) -> AsyncIterator[Management]:
    management = Management(upstream(mock, auth=("vmrd", "secret")), tag_prefix="vmrd:")
    yield management
    await management.aclose()


def finds(mock: respx.MockRouter, *answers: list[dict[str, Any]]) -> respx.Route:
    """What looking for vmrs shows, time after time; the last answer is repeated."""
    left = list(answers)

    def look(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=page(left.pop(0) if len(left) > 1 else left[0]))

    return mock.get(url__startswith=VMR).mock(side_effect=look)


def sent(route: respx.Route, index: int = -1) -> Any:
    return json.loads(route.calls[index].request.content)


# --- ensure_vmr ------------------------------------------------------------------------------------------------------


async def test_a_new_vmr_is_made_safe_and_read_back(mock: respx.MockRouter, management: Management) -> None:
    create = mock.post(VMR).mock(return_value=CREATED)
    find = finds(mock, [vmr_row(spec())])
    assert await management.ensure_vmr(spec()) == Ensured(created=True)
    body = sent(create)
    assert body["name"] == NAME
    assert body["aliases"] == [{"alias": "qwkzt"}, {"alias": ALIAS}]
    assert (body["pin"], body["guest_pin"], body["allow_guests"]) == ("482913", "771204", True)
    assert (body["enable_chat"], body["live_captions_enabled"], body["breakout_rooms"]) == ("no", "no", False)
    assert find.calls[0].request.url.params["name"] == NAME


async def test_what_came_out_otherwise_is_set_once_more(mock: respx.MockRouter, management: Management) -> None:
    mock.post(VMR).mock(return_value=CREATED)
    finds(mock, [vmr_row(spec(), enable_chat="default", guest_pin="")], [vmr_row(spec())])
    change = mock.patch(f"{VMR}54/").respond(202)
    assert await management.ensure_vmr(spec()) == Ensured(created=True)
    assert sent(change) == {"enable_chat": "no", "guest_pin": "771204"}


async def test_settings_that_do_not_take_are_an_error(mock: respx.MockRouter, management: Management) -> None:
    mock.post(VMR).mock(return_value=CREATED)
    finds(mock, [vmr_row(spec(), enable_chat="yes")])
    mock.patch(f"{VMR}54/").respond(202)
    with pytest.raises(Rejected) as caught:
        await management.ensure_vmr(spec())
    assert caught.value.code == "settings-differ"


async def test_our_own_vmr_is_adopted(mock: respx.MockRouter, management: Management) -> None:
    mock.post(VMR).mock(return_value=EXISTS)
    finds(mock, [vmr_row(spec())])
    change = mock.patch(url__startswith=VMR).respond(202)
    assert await management.ensure_vmr(spec()) == Ensured(created=False)
    assert not change.called


async def test_drift_in_our_own_vmr_is_put_right(mock: respx.MockRouter, management: Management) -> None:
    mock.post(VMR).mock(return_value=EXISTS)
    finds(mock, [vmr_row(spec(), allow_guests=False, pin="")], [vmr_row(spec())])
    change = mock.patch(f"{VMR}54/").respond(202)
    assert await management.ensure_vmr(spec()) == Ensured(created=False)
    assert sent(change) == {"allow_guests": True, "pin": "482913"}


@pytest.mark.parametrize("shown", [None, "****"])
async def test_pins_the_platform_hides_are_set_again(
    mock: respx.MockRouter, management: Management, shown: str | None
) -> None:
    mock.post(VMR).mock(return_value=EXISTS)
    finds(mock, [vmr_row(spec(), pin=shown, guest_pin=shown)])
    change = mock.patch(f"{VMR}54/").respond(202)
    assert await management.ensure_vmr(spec()) == Ensured(created=False)
    assert sent(change) == {"pin": "482913", "guest_pin": "771204"}


async def test_a_platform_without_captions_has_none_to_switch_off(
    mock: respx.MockRouter, management: Management
) -> None:
    mock.post(VMR).mock(return_value=CREATED)
    row = vmr_row(spec())
    del row["live_captions_enabled"]
    finds(mock, [row])
    assert await management.ensure_vmr(spec()) == Ensured(created=True)


@pytest.mark.parametrize(
    "changes",
    [
        {"tag": "vmrd:0815:1"},
        {"tag": ""},
        {"aliases": [{"alias": "other"}]},
        {"service_type": "lecture"},
        {"automatic_participants": ["/api/admin/configuration/v1/automatic_participant/1/"]},
    ],
)
async def test_somebody_elses_vmr_of_our_name_is_left_alone(
    mock: respx.MockRouter, management: Management, changes: dict[str, Any]
) -> None:
    mock.post(VMR).mock(return_value=EXISTS)
    finds(mock, [vmr_row(spec(), **changes)])
    change = mock.patch(url__startswith=VMR).respond(202)
    with pytest.raises(NotOurs):
        await management.ensure_vmr(spec())
    assert not change.called


async def test_an_alias_that_is_taken_is_not_ours(mock: respx.MockRouter, management: Management) -> None:
    mock.post(VMR).respond(400, json={"conference": {"aliases": ["... already exists."]}})
    finds(mock, [])
    with pytest.raises(NotOurs) as caught:
        await management.ensure_vmr(spec())
    assert caught.value.what == "alias"


async def test_a_lost_answer_is_settled_by_looking(mock: respx.MockRouter, management: Management) -> None:
    create = mock.post(VMR).mock(side_effect=httpx.ReadTimeout("lost"))
    finds(mock, [vmr_row(spec())])
    assert await management.ensure_vmr(spec()) == Ensured(created=False)
    assert create.call_count == 1


async def test_a_lost_answer_and_nothing_there_stays_unknown(mock: respx.MockRouter, management: Management) -> None:
    create = mock.post(VMR).respond(502)
    finds(mock, [])
    with pytest.raises(Unreachable) as caught:
        await management.ensure_vmr(spec())
    assert caught.value.sent is True
    assert create.call_count == 1


async def test_what_was_never_sent_is_not_looked_for(mock: respx.MockRouter, management: Management) -> None:
    mock.post(VMR).mock(side_effect=httpx.ConnectError("down"))
    find = finds(mock, [])
    with pytest.raises(Unreachable) as caught:
        await management.ensure_vmr(spec())
    assert caught.value.sent is False
    assert not find.called


async def test_a_wrong_pin_pair_is_refused_and_not_adopted(mock: respx.MockRouter, management: Management) -> None:
    mock.post(VMR).respond(400, json={"conference": {"__all__": ["Host and Guest PINs must be different."]}})
    find = finds(mock, [vmr_row(spec())])
    with pytest.raises(Rejected) as caught:
        await management.ensure_vmr(spec())
    assert caught.value.code == "invalid"
    assert not find.called


# --- delete_vmr ------------------------------------------------------------------------------------------------------


async def test_a_vmr_is_deleted_by_id(mock: respx.MockRouter, management: Management) -> None:
    finds(mock, [vmr_row(spec())])
    delete = mock.delete(f"{VMR}54/").respond(204)
    assert await management.delete_vmr(NAME) is True
    assert delete.call_count == 1


async def test_deleting_twice_is_no_error(mock: respx.MockRouter, management: Management) -> None:
    finds(mock, [vmr_row(spec())], [], [])
    mock.delete(f"{VMR}54/").respond(404)
    assert await management.delete_vmr(NAME) is False
    assert await management.delete_vmr(NAME) is False


async def test_a_link_is_not_taken_for_dead_because_something_in_between_knew_nothing_of_the_vmr(
    mock: respx.MockRouter, management: Management
) -> None:
    finds(mock, [vmr_row(spec())], [vmr_row(spec())])
    mock.delete(f"{VMR}54/").respond(404)
    with pytest.raises(Malformed):
        await management.delete_vmr(NAME)


@pytest.mark.parametrize("row", [vmr_row(spec(), name="vmrd-47110"), vmr_row(spec(), name=NAME.upper())])
async def test_only_the_very_name_is_deleted_even_if_the_filter_were_ignored(
    mock: respx.MockRouter, management: Management, row: dict[str, Any]
) -> None:
    finds(mock, [row])
    delete = mock.delete(url__startswith=VMR).respond(204)
    assert await management.delete_vmr(NAME) is False
    assert not delete.called


async def test_a_vmr_without_our_tag_is_not_deleted(mock: respx.MockRouter, management: Management) -> None:
    finds(mock, [vmr_row(spec(), tag="court")])
    delete = mock.delete(url__startswith=VMR).respond(204)
    with pytest.raises(NotOurs):
        await management.delete_vmr(NAME)
    assert not delete.called


async def test_vmrs_of_a_prefix_are_listed(mock: respx.MockRouter, management: Management) -> None:
    find = finds(mock, [vmr_row(spec()), vmr_row(spec(), id=55, name="court-1", tag="court")])
    assert await management.vmrs("vmrd-") == (Vmr(54, NAME, "vmrd:4711:1"),)
    assert find.calls[0].request.url.params["name__startswith"] == "vmrd-"


# --- status ----------------------------------------------------------------------------------------------------------


async def test_the_running_conference_is_found_by_name(mock: respx.MockRouter, management: Management) -> None:
    mock.get(url__startswith=CONFERENCE).respond(json=page([{**RUNNING, "name": "x"}, RUNNING]))
    assert await management.live(NAME) == Instance(RUNNING["id"], NAME, locked=False, started=True)  # type: ignore[arg-type]


async def test_nothing_running_is_none(mock: respx.MockRouter, management: Management) -> None:
    mock.get(url__startswith=CONFERENCE).respond(json=page([]))
    assert await management.live(NAME) is None


async def test_instances_of_a_prefix(mock: respx.MockRouter, management: Management) -> None:
    mock.get(url__startswith=CONFERENCE).respond(json=page([RUNNING, {**RUNNING, "id": "other", "name": "court-1"}]))
    assert await management.instances("vmrd-") == [(NAME, RUNNING["id"])]


async def test_every_page_is_read(mock: respx.MockRouter, management: Management) -> None:
    following = "/api/admin/status/v1/participant/?conference=vmrd-4711&limit=2&offset=2"

    def list_them(request: httpx.Request) -> httpx.Response:
        if request.url.params.get("offset") == "2":
            return httpx.Response(200, json=page([status_person(id="three")]))
        return httpx.Response(200, json=page([status_person(id="one"), status_person(id="two")], following))

    mock.get(url__startswith=PARTICIPANT).mock(side_effect=list_them)
    assert [leg.leg for leg in await management.legs(NAME)] == ["one", "two", "three"]


async def test_a_leg_listed_on_two_pages_is_one(mock: respx.MockRouter, management: Management) -> None:
    rows = [status_person(id="one"), status_person(id="one", service_type="conference")]
    mock.get(url__startswith=PARTICIPANT).respond(json=page(rows))
    (leg,) = await management.legs(NAME)
    assert leg.where == "inside"


@pytest.mark.parametrize("link", ["https://evil.example.org/steal?x=1", "//evil.example.org/x", "/elsewhere/?a=b"])
async def test_a_next_page_elsewhere_is_not_followed(mock: respx.MockRouter, management: Management, link: str) -> None:
    mock.get(url__startswith=PARTICIPANT).respond(json=page([], link))
    with pytest.raises(Malformed):
        await management.legs(NAME)
    assert all(call.request.url.host == "mgmt.example.org" for call in mock.calls)


async def test_pages_that_go_in_circles_end(
    mock: respx.MockRouter, management: Management, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vmrd.pexip.management.MAX_PAGES", 3)
    listed = mock.get(url__startswith=PARTICIPANT).respond(json=page([], "/api/admin/status/v1/participant/?offset=0"))
    with pytest.raises(Malformed):
        await management.legs(NAME)
    assert listed.call_count == 3


async def test_a_read_is_asked_again_and_then_given_up(mock: respx.MockRouter, management: Management) -> None:
    status = mock.get(url__startswith=CONFERENCE).mock(
        side_effect=[httpx.ConnectError("down"), httpx.Response(503), httpx.Response(200, json=page([RUNNING]))]
    )
    assert await management.live(NAME) is not None
    assert status.call_count == 3
    status.mock(side_effect=httpx.ReadTimeout("lost"))
    with pytest.raises(Unreachable):
        await management.live(NAME)
    assert status.call_count == 6


async def test_told_to_wait_a_read_does_not_press(mock: respx.MockRouter, management: Management) -> None:
    status = mock.get(url__startswith=CONFERENCE).respond(429, headers={"Retry-After": "5"})
    with pytest.raises(PexipError):
        await management.live(NAME)
    assert status.call_count == 1


async def test_nodes_and_their_maintenance(mock: respx.MockRouter, management: Management) -> None:
    row = {"id": 1, "name": "node-a", "system_location": "Main", "version": "38 (82000.0.0)", "maintenance_mode": True}
    mock.get(f"{BASE}/api/admin/status/v1/worker_vm/").respond(json=page([row]))
    assert await management.nodes() == (Node("node-a", "Main", "38 (82000.0.0)", maintenance=True),)


# --- commands --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("locked", "verb"), [(True, "lock"), (False, "unlock")])
async def test_lock_and_unlock_address_the_instance_of_now(
    mock: respx.MockRouter, management: Management, locked: bool, verb: str
) -> None:
    mock.get(url__startswith=CONFERENCE).respond(json=page([RUNNING]))
    command = mock.post(f"{COMMAND}/conference/{verb}/").respond(202, json={"status": "success", "data": None})
    await management.set_lock(NAME, locked)
    assert sent(command) == {"conference_id": RUNNING["id"]}


async def test_locking_what_does_not_run_is_gone(mock: respx.MockRouter, management: Management) -> None:
    mock.get(url__startswith=CONFERENCE).respond(json=page([]))
    with pytest.raises(Gone):
        await management.set_lock(NAME, True)


async def test_ending_what_ended_meanwhile_is_success(mock: respx.MockRouter, management: Management) -> None:
    mock.get(url__startswith=CONFERENCE).mock(
        side_effect=[httpx.Response(200, json=page([RUNNING])), httpx.Response(200, json=page([]))]
    )
    mock.post(f"{COMMAND}/conference/disconnect/").respond(
        400, json={"disconnect": {"conference_id": ["Failed to find conference."]}}
    )
    assert await management.end(NAME) is True
    assert await management.end(NAME) is False


async def test_admit_and_disconnect_name_the_leg(mock: respx.MockRouter, management: Management) -> None:
    admit = mock.post(f"{COMMAND}/participant/unlock/").respond(202, json={"status": "success", "data": None})
    disconnect = mock.post(f"{COMMAND}/participant/disconnect/").respond(202, json={"status": "success"})
    await management.admit("leg-1")
    await management.disconnect("leg-2")
    assert sent(admit) == {"participant_id": "leg-1"}
    assert sent(disconnect) == {"participant_id": "leg-2"}


async def test_a_leg_that_left_is_gone(mock: respx.MockRouter, management: Management) -> None:
    mock.post(f"{COMMAND}/participant/disconnect/").respond(
        400, json={"disconnect": {"participant_id": ["Failed to find participant."]}}
    )
    with pytest.raises(Gone):
        await management.disconnect("leg-1")


async def test_a_command_is_never_repeated(mock: respx.MockRouter, management: Management) -> None:
    command = mock.post(f"{COMMAND}/participant/unlock/").mock(side_effect=httpx.ReadTimeout("lost"))
    with pytest.raises(Unreachable) as caught:
        await management.admit("leg-1")
    assert caught.value.sent is True
    assert command.call_count == 1


async def test_dialling_tells_the_leg(mock: respx.MockRouter, management: Management) -> None:
    dial = mock.post(f"{COMMAND}/participant/dial/").respond(
        202, json={"status": "success", "data": {"participant_id": "leg-9", "participant_ids": ["leg-9"]}}
    )
    leg = await management.dial(ALIAS, "room3@codec.example.org", location="Main", display_name="Room 3")
    assert leg == "leg-9"
    body = sent(dial)
    assert (body["role"], body["routing"], body["system_location"]) == ("chair", "manual", "Main")
    await management.dial(ALIAS, "room3@codec.example.org")
    assert sent(dial)["routing"] == "routing_rule"
    assert "system_location" not in sent(dial)


async def test_a_call_that_could_not_be_placed_is_refused(mock: respx.MockRouter, management: Management) -> None:
    mock.post(f"{COMMAND}/participant/dial/").respond(202, json={"status": "failure", "message": "no route"})
    with pytest.raises(Rejected) as caught:
        await management.dial(ALIAS, "room3@codec.example.org")
    assert caught.value.code == "declined"


async def test_no_request_ever_deletes_a_list(mock: respx.MockRouter, management: Management) -> None:
    mock.route().respond(json=page([vmr_row(spec())]))
    await management.delete_vmr(NAME)
    deleted = [call.request.url.path for call in mock.calls if call.request.method == "DELETE"]
    assert deleted == ["/api/admin/configuration/v1/conference/54/"]
