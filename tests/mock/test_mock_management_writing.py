"""The management API over HTTP: what a body may say, changes in bulk, wiping a list, and how all of it is refused."""

import pytest

from pexip_mock.knobs import Knobs
from tests.mock.mock_site import ALIAS, NAME, Site, body_of, objects

pytestmark = pytest.mark.asyncio

CONFERENCE = "configuration/v1/conference/"
ALIASES = "configuration/v1/conference_alias/"
# per writable resource: a body to create, a change, and its default after a PUT of the first
KEPT: dict[str, tuple[dict[str, object], dict[str, object], dict[str, object]]] = {
    "automatic_participant": ({"alias": "recorder@example.org"}, {"role": "chair"}, {"role": "guest"}),
    "event_sink": ({"name": "ours", "url": "http://127.0.0.1:9/"}, {"version": 2}, {"version": 1}),
    "policy_server": ({"name": "ours"}, {"enable_service_lookup": True}, {"enable_service_lookup": False}),
    "system_location": ({"name": "Second"}, {"mtu": 1400}, {"mtu": 1500}),
    "end_user": ({"primary_email_address": "ann@example.org"}, {"department": "Law"}, {"department": ""}),
    "device": ({"alias": "room1@example.org"}, {"enable_sip": True}, {"enable_sip": False}),
}


async def names(site: Site) -> list[object]:
    return [one["name"] for one in objects(await site.admin("GET", CONFERENCE))]


@pytest.mark.parametrize("resource", KEPT)
async def test_whatever_is_kept_is_made_read_changed_replaced_and_deleted(site: Site, resource: str) -> None:
    body, change, default = KEPT[resource]
    listed = f"configuration/v1/{resource}/"
    before = len(objects(await site.admin("GET", listed)))
    created = await site.admin("POST", listed, body)
    assert (created.status, created.body) == (201, None)
    path = created.headers["Location"]
    assert (await site.admin("PATCH", path, change)).status == 202
    read = body_of(await site.admin("GET", path))
    assert read | body | change == read
    assert read["resource_uri"] == path
    assert all(read[name] for name in ("uuid", "creation_time", "updated_at") if name in read)
    assert (await site.admin("PUT", path, body)).status == 204
    replaced = body_of(await site.admin("GET", path))
    assert replaced | body | default == replaced
    assert len(objects(await site.admin("GET", listed))) == before + 1
    assert (await site.admin("PATCH", listed, {"objects": [{"resource_uri": path} | change]})).status == 202
    again = body_of(await site.admin("GET", path))
    assert again | body | change == again
    needed = next(iter(body))
    assert (await site.admin("POST", listed, {})).status == 400
    refused = await site.admin("POST", listed, {needed: 5})
    assert (refused.status, set(body_of(refused))) == (400, {resource})
    assert (await site.admin("DELETE", path)).status == 204
    assert [(await site.admin(method, path)).status for method in ("GET", "DELETE")] == [404, 404]


DEFAULTS = {
    "service_type": "conference",
    "aliases": [],
    "allow_guests": False,
    "pin": "",
    "guest_pin": "",
    "mute_all_guests": False,
    "guests_can_present": True,
    "participant_limit": None,
    "enable_chat": "default",
    "enable_overlay_text": False,
    "host_view": "one_main_seven_pips",
    "guest_view": None,
    "guests_can_see_guests": "no_hosts",
    "call_type": "video",
    "crypto_mode": "",
    "max_callrate_in": None,
    "max_pixels_per_second": None,
    "direct_media": "never",
    "direct_media_notification_duration": 0,
    "breakout_rooms": False,
    "live_captions_enabled": "default",
    "non_idp_participants": "disallow_all",
    "ivr_theme": None,
    "automatic_participants": [],
    "two_stage_dial_type": "regular",
    "system_location": None,
    "scheduled_conferences_count": 0,
}


async def test_a_vmr_of_which_only_the_name_is_given_has_the_defaults_of_the_schema(site: Site) -> None:
    created = await site.admin("POST", CONFERENCE, {"name": "bare"})
    read = body_of(await site.admin("GET", created.headers["Location"]))
    assert read | DEFAULTS == read
    fields = body_of(await site.admin("GET", f"{CONFERENCE}schema/"))["fields"]
    assert isinstance(fields, dict)
    given = {name: field["default"] for name, field in fields.items() if field["default"] != "No default provided."}
    assert read | given == read
    assert fields["direct_media"]["valid_choices"] == ["never", "best_effort", "always"]
    assert (fields["aliases"]["related_type"], fields["ivr_theme"]["related_type"]) == ("to_many", "to_one")
    assert (fields["name"]["unique"], fields["name"]["blank"], fields["id"]["readonly"]) == (True, False, True)


REFUSED = [
    ({}, {"name"}),
    ({"name": ""}, {"name"}),
    ({"name": "x" * 251}, {"name"}),
    ({"name": 5}, {"name"}),
    ({"name": "a", "tag": "x" * 251}, {"tag"}),
    ({"name": "a", "service_type": "party"}, {"service_type"}),
    ({"name": "a", "allow_guests": "yes"}, {"allow_guests"}),
    ({"name": "a", "allow_guests": None}, {"allow_guests"}),
    ({"name": "a", "participant_limit": 1_000_001}, {"participant_limit"}),
    ({"name": "a", "participant_limit": "3"}, {"participant_limit"}),
    ({"name": "a", "participant_limit": True}, {"participant_limit"}),
    ({"name": "a", "max_callrate_in": 127}, {"max_callrate_in"}),
    ({"name": "a", "max_callrate_out": 8193}, {"max_callrate_out"}),
    ({"name": "a", "direct_media_notification_duration": 31}, {"direct_media_notification_duration"}),
    ({"name": "a", "host_view": "1:7"}, {"host_view"}),
    ({"name": "a", "crypto_mode": "maybe"}, {"crypto_mode"}),
    ({"name": "a", "non_idp_participants": "allow"}, {"non_idp_participants"}),
    ({"name": "a", "primary_owner_email_address": "x" * 101}, {"primary_owner_email_address"}),
    ({"name": "a", "pin": "1" * 21}, {"pin"}),
    ({"name": "a", "ivr_theme": "/api/admin/configuration/v1/ivr_theme/99/"}, {"ivr_theme"}),
    ({"name": "a", "host_identity_provider_group": "/x/1/"}, {"host_identity_provider_group"}),
    ({"name": "a", "aliases": "a"}, {"aliases"}),
    ({"name": "a", "aliases": [{"alias": ""}]}, {"aliases"}),
    ({"name": "a", "aliases": [{"alias": "x" * 251}]}, {"aliases"}),
    ({"name": "a", "aliases": [{"alias": "new"}, {"alias": "NEW"}]}, {"aliases"}),
    ({"name": "a", "aliases": [{"alias": f"sip:{ALIAS.upper()}"}]}, {"aliases"}),
    ({"name": "a", "aliases": ["/api/admin/configuration/v1/conference_alias/1/"]}, {"aliases"}),
    ({"name": "a", "automatic_participants": ["/nobody/"]}, {"automatic_participants"}),
    ({"name": "a", "direct_media": "always", "breakout_rooms": True}, {"__all__"}),
    ({"name": NAME}, {"name"}),
    ({"service_type": "party", "tag": 5}, {"name", "service_type", "tag"}),
]


async def test_what_a_vmr_cannot_be_is_a_nested_400_that_names_every_field(site: Site) -> None:
    for body, fields in REFUSED:
        refused = await site.admin("POST", CONFERENCE, body)
        assert refused.status == 400, body
        told = body_of(refused)["conference"]
        assert isinstance(told, dict)
        assert set(told) == fields, body
        assert all(isinstance(sentence, str) for sentences in told.values() for sentence in sentences)
    assert await names(site) == [NAME]


async def test_null_is_taken_where_the_schema_says_so_and_unknown_fields_are_ignored(site: Site) -> None:
    fields = ("participant_limit", "guest_view", "host_view", "crypto_mode", "ivr_theme", "system_location", "aliases")
    body = dict.fromkeys(fields) | {"name": "nulls", "pin": None, "locked": True, "id": 77}
    created = await site.admin("POST", CONFERENCE, body)
    assert created.status == 201
    read = body_of(await site.admin("GET", created.headers["Location"]))
    assert (read["pin"], read["participant_limit"], read["aliases"]) == ("", None, [])
    assert read["id"] != 77
    assert "locked" not in read


async def test_an_alias_keeps_its_id_when_it_is_changed_or_moved_to_another_vmr(site: Site) -> None:
    other = (await site.admin("POST", CONFERENCE, {"name": "other"})).headers["Location"]
    (alias,) = objects(await site.admin("GET", ALIASES))
    path = str(alias["resource_uri"])
    assert (await site.admin("PATCH", path, {"alias": "renamed", "description": "front door"})).status == 202
    assert (await site.admin("PATCH", path, {"conference": other})).status == 202
    read = body_of(await site.admin("GET", path))
    assert (read["alias"], read["description"], read["conference"]) == ("renamed", "front door", other)
    assert (await site.admin("PUT", path, {"alias": "again", "conference": other})).status == 204
    assert body_of(await site.admin("GET", path))["description"] == ""
    vmr = body_of(await site.admin("GET", other))
    assert vmr["aliases"] == [body_of(await site.admin("GET", path))]
    whole = {**vmr, "aliases": [{**read, "alias": "third"}, {"alias": "fourth"}]}
    assert (await site.admin("PUT", other, whole)).status == 204
    assert (
        await site.admin("PATCH", ALIASES, {"objects": [{"resource_uri": path, "description": "bulk"}]})
    ).status == 202
    assert body_of(await site.admin("GET", path))["description"] == "bulk"
    aliases = objects(await site.admin("GET", ALIASES))
    assert [(one["id"] == alias["id"], one["alias"]) for one in aliases] == [(True, "third"), (False, "fourth")]


async def test_an_alias_needs_a_vmr_and_a_text_of_its_own(site: Site) -> None:
    (vmr,) = objects(await site.admin("GET", CONFERENCE))
    for body, field in (
        ({"alias": "x"}, "conference"),
        ({"conference": vmr["resource_uri"]}, "alias"),
        ({"alias": "x", "conference": f"/api/admin/{CONFERENCE}99/"}, "conference"),
        ({"alias": "x", "conference": None}, "conference"),
        ({"alias": ALIAS.upper(), "conference": vmr["resource_uri"]}, "alias"),
    ):
        refused = await site.admin("POST", ALIASES, body)
        assert (refused.status, [*body_of(refused)["conference_alias"]]) == (400, [field])  # type: ignore[misc]


async def test_changes_in_bulk_update_create_and_delete_with_one_request(site: Site) -> None:
    made = [await site.admin("POST", CONFERENCE, {"name": name}) for name in ("first", "second")]
    first, second = (one.headers["Location"] for one in made)
    asked = (await site.control("GET", "requests")).body
    assert isinstance(asked, list)
    counted = sum(1 for one in asked if one["node"] == "management")
    site.server.world.knobs = Knobs.fast().changed({"rate_limit": counted + 2})
    bulk = {
        "objects": [{"resource_uri": first, "tag": "changed"}, {"name": "third", "aliases": [{"alias": "third"}]}],
        "deleted_objects": [second],
    }
    answer = await site.admin("PATCH", CONFERENCE, bulk)
    assert (answer.status, answer.body) == (202, None)
    assert await names(site) == [NAME, "first", "third"]
    assert (await site.admin("GET", CONFERENCE)).status == 429


BROKEN_BULKS: list[object] = [
    {"objects": [{"name": "third"}, {"name": NAME}]},
    {"objects": [{"name": "third"}, {"name": "third"}]},
    {"objects": [{"name": "third", "aliases": [{"alias": "new"}]}, {"name": "fourth", "aliases": [{"alias": "NEW"}]}]},
    {"objects": [{"name": "third"}, {"resource_uri": f"/api/admin/{CONFERENCE}99/", "tag": "x"}]},
    {"objects": [{"name": "third"}, "fourth"]},
    {"objects": [{"name": "third"}], "deleted_objects": [f"/api/admin/{CONFERENCE}99/"]},
    {"objects": [{"name": "third"}], "deleted_objects": ["/api/admin/configuration/v1/event_sink/1/"]},
    {"objects": {"name": "third"}},
    {"objects": [], "deleted_objects": f"/api/admin/{CONFERENCE}1/"},
    {"deleted_objects": [f"/api/admin/{CONFERENCE}1/"]},
    {"name": "third"},
]


async def test_changes_in_bulk_are_all_or_nothing(site: Site) -> None:
    (before,) = (await site.admin("GET", CONFERENCE),)
    for bulk in BROKEN_BULKS:
        assert (await site.admin("PATCH", CONFERENCE, bulk)).status == 400, bulk
        assert (await site.admin("GET", CONFERENCE)).body == before.body, bulk
    history = (await site.state())["history"]
    assert isinstance(history, list)
    assert [one["what"] for one in history if one["what"].startswith("vmr")] == ["vmr-created"]
    assert (await site.admin("POST", CONFERENCE, {"name": "third", "aliases": [{"alias": "new"}]})).status == 201


@pytest.mark.parametrize("resource", ["conference", "conference_alias", *KEPT])
async def test_35_deleting_a_list_is_refused_and_noted_unless_the_knob_allows_it(site: Site, resource: str) -> None:
    path = f"configuration/v1/{resource}/"
    if resource in KEPT:
        await site.admin("POST", path, KEPT[resource][0])
    before = len(objects(await site.admin("GET", path)))
    refused = await site.admin("DELETE", path)
    assert (refused.status, resource in str(body_of(refused)["error"])) == (403, True)
    assert len(objects(await site.admin("GET", path))) == before > 0
    asked = (await site.control("GET", "requests")).body
    assert isinstance(asked, list)
    noted = [(one["path"], one["status"]) for one in asked if one["method"] == "DELETE"]
    assert noted == [(f"/api/admin/{path}", 403)]
    site.server.world.knobs = site.server.world.knobs.changed({"allow_list_delete": True})
    assert (await site.admin("DELETE", f"{path}?id=0")).status == 204
    assert len(objects(await site.admin("GET", path))) == before
    if resource == "system_location":  # the nodes stand in one of them
        assert (await site.admin("DELETE", path)).status == 400
        assert len(objects(await site.admin("GET", path))) == before
    else:
        assert (await site.admin("DELETE", path)).status == 204
        assert objects(await site.admin("GET", path)) == []


async def test_a_body_that_is_no_json_object_is_refused_in_words(site: Site) -> None:
    url, headers = f"{site.server.management_url}/api/admin/{CONFERENCE}", site.admin_headers
    as_json = headers | {"Content-Type": "application/json"}
    for data in ("{", "[]", '"name"', "null"):
        refused = await site.call("POST", url, data=data, headers=as_json)
        assert (refused.status, set(body_of(refused))) == (400, {"error"}), data
    form = await site.call("POST", url, data={"name": "x"}, headers=headers)
    assert (form.status, set(body_of(form))) == (415, {"error_message"})
    bare = await site.call("POST", url, data=b'{"name": "bare"}', headers=headers, skip_auto_headers=["Content-Type"])
    assert bare.status == 201


async def test_methods_that_are_not_there_are_405_with_allow_and_no_body(site: Site) -> None:
    for method, path, allowed in (
        ("PUT", CONFERENCE, "DELETE,GET,PATCH,POST"),
        ("POST", f"{CONFERENCE}1/", "DELETE,GET,PATCH,PUT"),
        ("POST", "status/v1/participant/", "GET"),
        ("DELETE", "status/v1/conference/1/", "GET"),
        ("PATCH", "history/v1/participant/", "GET"),
        ("DELETE", "history/v1/conference/", "GET"),
        ("POST", "configuration/v1/global/", "GET"),
        ("GET", "command/v1/conference/lock/", "POST"),
        ("POST", "configuration/v1/", "GET"),
    ):
        answer = await site.admin(method, path, {})
        assert (answer.status, answer.headers.get("Allow"), answer.headers["Content-Length"]) == (405, allowed, "0")


async def test_what_is_not_there_is_404_and_what_the_mock_does_not_play_501_with_a_sentence(site: Site) -> None:
    for method, path in (
        ("GET", "configuration/v1/no_such_resource/"),
        ("GET", f"{CONFERENCE}99/"),
        ("PATCH", f"{CONFERENCE}99/"),
        ("DELETE", f"{CONFERENCE}abc/"),
        ("GET", "status/v1/worker_vm/99/"),
        ("POST", "command/v1/participant/spotlight/"),
        ("POST", "command/v1/conference/start/"),
        ("GET", "no/such/family/"),
    ):
        answer = await site.admin(method, path, {} if method != "GET" else None)
        assert (answer.status, answer.body) == (404, None), path
    for method, path, word in (
        ("GET", "configuration/v1/identity_provider/", "identity_provider"),
        ("POST", "configuration/v1/scheduled_conference/", "scheduled_conference"),
        ("GET", "status/v1/backplane/some/media_stream/", "backplane"),
        ("GET", "history/v1/workervm_status_event/", "workervm_status_event"),
        ("GET", "status/v1/worker_vm/1/statistics/", "statistics"),
        ("GET", "history/v1/participant/some/media_stream/", "media_stream"),
    ):
        answer = await site.admin(method, path, {} if method != "GET" else None)
        assert (answer.status, word in str(body_of(answer)["error"])) == (501, True), path


async def test_what_the_platform_lets_write_and_the_mock_does_not_is_501_with_a_sentence(site: Site) -> None:
    for resource, word in (
        ("ivr_theme", "theme"),
        ("gateway_routing_rule", "gateway"),
        ("role", "account"),
        ("oauth2_client", "OAuth2"),
        ("worker_vm", "knobs"),
    ):
        path = f"configuration/v1/{resource}/"
        for method, at in (
            ("POST", path),
            ("DELETE", path),
            ("PUT", f"{path}1/"),
            ("DELETE", f"{path}1/"),
            *((("PATCH", path), ("PATCH", f"{path}1/")) if resource != "worker_vm" else ()),
        ):
            answer = await site.admin(method, at, {})
            assert (answer.status, word in str(body_of(answer)["error"])) == (501, True), (method, at)


async def test_oauth2_is_refused_in_words(site: Site) -> None:
    answer = await site.call("POST", f"{site.server.management_url}/oauth/token/", data={"grant_type": "x"})
    assert (answer.status, "Basic" in str(body_of(answer)["error"])) == (501, True)


async def test_a_path_without_its_last_slash_leads_to_the_one_with_it(site: Site) -> None:
    url = f"{site.server.management_url}/api/admin/configuration/v1/conference?name=a%20b"
    redirect = await site.call("GET", url, headers=site.admin_headers, allow_redirects=False)
    assert redirect.status == 301
    assert redirect.headers["Location"] == "/api/admin/configuration/v1/conference/?name=a%20b"
    unknown = await site.call("GET", url.replace("conference", "nothing"), headers=site.admin_headers)
    assert unknown.status == 404
    site.server.world.knobs = site.server.world.knobs.changed({"missing_slash_redirects": False})
    assert (await site.call("GET", url, headers=site.admin_headers)).status == 404
