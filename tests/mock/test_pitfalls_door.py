"""Pitfalls of waiting, hosting and locking, as a client meets them over HTTP."""

import pytest

from tests.mock.mock_site import ALIAS, GUEST_PIN, HOST_PIN, Site, a_site
from tests.mock.receiver import Receiver, attach_policy

pytestmark = pytest.mark.asyncio

WAITED_TOO_LONG = "Timeout waiting for conference host to join or permit access to locked conference"
HOSTS_DEPARTED = "All conference hosts departed hosted conference"


async def flags(site: Site, token: str) -> dict[str, object]:
    """The conference's status."""
    answer = await site.node("GET", "conference_status", token=token)
    assert isinstance(answer.result, dict)
    return answer.result


async def test_pitfall_10_a_phone_shows_as_ivr_then_waiting_then_inside_without_a_picture() -> None:
    async with a_site(pin_typing_s=0.05) as site:
        token = await site.token()
        async with site.watching(token) as watch:
            phone = await site.person("01632 960123", "phone", number="+441632960123")
            await site.until_at(phone, "waiting")
            await site.node("POST", "start_conference", token=token)
            await site.until_at(phone, "inside")
            await watch.until(
                lambda seen: any(isinstance(d, dict) and d.get("service_type") == "conference" for _, d in seen.events)
            )
            seen = [data for _, data in watch.events if isinstance(data, dict) and data.get("uuid") == phone]
        passed = list(dict.fromkeys((one["service_type"], one["role"]) for one in seen))
        assert passed == [("ivr", "unknown"), ("waiting_room", "guest"), ("conference", "guest")]
        assert {(one["is_audio_only_call"], one["is_video_call"], one["presentation_supported"]) for one in seen} == {
            ("YES", "NO", "NO")
        }
        assert seen[0]["uri"] == "sip:+441632960123@sbc.example.org"


async def test_pitfall_10_a_phone_with_the_host_pin_locks_mutes_and_ends_by_keys(site: Site) -> None:
    token = await site.token()
    host, guest = await site.chair("01632 960123", "phone"), await site.person("Ann", "room-system")
    await site.until_at(guest, "inside")
    for digits, locked, muted in (("*7", True, False), ("*7", False, False), ("*5", False, True), ("*5", False, False)):
        await site.act(host, "dtmf", {"digits": digits})
        now = await flags(site, token)
        assert (now["locked"], now["guests_muted"]) == (locked, muted)
    await site.act(host, "dtmf", {"digits": "*6"})
    assert (await site.roster(token))[host]["is_muted"] == "YES"
    await site.act(guest, "dtmf", {"digits": "*7##"})
    assert not (await flags(site, token))["locked"], "a Guest's keys do nothing"
    await site.act(host, "dtmf", {"digits": "##"})
    assert await site.reason(guest) == "Conference host ended the conference with a DTMF command"


async def test_pitfall_10_a_theme_may_take_the_keys_away() -> None:
    async with a_site(dtmf_controls=False) as site:
        token, host = await site.token(), await site.chair()
        await site.act(host, "dtmf", {"digits": "*7##"})
        assert not (await flags(site, token))["locked"]
        assert await site.where(host) == ["inside"]


async def test_pitfall_10_three_wrong_pins_end_a_call_and_so_does_silence(site: Site) -> None:
    wrong = await site.person("01632 960123", "phone", pin="0000")
    for _ in range(2):
        assert await site.where(wrong) == ["arriving"]
        await site.act(wrong, "dtmf", {"digits": "1111#"})
    assert await site.reason(wrong) == "Participant exceeded PIN entry retries"
    silent = await site.person("01632 960124", "phone", pin=None)
    await site.pass_time(121)
    assert (await site.leg(silent))["where"] == "left"


@pytest.mark.parametrize("hidden", [False, True])
async def test_pitfall_11_waiting_is_only_a_service_type_and_the_role_may_be_unknown(hidden: bool) -> None:
    async with a_site(waiting_role_unknown=hidden) as site:
        token = await site.token()
        async with site.watching(token) as watch:
            guest = await site.person()
            await watch.until(lambda seen: seen.names().count("participant_create") == 2)
            created = [data for name, data in watch.events if name == "participant_create"][-1]
            assert isinstance(created, dict)
            assert (created["uuid"], created["service_type"]) == (guest, "waiting_room")
            assert created["role"] == ("unknown" if hidden else "guest")
            assert not {"is_waiting", "knock"} & {*created, *watch.names()}
        (listed,) = [one for one in await site.listed("status/v1/participant/") if one["id"] == guest]
        assert (listed["service_type"], listed["role"]) == ("waiting_room", "unknown" if hidden else "guest")
        assert (await site.roster(token))[guest]["role"] == "guest", "the REST list knows no third role"


async def test_pitfall_12_with_a_host_pin_guests_are_held_and_hosts_walk_through(site: Site) -> None:
    token = await site.token()
    await site.node("POST", "start_conference", token=token)
    await site.node("POST", "lock", token=token)
    first, second, third = [await site.person(name) for name in ("One", "Two", "Three")]
    host = await site.chair()
    assert await site.where(first, second, third, host) == ["waiting", "waiting", "waiting", "inside"]
    dialled = []
    for role in ("HOST", "GUEST"):
        body = {"destination": f"{role}@rooms.example.org", "protocol": "sip", "role": role}
        answer = await site.node("POST", "dial", body, token=token)
        assert isinstance(answer.result, list)
        dialled += answer.result
    assert await site.where(*dialled) == ["inside", "waiting"]
    assert (await site.node("POST", f"participants/{second}/unlock", token=token)).result is True
    assert await site.where(first, second, third) == ["waiting", "inside", "waiting"]
    await site.node("POST", "unlock", token=token)
    assert await site.where(first, second, third, dialled[1]) == ["inside"] * 4


async def test_pitfall_12_without_a_host_pin_everybody_new_is_held(site: Site) -> None:
    body = {"name": "open", "aliases": [{"alias": "open@vmr.example.org"}]}
    await site.admin("POST", "configuration/v1/conference/", body)
    await site.pass_time(1)
    dial = {"alias": "open@vmr.example.org", "kind": "room-system"}
    early, late = [], []
    early.append((await site.control("POST", "people", dial | {"name": "early"})).body["participant"])  # type: ignore[index]
    (running,) = await site.listed("status/v1/conference/?name=open")
    await site.admin("POST", "command/v1/conference/lock/", {"conference_id": running["id"]})
    late.append((await site.control("POST", "people", dial | {"name": "late"})).body["participant"])  # type: ignore[index]
    assert await site.where(*early, *late) == ["inside", "waiting"]
    assert (await site.leg(late[0]))["role"] == "chair", "who would be Host is held all the same"


async def test_pitfall_12_policy_may_let_somebody_past_the_lock(site: Site, receiver: Receiver) -> None:
    token = await site.token()
    await site.node("POST", "start_conference", token=token)
    await site.node("POST", "lock", token=token)
    await attach_policy(site, receiver)
    receiver.replies["participant/properties"] = {"status": "success", "result": {"bypass_lock": True}}
    assert await site.where(await site.person()) == ["inside"]


@pytest.mark.parametrize(("survives", "where"), [(True, "inside"), (False, "waiting")])
async def test_pitfall_12_an_unlock_taken_back_at_once_may_still_let_in(survives: bool, where: str) -> None:
    async with a_site(admission_survives_relock=survives, admission_delay_max_s=0.05) as site:
        token = await site.token()
        await site.node("POST", "start_conference", token=token)
        await site.node("POST", "lock", token=token)
        guest, alone = await site.person("Ann"), await site.person("Bea")
        await site.node("POST", "unlock", token=token)
        await site.node("POST", "lock", token=token)
        await site.node("POST", f"participants/{alone}/unlock", token=token)
        await site.until_at(alone, "inside")
        if survives:
            await site.until_at(guest, "inside")
        assert await site.where(guest) == [where]


@pytest.mark.parametrize(("first", "order"), [(True, ["conference_update", "participant_update"]), (False, None)])
async def test_pitfall_12_what_is_told_first_of_an_unlock(first: bool, order: list[str] | None) -> None:
    async with a_site(unlock_flags_first=first) as site:
        token = await site.token()
        await site.node("POST", "start_conference", token=token)
        await site.node("POST", "lock", token=token)
        await site.person()
        async with site.watching(token) as watch:
            await watch.until(lambda seen: "participant_sync_end" in seen.names())
            begun = len(watch.events)
            await site.node("POST", "unlock", token=token)
            await watch.until(lambda seen: {"conference_update", "participant_update"} <= set(seen.names()[begun:]))
            told = [name for name in watch.names()[begun:] if name != "stage"]
        assert told[:2] == (order or ["participant_update", "conference_update"])


async def test_pitfall_13_one_clock_and_one_reason_for_unstarted_and_locked_rooms(site: Site) -> None:
    unstarted = await site.person("Early")
    await site.pass_time(901)
    assert await site.reason(unstarted) == WAITED_TOO_LONG
    token = await site.token()
    await site.chair()
    await site.node("POST", "lock", token=token)
    locked_out = await site.person("Late")
    await site.pass_time(890)
    assert await site.where(locked_out) == ["waiting"]
    await site.pass_time(11)
    assert await site.reason(locked_out) == WAITED_TOO_LONG


async def test_pitfall_14_the_lock_dies_with_the_instance_unless_policy_sets_it(site: Site, receiver: Receiver) -> None:
    token = await site.token()
    await site.node("POST", "lock", token=token)
    await site.node("POST", "release_token", token=token)
    token = await site.token()
    assert not (await flags(site, token))["locked"]
    await site.node("POST", "release_token", token=token)
    await attach_policy(site, receiver)
    service = {"name": "locked", "service_type": "conference", "service_tag": "", "pin": HOST_PIN, "locked": True}
    receiver.replies["service/configuration"] = {"status": "success", "result": service | {"allow_guests": True}}
    assert (await flags(site, await site.token()))["locked"]


@pytest.mark.parametrize(("keeps", "where"), [(False, "left"), (True, "inside")])
async def test_pitfall_15_a_host_without_media_neither_starts_nor_keeps_a_meeting(keeps: bool, where: str) -> None:
    async with a_site(control_host_keeps_alive=keeps) as site:
        token, guest = await site.token(), await site.person()
        (running,) = await site.listed("status/v1/conference/")
        assert (running["is_started"], await site.where(guest)) == (False, ["waiting"])
        await site.node("POST", "start_conference", token=token)
        assert await site.where(guest) == ["inside"]
        await site.pass_time(61)
        assert await site.where(guest) == [where]
        if not keeps:
            assert await site.reason(guest) == HOSTS_DEPARTED


async def test_pitfall_15_sinks_hear_of_a_meeting_that_has_not_started(site: Site, receiver: Receiver) -> None:
    site.server.add_sink(f"{receiver.url}/sink")
    await site.token()
    await receiver.until(lambda: any(one["event"] == "conference_started" for one in receiver.posted))
    (data,) = [one["data"] for one in receiver.posted if one["event"] == "conference_started"]
    assert isinstance(data, dict)
    assert data["is_started"] is False


async def test_pitfall_15_a_host_may_start_it_by_joining(site: Site) -> None:
    guest = await site.person()
    body = {"display_name": "vmrd", "start_conference_if_host": True}
    assert (await site.node("POST", "request_token", body, pin=GUEST_PIN)).status == 200
    assert await site.where(guest) == ["waiting"], "only a Host does"
    assert (await site.node("POST", "request_token", body, pin=HOST_PIN)).status == 200
    assert await site.where(guest) == ["inside"]


async def test_pitfall_16_guests_stay_a_minute_after_the_last_host_and_a_return_cancels_it(site: Site) -> None:
    host = await site.chair()
    guest = await site.person()
    await site.act(host, "leave")
    await site.pass_time(55)
    assert await site.where(guest) == ["inside"]
    back = await site.chair()
    await site.pass_time(300)
    assert await site.where(guest) == ["inside"]
    await site.act(back, "leave")
    await site.pass_time(61)
    assert await site.reason(guest) == HOSTS_DEPARTED


@pytest.mark.parametrize(("enters", "where"), [(True, "inside"), (False, "waiting")])
async def test_pitfall_16_who_comes_within_that_minute_enters_or_waits_for_the_host(enters: bool, where: str) -> None:
    async with a_site(newcomer_in_grace_enters=enters) as site:
        host = await site.chair()
        await site.person("First")
        await site.act(host, "leave")
        newcomer = await site.person("Second")
        assert await site.where(newcomer) == [where]
        await site.chair()
        assert await site.where(newcomer) == ["inside"]


@pytest.mark.parametrize(("from_start", "where"), [(True, "left"), (False, "inside")])
async def test_pitfall_16_the_minute_may_begin_with_a_start_without_a_host(from_start: bool, where: str) -> None:
    async with a_site(guests_only_clock_from_start=from_start) as site:
        token, guest = await site.token(), await site.person()
        await site.node("POST", "start_conference", token=token)
        await site.pass_time(61)
        assert await site.where(guest) == [where]
        host = await site.chair()
        await site.act(host, "leave")
        await site.pass_time(61)
        assert await site.where(guest) == ["left"]


@pytest.mark.parametrize(("unstarts", "started"), [(True, False), (False, True)])
async def test_pitfall_16_then_the_meeting_counts_as_not_started_or_still_as_started(
    unstarts: bool, started: bool
) -> None:
    async with a_site(hosts_departed_unstarts=unstarts) as site:
        token = await site.token()
        await site.node("POST", "start_conference", token=token)
        await site.person()
        await site.pass_time(61)
        assert (await flags(site, token))["started"] is started


async def test_the_last_host_made_a_guest_leaves_the_guests_a_minute(site: Site) -> None:
    token, host, guest = await site.token(), await site.chair(), await site.person()
    answer = await site.node("POST", f"participants/{host}/role", {"role": "guest"}, token=token)
    assert answer.result is True
    await site.pass_time(61)
    assert await site.reason(guest) == HOSTS_DEPARTED
    assert await site.reason(host) == HOSTS_DEPARTED


@pytest.mark.parametrize(("starts", "where"), [(True, "inside"), (False, "waiting")])
async def test_one_who_waits_and_is_made_host_starts_the_meeting_or_waits_on(starts: bool, where: str) -> None:
    async with a_site(promotion_starts=starts) as site:
        token, guest, other = await site.token(), await site.person("Ann"), await site.person("Bea")
        await site.node("POST", f"participants/{guest}/role", {"role": "chair"}, token=token)
        assert await site.where(guest, other) == [where, where]


@pytest.mark.parametrize(
    ("works", "locked", "needs_start", "where"),
    [
        (False, False, False, "waiting"),
        (True, False, False, "inside"),
        (False, True, False, "inside"),
        (False, True, True, "waiting"),
    ],
)
async def test_admitting_one_before_the_start(works: bool, locked: bool, needs_start: bool, where: str) -> None:
    async with a_site(admit_works_unstarted=works, admit_needs_start=needs_start) as site:
        token, guest = await site.token(), await site.person()
        if locked:
            await site.node("POST", "lock", token=token)
        assert (await site.node("POST", f"participants/{guest}/unlock", token=token)).result is True
        assert await site.where(guest) == [where]


@pytest.mark.parametrize(("holds", "where"), [(True, "waiting"), (False, "inside")])
async def test_a_lock_set_before_the_start_holds_guests_after_it_or_not(holds: bool, where: str) -> None:
    async with a_site(lock_before_start_holds=holds) as site:
        token, guest = await site.token(), await site.person()
        await site.node("POST", "lock", token=token)
        await site.node("POST", "start_conference", token=token)
        assert await site.where(guest) == [where]


async def test_somebody_inside_can_be_sent_back_to_the_waiting_room(site: Site) -> None:
    token, guest = await site.token(), await site.person()
    await site.node("POST", "start_conference", token=token)
    await site.node("POST", "lock", token=token)
    await site.node("POST", f"participants/{guest}/unlock", token=token)
    assert await site.where(guest) == ["inside"]
    await site.act(guest, "lobby")
    assert (await site.roster(token))[guest]["service_type"] == "waiting_room"
    await site.node("POST", f"participants/{guest}/unlock", token=token)
    assert await site.where(guest) == ["inside"]
    await site.act(guest, "lobby")
    await site.pass_time(901)
    assert await site.reason(guest) == WAITED_TOO_LONG


async def test_the_last_one_of_several_is_sent_home_where_a_limit_is_set(site: Site) -> None:
    await site.admin("PATCH", "configuration/v1/global/1/", {"eject_last_participant_backstop_timeout": 60})
    first, last = await site.chair("One"), await site.chair("Two")
    await site.act(first, "leave")
    await site.pass_time(61)
    assert await site.reason(last) == "Last remaining participant removed from conference after timeout"


async def test_who_scans_for_aliases_hears_not_found_of_everything() -> None:
    async with a_site(alias_scan_max_misses=3) as site:
        site.server.world.knobs = site.server.world.knobs.changed({"alias_scan_quarantine": True})
        dial = {"name": "Mallory", "kind": "phone", "number": "+441632960199", "pin": GUEST_PIN}
        for number in range(4):
            assert (await site.control("POST", "people", dial | {"alias": f"{number}@vmr.example.org"})).status == 404
        assert (await site.control("POST", "people", dial | {"alias": ALIAS})).status == 404
        other = dial | {"number": "+441632960200", "alias": ALIAS}
        assert (await site.control("POST", "people", other)).status == 201, "others are not meant"


@pytest.mark.parametrize(("enters", "where"), [(True, "waiting"), (False, "arriving")])
async def test_where_guests_need_no_pin_a_phone_enters_without_one_or_stays_at_the_screen(
    enters: bool, where: str
) -> None:
    async with a_site(phone_enters_as_guest_without_pin=enters) as site:
        (vmr,) = await site.listed("configuration/v1/conference/")
        await site.admin("PATCH", f"configuration/v1/conference/{vmr['id']}/", {"guest_pin": ""})
        await site.pass_time(1)
        phone = await site.person("01632 960123", "phone", pin=None)
        assert await site.where(phone) == [where]
        if not enters:
            await site.act(phone, "dtmf", {"digits": "#"})
            assert await site.where(phone) == ["waiting"], "a bare # says: a Guest"
