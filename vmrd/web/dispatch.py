"""From a call of the contract to its handler: who calls, may they, what did they send.

In this order, each with its own problem: the caller (401), the role (403), our own page for a browser's post (403),
the body (400, 413, 422 with every fault). A handler is given what passed, and answers or raises `Problem`.
"""

from __future__ import annotations

import hmac
import re
from base64 import b64decode
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import hdrs, web
from multidict import MultiDictProxy
from pydantic import BaseModel, ValidationError

from vmrd.web import caller as callers
from vmrd.web.call import IDEMPOTENCY_KEY, Access, Call
from vmrd.web.caller import Caller
from vmrd.web.deps import Deps
from vmrd.web.problem import FaultShape, Problem, counted, unreadable
from vmrd.web.shapes import Shape


@dataclass(frozen=True, slots=True)
class Incoming:
    """A request that may be made. `body`: of the call's shape. `caller` is None where nobody need be signed in."""

    request: web.Request
    deps: Deps
    caller: Caller | None
    body: BaseModel | None

    @property
    def person(self) -> Caller:
        """The caller of a call that only people may make."""
        assert self.caller is not None
        return self.caller


_KEY = re.compile(IDEMPOTENCY_KEY)
Handler = Callable[[Incoming], Awaitable[web.StreamResponse]]


def bind(call: Call, handler: Handler, deps: Deps) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """An aiohttp handler that holds every request to its call."""

    async def handle(request: web.Request) -> web.StreamResponse:
        caller = await _caller(call, request, deps)
        body = await _body(call, request) if call.access in (Access.PEOPLE, Access.PEXIP) else None
        return await handler(Incoming(request, deps, caller, body))

    return handle


def answered(shape: Shape, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    """A JSON answer."""
    return web.Response(
        body=shape.model_dump_json().encode(), status=status, content_type="application/json", headers=headers
    )


def parsed(model: type[BaseModel], body: bytes) -> BaseModel:
    """The body as this shape. Raises `Problem` with every fault."""
    try:
        return model.model_validate_json(body)
    except ValidationError as fault:
        raise unreadable(fault, model) from None


async def read_form(request: web.Request) -> MultiDictProxy[str | bytes | bytearray | web.FileField]:
    """The fields of a form. Raises `Problem` for one that is not of the charset it says."""
    try:
        return await request.post()
    except (LookupError, UnicodeDecodeError):
        raise Problem("malformed", "The form is not readable.") from None


def idempotency_key(incoming: Incoming) -> str | None:
    """What a repeat of the request is known by, if its sender wants that. Raises `Problem` for one that is none."""
    return required_key(incoming) if "Idempotency-Key" in incoming.request.headers else None


def required_key(incoming: Incoming) -> str:
    """The `Idempotency-Key` of a request that must have one. Raises `Problem`."""
    given = incoming.request.headers.get("Idempotency-Key", "")
    if not _KEY.fullmatch(given):
        fault = FaultShape(pointer="", code="idempotency_key", detail="An Idempotency-Key has 1 to 255 plain signs.")
        raise Problem("invalid", counted(1), errors=[fault])
    return given


async def _caller(call: Call, request: web.Request, deps: Deps) -> Caller | None:
    match call.access:
        case Access.ANYBODY | Access.SENDER | Access.ADAPTER | Access.POLICY:
            return None
        case Access.PEXIP:
            _require_basic(request, deps)
            return None
        case Access.PEOPLE:
            caller = await callers.identify(request, deps.store)
    if caller is None:
        raise Problem("not-signed-in", "Sign in first.")
    if caller.csrf is not None and (request.method != hdrs.METH_GET or call.name == "live"):
        callers.require_own_page(request)
    if caller.csrf is not None and request.method != hdrs.METH_GET:
        callers.require_csrf(caller, await _csrf(request))
    if call.roles and caller.role not in call.roles:
        raise Problem("forbidden", f"Your role ({caller.role}) may not do this.")
    return caller


async def _csrf(request: web.Request) -> str | None:
    if request.content_type == "application/x-www-form-urlencoded":
        given = (await read_form(request)).get("csrf")
        return given if isinstance(given, str) else None
    return request.headers.get(callers.CSRF_HEADER)


async def _body(call: Call, request: web.Request) -> BaseModel | None:
    if call.asks is None:
        return None
    body = await request.read()
    return parsed(call.asks, body or b"{}" if call.body_optional else body)


def _require_basic(request: web.Request, deps: Deps) -> None:
    """Raises `Problem` unless Pexip signed in as its sink was told to; without a password nobody can."""
    password = deps.config.sink.password
    scheme, _, given = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    try:
        pair = b64decode(given, validate=True) if scheme.lower() == "basic" else b""
    except ValueError:
        pair = b""
    wanted = f"{deps.config.sink.user}:{password.get_secret_value()}".encode() if password is not None else None
    if wanted is None or not hmac.compare_digest(pair, wanted):
        raise Problem("not-signed-in", "The event sink's user or password is wrong.")
