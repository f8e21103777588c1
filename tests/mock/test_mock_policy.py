"""What nodes ask a policy server, and what they make of its answers; a real server is asked."""

import pytest

from tests.mock.client_drive import OFFER
from tests.mock.mock_site import ALIAS, GUEST_PIN, HOST_PIN, NAME, VMR, Site, until
from tests.mock.receiver import Receiver, attach_policy

pytestmark = pytest.mark.asyncio

COMMON = {
    *("call_direction", "protocol", "local_alias", "remote_alias", "remote_display_name", "remote_address"),
    *("remote_port", "location", "node_ip", "version_id", "pseudo_version_id", "registered", "trigger", "vendor"),
    *("bandwidth", "encryption", "call_tag", "idp_uuid", "has_authenticated_display_name", "supports_direct_media"),
    *("teams_tenant_id", "previous_service_name"),
}
SERVICE_ONLY = {"breakout_uuid", "display_count", "telehealth_request_id", "third_party_passcode"}
PARTICIPANT_ONLY = {
    *("participant_type", "participant_uuid", "call_uuid", "preauthenticated_role", "bypass_lock", "service_name"),
    *("service_tag", "unique_service_name", "display_count", "receive_from_audio_mix"),
    *("send_to_audio_mixes_mix_name", "send_to_audio_mixes_prominent"),
}


async def test_policy_makes_a_vmr_that_is_dialable_at_once(site: Site, receiver: Receiver) -> None:
    await attach_policy(site, receiver)
    receiver.replies["service/configuration"] = {
        "status": "success",
        "result": {"service_type": "conference", "name": "instant", "service_tag": "t", "locked": True},
    }
    granted = await site.call(
        "POST",
        f"{site.server.node_urls[0]}/api/client/v2/conferences/instant@vmr.example.org/request_token",
        json={"display_name": "Ann", "call_tag": "tag"},
    )
    assert granted.status == 200
    assert isinstance(granted.result, dict)
    assert (granted.result["conference_name"], granted.result["current_service_type"]) == ("instant", "waiting_room")
    (path, asked), *_ = receiver.asked
    assert path == "service/configuration"
    assert {
        "call_direction": "dial_in",
        "protocol": "api",
        "local_alias": "instant@vmr.example.org",
        "call_tag": "tag",
        "registered": "False",
    }.items() <= asked.items()


@pytest.mark.parametrize(
    "reply",
    [
        None,
        {"status": "failed"},
        500,
        "no JSON at all {",
        {"status": "success", "action": "continue"},
        {"error": "No matching rule"},
        {"raw": "<html>"},
        {"status": "success", "action": "continue", "result": {}},
    ],
)
async def test_a_useless_policy_answer_falls_back_to_the_database(
    site: Site, receiver: Receiver, reply: dict[str, object] | None
) -> None:
    await attach_policy(site, receiver)
    receiver.replies["service/configuration"] = reply
    assert await site.token()
    assert (await site.conference())["name"] == NAME


async def test_pitfall_27_a_phone_is_judged_before_its_pin_and_can_be_turned_away(
    site: Site, receiver: Receiver
) -> None:
    await attach_policy(site, receiver)
    receiver.replies["participant/properties"] = {
        "status": "success",
        "action": "reject",
        "result": {"reject_reason": "Not expected"},
    }
    body = {"alias": ALIAS, "name": "01632 960123", "kind": "phone", "number": "+441632960123", "pin": GUEST_PIN}
    turned_away = await site.control("POST", "people", body)
    assert (turned_away.status, turned_away.refused) == (403, "Not expected")
    assert receiver.asked[0][1]["local_alias"] == f"sip:{ALIAS}"
    assert receiver.asked[1][1]["preauthenticated_role"] == ""
    receiver.replies["service/configuration"] = {"status": "success", "action": "reject"}
    assert (await site.control("POST", "people", body)).status == 404
    assert (await site.state())["conferences"] == []


async def test_pitfall_27_a_web_caller_is_asked_about_twice_and_may_be_let_past_the_lock(
    site: Site, receiver: Receiver
) -> None:
    token = await site.token()
    await site.node("POST", "start_conference", token=token)
    await site.node("POST", "lock", token=token)
    await attach_policy(site, receiver)
    receiver.replies["participant/properties"] = {
        "status": "success",
        "result": {"bypass_lock": True, "call_tag": "expected", "remote_display_name": "Known as Ann"},
    }
    await site.person("Ann Advocate")
    people = (await site.conference())["participants"]
    assert isinstance(people, list)
    assert (people[-1]["name"], people[-1]["where"], people[-1]["callTag"]) == ("Known as Ann", "inside", "expected")
    assert receiver.questions() == ["configuration", "properties", "properties"]
    first, second = receiver.asked[1][1], receiver.asked[2][1]
    assert (first["participant_type"], first["protocol"]) == ("api", "api")
    assert (second["participant_type"], second["protocol"]) == ("standard", "webrtc")
    assert first["preauthenticated_role"] == second["preauthenticated_role"] == "guest"
    assert first["participant_uuid"] == second["participant_uuid"] == people[-1]["id"]


async def test_the_vmrs_own_pins_still_hold_under_policy(site: Site, receiver: Receiver) -> None:
    await attach_policy(site, receiver)
    refused = await site.node("POST", "request_token", {"display_name": "Mallory"}, pin="0000")
    assert refused.status == 403
    assert VMR["pin"] == HOST_PIN
    assert (await site.node("POST", "request_token", {"display_name": "vmrd"}, pin=HOST_PIN)).status == 200


GOOD = {"service_type": "conference", "name": "made by policy", "service_tag": "t"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"pin": "1"},
        {"allow_guests": True, "pin": ""},
        {"allow_guests": True, "pin": "1234", "guest_pin": "1234"},
        {"guest_pin": "1234"},
        {"participant_limit": "20"},
        {"locked": "True"},
        {"view": "1:7"},
        {"max_callrate_in": 2048},
        {"description": "x" * 251},
        {"service_type": "meeting"},
        {"name": ""},
        {"automatic_participants": {}},
    ],
)
@pytest.mark.parametrize("not_found", [True, False])
async def test_pitfall_27_one_wrong_value_voids_the_whole_reply(
    site: Site, receiver: Receiver, wrong: dict[str, object], not_found: bool
) -> None:
    site.server.world.knobs = site.server.world.knobs.changed({"policy_void_is_not_found": not_found})
    await attach_policy(site, receiver)
    receiver.replies["service/configuration"] = {"status": "success", "result": GOOD | wrong}
    answer = await site.node("POST", "request_token", {"display_name": "vmrd"}, pin=HOST_PIN)
    if not_found:
        assert (answer.status, answer.result) == (404, "Neither conference nor gateway found")
    else:
        assert isinstance(answer.result, dict)
        assert answer.result["conference_name"] == NAME


async def test_pitfall_27_a_failed_reply_is_remembered_for_minutes_and_a_404_is_not(
    site: Site, receiver: Receiver
) -> None:
    knobs = site.server.world.knobs.changed({"policy_negative_cache_s": 0.2})
    site.server.world.knobs = knobs.changed({"policy_void_is_not_found": True})
    await attach_policy(site, receiver)
    for _ in range(2):
        assert await site.token()
    assert receiver.questions() == ["configuration", "properties"] * 2
    receiver.asked.clear()
    receiver.replies["service/configuration"] = {"status": "success", "result": GOOD | {"pin": "1"}}
    for _ in range(2):
        assert (await site.node("POST", "request_token", {"display_name": "vmrd"}, pin=HOST_PIN)).status == 404
    assert receiver.questions() == ["configuration"]
    receiver.replies["service/configuration"] = {"status": "success", "result": GOOD}

    async def asked_again() -> bool:
        return (await site.node("POST", "request_token", {"display_name": "vmrd"})).status == 200

    await until(asked_again)


async def test_pitfall_27_a_server_that_takes_too_long_is_not_waited_for(site: Site, receiver: Receiver) -> None:
    site.server.world.knobs = site.server.world.knobs.changed({"policy_timeout_s": 0.1})
    await attach_policy(site, receiver)
    receiver.replies["service/configuration"] = receiver.silence
    assert await site.token()
    assert (await site.conference())["name"] == NAME


@pytest.mark.parametrize("trigger", ["options", "subscribe", "web_avatar_fetch", "lrq"])
async def test_pitfall_27_nodes_ask_although_nobody_calls(site: Site, receiver: Receiver, trigger: str) -> None:
    await attach_policy(site, receiver)
    receiver.replies["service/configuration"] = {"status": "success", "action": "reject"}
    probed = await site.control("POST", "policy/probe", {"trigger": trigger, "alias": ALIAS})
    assert probed.body == {"service": None, "rejected": True, "redirectedTo": None}
    ((path, asked),) = receiver.asked
    assert (path, asked["call_direction"], asked["trigger"]) == ("service/configuration", "non_dial", trigger)
    assert (await site.state())["conferences"] == []


async def test_a_trigger_that_is_none_is_refused(site: Site) -> None:
    assert (await site.control("POST", "policy/probe", {"trigger": "coffee", "alias": ALIAS})).status == 400


async def test_pitfall_27_the_question_about_a_phone_has_every_parameter(site: Site, receiver: Receiver) -> None:
    await attach_policy(site, receiver)
    await site.person("01632 960123", "phone", number="+441632960123", pin=None)
    (_, service), (_, participant) = receiver.asked
    assert receiver.authorizations == {"Basic bm9kZTpwb2xpY3k="}
    assert set(service) == COMMON | SERVICE_ONLY | {"p_Asserted-Identity"}
    assert set(participant) == COMMON | PARTICIPANT_ONLY | {"p_Asserted-Identity"}
    assert service["local_alias"] == f"sip:{ALIAS}"
    assert service["p_Asserted-Identity"] == '["<sip:+441632960123@sbc.example.org>"]'
    assert (service["trigger"], service["registered"], service["idp_uuid"]) == ("invite", "False", "")
    assert service["location"] == "Main"
    assert (participant["bypass_lock"], participant["preauthenticated_role"]) == ("False", "")
    assert participant["service_name"] == NAME


async def test_each_group_of_an_identity_provider_is_told_by_itself(site: Site, receiver: Receiver) -> None:
    await attach_policy(site, receiver)
    await site.person(idp={"groups": ["staff", "legal"]})
    told = [pair for pair in receiver.repeated[1] if pair[0].startswith("idp_attribute_")]
    assert told == [("idp_attribute_groups", "staff"), ("idp_attribute_groups", "legal")]
    assert receiver.asked[1][1]["has_authenticated_display_name"] == "True"


async def test_a_client_is_asked_about_as_host_and_again_when_media_comes(site: Site, receiver: Receiver) -> None:
    await attach_policy(site, receiver)
    body = {"display_name": "vmrd", "start_conference_if_host": True}
    granted = await site.node("POST", "request_token", body, pin=HOST_PIN)
    assert isinstance(granted.result, dict)
    uuid, token = granted.result["participant_uuid"], str(granted.result["token"])
    assert (
        await site.node("POST", f"participants/{uuid}/calls", {"call_type": "WEBRTC", "sdp": OFFER}, token=token)
    ).status == 200
    properties = [asked for path, asked in receiver.asked if path == "participant/properties"]
    assert [asked["participant_type"] for asked in properties] == ["api_host", "standard"]
    assert {asked["participant_uuid"] for asked in properties} == {uuid}
    receiver.replies["participant/properties"] = {"status": "success", "action": "reject"}
    turned_away = await site.node(
        "POST", f"participants/{uuid}/calls", {"call_type": "WEBRTC", "sdp": OFFER}, token=token
    )
    assert (turned_away.status, turned_away.result) == (403, "Call rejected")


@pytest.mark.parametrize(
    ("form", "by_action", "by_result"), [("either", 403, 403), ("action", 403, 201), ("result", 201, 403)]
)
async def test_a_participant_is_rejected_by_action_or_by_result(
    site: Site, receiver: Receiver, form: str, by_action: int, by_result: int
) -> None:
    site.server.world.knobs = site.server.world.knobs.changed({"policy_reject_form": form})
    await attach_policy(site, receiver)
    body = {"alias": ALIAS, "name": "Ann", "pin": GUEST_PIN}
    receiver.replies["participant/properties"] = {"status": "success", "action": "reject", "result": {}}
    assert (await site.control("POST", "people", body)).status == by_action
    receiver.replies["participant/properties"] = {"status": "success", "action": "continue", "result": {"reject": True}}
    assert (await site.control("POST", "people", body)).status == by_result


async def test_a_redirected_phone_dials_elsewhere_and_a_browser_finds_nothing(site: Site, receiver: Receiver) -> None:
    await attach_policy(site, receiver)
    redirect = {"status": "success", "action": "redirect", "result": {"new_alias": f"sip:{ALIAS}"}}
    body = {"alias": "old@vmr.example.org", "name": "01632 960123", "pin": GUEST_PIN}
    receiver.replies["service/configuration"] = [redirect, {"status": "success", "action": "continue"}]
    assert (await site.control("POST", "people", body | {"kind": "phone"})).status == 201
    aliases = [asked["local_alias"] for path, asked in receiver.asked if path == "service/configuration"]
    assert aliases == ["sip:old@vmr.example.org", f"sip:{ALIAS}"]
    receiver.replies["service/configuration"] = redirect
    assert (await site.control("POST", "people", body | {"kind": "browser"})).status == 404
    assert (await site.control("POST", "people", body | {"kind": "phone"})).status == 404, "sent round in a circle"


async def test_a_role_given_by_policy_spares_a_phone_the_pin_and_names_are_replaced(
    site: Site, receiver: Receiver
) -> None:
    await attach_policy(site, receiver)
    receiver.replies["participant/properties"] = {
        "status": "success",
        "result": {
            "preauthenticated_role": "chair",
            "remote_display_name": "Video room 1",
            "remote_alias": "sip:room1@rooms.example.org",
            "rx_presentation_policy": "DENY",
        },
    }
    await site.person("01632 960123", "phone", pin=None)
    (one,) = (await site.conference())["participants"]  # type: ignore[misc]
    assert (one["where"], one["role"], one["name"]) == ("inside", "chair", "Video room 1")  # type: ignore[index]
    assert one["address"] == "sip:room1@rooms.example.org"  # type: ignore[index]


async def test_a_kind_of_service_that_the_mock_does_not_fake_says_so(site: Site, receiver: Receiver) -> None:
    await attach_policy(site, receiver)
    receiver.replies["service/configuration"] = {"status": "success", "result": GOOD | {"service_type": "gateway"}}
    answer = await site.node("POST", "request_token", {"display_name": "vmrd"})
    assert (answer.status, answer.result) == (501, "This mock has no service of type gateway")


async def test_policy_is_asked_about_a_call_out_and_has_no_veto(site: Site, receiver: Receiver) -> None:
    token = await site.token()
    await attach_policy(site, receiver)
    receiver.replies["service/configuration"] = {"status": "success", "action": "reject"}
    body = {"destination": "room1@rooms.example.org", "protocol": "sip", "role": "HOST"}
    dialled = await site.node("POST", "dial", body, token=token)
    assert dialled.status == 200
    await receiver.until(lambda: bool(receiver.asked))
    asked = receiver.asked[0][1]
    assert (asked["call_direction"], asked["service_name"], asked["service_tag"]) == ("dial_out", NAME, "vmrd:4711")

    async def inside() -> bool:
        people = (await site.conference())["participants"]
        assert isinstance(people, list)
        return [one["where"] for one in people if one["outbound"]] == ["inside"]

    await until(inside)
