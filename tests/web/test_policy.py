"""External policy over HTTP: who may ask, what is answered from memory, and what is kept of a phone."""

import asyncio
import base64
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlencode

import pytest
from aiohttp import ClientResponse, ClientSession, web

from tests.web.house import OFFICER, START, House, house, until
from vmrd import minting
from vmrd.config import ConfigError, load
from vmrd.door import LOOKS_AT_ONCE, WAITING, Door
from vmrd.door_table import DoorTable
from vmrd.lifecycle import facts as f
from vmrd.lifecycle import inputs as i
from vmrd.lifecycle.door import Question, Why
from vmrd.lifecycle.words import Phase
from vmrd.pexip.policy import read_ask
from vmrd.store.base import Rx, StoreError, Unreadable
from vmrd.store.rx import SqlRx
from vmrd.web.policy_desk import put_ahead
from vmrd.web.routes import create_app

T = TypeVar("T")
pytestmark = pytest.mark.asyncio

SERVICE, PARTICIPANT = "service/configuration", "participant/properties"
NUMBER = "+441632960123"
PHONE = {"protocol": "sip", "remote_alias": f"sip:{NUMBER}@sbc.example.org", "remote_display_name": NUMBER}
BROWSER = {"protocol": "webrtc", "remote_alias": "Bea", "remote_display_name": "Bea"}
CONTINUE = {"status": "success", "action": "continue"}
NOT_FOUND = {"status": "success", "action": "reject"}


def basic(password: str = "policy-password-canary") -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"pexip:{password}".encode()).decode()}


async def asks(home: House, what: str, local: str, domain: str = "meet.example.org", **caller: str) -> ClientResponse:
    query = {"call_direction": "dial_in", "local_alias": f"{local}@{domain}", **caller}
    return await home.client.get(f"/policy/v1/{what}", params=query, headers=basic())


async def answered(home: House, what: str, local: str, **caller: str) -> object:
    answer = await asks(home, what, local, **caller)
    assert answer.status == 200, await answer.text()
    return await answer.json()


async def alias_of(home: House, session: str) -> str:
    return (await home.session(session)).alias


async def turned_away(home: House, session: str, count: int) -> list[f.PhoneTurnedAway]:
    """The phones on the record, once there are so many."""

    async def found() -> list[f.PhoneTurnedAway] | None:
        facts = await home.store.read(lambda rx: rx.facts(session))
        phones = [fact for fact in facts if isinstance(fact, f.PhoneTurnedAway)]
        return phones if len(phones) >= count else None

    return await until(found)


def store_that(home: House, monkeypatch: pytest.MonkeyPatch, does: Callable[[], object]) -> None:
    """A store whose reads do this instead."""

    async def read(query: Callable[[Rx], T]) -> T:
        await does()  # type: ignore[misc]
        raise AssertionError

    monkeypatch.setattr(type(home.store), "read", lambda _store, query: read(query))


@pytest.mark.parametrize("what", [SERVICE, PARTICIPANT])
async def test_only_pexip_may_ask(home: House, what: str) -> None:
    for headers in ({}, basic("wrong"), {"Authorization": "Basic \udcff"}, {"Authorization": f"Bearer {OFFICER}"}):
        answer = await home.client.get(f"/policy/v1/{what}", headers=headers)
        assert answer.status == 401


async def test_without_a_password_nobody_is_answered(tmp_path: Path) -> None:
    async with house(tmp_path, policy={"user": "pexip"}) as home:
        assert (await asks(home, SERVICE, "a" * 14)).status == 401


async def test_people_pass_and_a_phone_is_turned_away_and_written_down(home: House) -> None:
    session = await home.ready()
    alias = await alias_of(home, session)
    for what in (SERVICE, PARTICIPANT):
        assert await answered(home, what, alias, **BROWSER) == CONTINUE
    assert await answered(home, SERVICE, alias, **PHONE) == NOT_FOUND
    refused = await answered(home, PARTICIPANT, alias, **PHONE)
    assert refused["action"] == "reject"  # type: ignore[index]
    assert "telephone" in refused["result"]["reject_reason"]  # type: ignore[index]

    phones = await turned_away(home, session, 2)
    texts = await home.store.read(lambda rx: rx.personal(session))
    assert {texts[phone.name_ref] for phone in phones} == {"number ending 123"}
    assert {phone.at for phone in phones} == {START}
    view = await home.view(session)
    assert [alert["code"] for alert in view["alerts"]].count("phone-at-door") == 1
    record = await (await home.get(f"/v1/sessions/{session}/record")).text()
    assert "Phone turned away" in record
    assert NUMBER not in record
    assert "1632960" not in record


async def test_what_is_not_of_our_domain_and_shape_is_left_to_pexip(home: House) -> None:
    session = await home.ready()
    alias = await alias_of(home, session)
    for local, domain in (
        (alias, "other.example.org"),
        (alias[:-1], "meet.example.org"),
        (f"{alias}x", "meet.example.org"),
        (f"{alias[:-1]}1", "meet.example.org"),
        ("court-4711", "meet.example.org"),
        ("", ""),
    ):
        answer = await asks(home, SERVICE, local, domain, **PHONE)
        assert answer.status == 404
        assert "default" in (await answer.json())["detail"]
    assert (await home.session(session)).turned_away == ()


async def test_an_alias_that_was_never_issued_is_turned_away(home: House) -> None:
    assert await answered(home, SERVICE, "z" * 14, **BROWSER) == NOT_FOUND
    refused = await answered(home, PARTICIPANT, "z" * 14, **BROWSER)
    assert refused["action"] == "reject"  # type: ignore[index]


async def test_a_replaced_link_is_dead_at_once_and_the_new_one_lives(home: House) -> None:
    session = await home.ready()
    former = await alias_of(home, session)
    await home.tell(session, i.ReplaceVmr(new := minting.alias(), "s.upervisor"))
    assert await answered(home, SERVICE, former, **BROWSER) == NOT_FOUND
    assert await answered(home, SERVICE, new, **BROWSER) == CONTINUE


async def test_nobody_comes_early_or_after_the_end(home: House) -> None:
    session = (await home.booked())["main"]
    alias = await alias_of(home, session)
    home.clock.at = START - 30 * 60 * 60_000
    assert "not work yet" in str(await answered(home, PARTICIPANT, alias, **BROWSER))
    home.clock.at = START
    assert await answered(home, PARTICIPANT, alias, **BROWSER) == CONTINUE
    await home.tell(session, i.WakeUp(), i.VmrEnsured(1), i.AliasProbed(1, 2, 2), i.Cancel(9, "withdrawn"))
    assert (await home.session(session)).phase is Phase.CANCELLED
    assert "over" in str(await answered(home, PARTICIPANT, alias, **BROWSER))
    assert await answered(home, SERVICE, alias, protocol="sip", remote_alias="room@rooms.example.org") == NOT_FOUND


async def test_our_own_calls_and_questions_without_a_call_pass(home: House) -> None:
    alias = await alias_of(home, await home.ready())
    for direction in ("dial_out", "non_dial"):
        assert await answered(home, SERVICE, alias, **PHONE | {"call_direction": direction}) == CONTINUE


async def test_a_protected_person_is_shown_by_the_alias_they_were_given(home: House) -> None:
    alias = await alias_of(home, await home.ready())

    async def renamed() -> object | None:
        answer = await answered(
            home, PARTICIPANT, alias, protocol="webrtc", remote_display_name="REALNAME, Canary (Ms)"
        )
        return answer if answer != CONTINUE else None

    shown = await until(renamed)
    assert shown["result"] == {"remote_display_name": "Interpreter 1", "remote_alias": "Interpreter 1"}  # type: ignore[index]
    for name in ("Canary", "B Advocate", "", "Interpreter 1"):
        assert await answered(home, PARTICIPANT, alias, protocol="webrtc", remote_display_name=name) == CONTINUE


async def test_a_room_of_a_locked_first_prison_is_born_locked(tmp_path: Path) -> None:
    rooms = [{"key": "MDI-VCC-1", "name": "Video room 1", "address": "room1@mdi.example.org"}]
    prison = {"code": "MDI", "name": "Moorland", "opening": "locked-first", "rooms": rooms}
    async with house(tmp_path, establishments=[prison]) as home:
        session = await home.ready()
        known = await home.session(session)

        async def born() -> object | None:
            answer = await answered(home, SERVICE, known.alias, **BROWSER)
            return answer if answer != CONTINUE else None

        result = (await until(born))["result"]  # type: ignore[index]
        pin = await home.store.read(lambda rx: rx.secret(session, "host-pin-1"))
        assert pin is not None
        assert (result["name"], result["locked"], result["pin"]) == (known.vmr_name, True, pin.decode())
        assert await answered(home, SERVICE, known.alias, **PHONE) == NOT_FOUND


async def test_what_was_booked_before_the_start_is_known_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with house(tmp_path) as home:
        alias = await alias_of(home, await home.ready())
    async with house(tmp_path) as home:
        home.clock.at = START
        store_that(home, monkeypatch, asyncio.Event().wait)
        assert await answered(home, SERVICE, alias, **BROWSER) == CONTINUE
        assert await answered(home, SERVICE, alias, **PHONE) == NOT_FOUND
        monkeypatch.undo()


async def test_an_alias_memory_lost_is_found_by_one_look(home: House) -> None:
    session = await home.ready()
    alias = await alias_of(home, session)
    forgotten(home)
    assert await answered(home, SERVICE, alias, **BROWSER) == CONTINUE
    assert alias in home.deps.policy.door.table.entries


async def test_one_session_that_cannot_be_read_is_left_to_pexip_and_takes_no_other_down(
    home: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    alias = await alias_of(home, await home.ready())
    table = forgotten(home)
    with monkeypatch.context() as patch:
        patch.setattr(SqlRx, "session", unreadable)
        assert (await asks(home, SERVICE, alias, **PHONE)).status == 404
    with monkeypatch.context() as patch:
        patch.setattr(SqlRx, "secret_names", unreadable)
        await table.fill()
        assert await answered(home, SERVICE, alias, **PHONE) == NOT_FOUND


def forgotten(home: House) -> DoorTable:
    """The table as if nothing was in it. A new one, for what the former is just reading would come back into it."""
    door = home.deps.policy.door
    door.table = DoorTable(door.table.store, door.table.rules, door.table.born_locked)
    return door.table


def unreadable(*_: object) -> None:
    raise Unreadable("a stored record cannot be read")


async def test_a_store_that_fails_or_is_slow_leaves_pexip_to_its_own_default(
    home: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = await alias_of(home, await home.ready())

    async def fails() -> None:
        raise StoreError("the database is away")

    with monkeypatch.context() as patch:
        store_that(home, patch, fails)
        assert (await asks(home, SERVICE, "z" * 14, **BROWSER)).status == 404
        assert await answered(home, SERVICE, known, **BROWSER) == CONTINUE  # what is in memory needs no store

    never = asyncio.Event()
    monkeypatch.setattr(home.deps.policy.door, "look_for", 0.01)
    with monkeypatch.context() as patch:
        store_that(home, patch, never.wait)
        for _ in range(LOOKS_AT_ONCE + 1):
            assert (await asks(home, SERVICE, "z" * 14, **BROWSER)).status == 404
        assert len(home.deps.policy.door._looks) == LOOKS_AT_ONCE  # no more reads than that are ever under way
    never.set()


async def test_while_memory_may_be_old_a_guest_is_judged_by_the_store(
    home: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = await home.ready()
    alias = await alias_of(home, session)
    asked = home.deps.policy.door
    home.engine.listeners.remove(asked.table.heard)  # another replica's commit, not heard of here
    await home.tell(session, i.Cancel(9, "withdrawn"))
    assert await answered(home, SERVICE, alias, **BROWSER) == CONTINUE
    asked.behind = lambda session_id: True
    assert (await answered(home, PARTICIPANT, alias, **BROWSER))["action"] == "reject"  # type: ignore[index]

    async def fails() -> None:
        raise StoreError("the database is away")

    with monkeypatch.context() as patch:
        store_that(home, patch, fails)
        assert (await asks(home, SERVICE, alias, **BROWSER)).status == 404


async def test_phones_that_cannot_be_written_down_are_counted_and_answered_all_the_same(home: House) -> None:
    alias = await alias_of(home, await home.ready())
    known = home.deps.policy.door
    nobody_writes = Door(known.engine, known.table, known.metrics, known.domain, known.allowed)
    ask = read_ask(urlencode({"local_alias": f"{alias}@meet.example.org", **PHONE}))
    for _ in range(WAITING + 2):
        answer = nobody_writes.answer(ask, Question.SERVICE)
        assert answer is not None
        assert answer.said is Why.PHONE
    metrics = await (await home.ops.get("/metrics")).text()
    assert "vmrd_policy_unrecorded_total 2.0" in metrics


async def test_every_answer_is_counted_and_nobody_is_named(home: House) -> None:
    alias = await alias_of(home, await home.ready())
    await answered(home, SERVICE, alias, **BROWSER)
    await answered(home, SERVICE, alias, **PHONE)
    await asks(home, SERVICE, "court", "other.example.org")
    metrics = await (await home.ops.get("/metrics")).text()
    for said in ("passed", "phone", "foreign"):
        assert f'vmrd_policy_answers_total{{answer="{said}",question="service"}} 1.0' in metrics
    assert alias not in metrics
    assert NUMBER not in metrics


async def test_what_may_be_configured(tmp_path: Path) -> None:
    file = tmp_path / "vmrd.toml"
    file.write_text('[policy]\nprotocols = ["telephone"]\n')
    with pytest.raises(ConfigError, match=r"policy\.protocols"):
        load(file)
    async with house(tmp_path, policy={"password": "policy-password-canary", "protocols": []}) as home:
        alias = await alias_of(home, await home.ready())
        assert await answered(home, SERVICE, alias, protocol="sip", remote_alias="room@rooms.example.org") == NOT_FOUND
        assert await answered(home, SERVICE, alias, protocol="api") == CONTINUE


async def test_ahead_of_the_application_the_answers_are_the_same(home: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the daemon serves it; what is no question goes to the application as ever."""
    alias = await alias_of(home, await home.ready())
    runner = web.AppRunner(create_app(home.deps))
    await runner.setup()
    put_ahead(home.deps.policy, runner)
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    query = {"local_alias": f"{alias}@meet.example.org"}
    async with ClientSession(base) as http:
        for caller in (BROWSER, PHONE):
            async with http.get(f"/policy/v1/{SERVICE}", params=query | caller, headers=basic()) as answer:
                assert await answer.json() == await answered(home, SERVICE, alias, **caller)
                assert "X-Request-Id" not in answer.headers
        for method, path, status in (
            ("GET", f"/policy/v1/{SERVICE}", 401),
            ("POST", f"/policy/v1/{SERVICE}", 405),
            ("GET", "/policy/v1/registrations", 404),
            ("GET", "/openapi.json", 200),
        ):
            async with http.request(method, path) as answer:
                assert answer.status == status
        monkeypatch.setattr(Door, "answer", lambda *_: {}["canary"])
        async with http.get(f"/policy/v1/{SERVICE}", params=query, headers=basic()) as answer:
            assert answer.status == 500
            assert "canary" not in await answer.text()
    await runner.cleanup()
