"""The status and history APIs of the Management Node: read only, and a little behind the nodes."""

from aiohttp import web

from pexip_mock.admin_shapes import (
    HISTORY,
    STATUS,
    alarm_json,
    conference_json,
    node_json,
    participant_json,
    past_conference_json,
    past_participant_json,
    shard_json,
)
from pexip_mock.listing import page
from pexip_mock.live import Platform
from pexip_mock.refusal import Refusal
from pexip_mock.shaped import Shaped
from pexip_mock.wire import answer


class Status:
    """Handlers of status/v1 and history/v1."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._booted_at = platform.world.business

    def routes(self) -> list[web.RouteDef]:
        """All paths of status/v1 and history/v1 that the mock knows."""
        return [
            web.get(f"{STATUS}/conference/", self.conferences),
            web.get(f"{STATUS}/conference/{{id}}/", self.conference),
            web.get(f"{STATUS}/conference_shard/", self.shards),
            web.get(f"{STATUS}/participant/", self.participants),
            web.get(f"{STATUS}/participant/{{id}}/", self.participant),
            web.get(f"{STATUS}/worker_vm/", self.nodes),
            web.get(f"{STATUS}/alarm/", self.alarms),
            web.get(f"{HISTORY}/conference/", self.past_conferences),
            web.get(f"{HISTORY}/participant/", self.past_participants),
        ]

    async def conferences(self, request: web.Request) -> web.Response:
        """Running conferences, by pages."""
        facts = self._platform.world.status_conferences(request.query.get("name"))
        return answer(page(request, Shaped(facts, conference_json)))

    async def conference(self, request: web.Request) -> web.Response:
        """One running conference; 404 once it has ended."""
        facts = self._platform.world.admin.conference(request.match_info["id"])
        if facts is None:
            raise Refusal(404, "Not found")
        return answer(conference_json(facts))

    async def shards(self, request: web.Request) -> web.Response:
        """Running conferences per node, by pages."""
        world = self._platform.world
        location = world.knobs.location
        return answer(page(request, Shaped(world.status_shards(), lambda shard: shard_json(shard, location))))

    async def participants(self, request: web.Request) -> web.Response:
        """Live legs, by pages."""
        world = self._platform.world
        shown, location = world.status_participants(request.query.get("conference")), world.knobs.location
        return answer(page(request, Shaped(shown, lambda one: participant_json(one, location))))

    async def participant(self, request: web.Request) -> web.Response:
        """One live leg; 404 once it has left."""
        world = self._platform.world
        shown = world.admin.participant(request.match_info["id"])
        if shown is None:
            raise Refusal(404, "Not found")
        return answer(participant_json(shown, world.knobs.location))

    async def nodes(self, request: web.Request) -> web.Response:
        """The Conferencing Nodes."""
        world = self._platform.world
        shown = [
            node_json(index, node, world.knobs, node in world.entrance.in_maintenance, self._booted_at)
            for index, node in enumerate(world.knobs.nodes, start=1)
        ]
        return answer(page(request, shown))

    async def alarms(self, request: web.Request) -> web.Response:
        """What the platform complains of."""
        return answer(page(request, [alarm_json(alarm) for alarm in self._platform.world.sinks.alarms]))

    async def past_conferences(self, request: web.Request) -> web.Response:
        """Conferences that are over, by pages."""
        past = list(self._platform.world.news.past_conferences)
        return answer(page(request, Shaped(past, lambda one: past_conference_json(*one))))

    async def past_participants(self, request: web.Request) -> web.Response:
        """Legs that have ended, by pages."""
        world = self._platform.world
        past, location = list(world.news.past_legs), world.knobs.location
        return answer(page(request, Shaped(past, lambda one: past_participant_json(*one, location))))
