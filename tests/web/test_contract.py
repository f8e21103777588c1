"""The document and the calls are one: valid, complete, and true of what is answered."""

import re
from typing import Any

import pytest
from aiohttp import web
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import validate

from tests.web.house import EVENT, House
from vmrd.web.contract import CALLS, actions, openapi
from vmrd.web.problem import TYPES
from vmrd.web.routes import HANDLERS

CONTRACT_ACTIONS = """open lock unlock admit refuse remove check withdraw-check expect claim-room call-room acknowledge
refuse-all deal-with
prisoner-in prisoner-out pause resume reminder-given officer-left signalled trouble-reported extend end approve
confirm-outcome replace-vmr note"""


def test_the_document_is_valid() -> None:
    validate(openapi())


def test_every_action_of_the_contract_is_there() -> None:
    assert set(actions()) >= set(re.findall(r"[\w-]+", CONTRACT_ACTIONS))


def test_every_call_has_one_handler_and_every_handler_a_call() -> None:
    assert sorted(HANDLERS) == sorted(call.name for call in CALLS)


def test_every_problem_a_call_names_is_known() -> None:
    for call in CALLS:
        assert set(call.all_problems) <= set(TYPES), call.name


@pytest.mark.asyncio
async def test_every_route_of_the_api_is_in_the_document(home: House) -> None:
    app = home.client.server.app  # type: ignore[attr-defined]
    assert isinstance(app, web.Application)
    routes = {
        (route.method, route.resource.canonical)
        for route in app.router.routes()
        if route.resource is not None and route.method != "HEAD"
    }
    told = {(method.upper(), path) for path, item in openapi()["paths"].items() for method in item}
    assert {(method, path) for method, path in routes if path.startswith(("/v1", "/pexip"))} <= told
    assert told <= routes


@pytest.mark.asyncio
async def test_what_is_answered_is_what_the_document_says(home: House) -> None:
    document = await (await home.client.get("/openapi.json")).json()

    def check(answer: Any, method: str, path: str, status: int, kind: str = "application/json") -> None:
        content = document["paths"][path][method]["responses"][str(status)]["content"][kind]
        schema = {**content["schema"], "components": document["components"]}
        OAS31Validator(schema).validate(answer)

    booked = await home.deliver(EVENT)
    check(await booked.json(), "post", "/v1/bookings/events", 202)
    session = (await booked.json())["sessionIds"][1]["sessionId"]
    check(await (await home.get("/v1/sessions")).json(), "get", "/v1/sessions", 200)
    check(await home.view(session), "get", "/v1/sessions/{id}", 200)
    record = await (await home.get(f"/v1/sessions/{session}/record")).json()
    check(record, "get", "/v1/sessions/{id}/record", 200)
    refused = await home.press(session, "open")
    check(await refused.json(), "post", "/v1/sessions/{id}/open", 409, "application/problem+json")
    booking = await (await home.get("/v1/bookings/bvls:184233")).json()
    check(booking, "get", "/v1/bookings/{id}", 200)
    revealed = await home.press(session, "reveal", {"what": "host-pin"})
    check(await revealed.json(), "post", "/v1/sessions/{id}/reveal", 200)
