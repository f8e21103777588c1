"""A configuration goes to a document and back, and one seed gives one history."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import aiohttp
import pytest

from pexip_mock.cli import main
from pexip_mock.knobs import Knobs
from pexip_mock.server import MockServer
from tests.mock.mock_site import ALIAS, GUEST_PIN, HOST_PIN, NAME, Site

SECOND = {"name": "Second", "aliases": [{"alias": "second@vmr.example.org", "description": "the other"}], "tag": "two"}


async def furnished(site: Site) -> dict[str, object]:
    """Two VMRs, the first with a predecessor, a sink, a policy server, and timers of its own; the document of it."""
    await site.admin("DELETE", "configuration/v1/conference/1/")
    await site.make_vmr()
    await site.admin("POST", "configuration/v1/conference/", SECOND | {"guest_view": "four_mains_zero_pips"})
    site.server.add_sink("http://127.0.0.1:9/nobody", "user", "secret")
    policy = {"name": "policy", "url": "http://127.0.0.1:9/policy", "enable_service_lookup": True}
    made = await site.admin("POST", "configuration/v1/policy_server/", policy)
    await site.admin("PATCH", "configuration/v1/system_location/1/", {"policy_server": made.headers["Location"]})
    await site.admin("PATCH", "configuration/v1/global/1/", {"waiting_for_chair_timeout": 300})
    return await world(site)


async def world(site: Site) -> dict[str, object]:
    body = (await site.control("GET", "world")).body
    assert isinstance(body, dict)
    return body


@pytest.mark.asyncio
async def test_a_world_goes_to_a_file_and_back(site: Site) -> None:
    document = await furnished(site)
    assert [vmr["name"] for vmr in document["configuration"]["conference"]] == [NAME, "Second"]  # type: ignore[index]
    async with MockServer(Knobs(), seed=1) as server, aiohttp.ClientSession() as session:
        other = Site(server, session)
        await other.admin("POST", "configuration/v1/conference/", {"name": "Second", "description": "replaced"})
        await other.admin("POST", "configuration/v1/conference/", {"name": "not in it", "aliases": [{"alias": ALIAS}]})
        asked = (await other.control("GET", "requests")).body
        assert (await other.control("PUT", "world", document)).status == 204
        assert await world(other) == document
        assert (await other.control("GET", "requests")).body == asked
        aliases = (await other.control("GET", "aliases")).body
        assert isinstance(aliases, list)
        assert [one["alias"] for one in aliases] == [ALIAS, "second@vmr.example.org"]
        assert server.world.knobs.waiting_for_chair_timeout == 300
        assert [(feed.sink.url, feed.sink.password) for feed in server.world.sinks.feeds.values()] == [
            ("http://127.0.0.1:9/nobody", "secret")
        ] * 2
        assert (await other.control("PUT", "world", document)).status == 204
        assert await world(other) == document


@pytest.mark.asyncio
async def test_a_world_that_cannot_be_is_refused_with_all_its_faults(site: Site) -> None:
    before = await world(site)
    wrong: list[tuple[object, set[str]]] = [
        (
            {"format": 2, "knobs": {"token_ttl": 1}, "configuration": {"conference": 3}, "sed": 1},
            {"/format", "/knobs/token_ttl", "/configuration/conference", "/sed"},
        ),
        (before | {"seed": 99, "configuration": {"sinks": []}}, {"/seed", "/configuration/sinks"}),
        (before | {"knobs": {"nodes": ["10.9.0.1"]}}, {"/knobs/nodes"}),
    ]
    for body, pointers in wrong:
        refused = await site.control("PUT", "world", body)
        assert refused.status == 400
        assert isinstance(refused.body, dict)
        assert {error["pointer"] for error in refused.body["errors"]} == pointers
    assert await world(site) == before
    half = await site.control(
        "PUT", "world", before | {"configuration": {"conference": [{"name": "bad", "pin": "no digits"}, SECOND]}}
    )
    assert half.status == 400
    assert isinstance(half.body, dict)
    assert [error["pointer"] for error in half.body["errors"]] == ["/configuration/conference/0"]
    assert "digits" in half.body["detail"]


def running(*options: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "pexip_mock", "run", *options]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def stopped(process: subprocess.Popen[str]) -> int:
    process.send_signal(signal.SIGTERM)
    code = process.wait(60)
    assert process.stdout is not None
    process.stdout.close()
    return code


@pytest.mark.asyncio
async def test_a_mock_begins_with_the_world_of_a_file_and_writes_it_again(tmp_path: Path, site: Site) -> None:
    file = tmp_path / "world.json"
    document = await furnished(site) | {"seed": 7}
    file.write_text(json.dumps(document))
    process = running("--world", str(file))
    try:
        assert process.stdout is not None
        management = json.loads(process.stdout.readline())["management"]
        async with aiohttp.ClientSession() as session:
            dialled = await session.post(
                f"{management}/mock/v1/people", json={"alias": ALIAS, "name": "Ann", "pin": GUEST_PIN}
            )
            assert dialled.status == 201
    finally:
        assert stopped(process) == 0
    assert json.loads(file.read_text()) == document
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_world_that_is_not_there_yet_is_written_at_the_end(tmp_path: Path) -> None:
    file = tmp_path / "world.json"
    process = running("--world", str(file), "--seed", "5")
    assert process.stdout is not None
    process.stdout.readline()
    assert stopped(process) == 0
    assert json.loads(file.read_text())["seed"] == 5


def test_a_world_that_makes_no_sense_is_a_configuration_error_and_stays_as_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "world.json"
    file.write_text('{"format": 1, "konbs": {}, "configuration": {"conference": [{"pin": "x"}]}}')
    assert main(["run", "--world", str(file)]) == 3
    assert "/konbs has no meaning here: did you mean knobs?" in capsys.readouterr().err
    file.write_text('{"format": 1, "configuration": {"conference": [{"pin": "x"}]}}')
    assert main(["run", "--world", str(file)]) == 3
    assert "/configuration/conference/0 the configuration API refused it" in capsys.readouterr().err
    assert "konbs" not in file.read_text()


def test_a_folder_that_is_not_there_is_told_before_anything_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", "--world", str(tmp_path / "no" / "world.json")]) == 3
    assert "there is no such folder" in capsys.readouterr().err


async def a_history(seed: int) -> list[object]:
    """The same calls: ids, tokens, what a stream told in which order, and when nodes learned of the VMR."""
    knobs = Knobs.fast().changed({"replication_delay_s": 60.0})
    async with (
        MockServer(knobs, seed=seed, start=1_000_000.0, rate=0.0) as server,
        aiohttp.ClientSession() as session,
    ):
        site = Site(server, session)
        await site.admin("POST", "configuration/v1/conference/", {"name": NAME, "aliases": [{"alias": ALIAS}]})
        await site.admin("PATCH", "configuration/v1/conference/1/", {"allow_guests": True, "pin": HOST_PIN})
        learned = server.world.next_due()[0]
        await site.control("POST", "clock", {"advanceSeconds": 120})
        token = await site.token()
        async with site.watching(token) as watch:
            await watch.until(lambda seen: "participant_sync_end" in seen.names())
            people = [await site.person(name, pin="none") for name in ("Ann", "Ben", "Cid")]
            await site.node("POST", "start_conference", token=token)
            await watch.until(lambda seen: seen.names().count("participant_update") >= 3)
            refreshed = await site.node("POST", "refresh_token", token=token)
            return [learned, token, people, (await site.conference())["id"], watch.events, refreshed.body]


@pytest.mark.asyncio
async def test_one_seed_gives_one_history_and_another_gives_another() -> None:
    first, again, other = await a_history(7), await a_history(7), await a_history(8)
    assert first == again
    assert all(one != another for one, another in zip(first, other, strict=True))
