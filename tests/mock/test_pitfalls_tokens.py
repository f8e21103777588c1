"""Pitfalls of tokens, refusals and nodes, as a client meets them over HTTP."""

import pytest

from tests.mock.mock_site import ALIAS, GUEST_PIN, HOST_PIN, Site, a_site, until
from tests.mock.receiver import Receiver, attach_policy

pytestmark = pytest.mark.asyncio


async def test_pitfall_17_a_token_says_120_as_a_string_and_a_refresh_swaps_it_and_tells_the_role(site: Site) -> None:
    host = await site.token()
    granted = await site.node("POST", "request_token", {"display_name": "Ann"}, pin=GUEST_PIN)
    assert isinstance(granted.result, dict)
    old, uuid = str(granted.result["token"]), granted.result["participant_uuid"]
    assert (granted.result["expires"], granted.result["role"]) == ("120", "GUEST")
    async with site.watching(old) as watch:
        await site.node("POST", f"participants/{uuid}/role", {"role": "chair"}, token=host)
        await watch.until(lambda seen: "refresh_token" in seen.names())
    refreshed = await site.node("POST", "refresh_token", token=old)
    assert isinstance(refreshed.result, dict)
    assert (refreshed.result["expires"], refreshed.result["role"]) == ("120", "HOST")
    assert refreshed.result["token"] != old


@pytest.mark.parametrize(("grace", "status"), [(30.0, 200), (0.0, 403)])
async def test_pitfall_17_the_former_token_is_good_for_a_while_or_dead_at_once(grace: float, status: int) -> None:
    async with a_site(old_token_grace_s=grace) as site:
        old = await site.token()
        assert (await site.node("POST", "refresh_token", token=old)).status == 200
        assert (await site.node("POST", "lock", token=old)).status == status


async def test_pitfall_17_who_does_not_refresh_is_dropped_and_cannot_refresh_any_more() -> None:
    async with a_site(token_ttl_s=0.2) as site:
        token = await site.token()
        async with site.watching(token) as watch:
            await watch.until(lambda seen: seen.over)
        assert watch.events[-1] == ("disconnect", {"reason": "Timer expired awaiting token refresh"})
        late = await site.node("POST", "refresh_token", token=token)
        assert (late.status, late.body) == (403, {"status": "success", "result": "Invalid token"})


async def test_pitfall_17_a_second_request_token_is_a_second_participant_and_a_lost_one_a_ghost(site: Site) -> None:
    first, second = await site.token(), await site.token()
    assert [one["display_name"] for one in (await site.roster(second)).values()] == ["vmrd", "vmrd"]
    await site.node("POST", "release_token", token=first)
    assert len(await site.roster(second)) == 1


async def test_pitfall_18_403_asks_or_refuses_and_leaves_nobody_behind(site: Site) -> None:
    asked = await site.node("POST", "request_token", {"display_name": "Ann"})
    assert asked.status == 403
    assert isinstance(asked.result, dict)
    assert set(asked.result) == {"pin", "guest_pin", "version"}
    wrong = await site.node("POST", "request_token", {"display_name": "Ann"}, pin="0000")
    assert (wrong.status, wrong.result) == (403, "Invalid PIN")
    assert (await site.state())["conferences"] == []


async def test_pitfall_18_or_the_one_who_was_asked_shows_for_a_while(site: Site) -> None:
    site.server.world.knobs = site.server.world.knobs.changed({"challenge_leg_s": 30.0})
    assert (await site.node("POST", "request_token", {"display_name": "Ann"})).status == 403
    (ann,) = await site.listed("status/v1/participant/")
    assert (ann["display_name"], ann["service_type"], ann["role"]) == ("Ann", "ivr", "unknown")


async def test_pitfall_18_not_found_has_four_meanings(site: Site, receiver: Receiver) -> None:
    async def dial(alias: str) -> tuple[int, object]:
        answer = await site.control("POST", "people", {"alias": alias, "name": "x", "pin": HOST_PIN})
        return answer.status, answer.refused

    not_found = (404, "Neither conference nor gateway found")
    assert await dial("nobody@vmr.example.org") == not_found
    site.server.world.knobs = site.server.world.knobs.changed({"replication_delay_s": 60})
    body = {"name": "new", "aliases": [{"alias": "new@vmr.example.org"}]}
    await site.admin("POST", "configuration/v1/conference/", body)
    assert await dial("new@vmr.example.org") == not_found, "not replicated yet"
    await attach_policy(site, receiver)
    receiver.replies["service/configuration"] = {"status": "success", "action": "reject"}
    assert await dial(ALIAS) == not_found, "rejected by policy"
    receiver.replies.clear()
    for _ in range(21):
        await site.node("POST", "request_token", {"display_name": "Mallory"}, pin="0000")
    assert await dial(ALIAS) == not_found, "hidden by the defence against break-in"


@pytest.mark.parametrize("word", ["failed", "success"])
async def test_pitfall_19_the_status_word_of_an_envelope_says_little(word: str) -> None:
    async with a_site(unknown_alias_envelope=word) as site:
        challenged = await site.node("POST", "request_token", {"display_name": "Ann"})
        bad = await site.node("POST", "lock", token="no such token")
        for answer in (challenged, bad):
            assert answer.status == 403
            assert isinstance(answer.body, dict)
            assert answer.body["status"] == "success"
        url = f"{site.server.node_urls[0]}/api/client/v2/conferences/nobody/request_token"
        unknown = await site.call("POST", url, json={"display_name": "Ann"})
        assert (unknown.status, unknown.body) == (
            404,
            {"status": word, "result": "Neither conference nor gateway found"},
        )


async def test_pitfall_20_a_fresh_host_token_may_not_command_for_a_moment() -> None:
    async with a_site(fresh_host_token_delay_s=0.3) as site:
        token = await site.token()
        early = await site.node("POST", "lock", token=token)
        assert (early.status, early.result) == (403, "Invalid role")

        async def locked() -> bool:
            return (await site.node("POST", "lock", token=token)).status == 200

        await until(locked)


async def test_pitfall_20_a_guest_may_not_command_at_all(site: Site) -> None:
    guest = await site.token(pin=GUEST_PIN)
    for verb in ("lock", "unlock", "start_conference", "muteguests", "disconnect"):
        refused = await site.node("POST", verb, token=guest)
        assert (refused.status, refused.result) == (403, "Invalid role")


@pytest.mark.parametrize(("spares", "where"), [(True, "inside"), (False, "left")])
async def test_pitfall_30_maintenance_kills_tokens_and_another_node_needs_its_own(spares: bool, where: str) -> None:
    async with a_site(maintenance_spares_legs=spares) as site:
        token, other = await site.token(), await site.token(node=1)
        chair = await site.chair()
        async with site.watching(token) as watch:
            assert (await site.control("POST", "nodes/0", {"maintenance": True})).status == 204
            await watch.until(lambda seen: seen.over)
        assert watch.events[-1] == ("disconnect", {"reason": "System in maintenance mode"})
        status = await site.call("GET", f"{site.server.node_urls[0]}/api/client/v2/status")
        assert (status.status, status.body) == (503, {"status": "failed", "result": "Maintenance mode"})
        assert (await site.node("POST", "request_token", {"display_name": "x"}, pin=HOST_PIN)).status == 503
        assert (await site.node("POST", "lock", token=token, node=1)).status == 403, "a token is of one node"
        assert (await site.node("POST", "lock", token=other, node=1)).status == 200
        assert await site.where(chair) == [where]


async def test_pitfall_30_each_node_shows_everybody_a_little_later() -> None:
    async with a_site(node_lag_s=0.1) as site:
        far = await site.token(node=1)
        guest = await site.person(node="0")

        async def shown() -> bool:
            return guest in await site.roster(far, node=1)

        assert not await shown()
        await until(shown)
