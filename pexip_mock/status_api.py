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
from pexip_mock.wire import Json, answer


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
        return answer(page(request, [conference_json(one) for one in facts]))

    async def conference(self, request: web.Request) -> web.Response:
        """One running conference; 404 once it has ended."""
        return answer(self._one([conference_json(c) for c in self._platform.world.status_conferences()], request))

    async def shards(self, request: web.Request) -> web.Response:
        """Running conferences per node, by pages."""
        world = self._platform.world
        return answer(
            page(request, [shard_json(shard, world.knobs.location_of(shard.node)) for shard in world.status_shards()])
        )

    async def participants(self, request: web.Request) -> web.Response:
        """Live legs, by pages."""
        world = self._platform.world
        shown = world.status_participants(request.query.get("conference"))
        return answer(page(request, [participant_json(one) for one in shown]))

    async def participant(self, request: web.Request) -> web.Response:
        """One live leg; 404 once it has left."""
        world = self._platform.world
        return answer(self._one([participant_json(p) for p in world.status_participants()], request))

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
        past = self._platform.world.news.past_conferences
        return answer(page(request, [past_conference_json(facts, legs) for facts, legs in past]))

    async def past_participants(self, request: web.Request) -> web.Response:
        """Legs that have ended, by pages."""
        world = self._platform.world
        past = [past_participant_json(uuid, gone) for uuid, gone in world.news.past_legs]
        return answer(page(request, past))

    @staticmethod
    def _one(objects: list[Json], request: web.Request) -> Json:
        for item in objects:
            if item["id"] == request.match_info["id"]:
                return item
        raise Refusal(404, "Not found")
