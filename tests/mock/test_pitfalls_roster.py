"""Pitfalls of commands, rosters and streams, as a client meets them over HTTP."""

import pytest

from tests.mock.mock_site import ALIAS, HOST_PIN, Site, Watch, a_site, until
from tests.mock.receiver import Receiver

pytestmark = pytest.mark.asyncio


async def synced(watch: Watch) -> int:
    """How many events a stream begins with."""
    await watch.until(lambda seen: "participant_sync_end" in seen.names())
    return len(watch.events)


def about(watch: Watch, participant: str) -> list[tuple[str, object]]:
    """What a stream has told of one participant."""
    return [(name, data) for name, data in watch.events if isinstance(data, dict) and data.get("uuid") == participant]


async def test_pitfall_03_a_command_is_taken_on_before_it_has_an_effect() -> None:
    async with a_site(command_delay_min_s=600, command_delay_max_s=600) as site:
        await site.token()
        (running,) = await site.listed("status/v1/conference/")
        locked = await site.admin("POST", "command/v1/conference/lock/", {"conference_id": running["id"]})
        assert (locked.status, (await site.conference())["locked"]) == (202, False)


@pytest.mark.parametrize("status", [400, 404])
async def test_pitfall_03_a_command_on_what_is_gone_is_a_nested_400(status: int) -> None:
    async with a_site(vanished_target_status=status) as site:
        token, guest = await site.token(), await site.person()
        (running,) = await site.listed("status/v1/conference/")
        await site.node("POST", "disconnect", token=token)
        for verb, field, gone, sentence in (
            ("participant/unlock", "participant_id", guest, "Failed to find participant."),
            ("participant/disconnect", "participant_id", guest, "Failed to find participant."),
            ("conference/lock", "conference_id", running["id"], "Failed to find conference."),
        ):
            answer = await site.admin("POST", f"command/v1/{verb}/", {field: gone})
            assert (answer.status, answer.body) == (status, {verb.partition("/")[2]: {field: [sentence]}})


@pytest.mark.parametrize("status", [404, 403])
async def test_pitfall_03_a_leg_unknown_to_the_client_api_is_told_so(status: int) -> None:
    async with a_site(unknown_participant_status=status) as site:
        token, guest = await site.token(), await site.person()
        await site.act(guest, "leave")
        gone = await site.node("POST", f"participants/{guest}/unlock", token=token)
        assert (gone.status, gone.result) == (status, "Participant not found")


async def test_pitfall_06_status_lags_behind_the_nodes_and_history_more() -> None:
    async with a_site(status_lag_s=600, history_lag_s=600) as site:
        token, guest = await site.token(), await site.person()
        assert guest in await site.roster(token)
        assert await site.listed("status/v1/participant/") == []
        await site.node("POST", "disconnect", token=token)
        assert await site.listed("history/v1/participant/") == []


@pytest.mark.parametrize("flags_first", [True, False])
async def test_pitfall_21_every_connection_begins_with_everything_and_nothing_is_told_again(flags_first: bool) -> None:
    async with a_site(flags_before_roster=flags_first) as site:
        token = await site.token()
        await site.person()
        bracket = ["participant_sync_begin", "participant_create", "participant_create", "participant_sync_end"]
        begins = ["conference_update", *bracket] if flags_first else [*bracket, "conference_update"]
        for _ in range(2):
            async with site.watching(token) as watch:
                await watch.until(lambda seen: len(seen.events) >= 5)
                assert watch.names() == begins
                assert ("participant_sync_begin", None) in watch.events, "no payload is null, not nothing"
            await site.node("POST", "lock", token=token)
            await site.node("POST", "unlock", token=token)


async def test_pitfall_21_an_update_is_the_whole_object_and_may_come_before_it_is_known(site: Site) -> None:
    token = await site.token()
    async with site.watching(token) as watch:
        await synced(watch)
        await site.fault("events", "reorder")
        guest = await site.person(kind="room-system")
        await watch.until(lambda seen: len(about(seen, guest)) == 2)
        (first, update), (second, create) = about(watch, guest)
        assert (first, second) == ("participant_update", "participant_create")
        assert isinstance(update, dict)
        assert isinstance(create, dict)
        assert update.keys() == create.keys()
        assert (create["service_type"], update["service_type"]) == ("ivr", "waiting_room")


async def test_pitfall_21_a_stream_ends_after_its_own_disconnect(site: Site) -> None:
    token, other = await site.token(), await site.token()
    own = next(uuid for uuid, one in (await site.roster(token)).items() if one["call_tag"] == "ours")
    async with site.watching(token) as watch:
        await synced(watch)
        await site.node("POST", f"participants/{own}/disconnect", token=other)
        await watch.until(lambda seen: seen.over)
        assert watch.events[-1] == ("disconnect", {"reason": "Disconnected by another participant"})
    assert (await site.node("POST", "refresh_token", token=token)).status == 403


@pytest.mark.parametrize("word", ["API", "WebRTC"])
async def test_pitfall_22_words_for_yes_and_no_numbers_for_times_and_protocols_in_another_case(word: str) -> None:
    async with a_site(control_protocol_word=word) as site:
        token, guest = await site.token(), await site.person()
        (own,) = set(await site.roster(token)) - {guest}
        shown = (await site.roster(token))[guest]
        assert (shown["is_video_call"], shown["is_video_muted"], shown["is_muted"]) == ("YES", False, "NO")
        assert isinstance(shown["start_time"], float)
        in_status = {one["id"]: one for one in await site.listed("status/v1/participant/")}
        assert (shown["protocol"], in_status[guest]["protocol"]) == ("webrtc", "WebRTC")
        assert ((await site.roster(token))[own]["protocol"], in_status[own]["protocol"]) == ("api", word)
        assert in_status[own]["license_type"] == "nolicense"
        assert isinstance(in_status[guest]["connect_time"], str)


async def test_pitfall_23_each_call_has_its_own_words_for_host_and_guest(site: Site) -> None:
    token, guest = await site.token(), await site.person()
    dial = {"destination": "room1@rooms.example.org", "protocol": "sip"}
    transfer = {"conference_alias": ALIAS}
    for path, body, right, wrong in (
        (f"participants/{guest}/role", {}, "chair", "HOST"),
        ("dial", dial, "HOST", "chair"),
        (f"participants/{guest}/transfer", transfer, "guest", "GUEST"),
    ):
        assert (await site.node("POST", path, body | {"role": wrong}, token=token)).status == 400, path
        assert (await site.node("POST", path, body | {"role": right}, token=token)).status == 200, path
    command = {"conference_alias": ALIAS, "destination": "room2@rooms.example.org"}
    for role, status in (("HOST", 400), ("chair", 202)):
        assert (await site.admin("POST", "command/v1/participant/dial/", command | {"role": role})).status == status


async def test_pitfall_24_a_dialled_leg_has_a_uuid_at_once_and_may_never_answer() -> None:
    async with a_site(dial_answer_s=0.05, dial_ring_s=0.2) as site:
        token = await site.token()
        await site.control("POST", "destinations", {"destination": "silent@rooms.example.org", "answers": False})
        async with site.watching(token) as watch:
            legs = []
            for destination in ("room1@rooms.example.org", "silent@rooms.example.org", "room1@rooms.example.org"):
                body = {"destination": destination, "protocol": "sip", "role": "HOST"}
                answer = await site.node("POST", "dial", body, token=token)
                assert isinstance(answer.result, list)
                legs += answer.result
            assert len(set(legs)) == 3, "dialling again makes another leg"
            await watch.until(lambda seen: ("participant_delete", {"uuid": legs[1]}) in seen.events)
            created = [data for name, data in watch.events if name == "participant_create"]
            ringing = [one for one in created if isinstance(one, dict) and one["uuid"] in legs]
            assert [(one["service_type"], one["call_direction"], one["has_media"]) for one in ringing] == [
                ("connecting", "out", False)
            ] * 3
        assert await site.where(*legs) == ["inside", "left", "inside"]
        assert await site.reason(legs[1]) == "Call rejected"


@pytest.mark.parametrize("remote_last", [True, False])
async def test_pitfall_24_which_alias_of_a_call_out_is_the_remote_one(remote_last: bool) -> None:
    async with a_site(outbound_remote_is_destination=remote_last) as site:
        token = await site.token()
        body = {"destination": "room1@rooms.example.org", "protocol": "sip", "role": "HOST"}
        await site.node("POST", "dial", body, token=token)
        (leg,) = [one for one in await site.listed("status/v1/participant/") if one["call_direction"] == "out"]
        aliases = leg["source_alias"], leg["destination_alias"]
        assert aliases == ((ALIAS, "sip:room1@rooms.example.org")[:: 1 if remote_last else -1])


@pytest.mark.parametrize(("oddity", "passed"), [(False, ["connecting", "waiting_room"]), (True, None)])
async def test_pitfall_24_a_guest_who_was_dialled_may_show_inside_before_waiting(
    oddity: bool, passed: list[str] | None
) -> None:
    async with a_site(dialled_guest_seen_inside_first=oddity, dial_answer_s=0.05) as site:
        token = await site.token()
        async with site.watching(token) as watch:
            body = {"destination": "room1@rooms.example.org", "protocol": "sip", "role": "GUEST"}
            await site.node("POST", "dial", body, token=token)
            await watch.until(
                lambda seen: any(
                    isinstance(d, dict) and d.get("service_type") == "waiting_room" for _, d in seen.events
                )
            )
            shown = [d for _, d in watch.events if isinstance(d, dict) and d.get("call_direction") == "out"]
        assert [one["service_type"] for one in shown] == (passed or ["connecting", "conference", "waiting_room"])


async def test_pitfall_25_one_person_may_be_several_participants_of_one_conversation(
    site: Site, receiver: Receiver
) -> None:
    token = await site.token()
    first = await site.person("Sue", "skype", chatLeg=True)
    legs = {uuid: one for uuid, one in (await site.roster(token)).items() if one["display_name"] == "Sue"}
    (chat,) = set(legs) - {first}
    assert {one["protocol"] for one in legs.values()} == {"mssip"}
    assert {one["is_external"] for one in legs.values()} == {True}
    assert len({one["external_node_uuid"] for one in legs.values()}) == 1
    assert (legs[first]["has_media"], legs[chat]["has_media"]) == (True, False)
    in_status = {one["id"]: one["conversation_id"] for one in await site.listed("status/v1/participant/")}
    assert in_status[first] == in_status[chat] == first
    site.server.add_sink(f"{receiver.url}/sink")
    await site.act(first, "leave")
    await receiver.until(lambda: [one["event"] for one in receiver.posted].count("participant_disconnected") == 2)
    gone = [one["data"] for one in receiver.posted if one["event"] == "participant_disconnected"]
    told = [(one["uuid"], one["conversation_id"], one["related_uuids"]) for one in gone if isinstance(one, dict)]
    assert told == [(first, first, [chat]), (chat, first, [first])]


async def test_pitfall_25_a_web_caller_is_api_without_media_before_it_is_webrtc() -> None:
    async with a_site(media_delay_s=0.05) as site:
        token = await site.token()
        async with site.watching(token) as watch:
            await synced(watch)
            guest = await site.person()
            await watch.until(lambda seen: any(isinstance(d, dict) and d.get("has_media") for _, d in seen.events))
            shown = [data for _, data in watch.events if isinstance(data, dict) and data.get("uuid") == guest]
        assert [(one["protocol"], one["has_media"]) for one in shown] == [("api", False), ("webrtc", True)]


@pytest.mark.parametrize(
    ("kind", "protocol"), [("teams", "TEAMS"), ("meet", "GMS"), ("h323", "H323"), ("skype", "MSSIP")]
)
async def test_pitfall_25_callers_through_a_gateway_are_external(site: Site, kind: str, protocol: str) -> None:
    token, guest = await site.token(), await site.person(kind=kind)
    (shown,) = [one for one in await site.listed("status/v1/participant/") if one["id"] == guest]
    assert shown["protocol"] == protocol
    assert (await site.roster(token))[guest]["is_external"] is (kind != "h323")
    listed = (await site.roster(token))[guest]["protocol"]
    assert listed == ("" if kind in ("teams", "meet") else protocol.lower()), "the REST list knows no newer protocol"
    assert (await site.roster(token))[guest]["transfer_supported"] == ("YES" if kind == "h323" else "NO")


@pytest.mark.parametrize(("keeps", "where"), [(False, "left"), (True, "inside")])
async def test_pitfall_26_a_recorder_is_a_participant_and_keeps_nothing_alive(keeps: bool, where: str) -> None:
    async with a_site(dialled_recorder_keeps_alive=keeps) as site:
        token, chair = await site.token(), await site.chair()
        body = {"destination": "rtmps://stream.example.org/live", "protocol": "rtmp", "role": "GUEST"}
        answer = await site.node("POST", "dial", body, token=token)
        assert isinstance(answer.result, list)
        (recorder,) = answer.result
        assert (await site.roster(token))[recorder]["is_streaming_conference"] is True
        (listed,) = [one for one in await site.listed("status/v1/participant/") if one["id"] == recorder]
        assert (listed["is_streaming"], listed["protocol"], listed["call_direction"]) == (True, "RTMP", "out")
        await site.node("POST", "release_token", token=token)
        await site.act(chair, "leave")
        assert await site.where(recorder) == [where]
        if not keeps:
            assert await site.reason(recorder) == "No participants can keep conference alive"


@pytest.mark.parametrize("new", [True, False])
async def test_a_transferred_leg_stands_before_the_other_door_under_a_new_uuid_or_the_old(new: bool) -> None:
    async with a_site(transfer_new_uuid=new) as site:
        body = {"name": "other", "aliases": [{"alias": "other@vmr.example.org"}], "pin": HOST_PIN, "allow_guests": True}
        await site.admin("POST", "configuration/v1/conference/", body)
        await site.pass_time(1)
        token, guest = await site.token(), await site.person(kind="room-system")
        moved = {"conference_alias": "other@vmr.example.org", "role": "guest"}
        assert (await site.node("POST", f"participants/{guest}/transfer", moved, token=token)).result is True

        async def there() -> bool:
            return bool(await site.listed("status/v1/participant/?conference=other"))

        await until(there)
        (leg,) = await site.listed("status/v1/participant/?conference=other")
        assert (leg["id"] == guest, leg["service_type"]) == (not new, "waiting_room")


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ("client", "Disconnected by another participant"),
        ("client all", "Conference terminated by another participant"),
        ("admin", "Disconnected by an administrator"),
        ("admin all", "Conference terminated by an administrator"),
        ("hang up", "Call disconnected"),
    ],
)
async def test_history_tells_who_ended_a_call(site: Site, how: str, reason: str) -> None:
    token, guest = await site.token(), await site.person()
    (running,) = await site.listed("status/v1/conference/")
    match how:
        case "client":
            await site.node("POST", f"participants/{guest}/disconnect", token=token)
        case "client all":
            await site.node("POST", "disconnect", token=token)
        case "admin":
            await site.admin("POST", "command/v1/participant/disconnect/", {"participant_id": guest})
        case "admin all":
            await site.admin("POST", "command/v1/conference/disconnect/", {"conference_id": running["id"]})
        case _:
            await site.act(guest, "leave")
    assert await site.reason(guest) == reason
