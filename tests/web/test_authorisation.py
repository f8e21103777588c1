"""The matrix of who may do what, held against every route: each role and nobody, at home and elsewhere."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from tests.web.house import House, Json, house
from vmrd.store.base import Officer
from vmrd.web.authorisation import Elsewhere, Nobody, Row, page, rows, written
from vmrd.web.caller import Role, digest
from vmrd.web.contract import CALLS

pytestmark = pytest.mark.asyncio

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "authorisation.md"
OWN, OTHER = "MDI", "HII"
BODIES: dict[str, Json] = {
    "add-works": {"kind": "installation", "rooms": ["MDI-VCC-2"], "from": "2026-11-09T08:00", "to": "2026-11-09T12:00"},
    "change-works": {"note": "North gate"},
    "reveal": {"what": "host-pin"},
    "check": {"participant": "x", "attendee": "y", "documents": []},
    "expect": {"name": "Ada Guest"},
    "waive": {"attendee": "p1"},
    "evidence-received": {"attendee": "p1"},
    "acknowledge": {"what": "x"},
    "deal-with": {"what": "x"},
    "refuse-all": {"participants": ["x"]},
    "extend": {"minutes": 5},
    "note": {"text": "said"},
    "decline": {"reason": "no room"},
    "ask-override": {"participant": "x", "attendee": "y", "reason": "known to us"},
    **{
        action: {"participant": "x"}
        for action in ("admit", "refuse", "remove", "confirm-override", "withdraw-check", "claim-room")
    },
}


def tokens() -> dict[Role, str]:
    return {role: f"own token of the {role}" for role in Role}


async def peopled(home: House) -> None:
    """One person of each role at home, and one who may do everything everywhere, for what has to be there before."""
    people = [Officer(role, role, (OWN,), None, digest(token)) for role, token in tokens().items()]
    people.append(Officer("everywhere", "supervisor", (), None, digest("everywhere")))
    for each in people:
        await home.store.write([], lambda tx, each=each: tx.put_officer(each))  # type: ignore[misc]


async def places(home: House) -> dict[str, dict[str, str]]:
    """What the parts of a path are, at home and elsewhere."""
    own = (await home.booked())["main"]
    other = (await home.booked_elsewhere())["main"]
    found = {}
    for code, session, booking in ((OWN, own, "bvls:184233"), (OTHER, other, "bvls:9")):
        body = {**BODIES["add-works"], "rooms": [f"{code}-VCC-1"]}
        works = await home.client.post(
            f"/v1/establishments/{code}/works", json=body, headers={"Authorization": "Bearer everywhere"}
        )
        assert works.status == 201, await works.text()
        again = await home.client.post(
            f"/v1/establishments/{code}/works", json=body, headers={"Authorization": "Bearer everywhere"}
        )
        found[code] = {
            "session": session,
            "booking": booking,
            "works": (await works.json())["id"],
            "more works": (await again.json())["id"],  # the first is withdrawn through the API on the way
        }
    return found


def requests(row: Row, place: dict[str, str], code: str) -> tuple[str, Any]:
    """The address and body of a request that this row is about."""
    if row.path.startswith("/v1/bookings/"):
        id = place["booking"]
    elif row.path.startswith("/panel/works/"):
        id = place["more works"]
    elif "/works/" in row.path:
        id = place["works"]
    else:
        id = place["session"]
    parts = {
        "id": id,
        "code": code,
        "action": "signalled",
        "tail": f"sessions/{place['session']}",
        "name": "panel.css",
        "edition": "any",
        "form": "csv",
    }
    path = re.sub(r"\{(\w+)\}", lambda found: parts[found[1]], row.path)
    name = next((call.name for call in CALLS if (call.method, written(call.path)) == (row.method, row.path)), "")
    name = name.removeprefix("press-")
    if row.path.startswith("/panel/") and row.method == "POST":
        return path, {"data": {"back": ""}}
    return path, {"json": BODIES.get(name, {})} if row.method != "GET" else {}


async def sent(home: House, row: Row, place: dict[str, str], code: str, token: str | None) -> tuple[int, str, str]:
    """Status, where it leads, and the text."""
    path, body = requests(row, place, code)
    headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
    answer = await home.client.request(row.method, path, allow_redirects=False, headers=headers, **body)
    return answer.status, answer.headers.get("Location", ""), await answer.text()


async def test_every_role_and_nobody_is_answered_by_every_route_as_the_table_says(home: House) -> None:
    await peopled(home)
    found = await places(home)
    wrong: list[str] = []
    for row in (each for each in rows() if not each.demo):
        status, leads, _ = await sent(home, row, found[OWN], OWN, None)
        if not as_nobody(row.nobody, status, leads):
            wrong.append(f"{row.method} {row.path}: nobody is answered {status}")
        for role, token in tokens().items() if row.nobody in (Nobody.REFUSED, Nobody.LED) else ():
            status, leads, text = await sent(home, row, found[OWN], OWN, token)
            if (status in (401, 403)) is (role in row.roles) or (role in row.roles and status in (404, 500)):
                wrong.append(f"{row.method} {row.path}: {role} is answered {status}")
            if role in row.roles and row.elsewhere is Elsewhere.LEFT_OUT and found[OTHER]["session"] in text:
                wrong.append(f"{row.method} {row.path}: {role} is shown what is elsewhere")
            if row.elsewhere is Elsewhere.NOT_THERE:
                status, _, _ = await sent(home, row, found[OTHER], OTHER, token)
                if status != (404 if role in row.roles else 403):
                    wrong.append(f"{row.method} {row.path}: {role} is answered {status} elsewhere")
    assert wrong == []


def as_nobody(nobody: Nobody, status: int, leads: str) -> bool:
    match nobody:
        case Nobody.REFUSED:
            return status == 401
        case Nobody.OTHER_PROOF:
            return status in (401, 404)  # 404: an adapter this vmrd has not
        case Nobody.LED:
            return status == 303 and leads.startswith("/sign-in")
        case Nobody.SERVED:
            return status not in (401, 403, 500)


async def test_listings_leave_out_what_is_elsewhere(home: House) -> None:
    await peopled(home)
    found = await places(home)
    own, other = found[OWN]["session"], found[OTHER]["session"]
    for path in ("/v1/sessions", "/panel", "/panel/fragments"):
        text = await (await home.get(path, tokens()[Role.OFFICER])).text()
        assert own in text
        assert other not in text
        assert other in await (await home.get(path, "everywhere")).text()
    codes = await (await home.get("/v1/establishments", tokens()[Role.OFFICER])).json()
    assert [each["code"] for each in codes["establishments"]] == [OWN]
    live = await home.get(f"/v1/live?establishment={OTHER}", tokens()[Role.OFFICER])
    assert live.status == 404


async def test_every_route_has_a_row(home: House, tmp_path: Path) -> None:
    known = {(row.method, row.path) for row in rows()}
    assert routes(home) == known - {("GET", "/sign-in/demo")}
    (tmp_path / "demo").mkdir()
    async with house(tmp_path / "demo", demo=True) as demo:
        assert routes(demo) == known


def routes(home: House) -> set[tuple[str, str]]:
    app = home.client.app
    assert isinstance(app, web.Application)
    return {
        (route.method, route.resource.canonical)
        for route in app.router.routes()
        if route.resource is not None and route.method != "HEAD"
    }


async def test_what_is_there_in_a_demo_only_is_not_there_otherwise(home: House) -> None:
    await peopled(home)
    for method, path in (("GET", "/sign-in/demo"), ("POST", "/panel/demo/next")):
        headers = {"Authorization": "Bearer everywhere"}
        assert (await home.client.request(method, path, headers=headers)).status == 404


async def test_the_page_of_the_table_is_the_one_the_code_prints() -> None:
    assert DOCUMENT.read_text("utf-8") == page(), "write it anew with `vmrd authorisation > docs/authorisation.md`"
