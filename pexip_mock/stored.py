"""Configuration the mock keeps and returns as it was given; who reads it decides what of it acts."""

from collections.abc import Callable, Mapping, Sequence
from itertools import count
from uuid import NAMESPACE_URL, uuid5

from pexip_mock.fields import Type
from pexip_mock.refusal import Refusal
from pexip_mock.resource import ANY, Resource, not_found
from pexip_mock.shaped import Shaped
from pexip_mock.wire import Json, moment

Record = dict[str, object]
Find = Callable[[str, object], Record | None]
"""The record of this resource under this URI."""
Display = Callable[[Json], Json]


class Table:
    """The objects of one resource: records by id, each with every field.

    `find` looks up objects of other resources; `now` is the platform's time; `first` are records the platform comes
    with; `display` may show a record otherwise than it is kept.
    """

    def __init__(
        self,
        resource: Resource,
        find: Find,
        now: Callable[[], float],
        first: tuple[Record, ...] = (),
        display: Display | None = None,
    ) -> None:
        self.resource = resource
        self._find = find
        self._now = now
        self._display = display
        self._ids = count(1)
        self.records: dict[int, Record] = {}
        for record in first:
            self._kept(next(self._ids), resource.blank() | record)

    def rows(self, wanted: Mapping[str, str] = ANY) -> Sequence[Json]:
        """Every record as the API shows it."""
        return Shaped(list(self.records), self.shown)

    def row(self, key: str) -> Json:
        """One record as the API shows it. Raises Refusal 404."""
        return self.shown(self.id_of(key))

    def reach(self, row: Json, path: str) -> object:
        """The value of a field of this record, or those of the objects it is related to."""
        name, _, inner = path.partition("__")
        field = self.resource.field(name)
        if not inner or field is None:
            return row.get(path)
        value = row[name]
        related = value if isinstance(value, list) else [value]
        uris = [one["resource_uri"] if isinstance(one, dict) else one for one in related]
        return [found[inner] for uri in uris if (found := self._find(field.to, uri)) is not None]

    def create(self, body: Json) -> int:
        """Keep a new record; its id. Raises Refusal 400."""
        record = self.resource.cleaned(body, None, self._exists)
        self._check_unique(record, own=0)
        return self._kept(next(self._ids), record)

    def change(self, key: str, body: Json, *, whole: bool) -> None:
        """Change a record. Raises Refusal 404 and 400."""
        record_id = self.id_of(key)
        former = self.records[record_id]
        record = self.resource.cleaned(body, None if whole else former, self._exists)
        self._check_unique(record, own=record_id)
        self.records[record_id] = former | record
        if self.resource.field("updated_at"):
            self.records[record_id]["updated_at"] = moment(self._now())

    def delete(self, key: str) -> None:
        """Forget a record. Raises Refusal 404."""
        del self.records[self.id_of(key)]

    def tidy(self) -> None:
        """Let go of related objects that are no more. Raises Refusal 400 where one is needed."""
        for record_id, record in self.records.items():
            for field in self.resource.fields:
                if field.type is not Type.RELATED or field.readonly:
                    continue
                value = record[field.name]
                if isinstance(value, list):
                    left: object = [uri for uri in value if self._exists(field.to, uri)]
                else:
                    left = value if value is None or self._exists(field.to, str(value)) else None
                if left is None and not field.nullable:
                    raise Refusal(400, f"Cannot delete {value}: {self.resource.uri(record_id)} needs it.")
                if left != value:
                    self.records[record_id] = self.records[record_id] | {field.name: left}

    def id_of(self, key: str) -> int:
        """The id a key means. Raises Refusal 404."""
        if not (key.isascii() and key.isdigit()) or int(key) not in self.records:
            raise not_found()
        return int(key)

    def by_uri(self, uri: object) -> Record | None:
        """The record under this URI."""
        key = self.resource.key_in(uri) if isinstance(uri, str) else None
        return self.records.get(int(key)) if key is not None and key.isascii() and key.isdigit() else None

    def shown(self, record_id: int) -> Json:
        """The record as the API shows it."""
        given = self.records[record_id] | {"id": record_id, "resource_uri": self.resource.uri(record_id)}
        row = {field.name: given.get(field.name) for field in self.resource.fields}
        return row if self._display is None else self._display(row)

    def shown_at(self, uri: object) -> Json | None:
        """The record under this URI as the API shows it."""
        key = self.resource.key_in(uri) if isinstance(uri, str) else None
        return self.shown(int(key)) if key is not None and self.by_uri(uri) is not None else None

    def savepoint(self) -> Callable[[], None]:
        """What puts everything back as it is now."""
        before = dict(self.records)

        def restore() -> None:
            self.records = before

        return restore

    def _exists(self, resource: str, uri: str) -> bool:
        return self._find(resource, uri) is not None

    def _kept(self, record_id: int, record: Record) -> int:
        """Keep a new record, with what the platform adds to it."""
        now, uri = moment(self._now()), self.resource.uri(record_id)
        added = {"creation_time": now, "updated_at": now, "last_updated": now, "uuid": str(uuid5(NAMESPACE_URL, uri))}
        self.records[record_id] = {name: added[name] for name in added if self.resource.field(name)} | record
        return record_id

    def _check_unique(self, record: Record, own: int) -> None:
        faults = [
            (field.name, f"{self.resource.name} with this {field.name} already exists.")
            for field in self.resource.fields
            if field.unique and not field.readonly
            for record_id, other in self.records.items()
            if record_id != own and other[field.name] == record[field.name]
        ]
        if faults:
            raise self.resource.refusal(*faults)


def cannot(resource: Resource) -> Refusal:
    """The answer to what the platform does and the mock does not."""
    return Refusal(501, resource.why_not)
