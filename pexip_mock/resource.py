"""One resource of the management API: its fields, its methods, what its lists may be filtered and ordered by.

`schema` is the vendor's description of it; `cleaned` is what a body makes of a record. Both read the same fields.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from pexip_mock.fields import OPERATORS, Exists, Field, Type, Unfit
from pexip_mock.operations import ADMIN
from pexip_mock.refusal import FieldErrors, Refusal
from pexip_mock.wire import Json

DEFAULT_LIMIT = 20
ANY: Mapping[str, str] = {}
READ = ("get",)
LIST_METHODS = ("get", "post", "delete", "patch")
DETAIL_METHODS = ("get", "put", "delete", "patch")


@dataclass(frozen=True, slots=True)
class Resource:
    """`filters` and `orders` name fields; `filters` may also reach into a related object (`conference__name`).

    `elsewhere` are methods the platform has and the mock refuses with 501 and the sentence `why_not`.
    """

    family: str
    name: str
    fields: tuple[Field, ...]
    filters: tuple[str, ...] = ()
    orders: tuple[str, ...] = ()
    listed: tuple[str, ...] = READ
    detailed: tuple[str, ...] = READ
    elsewhere: tuple[str, ...] = ()
    why_not: str = ""

    @property
    def path(self) -> str:
        """Path of the list."""
        return f"{ADMIN}/{self.family}/v1/{self.name}/"

    def uri(self, key: object) -> str:
        """Path of one object."""
        return f"{self.path}{key}/"

    def key_in(self, uri: str) -> str | None:
        """The key in a URI of this resource; also in an absolute one. None in any other."""
        head, found, key = uri.rstrip("/").rpartition(self.path)
        return key if found and key and "/" not in key and (not head or "://" in head) else None

    def field(self, name: str) -> Field | None:
        """The field of this name."""
        return next((field for field in self.fields if field.name == name), None)

    def operators(self, path: str) -> tuple[str, ...] | None:
        """How this field may be filtered; None when it may not. A field of a related object is text."""
        if path not in self.filters:
            return None
        return OPERATORS[self.type_of(path)]

    def type_of(self, path: str) -> Type:
        """The type of a field, or of a field of a related object, which is text."""
        field = self.field(path)
        return field.type if field is not None else Type.STRING

    def blank(self) -> Json:
        """What a record holds when nothing was said, without what only the platform fills."""
        return {field.name: field.blank() for field in self.fields if not field.readonly and not field.nested}

    def cleaned(self, body: Json, base: Json | None, exists: Exists) -> Json:
        """The record this body describes: on top of `base`, or of the defaults when there is none.

        What is read-only or unknown is ignored, as the platform does. Raises Refusal 400 with every field at fault.
        """
        record = self.blank() if base is None else {name: base[name] for name in self.blank()}
        faults: list[tuple[str, str]] = []
        for field in self.fields:
            if field.readonly or field.nested:
                continue
            if field.name in body:
                try:
                    record[field.name] = field.fitted(body[field.name], exists)
                except Unfit as fault:
                    faults.append((field.name, str(fault)))
            elif field.required and base is None:
                faults.append((field.name, "This field is required."))
        if faults:
            raise self.refusal(*faults)
        return record

    def refusal(self, *faults: tuple[str, str]) -> Refusal:
        """A 400 that names these fields."""
        return Refusal(400, FieldErrors(self.name.rpartition("/")[2], faults))

    def schema(self) -> Json:
        """The schema document."""
        return {
            "allowed_detail_http_methods": list(self.detailed),
            "allowed_list_http_methods": list(self.listed),
            "default_format": "application/json",
            "default_limit": DEFAULT_LIMIT,
            "fields": {field.name: field.schema() for field in self.fields},
            "filtering": {path: list(OPERATORS[self.type_of(path)]) for path in self.filters},
            "ordering": list(self.orders),
        }


class Reader(Protocol):
    """What the objects of a resource are read from."""

    @property
    def resource(self) -> Resource:
        """The description of what is kept here."""

    def rows(self, wanted: Mapping[str, str] = ANY) -> Sequence[Json]:
        """Every object, in the order of its making; may leave out those that `wanted`, a query, leaves out.

        A long list writes its rows only where they are looked at (`Shaped`).
        """

    def row(self, key: str) -> Json:
        """The object with this key, whole. Raises Refusal 404."""

    def reach(self, row: Json, path: str) -> object:
        """The value of a field of this object, or of an object it is related to."""


class Changer(Reader, Protocol):
    """What objects are kept in that may be changed, and neither made nor removed."""

    def change(self, key: str, body: Json, *, whole: bool) -> None:
        """Change what the body names; with `whole`, all else falls back to its default. Raises Refusal 404 and 400."""


class Keeper(Changer, Protocol):
    """What the objects of a resource are kept in, for those who may do everything with them."""

    def create(self, body: Json) -> int:
        """A new object; its key. Raises Refusal 400."""

    def delete(self, key: str) -> None:
        """Remove an object. Raises Refusal 404."""


def not_found() -> Refusal:
    """The answer to a key of no object."""
    return Refusal(404, "")


def one_of(rows: Sequence[Json], key: str) -> Json:
    """The object with this key. Raises Refusal 404."""
    for row in rows:
        if str(row.get("id", "")) == key:
            return row
    raise not_found()
