"""`python -m benchmarks.estate_mock MEETINGS PREPARED LATENCY_S`: a whole platform in a process of its own.

Its meetings run, each locked, with our control leg, the prison room and two lawyers: four legs. For each prepared one
there is a VMR that answers on every node, and nobody in it. It prints one line of JSON, and then obeys its input:

    meet     the two lawyers of every prepared meeting dial in and wait
    stir N   somebody in each of the next N running meetings is renamed: an event for each
    asked    what was asked of it so far, by node and operation, the Management Node's busiest minute, and how often the
             answer was 429
    happened when each conference was first started and locked, by its name, on the machine's monotonic clock
    state    how many conferences run, and how many of those are locked
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import Counter
from itertools import islice
from typing import Any

from pexip_mock.calls import DialRequest
from pexip_mock.cli import allow_many_connections
from pexip_mock.faults import How
from pexip_mock.front import MANAGEMENT
from pexip_mock.knobs import Knobs
from pexip_mock.operations import Operation
from pexip_mock.people import Kind, Person, Role
from pexip_mock.server import MockServer
from pexip_mock.vmrs import Alias, Vmr

DOMAIN = "meet.example.org"
HOST_PIN = "48291377"
PEOPLE = ("Priya Nair", "Sam Okoro")
_MINUTE_S = 60.0
_TOKENS_LAST = 7_200.0
"""Seconds: those given before the daemon is there must outlive its making."""


def alias_of(number: int) -> str:
    """Letters alone, as those that are issued."""
    return "".join(chr(97 + number // 26**place % 26) for place in range(14))


def name_of(number: int) -> str:
    """The meeting of a session, as vmrd names it."""
    return f"vmrd-{session_of(number)}-1"


def session_of(number: int) -> str:
    return f"01K0000000000000000{number:07d}"


def address_of(number: int) -> str:
    """Of the room's endpoint."""
    return f"room{number}@rooms.example.org"


class Platform:
    """The mock and what is in it."""

    def __init__(self, server: MockServer) -> None:
        self.server = server
        self.meetings: list[dict[str, Any]] = []
        self.prepared: list[int] = []
        self.asked: Counter[str] = Counter()
        self.management_asked: list[float] = []
        ask = server.platform.ask

        def counted(node: str, method: str, route: str, operation: Any, target: str) -> Any:
            if node == MANAGEMENT and "/api/" in route:
                self.asked["management"] += 1
                self.management_asked.append(time.monotonic())
            else:
                self.asked[f"node {operation.value}"] += 1
            return ask(node, method, route, operation, target)

        server.platform.ask = counted  # type: ignore[method-assign]

    def run(self, number: int) -> None:
        """One meeting that goes on."""
        world, address = self.server.world, f"{alias_of(number)}@{DOMAIN}"
        node = world.knobs.nodes[number % len(world.knobs.nodes)]
        self._make(number)
        world.advance(world.business + 1)
        own = world.request_token(node, address, "Prison control", pin=HOST_PIN, call_tag=f"tag-{number}")
        world.start_conference(own.token)
        room = world.admin.dial(address, DialRequest(address_of(number), role=Role.CHAIR), node)
        people = [world.dial_in(Person(address, name, Kind.BROWSER, pin="none", node=node)) for name in PEOPLE]
        world.lock(own.token)
        legs = {"own": own.participant.uuid, "room": room, "people": people}
        self.meetings.append({"number": number, "node": node, "token": own.token, **legs})

    def prepare(self, number: int) -> None:
        self._make(number)
        self.prepared.append(number)

    def meet(self) -> None:
        """The lawyers come to the meetings that are prepared."""
        world = self.server.world
        for number in self.prepared:
            for name in PEOPLE:
                world.dial_in(Person(f"{alias_of(number)}@{DOMAIN}", name, Kind.BROWSER, pin="none"))

    def _make(self, number: int) -> None:
        self.server.world.create_vmr(
            Vmr(
                name=name_of(number),
                aliases=(Alias(f"{alias_of(number)}@{DOMAIN}"),),
                tag=f"vmrd:{session_of(number)}",
                description="Prison video link, made by vmrd",
                allow_guests=True,
                pin=HOST_PIN,
                enable_chat="no",
            )
        )

    def busiest(self) -> int:
        """The most requests to the Management Node within any sixty seconds."""
        most, since = 0, 0
        for number, at in enumerate(self.management_asked):
            while at - self.management_asked[since] >= _MINUTE_S:
                since += 1
            most = max(most, number - since + 1)
        return most

    def happened(self) -> dict[str, dict[str, float]]:
        """Starts and locks."""
        world = self.server.world
        ahead = time.monotonic() - world.elapsed
        found: dict[str, dict[str, float]] = {"started": {}, "locked": {}}
        for line in world.account:
            if line.what in found:
                found[line.what].setdefault(line.name, line.elapsed + ahead)
        return found

    def said(self) -> dict[str, Any]:
        world = self.server.world
        urls = dict(zip(world.knobs.nodes, self.server.node_urls, strict=True))
        for meeting in self.meetings:
            meeting["node"] = urls[meeting["node"]]
        server = self.server
        return {
            "management": server.management_url,
            "nodes": list(server.node_urls),
            "user": server.user,
            "password": server.password,
            "meetings": self.meetings,
        }


async def main(meetings: int, prepared: int, latency: float) -> None:
    knobs = Knobs.fast().changed({"token_ttl_s": _TOKENS_LAST})
    async with MockServer(knobs, seed=1) as server:
        platform = Platform(server)
        for number in range(meetings):
            platform.run(number)
        for number in range(meetings, meetings + prepared):
            platform.prepare(number)
        server.world.knobs = knobs.changed({"token_ttl_s": Knobs().token_ttl_s})
        if latency:
            server.platform.order_fault(Operation.ANY, How.DELAY, None, latency, 200)
        print(json.dumps(platform.said()), flush=True)
        loop = asyncio.get_running_loop()
        stirred = 0
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            what, _, count = line.strip().partition(" ")
            world = server.world
            if what == "meet":
                platform.meet()
                print(json.dumps({}), flush=True)
            elif what == "stir":
                stirred += 1
                for meeting in islice(platform.meetings, int(count)):
                    world.callers.present(meeting["people"][0], stirred % 2 == 1)
                print(json.dumps({}), flush=True)
            elif what == "asked":
                busy = sum(each.status == 429 for each in server.platform.asked)
                told = {"asked": platform.asked, "429": busy, "busiest": platform.busiest()}
                print(json.dumps(told), flush=True)
            elif what == "happened":
                print(json.dumps(platform.happened()), flush=True)
            else:
                facts = world.status_conferences()
                print(
                    json.dumps({"running": len(facts), "locked": sum(each.flags.locked for each in facts)}), flush=True
                )


if __name__ == "__main__":
    allow_many_connections()
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))
