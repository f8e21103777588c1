"""An event outside of what its sender may send is answered 403 and kept for the auditor, without what it said."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.web.house import AUDITOR, DESK_KEY, EVENT, OFFICER, WORKS_TOKEN, House, Json, event, house
from tests.web.test_prisoner_events import moved
from tests.web.test_room_events import block
from tests.web.test_token_senders import plain, post
from vmrd.cli import app
from vmrd.store.base import Officer
from vmrd.web.caller import digest

pytestmark = pytest.mark.asyncio


async def kept(home: House, token: str = AUDITOR) -> list[Json]:
    answer = await home.get("/v1/refusals", token)
    assert answer.status == 200
    found: list[Json] = (await answer.json())["refusals"]
    return found


def told(row: Json) -> tuple[str, str, str | None, str, int]:
    return row["sender"], row["eventType"], row["establishment"], row["outside"], row["times"]


BAI = {"establishment": {"prisonCode": "BAI"}}


@pytest.mark.parametrize(
    ("sent", "row"),
    [
        (event(**BAI), ("bvls", "booking.created", "BAI", "establishment", 1)),
        (event(id="other:1"), ("bvls", "booking.created", "MDI", "system", 1)),
        (block(**BAI), ("bvls", "room.out_of_use", "BAI", "establishment", 1)),
        (block(id="other:1"), ("bvls", "room.out_of_use", "MDI", "system", 1)),
        (moved(**BAI), ("bvls", "prisoner.transferred", "BAI", "establishment", 1)),
        (
            event(id="other:1", establishment={"prisonCode": "Canary Prisonername"}),
            ("bvls", "booking.created", None, "system", 1),
        ),
    ],
)
async def test_who_sent_what_for_which_establishment_is_kept(
    home: House, sent: Json, row: tuple[str, str, str | None, str, int]
) -> None:
    assert (await home.deliver(sent)).status == 403
    (found,) = await kept(home)
    assert told(found) == row
    assert "canary" not in json.dumps(found).lower()


async def test_an_event_type_that_is_not_the_senders_is_kept_and_a_loop_is_one_row(home: House) -> None:
    works = {**event(id="works:1"), "source": {"system": "works"}}
    for number in range(20):
        assert (await post(home, works, f"key-{number}", WORKS_TOKEN)).status == 403
    assert [told(row) for row in await kept(home)] == [("works", "booking.created", "MDI", "event_type", 20)]


async def test_what_is_taken_or_wrong_or_a_strangers_is_no_refusal(home: House) -> None:
    assert (await home.deliver(EVENT, "one")).status == 202
    assert (await home.deliver(event(establishment={"prisonCode": "XXX"}), "two")).status == 422
    assert (await home.deliver(EVENT, "three", key=DESK_KEY[:-4] + "AAA=")).status == 401
    assert (await post(home, plain(), "four", "nobody's token")).status == 401
    assert await kept(home) == []


async def test_auditors_alone_read_them_and_each_of_their_own_establishments(home: House) -> None:
    nowhere = event(id="other:1", establishment={"prisonCode": "-"})
    for number, sent in enumerate((event(**BAI), event(id="other:1"), nowhere)):
        await home.deliver(sent, f"message-{number}")
    assert (await home.get("/v1/refusals", OFFICER)).status == 403
    assert {row["establishment"] for row in await kept(home)} == {"BAI", "MDI", None}
    auditor = Officer("of.one", "auditor", ("MDI",), None, digest("of-one"))
    await home.store.write([], lambda tx: tx.put_officer(auditor))
    assert [row["establishment"] for row in await kept(home, "of-one")] == ["MDI"]


async def test_the_command_lists_them_beside_a_running_daemon(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        assert (await home.deliver(event(**BAI))).status == 403
        home.clock.at += 1
        config = tmp_path / "vmrd.toml"
        config.write_text(
            f"""
            [pexip]
            management = "https://pexip.example.org"
            nodes = ["https://node.example.org"]
            password = "p"
            domain = "meet.example.org"
            web_join = "https://join.example.org/{{alias}}"
            [store]
            path = "{tmp_path / "vmrd.db"}"
            key = "{"11" * 32}"
            [[establishments]]
            code = "MDI"
            name = "Moorland"
            """
        )
        command = ["journal", "refusals", "--days", "36500", "--config", str(config)]
        said = CliRunner().invoke(app, command)
        assert (said.exit_code, said.output.split("  ")[1:]) == (
            0,
            ["bvls", "booking.created", "BAI", "not among its establishments", "once\n"],
        )
        (row,) = json.loads(CliRunner().invoke(app, [*command, "--json"]).output)["refusals"]
        assert told(row) == ("bvls", "booking.created", "BAI", "establishment", 1)
