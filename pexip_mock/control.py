"""/mock/v1: the hand behind the mock. People act, faults are ordered, clocks are moved, and the truth is told.

Unlike the vendor's APIs this surface never lags, and is not subject to faults, limits or authentication: it listens on
loopback and serves tests and demonstrations.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

from aiohttp import web

from pexip_mock.entrance import NO_VERDICT, Verdict
from pexip_mock.faults import How
from pexip_mock.front import MANAGEMENT
from pexip_mock.live import Platform
from pexip_mock.operations import Operation
from pexip_mock.people import TRAITS, Kind, Person, address_of
from pexip_mock.policy import Call, PolicyServer
from pexip_mock.refusal import Refusal
from pexip_mock.state_shapes import fault_json, request_json, state_json
from pexip_mock.wire import Json, answer, body_of, flag, number, text

CONTROL = "/mock/v1"
MOST_STEPS = 1000
STEP_PAUSE_S = 0.004


class Control:
    """Handlers of /mock/v1."""

    def __init__(self, platform: Platform, policy: PolicyServer) -> None:
        self._platform = platform
        self._policy = policy

    def routes(self) -> list[web.RouteDef]:
        """All control paths."""
        person = f"{CONTROL}/people/{{participant}}"
        return [
            web.post(f"{CONTROL}/people", self.dial_in),
            web.post(f"{person}/leave", self._act(lambda who, _: self._platform.world.leave(who))),
            web.post(
                f"{person}/present",
                self._act(lambda who, body: self._platform.world.callers.present(who, flag(body, "on", True))),
            ),
            web.post(
                f"{person}/dtmf", self._act(lambda who, body: self._platform.world.dtmf(who, text(body, "digits")))
            ),
            web.post(
                f"{person}/pin",
                self._act(lambda who, body: self._platform.world.callers.type_pin(who, text(body, "pin"))),
            ),
            web.post(
                f"{person}/rename",
                self._act(lambda who, body: self._platform.world.callers.rename(who, text(body, "name"))),
            ),
            web.post(
                f"{person}/video",
                self._act(lambda who, body: self._platform.world.callers.video(who, flag(body, "on", True))),
            ),
            web.get(f"{CONTROL}/state", self.state),
            web.get(f"{CONTROL}/requests", self.requests),
            web.get(f"{CONTROL}/faults", self.list_faults),
            web.post(f"{CONTROL}/faults", self.order_fault),
            web.delete(f"{CONTROL}/faults/{{id}}", self.remove_fault),
            web.get(f"{CONTROL}/clock", self.read_clock),
            web.post(f"{CONTROL}/clock", self.move_clock),
            web.post(f"{CONTROL}/nodes/{{node}}", self.operate_node),
            web.post(f"{CONTROL}/platform", self.operate_platform),
            web.post(f"{CONTROL}/destinations", self.set_destination),
            web.post(f"{CONTROL}/conferences/{{conference}}", self.set_flags),
            web.post(f"{CONTROL}/sinks/restart", self.restart_sinks),
        ]

    async def dial_in(self, request: web.Request) -> web.Response:
        """Somebody dials; 201 with their participant UUID, or what the platform answers them."""
        body = await body_of(request)
        kind = text(body, "kind", Kind.BROWSER.value)
        if kind not in set(Kind) - {Kind.API}:
            raise Refusal(400, f"kind is one of {', '.join(k.value for k in Kind if k is not Kind.API)}")
        person = Person(
            alias=text(body, "alias"),
            name=text(body, "name"),
            kind=Kind(kind),
            pin=text(body, "pin") or None,
            number=text(body, "number") or None,
            node=self._node(text(body, "node")) if text(body, "node") else None,
            call_tag=text(body, "callTag"),
        )
        verdict = await self._ask_policy(person)
        return answer({"participant": self._platform.world.dial_in(person, verdict)}, 201)

    async def state(self, request: web.Request) -> web.Response:
        """Everything: VMRs, conferences with everybody who ever was in them, and what happened in order.

        `?after=SEQ` gives only what happened later.
        """
        return answer(state_json(self._platform, _after(request)))

    async def requests(self, request: web.Request) -> web.Response:
        """What the APIs were asked, in order; `?after=SEQ` gives only later ones."""
        return answer([request_json(asked) for asked in self._platform.asked_after(_after(request))])

    async def list_faults(self, _request: web.Request) -> web.Response:
        """Faults ordered, and how often each was met."""
        return answer([fault_json(fault) for fault in self._platform.faults.listed()])

    async def order_fault(self, request: web.Request) -> web.Response:
        """Order a fault; `times` null means until it is removed."""
        body = await body_of(request)
        operation, how = text(body, "operation"), text(body, "how")
        if operation not in set(Operation):
            raise Refusal(400, f"operation is one of {', '.join(sorted(Operation))}")
        if how not in set(How):
            raise Refusal(400, f"how is one of {', '.join(sorted(How))}")
        unlimited = "times" in body and body["times"] is None
        fault = self._platform.order_fault(
            Operation(operation),
            How(how),
            None if unlimited else int(number(body, "times", 1)),
            number(body, "delayMs", 1000) / 1000,
            int(number(body, "status", 503)),
        )
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
        body = await body_of(request)
        if "rate" in body:
            self._platform.set_rate(max(0.0, number(body, "rate", 1)))
        ahead = number(body, "advanceSeconds", 0)
        step = number(body, "stepSeconds", max(1.0, ahead / MOST_STEPS))
        if ahead < 0 or step <= 0 or ahead / step > 20 * MOST_STEPS:
            raise Refusal(400, "The clock goes forward only, in steps above zero and not too many of them")
        await self._advance(ahead, step)
        return await self.read_clock(request)

    async def operate_node(self, request: web.Request) -> web.Response:
        """Put a node into maintenance or take it out of it; make it unreachable or reachable."""
        body, node = await body_of(request), self._node(request.match_info["node"])
        if "maintenance" in body:
            self._platform.world.set_maintenance(node, flag(body, "maintenance"))
        if "away" in body:
            self._away({node}, flag(body, "away"))
        return web.Response(status=204)

    async def operate_platform(self, request: web.Request) -> web.Response:
        """Make the whole platform, the Management Node included, unreachable or reachable."""
        body = await body_of(request)
        self._away({*self._platform.world.knobs.nodes, MANAGEMENT}, flag(body, "away"))
        return web.Response(status=204)

    async def set_destination(self, request: web.Request) -> web.Response:
        """Let an endpoint answer calls, or not."""
        body = await body_of(request)
        silent = self._platform.world.dialling.silent
        if flag(body, "answers", True):
            silent.discard(text(body, "destination"))
        else:
            silent.add(text(body, "destination"))
        return web.Response(status=204)

    async def set_flags(self, request: web.Request) -> web.Response:
        """Let a running conference, by UUID or name, be recorded, streamed or transcribed."""
        body, floor = await body_of(request), self._platform.world.floor
        wanted = request.match_info["conference"]
        conference = floor.by_uuid.get(wanted) or floor.running.get(wanted)
        if conference is None:
            raise Refusal(404, "There is no such conference")
        flags = conference.flags
        floor.set_flags(
            conference,
            replace(
                flags,
                recording=flag(body, "recording", flags.recording),
                streaming=flag(body, "streaming", flags.streaming),
                transcribing=flag(body, "transcribing", flags.transcribing),
            ),
        )
        return web.Response(status=204)

    async def restart_sinks(self, _request: web.Request) -> web.Response:
        """Restart every publisher, as a node's restart does: seq begins again at 1."""
        feeds = list(self._platform.world.sinks.feeds.values())
        stopped = [feed for feed in feeds if feed.stopped]
        for feed in feeds:
            feed.restart()
        self._platform.on_new_feeds(stopped)
        return web.Response(status=204)

    async def _advance(self, ahead: float, step: float) -> None:
        left = ahead
        while left > 0:
            now = self._platform.clock.now()
            due, _ = self._platform.world.next_due()
            move = min(step, left)
            if due is not None and now < due < now + move:
                move = due - now
            self._platform.clock.advance(move)
            self._platform.catch_up()
            left -= move
            await asyncio.sleep(STEP_PAUSE_S)

    async def _ask_policy(self, person: Person) -> Verdict:
        if not self._policy.asked():
            return NO_VERDICT
        world = self._platform.world
        node = person.node or world.knobs.nodes[0]
        call = Call(node, person.alias, person.name, person.kind, address_of(person), "192.0.2.55", person.call_tag)
        service = await self._policy.service(call)
        vmr = self._platform.world.entrance.find(node, person.alias, person.name, service)
        role = world.entrance.role_for(vmr, person.pin) if TRAITS[person.kind].web else None
        return await self._policy.participant(call, service, vmr, role)

    def _away(self, nodes: set[str], away: bool) -> None:
        if away:
            self._platform.away |= nodes
            self._platform.cut_streams()
        else:
            self._platform.away -= nodes

    def _node(self, wanted: str) -> str:
        nodes = self._platform.world.knobs.nodes
        if wanted.isdigit() and int(wanted) < len(nodes):
            return nodes[int(wanted)]
        if wanted in nodes:
            return wanted
        raise Refusal(404, "There is no such node")

    def _act(self, act: Callable[[str, Json], None]) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def handle(request: web.Request) -> web.StreamResponse:
            act(request.match_info["participant"], await body_of(request))
            return web.Response(status=204)

        return handle


def _after(request: web.Request) -> int:
    """The number of the last line that is known already. Raises Refusal 400."""
    after = request.query.get("after", "0")
    if not after.isdecimal():
        raise Refusal(400, "after is a whole number")
    return int(after)
