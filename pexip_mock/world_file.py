"""A whole configuration as one JSON document: written by asking the configuration API, read by giving it back to it.

    {"format": 1, "seed": 1, "knobs": {…}, "configuration": {"conference": [{…}], "event_sink": [{…}], "global": {…}}}

Each record is the body the API takes and gives, without what the platform alone decides (ids, moments). Where a record
names another, the document says `@event_sink/1`: the first of `event_sink` in it. PINs and passwords are in clear, as
far as the API gives them back.

What is kept: everything configured, the knobs, the seed. What is not: running conferences and people in them, tokens,
the account of what happened, faults, business time. A meeting brought back from a file would have nobody behind it.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field

import aiohttp

from pexip_mock.front import INSIDE
from pexip_mock.given import BadInput, Given, Wrong
from pexip_mock.knobs import Knobs
from pexip_mock.live import Platform
from pexip_mock.operations import ADMIN
from pexip_mock.refusal import BadKnob
from pexip_mock.wire import Json, basic_header

FORMAT = 1
PREFIX = f"{ADMIN}/configuration/v1/"
TABLE = re.compile(re.escape(PREFIX) + r"(\w+)/")
SINGLE = re.compile(re.escape(PREFIX) + r"(\w+)/1/")
DECIDED_BY_PLATFORM = frozenset(
    {"id", "resource_uri", "creation_time", "scheduled_conferences", "scheduled_conferences_count"}
)


@dataclass(frozen=True, slots=True)
class WorldFile:
    """A document that was read and makes sense by itself; `records` and `singles` by resource."""

    knobs: Knobs
    seed: int | None
    records: Mapping[str, list[Json]]
    singles: Mapping[str, Json]


def read_world(content: object, base: Knobs) -> WorldFile:
    """A document as it was parsed; `base` are the knobs it does not name. Raises BadInput with all faults."""
    given = Given(content)
    if given.whole("format", 0) != FORMAT:
        given.wrong("format", f"must be {FORMAT}: take a document that GET /mock/v1/world gave")
    seed = given.whole("seed", 0) if given.has("seed") else None
    knobs = _knobs(given.table("knobs"), base)
    records: dict[str, list[Json]] = {}
    singles: dict[str, Json] = {}
    configuration = given.table("configuration")
    for resource in configuration.names() if configuration is not None else ():
        assert configuration is not None
        value = configuration.raw(resource)
        if isinstance(value, dict):
            singles[resource] = value
        elif isinstance(value, list) and all(isinstance(each, dict) for each in value):
            records[resource] = value
        else:
            configuration.wrong(resource, "must be a list of records, or one record")
    given.close()
    given.check()
    return WorldFile(knobs, seed, records, singles)


def _knobs(given: Given | None, base: Knobs) -> Knobs:
    knobs = base
    for name in given.names() if given is not None else ():
        assert given is not None
        try:
            knobs = knobs.changed({name: given.raw(name)})
        except BadKnob as fault:
            given.wrong(name, str(fault))
    return knobs


@dataclass(slots=True)
class _Pending:
    """A record on its way in: where it stands in the document, and what of it names records not there yet."""

    resource: str
    number: int
    body: Json
    uri: str = ""
    late: list[str] = field(default_factory=list)

    @property
    def label(self) -> str:
        """What others in the document call it."""
        return f"@{self.resource}/{self.number}"


class Archive:
    """Writes and reads the configuration of a running mock. `management` is the URL of its Management Node."""

    def __init__(self, platform: Platform, management: str) -> None:
        self._platform = platform
        self._management = management

    async def dump(self) -> Json:
        """The document of this moment."""
        async with self._session() as http:
            tables = {resource: await self._listed(http, resource) for resource in self._tables()}
            nested = {uri for records in tables.values() for record in records for uri in _uris_within(record)}
            kept = {
                resource: [record for record in records if record["resource_uri"] not in nested]
                for resource, records in tables.items()
            }
            labels = {
                str(record["resource_uri"]): f"@{resource}/{number}"
                for resource, records in kept.items()
                for number, record in enumerate(records, start=1)
            }
            configuration: Json = {
                resource: [_exchanged(_own(record), labels) for record in records]
                for resource, records in kept.items()
                if records
            }
            for resource in self._singles():
                status, record = await self._call(http, "GET", f"{PREFIX}{resource}/1/")
                if status == 200 and isinstance(record, dict):
                    configuration[resource] = _exchanged(_own(record), labels)
        knobs = asdict(self._platform.world.knobs)
        knobs["nodes"] = list(knobs["nodes"])
        return {"format": FORMAT, "seed": self._platform.seed, "knobs": knobs, "configuration": configuration}

    async def load(self, file: WorldFile) -> None:
        """Make the configuration this one; what is not in it is deleted. Every node knows of it at once.

        Raises BadInput when it cannot be this mock's, before anything is changed, or with what the API refused of it:
        then the rest of it stands.
        """
        self._check(file)
        faults: list[Wrong] = []
        self._platform.world.knobs = file.knobs.changed({"replication_delay_s": 0.0})
        try:
            async with self._session() as http:
                await self._replace(http, file, faults)
        finally:
            world = self._platform.world
            world.knobs = world.knobs.changed({"replication_delay_s": file.knobs.replication_delay_s})
        self._platform.catch_up()
        if faults:
            raise BadInput(faults)

    def _check(self, file: WorldFile) -> None:
        faults = []
        if file.knobs.nodes != self._platform.world.knobs.nodes:
            faults.append(Wrong("/knobs/nodes", "cannot change while it runs: start with pexip-mock run --world FILE"))
        if file.seed not in (None, self._platform.seed):
            faults.append(Wrong("/seed", "holds from the start only: leave it out, or start with --world or --seed"))
        known = {**dict.fromkeys(self._tables(), list), **dict.fromkeys(self._singles(), dict)}
        faults += [
            Wrong(f"/configuration/{resource}", "is no resource of this mock: leave it out")
            for resource in (*file.records, *file.singles)
            if resource not in known
        ]
        if faults:
            raise BadInput(faults)

    async def _replace(self, http: aiohttp.ClientSession, file: WorldFile, faults: list[Wrong]) -> None:
        present = {resource: await self._listed(http, resource) for resource in self._tables()}
        pending = [
            _Pending(resource, number, record)
            for resource, records in file.records.items()
            for number, record in enumerate(records, start=1)
        ]
        for resource, records in present.items():
            await self._make_room(http, records, [one for one in pending if one.resource == resource])
        uris = {one.label: one.uri for one in pending if one.uri}
        for one in _in_order(pending, uris):
            now = {key: value for key, value in one.body.items() if key not in one.late}
            await self._put(http, one, _exchanged(now, uris), faults)
            if one.uri:
                uris[one.label] = one.uri
        for one in pending:
            if one.late:
                rest = {key: one.body[key] for key in one.late}
                await self._put(http, one, _exchanged(rest, uris), faults)
        for resource, body in file.singles.items():
            single = _Pending(resource, 1, body, f"{PREFIX}{resource}/1/")
            await self._put(http, single, _exchanged(body, uris), faults)

    async def _make_room(self, http: aiohttp.ClientSession, present: list[Json], wanted: list[_Pending]) -> None:
        """Delete what is there, but for records that stand where the document has one of that name: these change."""
        by_name = {one.body.get("name"): one for one in wanted}
        in_place = 0
        for record in present:
            same = by_name.get(record.get("name")) if record.get("name") else None
            stays = same is not None and wanted[in_place] is same
            in_place += stays
            status = 0
            if not stays:
                status, _ = await self._call(http, "DELETE", str(record["resource_uri"]))
            if same is not None and (stays or status >= 400):
                same.uri = str(record["resource_uri"])

    async def _put(self, http: aiohttp.ClientSession, one: _Pending, body: object, faults: list[Wrong]) -> None:
        """Create a record, or change the one that has its name; what the API refused is a fault."""
        if one.uri:
            status, answered = await self._call(http, "PATCH", one.uri, body)
        else:
            status, answered = await self._call(http, "POST", f"{PREFIX}{one.resource}/", body)
            if status == 201:
                one.uri = str(answered)
        if status >= 400:
            faults.append(
                Wrong(
                    f"/configuration/{one.resource}/{one.number - 1}", f"the configuration API refused it: {answered}"
                )
            )

    async def _listed(self, http: aiohttp.ClientSession, resource: str) -> list[Json]:
        found: list[Json] = []
        path: object = f"{PREFIX}{resource}/"
        while isinstance(path, str):
            status, body = await self._call(http, "GET", path)
            if status != 200 or not isinstance(body, dict):
                return found
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

    def _tables(self) -> list[str]:
        return sorted(self._resources(TABLE, "POST"))

    def _singles(self) -> list[str]:
        return sorted(self._resources(SINGLE, "PATCH"))

    def _resources(self, pattern: re.Pattern[str], method: str) -> Iterator[str]:
        """Resources that can be read, and written by this method, at such a path: the mock's own routes say so."""
        for route in self._platform.routes:
            asked, _, path = route.partition(" ")
            found = pattern.fullmatch(path)
            if asked == method and found is not None and f"GET {path}" in self._platform.routes:
                yield found[1]


def _in_order(pending: list[_Pending], there: Mapping[str, str]) -> Iterator[_Pending]:
    """Records after those they name; where they name each other, the first goes ahead and the rest of it comes late."""
    left, known = list(pending), set(there)
    while left:
        ready = next((one for one in left if _labels(one.body) <= known), left[0])
        ready.late = [key for key, value in ready.body.items() if not _labels(value) <= known]
        left.remove(ready)
        known.add(ready.label)
        yield ready


def _labels(value: object) -> set[str]:
    """Every record named in a value."""
    match value:
        case str():
            return {value} if re.fullmatch(r"@\w+/\d+", value) else set()
        case list():
            return set().union(*(_labels(each) for each in value))
        case dict():
            return set().union(*(_labels(each) for each in value.values()))
        case _:
            return set()


def _uris_within(record: Json) -> Iterator[str]:
    """Records of other resources that are shown as parts of this one."""
    for value in record.values():
        for part in value if isinstance(value, list) else ():
            if isinstance(part, dict) and "resource_uri" in part:
                yield str(part["resource_uri"])


def _own(record: Json) -> Json:
    """A record without what the platform alone decides; a part of it also without the way back."""
    kept: Json = {}
    back = record.get("resource_uri")
    for key, value in record.items():
        if key in DECIDED_BY_PLATFORM:
            continue
        if isinstance(value, list):
            value = [
                {k: v for k, v in _own(part).items() if v != back} if isinstance(part, dict) else part for part in value
            ]
        kept[key] = value
    return kept


def _exchanged(value: object, words: Mapping[str, str]) -> object:
    """The same, with some strings exchanged wherever they stand alone."""
    match value:
        case str():
            return words.get(value, value)
        case list():
            return [_exchanged(each, words) for each in value]
        case dict():
            return {key: _exchanged(each, words) for key, each in value.items()}
        case _:
            return value
