"""The status and history APIs of the Management Node: read only, and a little behind the nodes."""

from collections.abc import Callable, Mapping, Sequence

from aiohttp import web

from pexip_mock import status_fields as fields
from pexip_mock.admin_shapes import alarm_json, conference_json, participant_json, shard_json
from pexip_mock.endpoints import describing, reading, root
from pexip_mock.history_shapes import past_alarm_json, past_conference_json, past_participant_json
from pexip_mock.listing import page
from pexip_mock.live import Platform
from pexip_mock.media_shapes import streams_json
from pexip_mock.resource import ANY, Resource, not_found, one_of
from pexip_mock.shaped import Shaped
from pexip_mock.site import Site
from pexip_mock.system_shapes import licensing_json, location_json, management_json, node_json
from pexip_mock.wire import Json, answer

Rows = Callable[[Mapping[str, str]], Sequence[Json]]
Find = Callable[[str], Json | None]


class Told:
    """A resource whose objects are made anew each time they are asked for; `find` looks up one of very many."""

    def __init__(self, resource: Resource, rows: Rows, find: Find | None = None) -> None:
        self.resource = resource
        self._rows = rows
        self._find = find

    def rows(self, wanted: Mapping[str, str] = ANY) -> Sequence[Json]:
        """Every object, or those that are wanted."""
        return self._rows(wanted)

    def row(self, key: str) -> Json:
        """One object. Raises Refusal 404, also when it has ended."""
        if self._find is None:
            return one_of(self._rows(ANY), key)
        found = self._find(key)
        if found is None:
            raise not_found()
        return found

    def reach(self, row: Json, path: str) -> object:
        """A field of the object; of the related conference, its name."""
        return row.get("conference_name" if path == "conference__name" else path)


class Status:
    """Handlers of status/v1 and history/v1."""

    def __init__(self, platform: Platform, site: Site) -> None:
        self._platform = platform
        self._site = site
        self._booted_at = platform.world.business
        self._past = (
            Told(fields.PAST_CONFERENCE, self._past_conferences),
            Told(fields.PAST_PARTICIPANT, self._past_participants),
            Told(fields.PAST_ALARM, lambda _: [past_alarm_json(one) for one in platform.world.sinks.past_alarms]),
        )
        self._present = (
            Told(fields.CONFERENCE, self._conferences, self._conference),
            Told(fields.CONFERENCE_SHARD, self._shards),
            Told(fields.PARTICIPANT, self._participants, self._participant),
            Told(fields.WORKER_VM, self._nodes),
            Told(fields.SYSTEM_LOCATION, self._locations),
            Told(fields.ALARM, lambda _: [alarm_json(one) for one in platform.world.sinks.alarms]),
            Told(fields.LICENSING, lambda _: [licensing_json(platform.world)]),
            Told(fields.MANAGEMENT_VM, lambda _: [management_json(platform.world)]),
            Told(fields.REGISTRATION_ALIAS, lambda _: []),
        )

    def routes(self) -> list[web.RouteDef]:
        """All paths of status/v1 and history/v1 that the mock serves."""
        return [
            root("status/v1", "", tuple(told.resource for told in self._present)),
            root("history/v1", "", tuple(told.resource for told in self._past)),
            *(route for told in (*self._present, *self._past) for route in reading(told)),
            web.delete(fields.PAST_CONFERENCE.path + "{id}/", self.forget_conference),
            *describing(fields.MEDIA_STREAM),
            web.get(fields.MEDIA_STREAM.path, self.media_streams),
        ]

    async def media_streams(self, request: web.Request) -> web.Response:
        """The streams of one live leg, by pages; 404 once it has left."""
        world, wanted = self._platform.world, request.match_info["id"]
        shown = world.admin.participant(wanted)
        if shown is None:
            raise not_found()
        return answer(page(request, Told(fields.MEDIA_STREAM, lambda _: streams_json(shown, world.business))))

    async def forget_conference(self, request: web.Request) -> web.Response:
        """Take one conference, and everybody who was in it, from the history."""
        if not self._platform.world.news.forget(request.match_info["id"]):
            raise not_found()
        return web.Response(status=204)

    def _conferences(self, wanted: Mapping[str, str]) -> Sequence[Json]:
        return Shaped(self._platform.world.status_conferences(wanted.get("name")), conference_json)

    def _conference(self, uuid: str) -> Json | None:
        facts = self._platform.world.admin.conference(uuid)
        return conference_json(facts) if facts is not None else None

    def _shards(self, _: Mapping[str, str]) -> Sequence[Json]:
        world = self._platform.world
        return Shaped(world.status_shards(), lambda shard: shard_json(shard, world.locations.of(shard.node)))

    def _participants(self, wanted: Mapping[str, str]) -> Sequence[Json]:
        return Shaped(self._platform.world.status_participants(wanted.get("conference")), participant_json)

    def _participant(self, uuid: str) -> Json | None:
        shown = self._platform.world.admin.participant(uuid)
        return participant_json(shown) if shown is not None else None

    def _nodes(self, _: Mapping[str, str]) -> list[Json]:
        world = self._platform.world
        return [node_json(world, index, node, self._booted_at) for index, node in self._site.nodes.records.items()]

    def _locations(self, _: Mapping[str, str]) -> list[Json]:
        world, locations = self._platform.world, self._site.locations.records
        return [location_json(world, index, str(location["name"])) for index, location in locations.items()]

    def _past_conferences(self, _: Mapping[str, str]) -> Sequence[Json]:
        past = list(self._platform.world.news.past_conferences)
        return Shaped(past, lambda one: past_conference_json(*one))

    def _past_participants(self, _: Mapping[str, str]) -> Sequence[Json]:
        past = list(self._platform.world.news.past_legs)
        return Shaped(past, lambda one: past_participant_json(*one))
