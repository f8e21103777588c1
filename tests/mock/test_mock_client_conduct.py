"""What those inside do to each other with their tokens, as the others see it: on the roster and on the streams."""

import pytest

from tests.mock.client_drive import OTHER_ALIAS, another_vmr, join, party
from tests.mock.mock_site import ALIAS, GUEST_PIN, HOST_PIN, Site, Watch

pytestmark = pytest.mark.asyncio
INVALID_ROLE = (403, {"status": "success", "result": "Invalid role"})
NOBODY = {"presenter_name": "", "presenter_uri": "", "presenter_uuid": ""}


def told(watch: Watch, *names: str) -> list[object]:
    """The data of events of these names, in order."""
    return [data for name, data in watch.events if name in names]


async def synchronised(watch: Watch) -> None:
    await watch.until(lambda seen: "participant_sync_end" in seen.names())


async def test_a_raised_hand_is_seen_by_all_and_lowered_by_its_owner_or_a_host(site: Site) -> None:
    async with party(site) as together:
        guest = together.guest.uuid
        await together.guest_asks(f"participants/{guest}/buzz")
        assert (await together.entry(guest))["buzz_time"] > 1_000_000_000
        await together.guest_asks(f"participants/{guest}/clearbuzz")
        assert (await together.entry(guest))["buzz_time"] == 0
        for lower in (f"participants/{guest}/clearbuzz", "clearallbuzz"):
            await together.guest_asks(f"participants/{guest}/buzz")
            await together.host_asks(lower)
            assert (await together.entry(guest))["buzz_time"] == 0
        refused = await together.guest_asks(f"participants/{together.host.uuid}/buzz")
        assert (refused.status, refused.body) == INVALID_ROLE


async def test_a_spotlight_is_for_hosts_to_give_and_to_take(site: Site) -> None:
    async with party(site) as together:
        guest = together.guest.uuid
        for take in (f"participants/{guest}/spotlightoff", "clearspotlights"):
            await together.host_asks(f"participants/{guest}/spotlighton")
            assert (await together.entry(guest))["spotlight"] > 1_000_000_000
            await together.host_asks(take)
            assert (await together.entry(guest))["spotlight"] == 0
        refused = await together.guest_asks(f"participants/{guest}/spotlighton")
        assert (refused.status, refused.body) == INVALID_ROLE


async def test_the_roster_follows_what_is_set_for_one_participant(site: Site) -> None:
    async with party(site) as together:
        guest = together.guest.uuid
        for verb, body, field, value in (
            ("mute", None, "is_muted", "YES"),
            ("unmute", None, "is_muted", "NO"),
            ("video_muted", None, "is_video_muted", True),
            ("video_unmuted", None, "is_video_muted", False),
            ("denyrxpresentation", None, "rx_presentation_policy", "DENY"),
            ("allowrxpresentation", None, "rx_presentation_policy", "ALLOW"),
            ("overlaytext", {"text": "Counsel"}, "overlay_text", "Counsel"),
            ("overlaytext", {"text": ""}, "overlay_text", ""),
            ("pres_in_mix", {"state": True}, "needs_presentation_in_mix", True),
            ("role", {"role": "chair"}, "role", "chair"),
        ):
            answer = await together.host_asks(f"participants/{guest}/{verb}", body)
            assert (answer.status, answer.result) == (200, True), verb
            assert (await together.entry(guest))[field] == value, verb
        await together.guest_asks(f"participants/{guest}/client_mute")
        assert (await together.entry(guest))["is_client_muted"] is True
        await together.guest_asks(f"participants/{guest}/client_unmute")
        assert (await together.entry(guest))["is_client_muted"] is False


async def test_a_guest_unmutes_itself_only_while_guests_can(site: Site) -> None:
    async with party(site) as together:
        guest = together.guest.uuid
        await together.host_asks("set_guests_can_unmute", {"setting": False})
        await together.host_asks("muteguests")
        refused = await together.guest_asks(f"participants/{guest}/unmute")
        assert (refused.status, refused.body) == INVALID_ROLE
        assert (await together.guest_asks("conference_status", method="GET")).result["guests_can_unmute"] is False
        await together.host_asks("set_guests_can_unmute", {"setting": True})
        assert (await together.guest_asks(f"participants/{guest}/unmute")).result is True
        assert (await together.entry(guest))["is_muted"] == "NO"


async def test_guests_come_in_muted_while_guests_are_muted(site: Site) -> None:
    async with party(site) as together:
        await together.host_asks("muteguests")
        browser = await join(site, GUEST_PIN, "Browser")
        phone = await site.person(kind="phone", pin=GUEST_PIN)
        host = await site.person(name="Prison room", kind="room-system", pin=HOST_PIN)
        muted = {uuid: (await together.entry(uuid))["is_muted"] for uuid in (browser.uuid, phone, host)}
        assert list(muted.values()) == ["YES", "YES", "NO"]
        await together.host_asks("unmuteguests")
        assert (await together.entry(browser.uuid))["is_muted"] == "NO"


async def test_one_presents_at_a_time_and_everybody_hears_who(site: Site) -> None:
    async with party(site) as together:
        host, guest = together.host.uuid, together.guest.uuid
        async with site.watching(together.host.token) as watch:
            await synchronised(watch)
            own_call = await together.call(together.guest, present="send")
            assert own_call != guest
            await together.host_asks(f"participants/{host}/take_floor")
            assert [(await together.entry(one))["is_presenting"] for one in (host, guest)] == ["YES", "NO"]
            released = await together.host_asks(f"participants/{host}/release_floor")
            assert released.body == {"status": "success", "result": None}
            await watch.until(lambda seen: "presentation_stop" in seen.names())
            assert [event["presenter_uuid"] for event in told(watch, "presentation_start")] == [guest, host]


async def test_whose_presentation_is_taken_over_loses_the_call_that_carried_it(site: Site) -> None:
    async with party(site) as together, site.watching(together.guest.token) as watch:
        await synchronised(watch)
        call = await together.call(together.guest, present="send")
        await together.host_asks(f"participants/{together.host.uuid}/take_floor")
        await watch.until(lambda seen: "call_disconnected" in seen.names())
        (ended,) = told(watch, "call_disconnected")
        assert ended["call_uuid"] == call
        gone = await together.guest_asks(f"participants/{together.guest.uuid}/calls/{call}/disconnect")
        assert (gone.status, gone.result) == (404, "Call not found")


async def test_one_who_connects_later_is_told_who_presents_and_everybody_when_the_presenter_leaves(site: Site) -> None:
    async with party(site) as together:
        await together.guest_asks(f"participants/{together.guest.uuid}/take_floor")
        async with site.watching(together.host.token) as watch:
            await watch.until(lambda seen: "presentation_start" in seen.names())
            assert watch.names().index("presentation_start") > watch.names().index("participant_sync_end")
            await together.guest_asks("release_token")
            await watch.until(lambda seen: "presentation_stop" in seen.names())


async def test_guests_present_only_while_they_may_and_one_who_does_must_stop(site: Site) -> None:
    async with party(site) as together, site.watching(together.guest.token) as watch:
        await synchronised(watch)
        guest = together.guest.uuid
        await together.guest_asks(f"participants/{guest}/take_floor")
        await together.host_asks("set_guests_can_present", {"setting": False})
        assert (await together.entry(guest))["is_presenting"] == "NO"
        await watch.until(lambda seen: "presentation_stop" in seen.names())
        assert told(watch, "presentation_start")[-1] == NOBODY
        refused = await together.guest_asks(f"participants/{guest}/take_floor")
        assert (refused.status, refused.body) == INVALID_ROLE


async def test_whoever_is_denied_presentations_hears_of_none(site: Site) -> None:
    async with party(site) as together, site.watching(together.guest.token) as watch:
        await synchronised(watch)
        host, guest = together.host.uuid, together.guest.uuid
        await together.host_asks(f"participants/{guest}/denyrxpresentation")
        await together.host_asks(f"participants/{host}/take_floor")
        await together.host_asks("lock")
        await watch.until(lambda seen: any(data["locked"] for data in told(seen, "conference_update")))
        assert told(watch, "presentation_start") == []
        await together.host_asks(f"participants/{guest}/allowrxpresentation")
        await watch.until(lambda seen: "presentation_start" in seen.names())
        await together.host_asks(f"participants/{guest}/denyrxpresentation")
        await watch.until(lambda seen: "presentation_stop" in seen.names())


async def test_who_waits_neither_chats_nor_presents_nor_hears_of_it_until_let_in(site: Site) -> None:
    async with party(site) as together:
        await together.host_asks("lock")
        held = await join(site, GUEST_PIN, "Held", supports_direct_chat=True)
        body = {"type": "text/plain", "payload": "hello"}
        async with site.watching(held.token) as watch:
            await synchronised(watch)
            assert (await site.node("POST", "message", body, token=held.token)).result is False
            floor = await site.node("POST", f"participants/{held.uuid}/take_floor", token=held.token)
            assert (floor.status, floor.result) == (403, "Not in conference")
            assert (await together.host_asks(f"participants/{held.uuid}/message", body)).result is False
            await together.host_asks("message", body)
            await together.host_asks(f"participants/{together.host.uuid}/take_floor")
            await together.host_asks("unlock")
            await watch.until(lambda seen: "presentation_start" in seen.names())
            let_in = [data["uuid"] == held.uuid for data in told(watch, "participant_update")]
            assert let_in[-1] is True
            assert told(watch, "message_received") == []
            assert watch.names().index("presentation_start") > watch.names().index("participant_update")
        await site.node("POST", "release_token", token=held.token)


async def test_chat_reaches_everybody_else_and_a_direct_message_one(site: Site) -> None:
    async with party(site) as together:
        third = await join(site, GUEST_PIN, "Third")
        async with site.watching(together.guest.token) as guest, site.watching(third.token) as other:
            for watch in (guest, other):
                await synchronised(watch)
            direct = {"type": "text/plain", "payload": "for you"}
            assert (await together.host_asks(f"participants/{together.guest.uuid}/message", direct)).result is True
            assert (await together.host_asks(f"participants/{third.uuid}/message", direct)).result is False
            await together.guest_asks("message", {"type": "text/plain", "payload": "from the Guest"})
            await together.host_asks("message", {"type": "application/json", "payload": '{"for": "all"}'})
            await guest.until(lambda seen: len(told(seen, "message_received")) == 2)
            await other.until(lambda seen: len(told(seen, "message_received")) == 2)
            heard = [
                [(m["payload"], m["direct"], m["origin"]) for m in told(watch, "message_received")]
                for watch in (guest, other)
            ]
        assert heard == [
            [("for you", True, "Host"), ('{"for": "all"}', False, "Host")],
            [("from the Guest", False, "Guest"), ('{"for": "all"}', False, "Host")],
        ]


async def test_a_line_of_text_is_shown_to_all_until_it_is_cleared(site: Site) -> None:
    async with party(site) as together, site.watching(together.guest.token) as watch:
        await synchronised(watch)
        await together.host_asks("set_message_text", {"text": "Starting late"})
        shown = await together.host_asks("get_message_text", method="GET")
        assert shown.result["text"] == "Starting late"
        assert shown.result["set_time"] > 1_000_000_000
        await watch.until(lambda seen: told(seen, "conference_update")[-1]["message_text"] == "Starting late")
        await together.host_asks("set_message_text", {})
        assert (await together.host_asks("get_message_text", method="GET")).result == {}
        refused = await together.guest_asks("get_message_text", method="GET")
        assert (refused.status, refused.body) == INVALID_ROLE


async def test_a_transferred_client_is_told_where_to_go_and_its_token_opens_that_door_once(site: Site) -> None:
    await another_vmr(site, allow_guests=True, pin="9999", guest_pin="8888")
    async with party(site) as together, site.watching(together.guest.token) as watch:
        await synchronised(watch)
        body = {"role": "host", "conference_alias": OTHER_ALIAS}
        assert (await together.host_asks(f"participants/{together.guest.uuid}/transfer", body)).result is True
        assert (await together.entry(together.guest.uuid))["is_transferring"] is True
        await watch.until(lambda seen: "refer" in seen.names())
        (refer,) = told(watch, "refer")
        assert refer["alias"] == OTHER_ALIAS
        elsewhere = await site.node("POST", "request_token", {"display_name": "Guest", "token": refer["token"]})
        assert (elsewhere.status, elsewhere.result) == (403, "Invalid token")
        moved = await join(site, "", "Guest", alias=refer["alias"], token=refer["token"])
        await watch.until(lambda seen: seen.over)
        assert watch.events[-1] == ("disconnect", {"reason": "Call disconnected"})
        (_here, there) = (await site.state())["conferences"]
        assert [(one["id"], one["role"]) for one in there["participants"]] == [(moved.uuid, "chair")]
        with pytest.raises(AssertionError, match="Invalid token"):
            await join(site, "", "Again", alias=refer["alias"], token=refer["token"])


async def test_a_transfer_with_a_pin_needs_the_right_one(site: Site) -> None:
    await another_vmr(site, allow_guests=True, pin="9999", guest_pin="8888")
    async with party(site) as together:
        path = f"participants/{together.guest.uuid}/transfer"
        body = {"role": "guest", "conference_alias": OTHER_ALIAS}
        refused = await together.host_asks(path, body | {"pin": "1234"})
        assert (refused.status, refused.result) == (403, "Invalid PIN")
        assert (await together.host_asks(path, body | {"pin": "8888"})).result is True


async def test_whoever_is_sent_where_they_are_already_comes_in_anew(site: Site) -> None:
    async with party(site) as together, site.watching(together.guest.token) as watch:
        await synchronised(watch)
        body = {"role": "guest", "conference_alias": ALIAS}
        await together.host_asks(f"participants/{together.guest.uuid}/transfer", body)
        await watch.until(lambda seen: "refer" in seen.names())
        (refer,) = told(watch, "refer")
        await together.host_asks("release_token")
        again = await join(site, "", "Guest", token=refer["token"])
        await watch.until(lambda seen: seen.over)
        people = (await site.conference())["participants"]
        assert [(one["id"], one["where"]) for one in people if one["name"] == "Guest"] == [
            (together.guest.uuid, "left"),
            (again.uuid, "inside"),
        ]
        await site.node("POST", "release_token", token=again.token)


async def test_a_transfer_to_nowhere_moves_nobody(site: Site) -> None:
    async with party(site) as together:
        body = {"role": "guest", "conference_alias": "nowhere@vmr.example.org"}
        answer = await together.host_asks(f"participants/{together.guest.uuid}/transfer", body)
        assert (answer.status, answer.result) == (404, "Neither conference nor gateway found")
        assert (await together.entry(together.guest.uuid))["is_transferring"] is False
        wrong = await together.host_asks(f"participants/{together.guest.uuid}/transfer", body | {"role": "chair"})
        assert (wrong.status, wrong.result) == (400, "Illegal value")


async def test_a_changed_role_asks_the_client_to_refresh_and_the_refresh_tells_it(site: Site) -> None:
    async with party(site) as together, site.watching(together.guest.token) as watch:
        await synchronised(watch)
        await together.host_asks(f"participants/{together.guest.uuid}/role", {"role": "chair"})
        await watch.until(lambda seen: "refresh_token" in seen.names())
        refreshed = await together.guest_asks("refresh_token")
        assert refreshed.result["role"] == "HOST"
        assert (await site.node("POST", "lock", token=refreshed.result["token"])).result is True


async def test_a_camera_at_the_far_end_is_moved_only_where_there_is_one(site: Site) -> None:
    move = {"action": "stop", "movement": [{"axis": "zoom", "direction": "out"}], "target": "1"}
    async with party(site) as together, site.watching(together.guest.token) as watch:
        await synchronised(watch)
        path = f"participants/{together.guest.uuid}/fecc"
        assert (await together.host_asks(path, move)).result is False
        await together.call(together.guest, fecc_supported=True)
        assert (await together.host_asks(path, move)).result is True
        await watch.until(lambda seen: "fecc" in seen.names())
        (moved,) = told(watch, "fecc")
        assert moved == {"action": "stop", "movement": move["movement"], "timeout": 1000}
        wrong = await together.host_asks(path, move | {"movement": [{"axis": "zoom", "direction": "left"}]})
        assert (wrong.status, wrong.result) == (400, "Illegal value")


async def test_on_their_streams_guests_see_no_addresses_either(site: Site) -> None:
    async with party(site) as together, site.watching(together.guest.token) as watch:
        await synchronised(watch)
        await site.person(kind="phone", number="+441632960123", pin=GUEST_PIN)
        await watch.until(lambda seen: len(told(seen, "participant_create")) == 3)
        created = told(watch, "participant_create")
        assert {(one["uri"], one["vendor"], one["protocol"]) for one in created} == {("", "", "")}


async def test_whoever_is_disconnected_or_leaves_is_told_why(site: Site) -> None:
    host = await join(site, HOST_PIN, "Host", start_conference_if_host=True)
    guest = await join(site, GUEST_PIN, "Guest", alias=ALIAS)
    async with site.watching(guest.token) as watch:
        await synchronised(watch)
        await site.node("POST", f"participants/{guest.uuid}/disconnect", token=host.token)
        await watch.until(lambda seen: seen.over)
        assert watch.events[-1] == ("disconnect", {"reason": "Disconnected by another participant"})
    dead = await site.node("GET", "participants", token=guest.token)
    assert (dead.status, dead.result) == (403, "Invalid token")
