"""The management API over HTTP: roots and schemas, and what lists may be filtered and ordered by."""

import pytest

from tests.mock.mock_site import ALIAS, NAME, Answer, Site, objects

pytestmark = pytest.mark.asyncio

CONFERENCE = "configuration/v1/conference/"
FAMILIES = ("configuration/v1", "status/v1", "history/v1", "command/v1")
COMMAND_FAMILIES = ("command/v1/conference", "command/v1/participant", "command/v1/platform")
FIELD_KEYS = {
    *("type", "help_text", "nullable", "blank", "default", "readonly", "unique", "related_type", "valid_choices"),
}
TYPES = {"string", "integer", "boolean", "datetime", "float", "related", "list", "file"}


def names(answer: Answer) -> list[object]:
    return [one["name"] for one in objects(answer)]


async def resources(site: Site) -> dict[str, dict[str, str]]:
    """Every resource of every root, by path."""
    found: dict[str, dict[str, str]] = {}
    for family in FAMILIES:
        root = await site.admin("GET", f"{family}/")
        assert isinstance(root.body, dict)
        found |= {entry["list_endpoint"]: entry for entry in root.body.values()}
    return found


async def test_every_root_names_its_lists_and_schemas(site: Site) -> None:
    configuration = (await site.admin("GET", "configuration/v1/")).body
    assert isinstance(configuration, dict)
    assert configuration["conference"] == {
        "list_endpoint": "/api/admin/configuration/v1/conference/",
        "schema": "/api/admin/configuration/v1/conference/schema/",
    }
    for family in COMMAND_FAMILIES:
        commands = (await site.admin("GET", f"{family}/")).body
        assert isinstance(commands, dict)
        assert all(entry["list_endpoint"] == f"/api/admin/{family}/{verb}/" for verb, entry in commands.items())
    everything = await resources(site)
    assert len(everything) == 49
    assert all(path.count("/v1/") == 1 and entry["schema"] == f"{path}schema/" for path, entry in everything.items())


async def test_every_schema_describes_fields_filters_and_order_in_the_vendors_form(site: Site) -> None:
    for path, entry in (await resources(site)).items():
        schema = (await site.admin("GET", entry["schema"])).body
        assert isinstance(schema, dict), path
        assert (schema["default_limit"], schema["default_format"]) == (20, "application/json")
        for name, field in schema["fields"].items():
            assert set(field) == FIELD_KEYS, (path, name)
            assert field["type"] in TYPES
            assert (field["related_type"] is not None) == (field["type"] == "related")
        assert {name.partition("__")[0] for name in schema["filtering"]} <= set(schema["fields"]), path
        assert set(schema["ordering"]) <= set(schema["fields"]), path


async def test_every_object_shown_has_exactly_the_fields_of_its_schema_and_their_types(site: Site) -> None:
    await site.node("POST", "release_token", token=await site.token())
    await site.token()
    await site.person()
    await site.admin("POST", "configuration/v1/end_user/", {"primary_email_address": "ann@example.org"})
    await site.admin("POST", "configuration/v1/device/", {"alias": "room1@example.org"})
    await site.admin("POST", "configuration/v1/automatic_participant/", {"alias": "recorder@example.org"})
    await site.admin("POST", "configuration/v1/event_sink/", {"name": "ours", "url": "http://127.0.0.1:9/"})
    await site.admin("POST", "configuration/v1/policy_server/", {"name": "ours"})
    kinds = {"string": str, "integer": int, "boolean": bool, "float": float, "datetime": str, "list": list}
    seen = 0
    for path, entry in (await resources(site)).items():
        if "/command/" in path:
            continue
        schema, listed = (await site.admin("GET", entry["schema"])).body, objects(await site.admin("GET", path))
        assert isinstance(schema, dict)
        for row in listed[:1]:
            seen += 1
            apart = {"bucketed_call_quality", "historic_call_quality"} if "/history/" in path else set()
            assert set(row) == set(schema["fields"]) - apart, path
            for name, value in row.items():
                field = schema["fields"][name]
                wanted = kinds.get(field["type"], object)
                assert value is None or type(value) is wanted or wanted is object, (path, name, value)
    assert seen == 21


async def test_a_schema_says_what_may_be_done(site: Site) -> None:
    schemas = {
        path: (await site.admin("GET", f"{path}schema/")).body
        for path in (CONFERENCE, "status/v1/participant/", "history/v1/conference/", "command/v1/conference/lock/")
    }
    methods = [
        (schema["allowed_list_http_methods"], schema["allowed_detail_http_methods"])
        for schema in schemas.values()
        if isinstance(schema, dict)
    ]
    assert methods == [
        (["get", "post", "delete", "patch"], ["get", "put", "delete", "patch"]),
        (["get"], ["get"]),
        (["get"], ["get", "delete"]),
        (["post"], []),
    ]


FILTERS = [
    ("name=alpha", ["alpha"]),
    ("name__exact=alpha", ["alpha"]),
    ("name=beta-10&name=alpha", ["alpha"]),
    ("name=Alpha", []),
    ("name__iexact=ALPHA", ["alpha"]),
    ("name__in=alpha,Gamma ray", ["alpha", "Gamma ray"]),
    ("name__in=alpha&name__in=Gamma ray", ["alpha", "Gamma ray"]),
    ("name__contains=a r", ["Gamma ray"]),
    ("name__icontains=GAMMA", ["Gamma ray"]),
    ("name__startswith=be", ["beta-10"]),
    ("name__istartswith=gamma", ["Gamma ray"]),
    ("name__endswith=10", ["beta-10"]),
    ("name__iendswith=RAY", ["Gamma ray"]),
    ("name__regex=^[a-z]{5}$", ["alpha"]),
    ("name__iregex=^gamma", ["Gamma ray"]),
    ("tag__startswith=t&name__icontains=a-", ["beta-10"]),
    ("participant_limit=9", ["alpha"]),
    ("participant_limit__gt=9", ["beta-10"]),
    ("participant_limit__gte=9", ["alpha", "beta-10"]),
    ("participant_limit__lt=10", ["alpha"]),
    ("participant_limit__range=9,100", ["alpha", "beta-10"]),
    ("participant_limit__in=9,10", ["alpha", "beta-10"]),
    ("participant_limit__isnull=true&tag__startswith=t", ["Gamma ray"]),
    ("allow_guests=true&tag__startswith=t", ["Gamma ray"]),
    ("allow_guests=False&tag__startswith=t", ["alpha", "beta-10"]),
    ("aliases__alias=alpha@vmr.example.org", ["alpha"]),
    ("tag__startswith=t&order_by=name", ["Gamma ray", "alpha", "beta-10"]),
    ("tag__startswith=t&order_by=-participant_limit", ["beta-10", "alpha", "Gamma ray"]),
    ("tag__startswith=t&order_by=service_type&order_by=-name", ["alpha", "Gamma ray", "beta-10"]),
]


async def test_a_list_is_filtered_and_ordered_by_what_its_fields_are(site: Site) -> None:
    for body in (
        {"name": "alpha", "tag": "t1", "participant_limit": 9, "aliases": [{"alias": "alpha@vmr.example.org"}]},
        {"name": "beta-10", "tag": "t2", "participant_limit": 10, "service_type": "lecture"},
        {"name": "Gamma ray", "tag": "t3", "allow_guests": True, "pin": "1234"},
    ):
        assert (await site.admin("POST", CONFERENCE, body)).status == 201
    for query, found in FILTERS:
        assert names(await site.admin("GET", f"{CONFERENCE}?{query}")) == found, query


MEANINGLESS = [
    (f"{CONFERENCE}?pin=1234", "pin"),
    (f"{CONFERENCE}?no_such_field=1", "no_such_field"),
    (f"{CONFERENCE}?name__near=row", "near"),
    (f"{CONFERENCE}?allow_guests__contains=t", "contains"),
    (f"{CONFERENCE}?name__regex=(", "regular expression"),
    (f"{CONFERENCE}?participant_limit=many", "mismatched type"),
    (f"{CONFERENCE}?participant_limit__range=1", "mismatched type"),
    (f"{CONFERENCE}?creation_time__gte=yesterday", "mismatched type"),
    (f"{CONFERENCE}?allow_guests=perhaps", "mismatched type"),
    (f"{CONFERENCE}?order_by=pin", "pin"),
    (f"{CONFERENCE}?limit=x", "limit"),
    (f"{CONFERENCE}?limit=-1", "limit"),
    (f"{CONFERENCE}?offset=x", "offset"),
    ("status/v1/conference/?is_locked=true", "is_locked"),
    ("status/v1/participant/?order_by=vendor", "vendor"),
    ("configuration/v1/conference_alias/?conference__tag=x", "tag"),
]


async def test_a_list_that_means_nothing_is_a_400_with_a_sentence(site: Site) -> None:
    for path, word in MEANINGLESS:
        refused = await site.admin("GET", path)
        assert refused.status == 400, path
        assert isinstance(refused.body, dict)
        assert word in refused.body["error"], path


async def test_instants_are_compared_as_instants_in_any_form(site: Site) -> None:
    forms = ("2027-01-01T00:00:00Z", "2027-01-01", "2027-01-01T01:00:00.000%2B01:00", "2027-01-01 00:00:00")
    year = 366 * 86_400
    await site.control("POST", "clock", {"advanceSeconds": year, "stepSeconds": year})
    await site.admin("POST", CONFERENCE, {"name": "next year"})
    for form in forms:
        assert names(await site.admin("GET", f"{CONFERENCE}?creation_time__lt={form}")) == [NAME], form
        assert names(await site.admin("GET", f"{CONFERENCE}?creation_time__gt={form}")) == ["next year"], form


async def test_an_alias_is_found_by_the_name_the_id_or_the_uri_of_its_vmr(site: Site) -> None:
    (vmr,) = objects(await site.admin("GET", CONFERENCE))
    await site.admin("POST", CONFERENCE, {"name": "other", "aliases": [{"alias": "other"}]})
    for query in ("conference__name__startswith=Alice", f"conference={vmr['id']}", f"conference={vmr['resource_uri']}"):
        found = objects(await site.admin("GET", f"configuration/v1/conference_alias/?{query}"))
        assert [one["alias"] for one in found] == [ALIAS], query


async def test_pages_lead_to_each_other_and_keep_filter_and_order(site: Site) -> None:
    for number in range(5):
        await site.admin("POST", CONFERENCE, {"name": f"row {number}", "tag": "mine & yours"})
    first = await site.admin("GET", f"{CONFERENCE}?tag=mine %26 yours&order_by=-name&limit=2")
    assert isinstance(first.body, dict)
    assert first.body["meta"] | {"next": ""} == {
        "limit": 2,
        "offset": 0,
        "next": "",
        "previous": None,
        "total_count": 5,
    }
    assert first.body["meta"]["next"].startswith("/api/admin/configuration/v1/conference/?")
    second = await site.admin("GET", first.body["meta"]["next"])
    assert isinstance(second.body, dict)
    assert names(second) == ["row 2", "row 1"]
    assert names(await site.admin("GET", second.body["meta"]["next"])) == ["row 0"]
    assert names(await site.admin("GET", second.body["meta"]["previous"])) == ["row 4", "row 3"]
    whole = await site.admin("GET", f"{CONFERENCE}?limit=0")
    assert isinstance(whole.body, dict)
    assert (len(objects(whole)), whole.body["meta"]["next"]) == (6, None)
