"""Somebody who takes the events of sinks and answers the questions of policy, over HTTP."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from aiohttp import web

from tests.mock.mock_site import PATIENCE_S, Site


class Receiver:
    """A web server that takes sink events and answers policy questions."""

    def __init__(self) -> None:
        self.url = ""
        self.posted: list[dict[str, object]] = []
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.repeated: list[list[tuple[str, str]]] = []
        self.authorizations: set[str] = set()
        self.failures = 0
        self.failing_status = 500
        self.silence = asyncio.Event()
        self.silent_posts = 0
        self.replies: dict[str, object] = {}
        self.changed = asyncio.Event()

    async def sink(self, request: web.Request) -> web.Response:
        self.authorizations.add(request.headers.get("Authorization", ""))
        self.posted.append(await request.json())
        self.changed.set()
        if self.silent_posts > 0:
            self.silent_posts -= 1
            await self.silence.wait()
        if self.failures > 0:
            self.failures -= 1
            return web.Response(status=self.failing_status)
        return web.Response(status=200)

    async def policy(self, request: web.Request) -> web.Response:
        self.authorizations.add(request.headers.get("Authorization", ""))
        self.asked.append((request.match_info["path"], dict(request.query)))
        self.repeated.append(list(request.query.items()))
        self.changed.set()
        reply = self.replies.get(request.match_info["path"])
        if isinstance(reply, list):
            reply = reply.pop(0) if len(reply) > 1 else reply[0]
        match reply:
            case None:
                return web.Response(status=404)
            case int():
                return web.Response(status=reply)
            case str():
                return web.Response(text=reply, content_type="application/json")
            case asyncio.Event():
                await reply.wait()
                return web.Response(status=503)
            case _:
                return web.json_response(reply)

    def questions(self) -> list[str]:
        """What was asked, in short."""
        return [path.rpartition("/")[2] for path, _ in self.asked]

    def events(self, node: str) -> list[tuple[object, object]]:
        """(seq, event) as posted by one node."""
        return [(one["seq"], one["event"]) for one in self.posted if one["node"] == node]

    def all_events(self) -> list[dict[str, object]]:
        """Every event posted, those in envelopes too."""
        found: list[dict[str, object]] = []
        for one in self.posted:
            inner = one["data"]
            found += inner if isinstance(inner, list) else [one]
        return found

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not condition():
                self.changed.clear()
                await self.changed.wait()


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """One that listens meanwhile."""
    receiver = Receiver()
    application = web.Application()
    application.add_routes([web.post("/sink", receiver.sink), web.get("/policy/v1/{path:.+}", receiver.policy)])
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield receiver
    finally:
        receiver.silence.set()
        await runner.cleanup()


async def attach_policy(site: Site, receiver: Receiver) -> None:
    created = await site.admin(
        "POST",
        "configuration/v1/policy_server/",
        {
            "name": "ours",
            "url": receiver.url,
            "username": "node",
            "password": "policy",
            "enable_service_lookup": True,
            "enable_participant_lookup": True,
        },
    )
    assert created.status == 201
    location = "configuration/v1/system_location/1/"
    assert (await site.admin("PATCH", location, {"policy_server": created.headers["Location"]})).status == 202
