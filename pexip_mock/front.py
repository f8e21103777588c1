"""What stands before every request of both APIs: the account, the limits, and the faults that were ordered.

Order of what may happen to a request: the platform is away → it is noted → rate limit → fault before the effect → the
effect → fault after it.
"""

import asyncio
import base64
import binascii
import hmac
from collections import deque
from collections.abc import Awaitable, Callable

from aiohttp import web

from pexip_mock.faults import ON_CONNECT, ON_REQUESTS, Fault, How
from pexip_mock.live import Asked, Platform
from pexip_mock.operations import ANSWERED_WITH_NULL, CONFERENCE, Operation, names_of, operation_of, routed
from pexip_mock.people import Service
from pexip_mock.refusal import Refusal
from pexip_mock.wire import answer, answer_created, body_of, client_refusal, management_refusal, version_json

MANAGEMENT = "management"
OWN, PAGE = "/mock/", "/"
INSIDE = "X-Mock-Inside"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Front:
    """The middleware of one listener: `node` is an address, or `management`."""

    def __init__(self, platform: Platform, node: str) -> None:
        self._platform = platform
        self._node = node
        self._recent: deque[float] = deque()

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Serve one request of the vendor's own API; the mock's own paths, and its own requests, pass untouched."""
        if request.path.startswith(OWN) or request.path == PAGE:
            return await handler(request)
        if hmac.compare_digest(request.headers.get(INSIDE, ""), self._platform.inside):
            return await self._outcome(request, handler)  # the mock itself asks: neither noted nor made to fail
        if self._node in self._platform.away:
            return _hang_up(request)
        route = route_of(request)
        operation = operation_of(request.method, route)
        asked = self._platform.ask(self._node, request.method, route, operation, await self._target(request))
        asked.by = await self._who(request, operation)
        names = names_of(operation, repeated=operation is Operation.LOCK and self._locked_before(request, asked))
        asked.operation = self._word_for(names, asked)
        try:
            response = await self._serve(request, handler, asked, names)
        except Refusal as refusal:
            response = self._refused(refusal)
        except web.HTTPException as refused:
            asked.status = refused.status
            raise
        asked.status = response.status
        return response

    async def _serve(
        self, request: web.Request, handler: Handler, asked: Asked, names: tuple[Operation, ...]
    ) -> web.StreamResponse:
        limited = self._over_the_limit()
        if limited is not None:
            return limited
        is_events = Operation.EVENTS in names
        every_name = (routed(asked.method, asked.route), *names)
        fault = self._platform.faults.meet(every_name, ON_CONNECT if is_events else ON_REQUESTS)
        if fault is None:
            return await handler(request)
        asked.fault = fault.id
        return await self._serve_badly(request, handler, fault, names)

    async def _serve_badly(
        self, request: web.Request, handler: Handler, fault: Fault, names: tuple[Operation, ...]
    ) -> web.StreamResponse:
        match fault.how:
            case How.STATUS:
                return self._failure(fault.status)
            case How.DROP:
                return _hang_up(request)
            case How.IGNORE:
                return self._pretence(request, names)
            case How.HOLD_BEFORE:
                await self._platform.hold(fault)
                return await handler(request)
            case How.DELAY:
                await asyncio.sleep(fault.delay_s)
                return await handler(request)
            case How.DUPLICATE:
                await handler(request)
                return await handler(request)
            case How.DISCONNECT:
                response = await handler(request)
                self._platform.cut_streams()
                return response
            case How.LOSE_ANSWER:
                await self._outcome(request, handler)
                return _hang_up(request)
            case How.HOLD_AFTER:
                response = await self._outcome(request, handler)
                await self._platform.hold(fault)
                return response
            case How.REORDER:
                return await handler(request)

    async def _outcome(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except Refusal as refusal:
            return self._refused(refusal)

    def _refused(self, refusal: Refusal) -> web.Response:
        if self._node == MANAGEMENT:
            return management_refusal(refusal)
        knobs = self._platform.world.knobs
        version = version_json(knobs.version_id, knobs.pseudo_version)
        return client_refusal(refusal, version, knobs.unknown_alias_envelope)

    def _failure(self, status: int) -> web.Response:
        sentence = "Out of resource" if self._node != MANAGEMENT else "Service unavailable"
        return self._refused(Refusal(status, sentence))

    def _pretence(self, request: web.Request, names: tuple[Operation, ...]) -> web.Response:
        """The answer of success to a request that had no effect."""
        platform = self._platform
        void = f"00000000-0000-4000-a000-{len(platform.asked):012x}"
        if self._node == MANAGEMENT:
            if Operation.CREATE_VMR in names:
                return answer_created("/api/admin/configuration/v1/conference/999999/")
            if request.method == "DELETE":
                return web.Response(status=204)
            if request.method == "GET":
                meta = {"limit": 20, "offset": 0, "next": None, "previous": None, "total_count": 0}
                return answer({"meta": meta, "objects": []})
            data = {"participant_id": void, "participant_ids": [void]}
            return answer({"status": "success", "data": data if Operation.DIAL in names else None}, 202)
        result: object = None if route_of(request) in ANSWERED_WITH_NULL else True
        if Operation.DIAL in names:
            result = [void]
        elif Operation.PARTICIPANTS in names:
            result = []
        elif Operation.CONFERENCE_STATUS in names:
            result = {"locked": False, "guests_muted": False, "started": False}
        elif Operation.STATUS in names:
            result = "OK"
        elif Operation.REFRESH_TOKEN in names or Operation.REQUEST_TOKEN in names:
            result = {
                "token": f"void-{void}",
                "expires": "120",
                "role": "HOST",
                "participant_uuid": void,
                "display_name": "",
                "current_service_type": "conference",
                "version": {},
            }
        return answer({"status": "success", "result": result})

    def _over_the_limit(self) -> web.Response | None:
        if self._node != MANAGEMENT:
            return None
        world = self._platform.world
        horizon = world.elapsed - world.knobs.rate_window_s
        while self._recent and self._recent[0] <= horizon:
            self._recent.popleft()
        if len(self._recent) >= world.knobs.rate_limit:
            wait = max(1, round(self._recent[0] - horizon))
            return answer({"error": "Too many requests"}, 429, {"Retry-After": str(wait)})
        self._recent.append(world.elapsed)
        return None

    async def _target(self, request: web.Request) -> str:
        """The UUID or id at which a request is aimed."""
        named = request.match_info.get("participant") or request.match_info.get("id")
        if named is not None or "/command/" not in request.path:
            return named or ""
        try:
            body = await body_of(request)
        except Refusal:
            return ""
        target = body.get("participant_id") or body.get("conference_id") or ""
        return target[:200] if isinstance(target, str) else ""

    async def _who(self, request: web.Request, operation: Operation) -> str:
        """The caller's own mark: a Basic user at the Management Node, a call tag at a node. Never a secret."""
        if self._node == MANAGEMENT:
            return basic_user(request)
        if operation is Operation.REQUEST_TOKEN:
            try:
                tag = (await body_of(request)).get("call_tag")
            except Refusal:
                return ""
            return tag if isinstance(tag, str) else ""
        try:
            return self._platform.world.whoami(token_of(request), self._node).shown.call_tag
        except Refusal:
            return ""

    def _locked_before(self, request: web.Request, asked: Asked) -> bool:
        conference = asked.target
        if request.match_info.route.resource is not None and asked.route.startswith(CONFERENCE):
            try:
                conference = self._platform.world.whoami(token_of(request), self._node).conference.uuid
            except Refusal:
                return False
        return self._platform.lock_was_asked(conference)

    def _word_for(self, names: tuple[Operation, ...], asked: Asked) -> str:
        """What the account calls this request: hanging up on one inside is no refusal."""
        if Operation.REFUSE not in names:
            return names[0].value
        leg = self._platform.world.floor.legs.get(asked.target)
        inside = leg is not None and leg.shown.service is Service.CONFERENCE
        return (Operation.DISCONNECT if inside else Operation.REFUSE).value


def token_of(request: web.Request) -> str:
    """The token of a client API request: a header, or a query parameter where browsers need it."""
    return request.headers.get("token") or request.query.get("token", "")


def basic_user(request: web.Request) -> str:
    """The user part of Basic authentication, or nothing."""
    return basic_credentials(request)[0]


def basic_credentials(request: web.Request) -> tuple[str, str]:
    """User and password of Basic authentication, or two empty strings."""
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        user, _, password = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return user, password


def route_of(request: web.Request) -> str:
    """The route a request is for, with names in the place of what varies; empty where there is none."""
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else ""


def _hang_up(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=499)
