"""The configuration API of the Management Node over HTTP: VMRs and their aliases, the location, sinks, policy, timers.

Writes answer as the vendor's framework does: 201 with an empty body and a Location, 202, 204. Paths end in a slash.
"""

import hmac
from collections.abc import Awaitable, Callable
from dataclasses import replace

from aiohttp import web

from pexip_mock.front import answer_created, basic_credentials
from pexip_mock.listing import page
from pexip_mock.live import Platform
from pexip_mock.operations import ADMIN
from pexip_mock.policy import PolicyServer
from pexip_mock.refusal import FieldErrors, Refusal
from pexip_mock.shaped import Shaped
from pexip_mock.sink_feeds import Sink
from pexip_mock.stored import Table
from pexip_mock.vmr_json import ALIAS_URI, URI, alias_json, vmr_from, vmr_json
from pexip_mock.vmrs import Alias, Vmr
from pexip_mock.wire import Json, answer, body_of, text

CONFIGURATION = f"{ADMIN}/configuration/v1"
TIMERS = {
    "waiting_for_chair_timeout": "waiting_for_chair_timeout",
    "guests_only_timeout": "guests_only_timeout",
    "pin_entry_timeout": "pin_entry_timeout",
    "eject_last_participant_backstop_timeout": "eject_last_participant_backstop_timeout",
    "es_connection_timeout": "sink_timeout_s",
    "es_initial_retry_backoff": "sink_backoff_first_s",
    "es_maximum_retry_backoff": "sink_backoff_last_s",
    "min_pin_length": "min_pin_length",
    "bdpm_pin_checks_enabled": "break_in_checks",
    "bdpm_max_pin_failures_per_window": "break_in_max_wrong_pins",
}
SINK_FIELDS: Json = {
    "name": "",
    "description": "",
    "url": "",
    "username": "",
    "password": "",
    "version": 2,
    "bulk_support": False,
    "verify_tls_certificate": False,
}
POLICY_FIELDS: Json = {
    "name": "",
    "description": "",
    "url": "",
    "username": "",
    "password": "",
    "enable_service_lookup": False,
    "enable_participant_lookup": False,
    "enable_media_location_lookup": False,
    "enable_avatar_lookup": False,
    "enable_directory_lookup": False,
    "enable_registration_lookup": False,
}
LOCATION_FIELDS: Json = {"name": "", "description": "", "event_sinks": [], "policy_server": None}


class Configuration:
    """Handlers of configuration/v1."""

    def __init__(self, platform: Platform, policy: PolicyServer) -> None:
        self._platform = platform
        self._policy = policy
        self._sinks = Table("event_sink", SINK_FIELDS)
        self._policies = Table("policy_server", POLICY_FIELDS)
        self._locations = Table("system_location", LOCATION_FIELDS, {"name": platform.world.knobs.location})

    def routes(self) -> list[web.RouteDef]:
        """All paths of configuration/v1."""
        conference, alias = f"{CONFIGURATION}/conference/", f"{CONFIGURATION}/conference_alias/"
        return [
            web.get(conference, self.list_vmrs),
            web.post(conference, self.create_vmr),
            web.delete(conference, self.wipe_vmrs),
            web.get(conference + "{id}/", self.read_vmr),
            web.patch(conference + "{id}/", self.patch_vmr),
            web.put(conference + "{id}/", self.put_vmr),
            web.delete(conference + "{id}/", self.delete_vmr),
            web.get(alias, self.list_aliases),
            web.post(alias, self.create_alias),
            web.get(alias + "{id}/", self.read_alias),
            web.delete(alias + "{id}/", self.delete_alias),
            web.get(f"{CONFIGURATION}/global/1/", self.read_global),
            web.patch(f"{CONFIGURATION}/global/1/", self.patch_global),
            *self._table_routes(self._sinks),
            *self._table_routes(self._policies),
            *self._table_routes(self._locations),
        ]

    async def list_vmrs(self, request: web.Request) -> web.Response:
        """VMRs, by pages."""
        vmrs = self._platform.world.directory.listed(request.query.get("name"))
        return answer(page(request, Shaped(vmrs, vmr_json)))

    async def create_vmr(self, request: web.Request) -> web.Response:
        """A new VMR; dialable once replicated."""
        draft = vmr_from(await body_of(request), Vmr(name=""))
        return answer_created(f"{URI}{self._platform.world.create_vmr(draft)}/")

    async def wipe_vmrs(self, _request: web.Request) -> web.Response:
        """DELETE on the list deletes every VMR on the real platform; here only when a knob allows it."""
        world = self._platform.world
        if not world.knobs.allow_list_delete:
            raise Refusal(403, "This mock refuses to delete every VMR at once")
        for vmr_id in list(world.directory.records):
            world.delete_vmr(vmr_id)
        return web.Response(status=204)

    async def read_vmr(self, request: web.Request) -> web.Response:
        """One VMR."""
        return answer(vmr_json(self._platform.world.directory.get(_id(request))))

    async def patch_vmr(self, request: web.Request) -> web.Response:
        """Change some fields of a VMR; lists are replaced whole."""
        body, world = await body_of(request), self._platform.world
        world.change_vmr(vmr_from(body, world.directory.get(_id(request))))
        return answer(vmr_json(world.directory.get(_id(request))), 202)

    async def put_vmr(self, request: web.Request) -> web.Response:
        """Replace a VMR; what is not named falls back to its default."""
        body, world = await body_of(request), self._platform.world
        former = world.directory.get(_id(request))
        world.change_vmr(vmr_from(body, Vmr(name="", id=former.id, created_at=former.created_at)))
        return web.Response(status=204)

    async def delete_vmr(self, request: web.Request) -> web.Response:
        """Delete one VMR."""
        self._platform.world.delete_vmr(_id(request))
        return web.Response(status=204)

    async def list_aliases(self, request: web.Request) -> web.Response:
        """All aliases, by pages."""
        records = self._platform.world.directory.records.values()
        rows = [(alias, vmr) for vmr in records for alias in vmr.aliases]
        return answer(page(request, Shaped(rows, lambda row: alias_json(*row))))

    async def create_alias(self, request: web.Request) -> web.Response:
        """One more alias for a VMR."""
        body, world = await body_of(request), self._platform.world
        vmr_id = text(body, "conference").rstrip("/").rpartition("/")[2]
        if not vmr_id.isdigit() or int(vmr_id) not in world.directory.records:
            raise Refusal(400, FieldErrors("conference_alias", (("conference", "This field is required."),)))
        vmr = world.directory.get(int(vmr_id))
        try:
            world.change_vmr(
                replace(vmr, aliases=(*vmr.aliases, Alias(text(body, "alias"), text(body, "description"))))
            )
        except Refusal as refusal:
            if isinstance(refusal.result, FieldErrors):
                faults = tuple(("alias", sentence) for _, sentence in refusal.result.faults)
                raise Refusal(400, FieldErrors("conference_alias", faults)) from None
            raise
        return answer_created(f"{ALIAS_URI}{world.directory.get(vmr.id).aliases[-1].id}/")

    async def read_alias(self, request: web.Request) -> web.Response:
        """One alias."""
        vmr, alias = self._alias(_id(request))
        return answer(alias_json(alias, vmr))

    async def delete_alias(self, request: web.Request) -> web.Response:
        """Take one alias from its VMR."""
        vmr, gone = self._alias(_id(request))
        self._platform.world.change_vmr(replace(vmr, aliases=tuple(a for a in vmr.aliases if a.id != gone.id)))
        return web.Response(status=204)

    async def read_global(self, _request: web.Request) -> web.Response:
        """The platform's timers, in seconds."""
        return answer(self._global())

    async def patch_global(self, request: web.Request) -> web.Response:
        """Set timers; they hold for what begins from now on."""
        body, world = await body_of(request), self._platform.world
        try:
            world.knobs = world.knobs.changed({knob: body[key] for key, knob in TIMERS.items() if key in body})
        except ValueError as fault:
            raise Refusal(400, str(fault)) from None
        return answer(self._global(), 202)

    def attach_sink(self, body: Json) -> int:
        """Create an event sink and attach it to the location; its id."""
        sink_id = self._sinks.create(body)
        location = self._locations.get(1)
        sinks = location["event_sinks"]
        assert isinstance(sinks, list)
        self._locations.change(1, {"event_sinks": [*sinks, f"{CONFIGURATION}/event_sink/{sink_id}/"]})
        self._apply_location()
        return sink_id

    def _global(self) -> Json:
        knobs = self._platform.world.knobs
        return {"id": 1, "resource_uri": f"{CONFIGURATION}/global/1/"} | {
            key: getattr(knobs, knob) for key, knob in TIMERS.items()
        }

    def _alias(self, alias_id: int) -> tuple[Vmr, Alias]:
        vmr = self._platform.world.directory.with_alias(alias_id)
        return vmr, next(alias for alias in vmr.aliases if alias.id == alias_id)

    def _table_routes(self, table: Table) -> list[web.RouteDef]:
        async def listed(request: web.Request) -> web.Response:
            return answer(page(request, [table.shown(record_id) for record_id in table.records]))

        async def created(request: web.Request) -> web.Response:
            return answer_created(f"{CONFIGURATION}/{table.resource}/{table.create(await body_of(request))}/")

        async def read(request: web.Request) -> web.Response:
            return answer(table.shown(_id(request)))

        async def patched(request: web.Request) -> web.Response:
            table.change(_id(request), await body_of(request))
            self._apply_location()
            return answer(table.shown(_id(request)), 202)

        async def deleted(request: web.Request) -> web.Response:
            table.delete(_id(request))
            self._apply_location()
            return web.Response(status=204)

        path = f"{CONFIGURATION}/{table.resource}/"
        return [
            web.get(path, listed),
            web.post(path, created),
            web.get(path + "{id}/", read),
            web.patch(path + "{id}/", patched),
            web.delete(path + "{id}/", deleted),
        ]

    def _apply_location(self) -> None:
        """A sink or policy profile works only while it is attached to the location."""
        location = self._locations.get(1)
        attached = location["event_sinks"]
        wanted = {
            record_id
            for record_id in self._sinks.records
            if isinstance(attached, list) and f"{CONFIGURATION}/event_sink/{record_id}/" in attached
        }
        feeds = self._platform.world.sinks
        present = {sink_id for sink_id, _ in feeds.feeds}
        for sink_id in present - wanted:
            feeds.detach(sink_id)
        for sink_id in sorted(wanted - present):
            self._platform.on_new_feeds(feeds.attach(_sink(sink_id, self._sinks.get(sink_id))))
        policy = str(location["policy_server"] or "").rstrip("/").rpartition("/")[2]
        self._policy.attached = self._policies.records.get(int(policy)) if policy.isdigit() else None


def authenticated(platform: Platform) -> Callable[..., Awaitable[web.StreamResponse]]:
    """Middleware: Basic authentication of the Management Node."""

    @web.middleware
    async def check(
        request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        user, password = basic_credentials(request)
        right = hmac.compare_digest(user, platform.user) & hmac.compare_digest(password, platform.password)
        if request.path.startswith("/api/") and not right:
            return web.Response(status=401, headers={"WWW-Authenticate": 'Basic realm="Management"'})
        return await handler(request)

    return check


def _sink(sink_id: int, record: Json) -> Sink:
    version = record["version"]
    return Sink(
        id=sink_id,
        name=str(record["name"]),
        url=str(record["url"]),
        user=str(record["username"]),
        password=str(record["password"]),
        version=version if isinstance(version, int) else 2,
        bulk=record["bulk_support"] is True,
    )


def _id(request: web.Request) -> int:
    value = request.match_info["id"]
    if not value.isdigit():
        raise Refusal(404, "Not found")
    return int(value)
