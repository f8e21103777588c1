"""/mock/v1: the hand behind the mock. People act, faults are ordered, clocks are moved, and the truth is told.

Unlike the vendor's APIs this surface never lags, and is not subject to faults, limits or authentication: it listens on
loopback and serves tests and demonstrations. `operating` has the paths by which nodes and endpoints are operated.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

from aiohttp import web

from pexip_mock.bodies import digits_of, fault_of, person_of
from pexip_mock.given import Given
from pexip_mock.live import Platform
from pexip_mock.operating import node_of
from pexip_mock.operations import CONTROL, Operation
from pexip_mock.people import Kind
from pexip_mock.policy import PolicyServer
from pexip_mock.policy_query import TRIGGERS, Call
from pexip_mock.problems import given_of, only
from pexip_mock.refusal import Refusal
from pexip_mock.sight import aliases_json, leg_of, sight_json
from pexip_mock.state_shapes import fault_json, request_json, state_json
from pexip_mock.wire import answer

STEPS = 200
MOST_STEPS = 20_000
STEP_PAUSE_S = 0.004
LONGEST_ADVANCE_S = 366 * 24 * 3600.0


class Control:
    """Handlers of /mock/v1."""

    def __init__(self, platform: Platform, policy: PolicyServer) -> None:
        self._platform = platform
        self._policy = policy

    def routes(self) -> list[web.RouteDef]:
        """All control paths but those of `operating`."""
        person = f"{CONTROL}/people/{{participant}}"
        return [
            web.post(f"{CONTROL}/people", self.dial_in),
            web.get(person, self.look),
            web.post(f"{person}/leave", self._act(self._leave)),
            web.post(f"{person}/present", self._act(self._present)),
            web.post(f"{person}/dtmf", self._act(self._dtmf)),
            web.post(f"{person}/pin", self._act(self._pin)),
            web.post(f"{person}/rename", self._act(self._rename)),
            web.post(f"{person}/video", self._act(self._video)),
            web.post(f"{person}/lobby", self._act(self._lobby)),
            web.post(f"{CONTROL}/policy/probe", self.probe_policy),
            web.get(f"{CONTROL}/aliases", self.aliases),
            web.get(f"{CONTROL}/state", self.state),
            web.get(f"{CONTROL}/requests", self.requests),
            web.get(f"{CONTROL}/operations", self.operations),
            web.get(f"{CONTROL}/faults", self.list_faults),
            web.post(f"{CONTROL}/faults", self.order_fault),
            web.delete(f"{CONTROL}/faults/{{id}}", self.remove_fault),
            web.get(f"{CONTROL}/clock", self.read_clock),
            web.post(f"{CONTROL}/clock", self.move_clock),
        ]

    async def dial_in(self, request: web.Request) -> web.Response:
        """Somebody dials; 201 with their participant UUID, or what the platform answers them."""
        given = await given_of(request)
        person = replace(person_of(given), node=node_of(self._platform, given, "node"))
        only(given)
        person, verdict = await self._policy.caller(person)
        return answer({"participant": self._platform.world.dial_in(person, verdict)}, 201)

    async def probe_policy(self, request: web.Request) -> web.Response:
        """A node asks policy although nobody calls: for an OPTIONS, a SUBSCRIBE, an avatar; what it would do then."""
        given = await given_of(request)
        trigger = given.text("trigger", TRIGGERS[0], choices=TRIGGERS)
        alias, name = given.text("alias"), given.text("name")
        node = node_of(self._platform, given, "node") or self._platform.world.knobs.nodes[0]
        only(given)
        kind = Kind.BROWSER if trigger == "web_avatar_fetch" else Kind.ROOM_SYSTEM
        verdict = await self._policy.service(Call(node, alias, name, kind, "", trigger=trigger))
        return answer(
            {
                "service": verdict.service.name if verdict.service is not None else None,
                "rejected": verdict.service_rejected,
                "redirectedTo": verdict.redirected_to or None,
            }
        )

    async def look(self, request: web.Request) -> web.Response:
        """What somebody's own screen says, also after they left."""
        world = self._platform.world
        return answer(sight_json(world, leg_of(world, request.match_info["participant"])))

    async def aliases(self, _request: web.Request) -> web.Response:
        """What can be dialled now, and at which nodes."""
        return answer(aliases_json(self._platform.world))

    async def state(self, request: web.Request) -> web.Response:
        """Everything: VMRs, conferences with everybody who ever was in them, and what happened in order.

        `?after=SEQ` gives only what happened later.
        """
        return answer(state_json(self._platform, _after(request)))

    async def requests(self, request: web.Request) -> web.Response:
        """What the APIs were asked, in order; `?after=SEQ` gives only later ones."""
        return answer([request_json(asked) for asked in self._platform.asked_after(_after(request))])

    async def operations(self, _request: web.Request) -> web.Response:
        """What a fault may befall: operations by name, and every single route."""
        return answer({"operations": sorted(Operation), "routes": sorted(self._platform.routes)})

    async def list_faults(self, _request: web.Request) -> web.Response:
        """Faults ordered, and how often each was met."""
        return answer([fault_json(fault) for fault in self._platform.faults.listed()])

    async def order_fault(self, request: web.Request) -> web.Response:
        """Order a fault; `times` null means until it is removed."""
        given = await given_of(request)
        order = fault_of(given, self._platform.routes)
        only(given)
        fault = self._platform.order_fault(order.operation, order.how, order.times, order.delay_s, order.status)
        return answer(fault_json(fault), 201)

    async def remove_fault(self, request: web.Request) -> web.Response:
        """Take a fault back; what it holds goes on."""
        fault_id = request.match_info["id"]
        if not fault_id.isdigit() or not self._platform.remove_fault(int(fault_id)):
            raise Refusal(404, "There is no such fault")
        return web.Response(status=204)

    async def read_clock(self, _request: web.Request) -> web.Response:
        """Business time, epoch milliseconds, and its rate."""
        return answer({"businessMs": self._platform.clock.now() * 1000, "rate": self._platform.clock.rate})

    async def move_clock(self, request: web.Request) -> web.Response:
        """Set the clock's rate, or move it ahead in steps that no timer is hidden behind."""
        given = await given_of(request)
        rate = given.number("rate", self._platform.clock.rate, most=100_000)
        ahead = given.number("advanceSeconds", 0, most=LONGEST_ADVANCE_S)
        step = given.number("stepSeconds", max(1.0, ahead / STEPS), least=0.001, most=LONGEST_ADVANCE_S)
        elapsed_too = given.flag("elapsedToo")
        if not given.has("rate") and not given.has("advanceSeconds"):
            given.wrong("", "says nothing: give advanceSeconds, or rate")
        if ahead / step > MOST_STEPS:
            given.wrong("stepSeconds", f"is too short: at most {MOST_STEPS} steps are taken at once")
        only(given)
        if rate != self._platform.clock.rate:
            self._platform.set_rate(rate)
        await self._advance(ahead, step, elapsed_too)
        return await self.read_clock(request)

    async def _advance(self, ahead: float, step: float, elapsed_too: bool) -> None:
        left = ahead
        while left > 0:
            now = self._platform.clock.now()
            due, _ = self._platform.world.next_due()
            move = min(step, left)
            if due is not None and now < due < now + move:
                move = due - now
            self._platform.clock.advance(move)
            if elapsed_too:
                self._platform.skip(move)
            self._platform.catch_up()
            left -= move
            await asyncio.sleep(STEP_PAUSE_S)

    def _act(self, read: Callable[[Given, str], Callable[[], None]]) -> Callable[..., Awaitable[web.StreamResponse]]:
        async def handle(request: web.Request) -> web.StreamResponse:
            given = await given_of(request)
            act = read(given, request.match_info["participant"])
            only(given)
            act()
            return web.Response(status=204)

        return handle

    def _leave(self, _given: Given, who: str) -> Callable[[], None]:
        return lambda: self._platform.world.leave(who)

    def _lobby(self, _given: Given, who: str) -> Callable[[], None]:
        return lambda: self._platform.world.callers.send_back(who)

    def _present(self, given: Given, who: str) -> Callable[[], None]:
        on = given.flag("on", True)
        return lambda: self._platform.world.callers.present(who, on)

    def _dtmf(self, given: Given, who: str) -> Callable[[], None]:
        digits = digits_of(given)
        return lambda: self._platform.world.dtmf(who, digits)

    def _pin(self, given: Given, who: str) -> Callable[[], None]:
        pin = given.text("pin", needed=True)
        return lambda: self._platform.world.callers.type_pin(who, pin)

    def _rename(self, given: Given, who: str) -> Callable[[], None]:
        name = given.text("name", needed=True)
        return lambda: self._platform.world.callers.rename(who, name)

    def _video(self, given: Given, who: str) -> Callable[[], None]:
        on = given.flag("on", True)
        return lambda: self._platform.world.callers.video(who, on)


def _after(request: web.Request) -> int:
    """The number of the last line that is known already. Raises Refusal 400."""
    after = request.query.get("after", "0")
    if not after.isdecimal():
        raise Refusal(400, "after is a whole number")
    return int(after)
