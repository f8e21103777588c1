"""The configuration of a running mock as a document, by way of its own configuration API: asked to write it, and given
it back to read it. So a resource the API learns to keep is in the document by itself.
"""

import re
from dataclasses import asdict

import aiohttp

from pexip_mock.front import INSIDE
from pexip_mock.given import BadInput, Wrong
from pexip_mock.knobs import Knobs
from pexip_mock.live import Platform
from pexip_mock.operations import ADMIN
from pexip_mock.wire import Json, basic_header
from pexip_mock.world_document import FORMAT, Pending, WorldFile, exchanged, in_order, own, parts

PREFIX = f"{ADMIN}/configuration/v1/"
_LIST = re.compile(re.escape(f"GET {PREFIX}") + r"(\w+)/(1/)?")


class Archive:
    """Writes and reads the configuration of a running mock. `management` is the URL of its Management Node."""

    def __init__(self, platform: Platform, management: str) -> None:
        self._platform = platform
        self._management = management

    async def dump(self) -> Json:
        """The document of this moment."""
        async with self._session() as http:
            tables = await self._tables(http)
        labels = {
            str(record["resource_uri"]): f"@{resource}/{number}"
            for resource, records in tables.items()
            for number, record in enumerate(records, start=1)
        }
        configuration = {
            resource: [exchanged(own(record), labels) for record in records]
            for resource, records in tables.items()
            if records
        }
        standard = asdict(Knobs())
        turned = {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in asdict(self._platform.world.knobs).items()
            if value != standard[name]
        }
        return {"format": FORMAT, "seed": self._platform.seed, "knobs": turned, "configuration": configuration}

    async def load(self, file: WorldFile) -> None:
        """Make the configuration this one; what is not in it is deleted. Every node knows of it at once.

        Raises BadInput when it cannot be this mock's, before anything is changed, or with what the API refused of it:
        then the rest of it stands.
        """
        self._check(file)
        faults: list[Wrong] = []
        world = self._platform.world
        knobs = world.knobs if file.turned is None else Knobs().changed(dict(file.turned))
        world.knobs = knobs.changed({"replication_delay_s": 0.0})
        try:
            async with self._session() as http:
                await self._replace(http, file, faults)
        finally:
            restored = {"replication_delay_s": knobs.replication_delay_s, **(file.turned or {})}
            world.knobs = world.knobs.changed(restored)
        self._platform.catch_up()
        if faults:
            raise BadInput(faults)

    def _check(self, file: WorldFile) -> None:
        faults = []
        nodes = self._platform.world.knobs.nodes
        if file.turned is not None and Knobs().changed(dict(file.turned)).nodes != nodes:
            faults.append(Wrong("/knobs/nodes", "cannot change while it runs: start with pexip-mock run --world FILE"))
        if file.seed not in (None, self._platform.seed):
            faults.append(Wrong("/seed", "holds from the start only: leave it out, or start with --world or --seed"))
        faults += [
            Wrong(f"/configuration/{resource}", "is no resource of this mock: leave it out")
            for resource in file.records
            if resource not in self._paths()
        ]
        if faults:
            raise BadInput(faults)

    async def _replace(self, http: aiohttp.ClientSession, file: WorldFile, faults: list[Wrong]) -> None:
        pending = [
            Pending(resource, number, record)
            for resource, records in file.records.items()
            for number, record in enumerate(records, start=1)
        ]
        for resource, present in (await self._tables(http)).items():
            await self._make_room(http, resource, present, [one for one in pending if one.resource == resource])
        uris = {one.label: one.uri for one in pending if one.uri}
        for one in in_order(pending, uris):
            body = exchanged({key: value for key, value in one.body.items() if key not in one.late}, uris)
            if body != one.present:  # what the platform itself keeps, and lets nobody change, is the same everywhere
                await self._put(http, one, body, faults)
            if one.uri:
                uris[one.label] = one.uri
        for one in pending:
            if one.late:
                await self._put(http, one, exchanged({key: one.body[key] for key in one.late}, uris), faults)

    async def _make_room(
        self, http: aiohttp.ClientSession, resource: str, present: list[Json], wanted: list[Pending]
    ) -> None:
        """Delete what is there, but for records that stand where the document has one of that name: these change.

        What nobody can create is changed where it stands.
        """
        creatable = f"POST {PREFIX}{resource}/" in self._platform.routes
        by_name = {one.body.get("name"): one for one in wanted if one.body.get("name")}
        in_place = 0
        for record in present:
            name, following = record.get("name"), next(iter(wanted[in_place:]), None)
            same = by_name.get(name) if name or creatable else following
            stays = same is not None and same is following
            in_place += stays
            status = 0
            if creatable and not stays:
                status, _ = await self._call(http, "DELETE", str(record["resource_uri"]))
            if same is not None and (stays or not creatable or status >= 400):
                same.uri, same.present = str(record["resource_uri"]), own(record)

    async def _put(self, http: aiohttp.ClientSession, one: Pending, body: object, faults: list[Wrong]) -> None:
        """Create a record, or change the one in its place; what the API refused is a fault."""
        if one.uri:
            status, answered = await self._call(http, "PATCH", one.uri, body)
        else:
            status, answered = await self._call(http, "POST", f"{PREFIX}{one.resource}/", body)
            if status == 201:
                one.uri = str(answered)
        if status >= 400:
            at = f"/configuration/{one.resource}/{one.number - 1}"
            faults.append(Wrong(at, f"the configuration API refused it: {answered}"))

    async def _tables(self, http: aiohttp.ClientSession) -> dict[str, list[Json]]:
        """Every record there is by resource, without those that are parts of another."""
        tables = {resource: await self._listed(http, path) for resource, path in self._paths().items()}
        nested = {part["resource_uri"] for records in tables.values() for one in records for part in parts(one)}
        return {
            resource: [record for record in records if record["resource_uri"] not in nested]
            for resource, records in tables.items()
        }

    async def _listed(self, http: aiohttp.ClientSession, path: object) -> list[Json]:
        found: list[Json] = []
        while isinstance(path, str):
            status, body = await self._call(http, "GET", path)
            if status != 200 or not isinstance(body, dict):
                return found
            if "objects" not in body:
                return [body]
            found += body["objects"]
            path = body["meta"]["next"]
        return found

    async def _call(
        self, http: aiohttp.ClientSession, method: str, path: str, body: object = None
    ) -> tuple[int, object]:
        """Status and body; of a creation, where the new record is."""
        async with http.request(method, f"{self._management}{path}", json=body) as response:
            if response.status == 201:
                return 201, response.headers["Location"]
            if response.content_type == "application/json" and await response.read():
                return response.status, await response.json()
            return response.status, await response.text()

    def _session(self) -> aiohttp.ClientSession:
        platform = self._platform
        return aiohttp.ClientSession(
            headers={INSIDE: platform.inside, **basic_header(platform.user, platform.password)}
        )

    def _paths(self) -> dict[str, str]:
        """Where each resource is listed, or the only record of one is: the mock's own routes say so."""
        routes = sorted(self._platform.routes)
        return {found[1]: found[0].removeprefix("GET ") for route in routes if (found := _LIST.fullmatch(route))}
