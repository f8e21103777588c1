"""/mock/v1, for those who run the site: nodes and the whole platform, endpoints, recordings, publishers of events,
and the whole configuration as one document.
"""

from collections.abc import Callable
from dataclasses import replace

from aiohttp import web

from pexip_mock.front import MANAGEMENT
from pexip_mock.given import Given
from pexip_mock.live import Platform
from pexip_mock.operations import CONTROL
from pexip_mock.problems import given_of, only
from pexip_mock.refusal import Refusal
from pexip_mock.wire import answer, body_of
from pexip_mock.world_document import read_world
from pexip_mock.world_file import Archive


class Operating:
    """Handlers of the paths by which the site is operated. `archive` reads and writes its configuration."""

    def __init__(self, platform: Platform, archive: Callable[[], Archive]) -> None:
        self._platform = platform
        self._archive = archive

    def routes(self) -> list[web.RouteDef]:
        """All these paths."""
        return [
            web.post(f"{CONTROL}/nodes/{{node}}", self.operate_node),
            web.post(f"{CONTROL}/platform", self.operate_platform),
            web.post(f"{CONTROL}/destinations", self.set_destination),
            web.post(f"{CONTROL}/conferences/{{conference}}", self.set_flags),
            web.post(f"{CONTROL}/sinks/restart", self.restart_sinks),
            web.get(f"{CONTROL}/world", self.dump_world),
            web.put(f"{CONTROL}/world", self.load_world),
        ]

    async def operate_node(self, request: web.Request) -> web.Response:
        """Put a node into maintenance or take it out of it; make it unreachable or reachable."""
        given = await given_of(request)
        node = _node(self._platform, request.match_info["node"])
        if node is None:
            raise Refusal(404, "There is no such node")
        maintenance, away = given.flag("maintenance"), given.flag("away")
        if not given.has("maintenance") and not given.has("away"):
            given.wrong("", "says nothing: give maintenance or away, true or false")
        only(given)
        if given.has("maintenance"):
            self._platform.world.set_maintenance(node, maintenance)
        if given.has("away"):
            self._away({node}, away)
        return web.Response(status=204)

    async def operate_platform(self, request: web.Request) -> web.Response:
        """Make the whole platform, the Management Node included, unreachable or reachable."""
        given = await given_of(request)
        away = given.flag("away")
        if not given.has("away"):
            given.wrong("away", "is needed: true or false")
        only(given)
        self._away({*self._platform.world.knobs.nodes, MANAGEMENT}, away)
        return web.Response(status=204)

    async def set_destination(self, request: web.Request) -> web.Response:
        """Let an endpoint answer calls, ring in vain, or be busy."""
        given = await given_of(request)
        destination = given.text("destination", needed=True)
        answers, busy = given.flag("answers", True), given.flag("busy", False)
        only(given)
        dialling = self._platform.world.dialling
        for those, holds in ((dialling.silent, not answers), (dialling.busy, busy)):
            (those.add if holds else those.discard)(destination)
        return web.Response(status=204)

    async def set_flags(self, request: web.Request) -> web.Response:
        """Let a running conference, by UUID or name, be recorded, streamed or transcribed."""
        given, floor = await given_of(request), self._platform.world.floor
        wanted = request.match_info["conference"]
        conference = floor.by_uuid.get(wanted) or floor.running.get(wanted)
        if conference is None:
            raise Refusal(404, "There is no such conference")
        flags = conference.flags
        changed = replace(
            flags,
            recording=given.flag("recording", flags.recording),
            streaming=given.flag("streaming", flags.streaming),
            transcribing=given.flag("transcribing", flags.transcribing),
        )
        only(given)
        floor.set_flags(conference, changed)
        return web.Response(status=204)

    async def restart_sinks(self, request: web.Request) -> web.Response:
        """Restart every publisher, as a node's restart does: seq begins again at 1."""
        only(await given_of(request))
        feeds = self._platform.world.sinks
        self._platform.on_new_feeds(feeds.restart(feeds.feeds.values()))
        return web.Response(status=204)

    async def dump_world(self, _request: web.Request) -> web.Response:
        """The configuration, the knobs and the seed as one document, PINs and passwords in clear."""
        return answer(await self._archive().dump())

    async def load_world(self, request: web.Request) -> web.Response:
        """Make the configuration this one; running conferences go on with the settings they were born with."""
        content = await body_of(request)
        await self._archive().load(read_world(content))
        return web.Response(status=204)

    def _away(self, nodes: set[str], away: bool) -> None:
        if away:
            self._platform.away |= nodes
            self._platform.cut_streams()
        else:
            self._platform.away -= nodes


def node_of(platform: Platform, given: Given, name: str) -> str | None:
    """The node a key names by address or index; None when it names none, a fault when there is no such node."""
    wanted = given.raw(name)
    if wanted is None or wanted == "":
        return None
    node = _node(platform, str(wanted)) if isinstance(wanted, str | int) and not isinstance(wanted, bool) else None
    if node is None:
        nodes = platform.world.knobs.nodes
        given.wrong(name, f"must be one of {', '.join(nodes)}, or a number from 0 to {len(nodes) - 1}")
    return node


def _node(platform: Platform, wanted: str) -> str | None:
    nodes = platform.world.knobs.nodes
    if wanted.isdigit() and int(wanted) < len(nodes):
        return nodes[int(wanted)]
    return wanted if wanted in nodes else None
