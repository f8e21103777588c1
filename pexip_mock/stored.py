"""Configuration resources the mock keeps and returns, without acting on each field: sinks, policy, the location."""

from itertools import count

from pexip_mock.refusal import FieldErrors, Refusal
from pexip_mock.wire import Json

Record = dict[str, object]


class Table:
    """One resource: records by id, each with every field of the defaults."""

    def __init__(self, resource: str, defaults: Record, first: Record | None = None) -> None:
        self.resource = resource
        self._defaults = defaults
        self._ids = count(1)
        self.records: dict[int, Record] = {}
        if first is not None:
            self.create(first)

    def create(self, body: Json) -> int:
        """Keep a new record; its id. Raises Refusal 400 for a name in use or a field of the wrong kind."""
        name = body.get("name")
        if not isinstance(name, str) or not name:
            raise Refusal(400, FieldErrors(self.resource, (("name", "This field is required."),)))
        if any(record["name"] == name for record in self.records.values()):
            raise Refusal(
                400, FieldErrors(self.resource, (("name", f"A {self.resource} with this name already exists."),))
            )
        record_id = next(self._ids)
        self.records[record_id] = self._fitted(dict(self._defaults), body)
        return record_id

    def change(self, record_id: int, body: Json) -> None:
        """Change some fields of a record. Raises Refusal 404 and 400."""
        self.records[record_id] = self._fitted(dict(self.get(record_id)), body)

    def delete(self, record_id: int) -> None:
        """Forget a record. Raises Refusal 404."""
        self.get(record_id)
        del self.records[record_id]

    def get(self, record_id: int) -> Record:
        """The record with this id. Raises Refusal 404."""
        try:
            return self.records[record_id]
        except KeyError:
            raise Refusal(404, "Not found") from None

    def shown(self, record_id: int) -> Json:
        """The record as the API shows it."""
        return {
            "id": record_id,
            "resource_uri": f"/api/admin/configuration/v1/{self.resource}/{record_id}/",
            **self.get(record_id),
        }

    def _fitted(self, record: Record, body: Json) -> Record:
        for field, default in self._defaults.items():
            if field in body:
                value = body[field]
                if default is not None and value is not None and type(value) is not type(default):
                    raise Refusal(400, FieldErrors(self.resource, ((field, "The value is of the wrong kind."),)))
                record[field] = value
        return record
