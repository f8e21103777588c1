"""The document of a whole configuration: what is in it, and how its records name each other.

    {"format": 1, "seed": 1, "knobs": {…}, "configuration": {"conference": [{…}], "event_sink": [{…}], "global": [{…}]}}

Each record is the body the configuration API takes and gives, without what the platform alone decides (ids, moments).
Where a record names another, the document says `@event_sink/1`: the first of `event_sink` in it. PINs and passwords
are in clear, as far as the API gives them back. Knobs that `knobs` does not name are at their defaults, and where
`global` names the same thing, `knobs` holds.

What is kept: everything configured, the knobs, the seed. What is not: running conferences and people in them, tokens,
the account of what happened, faults, business time. A meeting brought back from a file would have nobody behind it.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from pexip_mock.given import Given
from pexip_mock.knobs import Knobs
from pexip_mock.refusal import BadKnob
from pexip_mock.wire import Json

FORMAT = 1
DECIDED_BY_PLATFORM = frozenset(
    {"id", "resource_uri", "creation_time", "last_updated", "updated_at", "restart_date"}
    | {"scheduled_conferences", "scheduled_conferences_count"}
)


@dataclass(frozen=True, slots=True)
class WorldFile:
    """A document that was read and makes sense by itself; `records` by resource.

    `turned`: the knobs it names, all others being at their defaults; None when it says nothing of knobs.
    """

    turned: Mapping[str, object] | None
    seed: int | None
    records: Mapping[str, list[Json]]


def read_world(content: object) -> WorldFile:
    """A document as it was parsed. Raises BadInput with all faults."""
    given = Given(content)
    if given.whole("format", 0) != FORMAT:
        given.wrong("format", f"must be {FORMAT}: take a document that GET /mock/v1/world gave")
    seed = given.whole("seed", 0) if given.has("seed") else None
    turned = _turned(given.table("knobs"))
    records = _records(given.table("configuration"))
    given.close()
    given.check()
    return WorldFile(turned, seed, records)


def _records(given: Given | None) -> dict[str, list[Json]]:
    records: dict[str, list[Json]] = {}
    if given is None:
        return records
    for resource in given.names():
        value = given.raw(resource)
        if isinstance(value, list) and all(isinstance(each, dict) for each in value):
            records[resource] = value
        else:
            given.wrong(resource, "must be a list of records")
    return records


def _turned(given: Given | None) -> dict[str, object] | None:
    if given is None:
        return None
    turned: dict[str, object] = {}
    for name in given.names():
        value = given.raw(name)
        try:
            Knobs().changed({name: value})
        except BadKnob as fault:
            given.wrong(name, str(fault))
        turned[name] = value
    return turned


@dataclass(slots=True)
class Pending:
    """A record on its way in: where it stands in the document, what is there instead, what of it must come late."""

    resource: str
    number: int
    body: Json
    uri: str = ""
    present: Json = field(default_factory=dict)
    late: list[str] = field(default_factory=list)

    @property
    def label(self) -> str:
        """What others in the document call it."""
        return f"@{self.resource}/{self.number}"


def in_order(pending: list[Pending], there: Mapping[str, str]) -> Iterator[Pending]:
    """Records after those they name; where they name each other, the first goes ahead and the rest of it comes late."""
    left, known = list(pending), set(there)
    while left:
        ready = next((one for one in left if labels(one.body) <= known), left[0])
        ready.late = [key for key, value in ready.body.items() if not labels(value) <= known]
        left.remove(ready)
        known.add(ready.label)
        yield ready


def labels(value: object) -> set[str]:
    """Every record named in a value."""
    match value:
        case str():
            return {value} if re.fullmatch(r"@\w+/\d+", value) else set()
        case list():
            return set().union(*(labels(each) for each in value))
        case dict():
            return set().union(*(labels(each) for each in value.values()))
        case _:
            return set()


def parts(record: Json) -> Iterator[Json]:
    """Records shown within this one that are nothing without it: each names its owner."""
    owner = record.get("resource_uri")
    for value in record.values():
        for part in value if isinstance(value, list) else ():
            if isinstance(part, dict) and owner in part.values():
                yield part


def own(record: Json) -> Json:
    """A record without what the platform alone decides; of another record shown in it, only where that is."""
    inner, owner = list(parts(record)), record.get("resource_uri")

    def fitted(value: object) -> object:
        if not isinstance(value, dict) or "resource_uri" not in value:
            return value
        if value not in inner:
            return value["resource_uri"]
        return {name: each for name, each in own(value).items() if each != owner}

    return {
        key: [fitted(each) for each in value] if isinstance(value, list) else fitted(value)
        for key, value in record.items()
        if key not in DECIDED_BY_PLATFORM
    }


def exchanged(value: object, words: Mapping[str, str]) -> object:
    """The same, with some strings exchanged wherever they stand alone."""
    match value:
        case str():
            return words.get(value, value)
        case list():
            return [exchanged(each, words) for each in value]
        case dict():
            return {key: exchanged(each, words) for key, each in value.items()}
        case _:
            return value
