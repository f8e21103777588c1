"""PINs, tokens, names, numbers and aliases appear in no exception, log line, metric or repr, whatever Pexip answers."""

import json
import logging
import traceback
from collections.abc import Callable, Coroutine
from typing import Any

import httpx
import pytest
import respx
import structlog
from structlog.testing import capture_logs

from tests.pexip.samples import NODE_A, envelope, page, router, spec, transport, upstream, vmr_row
from vmrd.lifecycle.words import Role
from vmrd.pexip.client import Client
from vmrd.pexip.errors import PexipError
from vmrd.pexip.management import Management
from vmrd.pexip.sink import read_sink
from vmrd.pexip.tokens import Token
from vmrd.pexip.vmr import VmrRecord

CANARIES = ("73519264", "canary-token", "Canary Person", "01632 960987", "canaryalias", "canary.codec")
PIN, SECRET, PERSON, NUMBER, ALIAS, CODEC = CANARIES
TOKEN = Token(NODE_A, ALIAS, SECRET, "leg", 120.0, Role.HOST)
SPEC = spec(aliases=(ALIAS,), host_pin=PIN, guest_pin=PIN[::-1])
LEAKY = f"{PERSON} {NUMBER} at {ALIAS} with {PIN} and {SECRET} on {CODEC}"

Answers = httpx.Response | Exception


def echo(status: int) -> httpx.Response:
    """An answer that repeats everything a careless error would."""
    body = {"status": "failure", "result": LEAKY, "conference": {"pin": [LEAKY]}, "message": LEAKY, "objects": LEAKY}
    return httpx.Response(status, json=body)


ANSWERS: list[Answers] = [
    *(echo(status) for status in (200, 202, 302, 400, 401, 403, 404, 415, 429, 500, 503)),
    httpx.Response(200, json=envelope([{"uuid": None, "display_name": PERSON, "uri": NUMBER}])),
    httpx.Response(200, json=page([{"id": PIN, "name": PERSON}])),
    httpx.Response(
        200, text=f"event: conference_update\ndata: {LEAKY}\n\n", headers={"Content-Type": "text/event-stream"}
    ),
    httpx.Response(200, text=LEAKY),
    httpx.ConnectError(LEAKY),
    httpx.ReadTimeout(LEAKY),
]


async def follow(client: Client) -> None:
    async with client.events(TOKEN) as events:
        async for _ in events:
            pass


NodeCall = Callable[[Client], Coroutine[Any, Any, object]]
NODE_CALLS: list[NodeCall] = [
    lambda client: client.probe(ALIAS),
    lambda client: client.take(ALIAS, PIN, "vmrd-tag"),
    lambda client: client.refresh(TOKEN),
    lambda client: client.release(TOKEN),
    lambda client: client.set_lock(TOKEN, True),
    lambda client: client.admit(TOKEN, "leg"),
    lambda client: client.dial(TOKEN, CODEC, display_name=PERSON),
    lambda client: client.read(TOKEN),
    follow,
]
ManagementCall = Callable[[Management], Coroutine[Any, Any, object]]
MANAGEMENT_CALLS: list[ManagementCall] = [
    lambda management: management.ensure_vmr(SPEC),
    lambda management: management.delete_vmr(SPEC.name),
    lambda management: management.legs(SPEC.name),
    lambda management: management.live(SPEC.name),
    lambda management: management.end(SPEC.name),
    lambda management: management.disconnect("leg"),
    lambda management: management.dial(ALIAS, CODEC, display_name=PERSON),
]


def leaked(text: str) -> list[str]:
    return [canary for canary in CANARIES if canary in text]


def everything_said(error: BaseException) -> str:
    """The error with all it drags along, shown or not."""
    said = "".join(traceback.format_exception(error)) + repr(error) + str(vars(error))
    for other in (error.__cause__, error.__context__):
        if other is not None:
            said += everything_said(other)
    return said


async def nothing_leaks(
    call: Coroutine[Any, Any, object], metrics: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    said = ""
    with capture_logs() as logs:
        try:
            await call
        except PexipError as error:
            said = everything_said(error)
    assert leaked(said) == []
    assert leaked(json.dumps(logs, default=str) + caplog.text + " ".join(metrics)) == []


@pytest.mark.asyncio
@pytest.mark.parametrize("call", NODE_CALLS)
@pytest.mark.parametrize("answer", ANSWERS)
async def test_nodes(call: NodeCall, answer: Answers, caplog: pytest.LogCaptureFixture) -> None:
    mock, metrics = answering(answer)
    async with Client([NODE_A], transport=transport(mock), report=lambda *told: metrics.append(repr(told))) as client:
        await nothing_leaks(call(client), metrics, caplog)
    assert metrics


@pytest.mark.asyncio
@pytest.mark.parametrize("call", MANAGEMENT_CALLS)
@pytest.mark.parametrize("answer", ANSWERS)
async def test_management(call: ManagementCall, answer: Answers, caplog: pytest.LogCaptureFixture) -> None:
    mock, metrics = answering(answer)
    async with upstream(mock, report=lambda *told: metrics.append(repr(told))) as http:
        await nothing_leaks(call(Management(http, tag_prefix="vmrd:")), metrics, caplog)
    assert metrics


def answering(answer: Answers) -> tuple[respx.MockRouter, list[str]]:
    mock = router()
    if isinstance(answer, Exception):
        mock.route().mock(side_effect=answer)
    else:
        mock.route().mock(return_value=answer)
    return mock, []


def test_a_sink_delivery() -> None:
    with capture_logs() as logs, pytest.raises(PexipError) as caught:
        read_sink(f'{{"event": 1, "data": "{LEAKY}"}}'.encode(), "vmrd-")
    assert leaked(everything_said(caught.value)) == []
    assert logs == []


def test_what_we_hold_does_not_show_itself() -> None:
    record = VmrRecord.model_validate(vmr_row(SPEC))
    assert leaked(repr(TOKEN) + repr(SPEC) + repr(record) + str(record)) == []


def test_structlog_is_what_is_captured() -> None:
    with capture_logs() as logs:
        structlog.get_logger().warning("seen")
    assert [entry["event"] for entry in logs] == ["seen"]
