"""`vmrd check-config` against a platform: what it prints where all is well, and how it names each thing that is not."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from pexip_mock.knobs import Knobs
from tests.check.estate import (
    ADMINISTRATORS,
    PASSWORD,
    SECRETS,
    Estate,
    Seen,
    clock_is_kept,
    estate,
)
from tests.mail.post_office import free_port
from tests.mock.mock_site import body_of, until
from vmrd.check import eyes, survey
from vmrd.check.lines import Verdict, as_json, has_failed
from vmrd.config import load
from vmrd.daemon import store_keys
from vmrd.pexip.http import Answer, PexipHttp
from vmrd.store.connection import Alone
from vmrd.store.secrets import derive_keys
from vmrd.store.sqlite import connect

pytestmark = pytest.mark.asyncio

HERE = Path(__file__).parent
OK, WARN, FAIL, NOT_CHECKED = Verdict
SINK, POLICY, LOCATION = (f"configuration/v1/{name}/1/" for name in ("event_sink", "policy_server", "system_location"))
GLOBAL, NODE = "configuration/v1/global/1/", "configuration/v1/worker_vm/1/"


@pytest.fixture(autouse=True)
def _same_machine_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(survey, "kept_right", clock_is_kept(True))
    monkeypatch.setattr("vmrd.check.store.file_system_of", lambda _path: "ext4")
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)


@pytest_asyncio.fixture
async def whole(tmp_path: Path) -> AsyncIterator[Estate]:
    async with estate(tmp_path) as built:
        yield built


def said(whole: Estate, seen: Seen, *more: tuple[str, str]) -> str:
    return seen.text((str(whole.folder), "FOLDER"), (whole.outside.removeprefix("http://"), "OUTSIDE"), *more)


def nothing_leaks(seen: Seen) -> bool:
    printed = seen.text() + json.dumps(as_json(seen.groups))
    return not any(secret in printed for secret in (*SECRETS, "482913", "canary-room", "abcdefgh"))


def only_looked_at(whole: Estate) -> bool:
    return {method for method, _ in whole.asked()} == {"GET"}


async def test_where_all_is_well_every_line_says_so_or_names_what_a_person_must_look_at(whole: Estate) -> None:
    seen = await whole.check()
    assert said(whole, seen) == (HERE / "healthy.txt").read_text("utf-8")
    assert not has_failed(seen.groups)
    assert nothing_leaks(seen)
    assert only_looked_at(whole)


async def test_where_everything_is_wrong_each_thing_has_its_line_and_what_to_do(tmp_path: Path) -> None:
    knobs = Knobs.fast().changed({"alias_scan_quarantine": True, "clock_ahead_s": 60.0, "version_id": "30"})
    async with estate(tmp_path, knobs) as whole:
        closed = free_port()
        await _spoil_platform(whole)
        _spoil_configuration(whole, closed)
        whole.site.server.platform.asked.clear()
        seen = await whole.check()
        taken = whole.outside.rpartition(":")[2]
        assert said(whole, seen, (str(closed), "CLOSED"), (taken, "TAKEN")) == (HERE / "wrong.txt").read_text("utf-8")
        assert nothing_leaks(seen)
        assert only_looked_at(whole)
        assert all(line.todo for line in seen.lines if line.verdict in (WARN, FAIL))


async def _spoil_platform(whole: Estate) -> None:
    site = whole.site
    may = frozenset({"GET /api/admin/status/v1/worker_vm/", "GET /api/admin/configuration/v1/role/"})
    site.server.add_account("vmrd", PASSWORD, may)
    elsewhere = await site.admin("POST", "configuration/v1/system_location/", {"name": "Elsewhere"})
    for path, body in (
        (LOCATION, {"event_sinks": [], "policy_server": None}),
        (elsewhere.headers["Location"], {"policy_server": f"/api/admin/{POLICY}"}),
        (
            SINK,
            {
                "username": "stranger",
                "bulk_support": False,
                "filter_events": True,
                "url": "http://vmrd.example.org/pexip/events",
            },
        ),
        (
            POLICY,
            {
                "url": f"{whole.outside}/policy/v1",
                "password": "another",
                "enable_service_lookup": False,
                "enable_participant_lookup": False,
                "enable_internal_service_policy": True,
            },
        ),
        (NODE, {"maintenance_mode": True}),
        (
            GLOBAL,
            {
                "bdpm_max_scan_attempts_per_window": 10,
                "guests_only_timeout": 120,
                "enable_dialout": False,
                "enable_application_api": False,
                "default_theme": None,
            },
        ),
        ("configuration/v1/conference/1/", {"name": "somebody else's", "aliases": []}),
    ):
        assert (await site.admin("PATCH", path, body)).status == 202, path


def _spoil_configuration(whole: Estate, closed: int) -> None:
    values, outside = whole.values, whole.outside
    nowhere = f"http://127.0.0.1:{closed}"
    connect(whole.folder / "vmrd.db", derive_keys(bytes(range(32))))._close()
    (whole.folder / "vmrd.db").chmod(0o644)
    values["pexip"] |= {
        "nodes": [*values["pexip"]["nodes"][:1], outside, nowhere],
        "location": "Nowhere",
        "web_join": f"{nowhere}/m/{{alias}}",
    }
    values["store"]["key"] = "11" * 32
    values["listen"] = {"port": 0, "ops_port": int(outside.rpartition(":")[2])}
    values["senders"][0] |= {
        "secrets": ["whsec_c2FtcGxlLWtleS1yZXBsYWNlLW1lLWJlZm9yZS11c2U="],
        "callback_url": f"{nowhere}/told",
    }
    values["demo"] = True
    rooms = values["establishments"][0]["rooms"]
    rooms += [
        {"key": "MDI-3", "name": "Room 3", "address": "+441632960999"},
        {"key": "MDI-4", "name": "Room 4", "address": "room4@@example"},
    ]
    values["smtp"] = {"host": "127.0.0.1", "port": closed, "sender": "video-links@vmrd.example.org"}
    values["sign_in"] = {
        "mode": "oidc",
        "oidc": {
            "issuer": outside,
            "client_id": "vmrd",
            "client_secret": "canary-client",
            "redirect_url": f"{outside}/sign-in/callback",
            "all_establishments": True,
        },
    }


async def test_vmrds_own_account_may_not_read_the_wiring_and_then_each_line_says_where_a_person_looks(
    whole: Estate,
) -> None:
    seen = await whole.check(administrator=False)
    for name in ("event sink", "external policy", "DTMF controls", "platform's list", "global settings"):
        assert seen.says(name, NOT_CHECKED, "may not read it, and need not"), name
    assert seen.says("rights to read", OK)
    assert seen.says("rights beyond", OK)
    assert seen.says("calling location", OK, "Main")
    assert not has_failed(seen.groups)


async def test_a_wrong_password_is_named_and_sent_once(whole: Estate) -> None:
    whole.values["pexip"]["password"] = "not-it"
    seen = await whole.check(administrator=False)
    assert seen.says("account", FAIL, "does not let vmrd in")
    assert [route for _, route in whole.asked() if "/api/admin/" in route] == ["/api/admin/status/v1/worker_vm/"]
    assert seen.of("rights to read") == []


async def test_an_administrator_who_is_not_let_in_is_said_and_the_rest_goes_on(whole: Estate) -> None:
    whole.site.server.platform.accounts.add("admin", "changed", frozenset())
    seen = await whole.check()
    assert seen.says("administrator", FAIL, "not let in")
    assert seen.says("rights to read", OK)
    assert seen.says("event sink", NOT_CHECKED, "not let in")


async def test_the_administrators_own_account_is_too_much_for_vmrd(whole: Estate) -> None:
    whole.values["pexip"] |= {"user": "admin", "password": ADMINISTRATORS}
    assert (await whole.check(administrator=False)).says("account", WARN, "may do everything")


async def test_rights_that_miss_or_are_too_many_are_named(whole: Estate) -> None:
    server = whole.site.server
    server.add_account("vmrd", PASSWORD, frozenset({"GET /api/admin/configuration/v1/role/"}))
    seen = await whole.check()
    assert seen.says("rights to read", FAIL, "rooms, running meetings, people in meetings, nodes")
    assert seen.says("rights beyond", WARN, "roles")
    assert seen.says("rights to change", NOT_CHECKED, "without changing something")


async def test_a_platform_that_is_away_is_one_line_for_each_address_and_holds_nothing_up(whole: Estate) -> None:
    await whole.site.control("POST", "platform", {"away": True})
    seen = await whole.check()
    assert seen.says("account", FAIL, "does not answer")
    assert seen.says("node 1 serves", FAIL)
    assert seen.says("node 2 serves", FAIL)
    assert seen.says("callback bvls", OK)


async def test_a_platform_that_takes_requests_and_never_answers_is_named_and_the_check_ends(whole: Estate) -> None:
    await whole.site.control("POST", "faults", {"operation": "any", "how": "hold-before", "times": None})
    seen = await whole.check(within=1.0)
    assert seen.says("account", FAIL, "does not answer")
    assert seen.says("node 1 serves", FAIL, "does not answer")
    assert seen.says("event sink", NOT_CHECKED, "does not answer")
    assert seen.groups[-1].title == "Who is told and asked"
    for fault in (await whole.site.control("GET", "faults")).body:  # type: ignore[attr-defined]
        await whole.site.control("DELETE", f"faults/{fault['id']}")


async def test_a_node_that_refuses_to_serve_the_client_api_is_told_from_one_in_maintenance(whole: Estate) -> None:
    await whole.site.control(
        "POST",
        "faults",
        {
            "operation": "GET /api/client/v2/conferences/{alias}/conference_status",
            "how": "status",
            "status": 502,
            "times": 1,
        },
    )
    await whole.site.control("POST", "nodes/1", {"maintenance": True})
    seen = await whole.check()
    assert seen.says("node 1 serves", FAIL, "502")
    assert seen.says("node 2 serves", WARN, "maintenance")
    assert seen.says("maintenance", WARN, "node-2")


async def test_each_node_is_probed_once_with_an_address_that_is_nobodys(whole: Estate) -> None:
    await whole.check()
    probes = [route for _, route in whole.asked() if route.endswith("/conference_status")]
    assert len(probes) == len(whole.values["pexip"]["nodes"])


class Counting(PexipHttp):
    """How many requests of all such were under way at once."""

    now = most = 0

    async def request(self, *given: Any, **more: Any) -> Answer:
        Counting.now += 1
        Counting.most = max(Counting.most, Counting.now)
        try:
            return await super().request(*given, **more)
        finally:
            Counting.now -= 1


async def test_the_management_node_is_asked_two_things_at_a_time_at_most(
    whole: Estate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(eyes, "PexipHttp", Counting)
    await whole.check()
    assert 1 <= Counting.most <= 2


async def test_a_sink_that_gave_up_is_an_alarm_of_pexips_own(whole: Estate) -> None:
    site = whole.site
    site.server.world.knobs = site.server.world.knobs.changed(
        {"sink_backoff_first_s": 0.01, "sink_backoff_last_s": 0.01}
    )
    await site.admin("PATCH", SINK, {"url": f"http://127.0.0.1:{free_port()}/pexip/events"})

    async def gave_up() -> bool:
        return bool(body_of(await site.admin("GET", "status/v1/alarm/"))["objects"])

    await until(gave_up)
    assert (await whole.check()).says("event sink", WARN, "gave up sending")


@pytest.mark.parametrize(
    ("path", "body", "name", "verdict", "words"),
    [
        (SINK, {"url": "http://vmrd.example.org/elsewhere"}, "event sink", FAIL, "none of 1 leads to vmrd"),
        (SINK, {"password": "other"}, "event sink", FAIL, "another password"),
        (SINK, {"password": ""}, "event sink", OK, "its password is not shown"),
        (SINK, {"url": "https://vmrd.example.org/pexip/events"}, "event sink", WARN, "vmrd's certificate"),
        (POLICY, {"username": "other"}, "external policy", FAIL, "another user"),
        (POLICY, {"enable_participant_lookup": False}, "external policy", WARN, "participants"),
        (NODE, {"alternative_fqdn": "n1.example.org"}, "platform's list", OK, "1 of 2"),
        ("configuration/v1/conference/1/", {"name": "theirs"}, "external policy", WARN, "1 rooms of others"),
        (GLOBAL, {"bdpm_scan_quarantine_enabled": False}, "alias_scan_limit", OK, "hides nothing"),
    ],
)
async def test_what_an_administrator_set_otherwise_is_named(
    whole: Estate, path: str, body: dict[str, Any], name: str, verdict: Verdict, words: str
) -> None:
    assert (await whole.site.admin("PATCH", path, body)).status == 202
    seen = await whole.check()
    assert seen.says(name, verdict, words), seen.of(name)


async def test_a_second_location_is_told_from_ours(whole: Estate) -> None:
    site = whole.site
    sinks, profile = [f"/api/admin/{SINK}"], f"/api/admin/{POLICY}"
    made = await site.admin("POST", "configuration/v1/system_location/", {"name": "Second"})
    await site.admin("PATCH", "configuration/v1/worker_vm/2/", {"system_location": made.headers["Location"]})
    seen = await whole.check()
    assert seen.says("event sink", WARN, "the nodes at 'Second' do not send")
    assert seen.says("external policy", FAIL, "a caller at 'Second' passes unasked")
    await site.admin("PATCH", made.headers["Location"], {"event_sinks": sinks, "policy_server": profile})
    seen = await whole.check()
    assert seen.says("event sink", OK)
    assert seen.says("external policy", OK)
    await site.admin("PATCH", "configuration/v1/worker_vm/2/", {"alternative_fqdn": "two.example.org"})
    whole.values["pexip"]["nodes"].pop()
    seen = await whole.check()
    assert seen.says("external policy", WARN, "'Second' too, where none of our nodes stands")


async def test_what_is_not_used_is_one_line_that_says_what_then_happens(whole: Estate) -> None:
    del whole.values["sink"], whole.values["policy"], whole.values["pexip"]["location"]
    seen = await whole.check()
    assert seen.says("event sink", OK, "not used")
    assert seen.says("external policy", OK, "put out within a second of coming in, and not refused before it rings")
    assert seen.says("calling location", OK, "routing rules")


async def test_offline_asks_nobody(whole: Estate) -> None:
    seen = await whole.check(administrator=False, offline=True)
    assert whole.asked() == []
    assert [group.title for group in seen.groups] == ["Configuration", "Database", "Listeners"]


async def test_a_running_vmrd_is_seen_and_not_disturbed(whole: Estate) -> None:
    whole.write()
    store = connect(whole.folder / "vmrd.db", store_keys(load(whole.file)))
    try:
        seen = await whole.check()
        assert seen.says("daemon", OK, "has this database open")
        assert seen.says("journal's seal", OK, "made with this store.key")
    finally:
        await store.close()
    Alone(whole.folder / "vmrd.db").close()
