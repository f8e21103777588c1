"""A running mock: the Management Node, the Conferencing Nodes and the control API on loopback, and all that keeps them.

Each node listens on a port of its own. One task owns everything the mock does by itself; leaving the context ends it.
"""

import asyncio
import time
from contextlib import AsyncExitStack
from email.utils import formatdate
from pathlib import Path
from types import TracebackType
from typing import Self

from aiohttp import web

from pexip_mock.caller_page import CallerPage
from pexip_mock.client_api import ClientApi
from pexip_mock.clock import BusinessClock
from pexip_mock.command_api import Commands
from pexip_mock.control import Control
from pexip_mock.cors import open_to_any_page, preflight
from pexip_mock.front import MANAGEMENT, Front
from pexip_mock.knobs import Knobs
from pexip_mock.live import Platform
from pexip_mock.management import Configuration
from pexip_mock.manners import Manners
from pexip_mock.operating import Operating
from pexip_mock.operations import routed
from pexip_mock.policy import PolicyServer
from pexip_mock.problems import control_problems
from pexip_mock.sink_feeds import Feed
from pexip_mock.sinks import Publishers
from pexip_mock.status_api import Status
from pexip_mock.wire import Json
from pexip_mock.world import World
from pexip_mock.world_document import WorldFile
from pexip_mock.world_file import Archive

HOST = "127.0.0.1"
SHUTDOWN_S = 1.0
BACKLOG = 1024
"""Connections that may wait to be accepted: when every client comes back at once, none has to knock twice."""


class MockServer:
    """One mock platform over HTTP; use as an async context manager.

    `port` is the Management Node's (0: any free one); with a port given, the nodes listen on those that follow it.
    """

    def __init__(
        self,
        knobs: Knobs | None = None,
        *,
        user: str = "admin",
        password: str = "mock-password",  # noqa: S107  # opens nothing but this mock
        port: int = 0,
        seed: int = 1,
        start: float | None = None,
        rate: float = 1.0,
        clock_file: Path | None = None,
    ) -> None:
        self.knobs = knobs or Knobs()
        self.user = user
        self.password = password
        self._port = port
        self._seed = seed
        self._clock = (start, rate, clock_file)
        self._urls: dict[str, str] = {}
        self._resources = AsyncExitStack()
        self._group: asyncio.TaskGroup | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._owner: asyncio.Task[None] | None = None
        self._over = asyncio.Event()

    @property
    def management_url(self) -> str:
        """Base URL of the Management Node; the control API is under it."""
        return self._urls[MANAGEMENT]

    @property
    def control_url(self) -> str:
        """Base URL of the control API."""
        return f"{self.management_url}/mock/v1"

    @property
    def node_urls(self) -> tuple[str, ...]:
        """Base URLs of the Conferencing Nodes, in the order of their addresses."""
        return tuple(self._urls[node] for node in self.knobs.nodes)

    @property
    def world(self) -> World:
        """The world as of now, for tests in the same process."""
        return self.platform.world

    async def __aenter__(self) -> Self:
        start, rate, clock_file = self._clock
        clock = BusinessClock(start, rate, clock_file)
        self.platform = Platform(self.knobs, self._seed, clock, self.user, self.password)
        self._policy = PolicyServer(self.platform)
        self._publishers = Publishers(self.platform)
        ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._owner = asyncio.create_task(self._own(ready), name="pexip-mock")
        await asyncio.wait({self._owner, ready}, return_when=asyncio.FIRST_COMPLETED)
        if self._owner.done():
            await self._owner
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        if self._owner is not None:
            await self._owner

    def add_account(self, user: str, password: str, may: frozenset[str]) -> None:
        """Another account of the Management Node, which may ask for these routes and nothing else (`accounts`)."""
        self.platform.accounts.add(user, password, may)

    def add_sink(self, url: str, user: str = "", password: str = "", *, bulk: bool = False, version: int = 2) -> int:
        """Attach an event sink to the location; its id."""
        return self._configuration.attach_sink(
            {
                "name": f"sink {len(self.world.sinks.feeds)} {url}",
                "url": url,
                "username": user,
                "password": password,
                "bulk_support": bulk,
                "version": version,
            }
        )

    def add_policy(self, url: str, user: str = "", password: str = "") -> int:
        """Let every node ask this policy server about every call; its id. `url` goes without `/policy`."""
        return self._configuration.attach_policy(
            {
                "name": f"policy {url}",
                "url": url,
                "username": user,
                "password": password,
                "enable_service_lookup": True,
                "enable_participant_lookup": True,
            }
        )

    async def dump(self) -> Json:
        """The configuration, the knobs and the seed as one document (`world_document`)."""
        return await self._archive().dump()

    async def load(self, file: WorldFile) -> None:
        """Make the configuration this one. Raises BadInput."""
        await self._archive().load(file)

    async def until_broken(self) -> None:
        """Return when the mock has failed by itself; leaving the context then raises what broke it."""
        if self._owner is not None:
            await asyncio.wait({self._owner})

    async def _own(self, ready: asyncio.Future[None]) -> None:
        async with self._resources, asyncio.TaskGroup() as group:
            self._group = group
            self.platform.on_new_feeds = self._publish
            for part in (self._policy, self._publishers):
                await part.open()
                self._resources.push_async_callback(part.close)
            await self._listen()
            self._tasks.append(group.create_task(self.platform.run(), name="clocks"))
            ready.set_result(None)
            await self._over.wait()
            for task in self._tasks:
                task.cancel()

    async def _listen(self) -> None:
        self._configuration = Configuration(self.platform, self._policy)
        manners = Manners(self.platform)
        management = web.Application(
            middlewares=[Front(self.platform, MANAGEMENT).middleware, manners.middleware, control_problems]
        )
        for part in (
            manners,
            self._configuration,
            Commands(self.platform),
            Status(self.platform, self._configuration.site),
            Control(self.platform, self._policy),
            Operating(self.platform, self._archive),
            CallerPage(),
        ):
            management.add_routes(part.routes())
        management.on_response_prepare.append(self._date)
        await self._serve(MANAGEMENT, management, self._port)
        for index, node in enumerate(self.knobs.nodes, start=1):
            application = web.Application(middlewares=[Front(self.platform, node).middleware, preflight])
            application.on_response_prepare.append(open_to_any_page)
            application.on_response_prepare.append(self._date)
            application.add_routes(ClientApi(self.platform, node, self._policy).routes())
            await self._serve(node, application, self._port + index if self._port else 0)
            self.platform.routes |= _vendor_routes(application)
        self.platform.routes |= _vendor_routes(management)

    async def _serve(self, name: str, application: web.Application, port: int) -> None:
        runner = web.AppRunner(application, handler_cancellation=True, shutdown_timeout=SHUTDOWN_S, access_log=None)
        application.on_shutdown.append(self._hang_up)
        await runner.setup()
        self._resources.push_async_callback(runner.cleanup)
        site = web.TCPSite(runner, HOST, port, backlog=BACKLOG)
        await site.start()
        self._urls[name] = f"http://{HOST}:{runner.addresses[0][1]}"

    async def _hang_up(self, _application: web.Application) -> None:
        self.platform.cut_streams()

    async def _date(self, _request: web.Request, response: web.StreamResponse) -> None:
        """A platform's own clock may be wrong; its `Date` is the machine's time, whatever business time it is."""
        ahead = self.world.knobs.clock_ahead_s
        if ahead:
            response.headers["Date"] = formatdate(time.time() + ahead, usegmt=True)

    def _archive(self) -> Archive:
        return Archive(self.platform, self.management_url)

    def _publish(self, feeds: list[Feed]) -> None:
        assert self._group is not None
        self._tasks = [task for task in self._tasks if not task.done()]
        self._tasks += [
            self._group.create_task(self._publishers.deliver(feed), name=f"sink {feed.sink.id}") for feed in feeds
        ]


def _vendor_routes(application: web.Application) -> set[str]:
    """Every route of the vendor's own APIs, as a fault names it."""
    return {
        routed(route.method, route.resource.canonical)
        for route in application.router.routes()
        if route.resource is not None and route.resource.canonical.startswith("/api/") and route.method != "HEAD"
    }
