"""One field of a management resource: what it may hold, what it holds when nobody says, how the schema tells of it.

Validation, defaults, schema documents and the operators of filters are all read from here, so none can say another
thing than the rest.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from pexip_mock.wire import Json

Exists = Callable[[str, str], bool]
"""Whether this resource has an object under this URI."""

_EQUAL = ("exact", "in", "isnull")
_ORDERED = ("exact", "in", "gt", "gte", "lt", "lte", "range", "isnull")
_TEXT = (
    *("exact", "iexact", "in", "contains", "icontains", "startswith", "istartswith", "endswith", "iendswith"),
    *("regex", "iregex", "isnull"),
)


class Type(StrEnum):
    """Kinds of values, in the words of the schema."""

    STRING = "string"
    INTEGER = "integer"
    FLOAT = "float"
    BOOLEAN = "boolean"
    DATETIME = "datetime"
    RELATED = "related"
    LIST = "list"


OPERATORS: dict[Type, tuple[str, ...]] = {
    Type.STRING: _TEXT,
    Type.INTEGER: _ORDERED,
    Type.FLOAT: _ORDERED,
    Type.BOOLEAN: ("exact",),
    Type.DATETIME: _ORDERED,
    Type.RELATED: _EQUAL,
    Type.LIST: (),
}


class Unfit(ValueError):  # reads as what it is
    """A value that its field does not take; the text is the sentence of the answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field. `longest` counts characters; `least` and `most` bound a number, and `or_zero` lets 0 through as well.

    A choice may be written in `any_case`. `to` is the resource a related field points to. A `nested` field holds
    objects of another resource, given inline: its keeper takes them, not `fitted`. `apart` fields are shown on a detail
    and left out of lists.
    """

    name: str
    type: Type
    default: object = None
    required: bool = False
    nullable: bool = False
    readonly: bool = False
    unique: bool = False
    longest: int | None = None
    least: int | None = None
    most: int | None = None
    or_zero: bool = False
    choices: tuple[str, ...] = ()
    any_case: bool = False
    to: str = ""
    many: bool = False
    nested: bool = False
    apart: bool = False

    def blank(self) -> object:
        """The value of a record that names none."""
        return list(self.default) if isinstance(self.default, list) else self.default

    def fitted(self, value: object, exists: Exists) -> object:
        """This value as the record keeps it. Raises Unfit."""
        if value is None and self.type is Type.STRING and not self.nullable:
            value = ""
        if value is None and self.many:
            value = []
        if value is None or (value == "" and self.nullable and self.type is not Type.STRING):
            if not self.nullable:
                raise Unfit("This field cannot be null.")
            return None
        match self.type:
            case Type.STRING:
                return self._text(value)
            case Type.INTEGER | Type.FLOAT:
                return self._number(value)
            case Type.BOOLEAN:
                if not isinstance(value, bool):
                    raise Unfit("This value must be either true or false.")
                return value
            case Type.DATETIME:
                return self._moment(value)
            case Type.RELATED:
                return self._related(value, exists)
            case Type.LIST:
                if not isinstance(value, list):
                    raise Unfit("Enter a list of values.")
                return value

    def schema(self) -> Json:
        """The field as a schema document describes it."""
        related = ("to_many" if self.many else "to_one") if self.type is Type.RELATED else None
        return {
            "type": self.type.value,
            "help_text": self.help_text(),
            "nullable": self.nullable,
            "blank": not self.required,
            "default": "No default provided." if self.required or self.readonly else self.default,
            "readonly": self.readonly,
            "unique": self.unique,
            "related_type": related,
            "valid_choices": list(self.choices) or None,
        }

    def help_text(self) -> str:
        """The limits of the field in words; the vendor's own explanations are not repeated here."""
        if self.choices:
            return f"One of: {', '.join(choice or '(empty)' for choice in self.choices)}."
        if self.longest is not None:
            return f"At most {self.longest} characters."
        if self.least is not None:
            return f"{self.least} to {self.most}{', or 0' if self.or_zero else ''}."
        if self.type is Type.RELATED:
            return f"{'Objects' if self.many else 'An object'} of {self.to}."
        return ""

    def _text(self, value: object) -> str:
        if not isinstance(value, str):
            raise Unfit("Enter text.")
        if self.any_case:
            value = value.lower()
        if value == "" and self.required:
            raise Unfit("This field is required.")
        if self.longest is not None and len(value) > self.longest:
            raise Unfit(f"Ensure this value has at most {self.longest} characters (it has {len(value)}).")
        if self.choices and value not in self.choices:
            raise Unfit(f"Value '{value[:80]}' is not a valid choice.")
        return value

    def _number(self, value: object) -> int | float:
        wanted: type | tuple[type, ...] = int if self.type is Type.INTEGER else (int, float)
        if isinstance(value, bool) or not isinstance(value, wanted) or not isinstance(value, int | float):
            raise Unfit("Enter a whole number." if self.type is Type.INTEGER else "Enter a number.")
        if self.or_zero and value == 0:
            return value
        if self.least is not None and value < self.least:
            raise Unfit(f"Ensure this value is greater than or equal to {self.least}.")
        if self.most is not None and value > self.most:
            raise Unfit(f"Ensure this value is less than or equal to {self.most}.")
        return value

    def _moment(self, value: object) -> str:
        when = instant(value) if isinstance(value, str) else None
        if when is None:
            raise Unfit("Enter a valid date and time.")
        return when.strftime("%Y-%m-%dT%H:%M:%S.%f")

    def _related(self, value: object, exists: Exists) -> object:
        if not self.many:
            return self._uri(value, exists)
        if not isinstance(value, list):
            raise Unfit("Enter a list of URIs.")
        return list(dict.fromkeys(self._uri(one, exists) for one in value))

    def _uri(self, value: object, exists: Exists) -> str:
        uri = value.get("resource_uri") if isinstance(value, dict) else value
        if not isinstance(uri, str) or not exists(self.to, uri):
            raise Unfit(f"Could not find the provided {self.to} object via resource URI '{str(uri)[:200]}'.")
        return uri


def words(name: str, longest: int = 250, default: str | None = "", **more: object) -> Field:
    """Text; null is taken only with a default of None."""
    return _field(name, Type.STRING, {"longest": longest, "default": default, "nullable": default is None} | more)


def choice(name: str, choices: str, default: str | None, **more: object) -> Field:
    """One of some words, given in one string; an empty default is a choice of its own."""
    offered = tuple(choices.split())
    allowed = (*offered, default) if default == "" else offered
    return _field(name, Type.STRING, {"choices": allowed, "default": default, "nullable": default is None} | more)


def whole(name: str, least: int | None, most: int | None, default: int | None, **more: object) -> Field:
    """A whole number; null is taken only with a default of None."""
    given = {"least": least, "most": most, "default": default, "nullable": default is None}
    return _field(name, Type.INTEGER, given | more)


def flag(name: str, default: bool = False, **more: object) -> Field:
    """True or false."""
    return _field(name, Type.BOOLEAN, {"default": default} | more)


def when(name: str, **more: object) -> Field:
    """An instant, kept by the platform itself unless said otherwise."""
    return _field(name, Type.DATETIME, {"readonly": True, "nullable": True} | more)


def link(name: str, to: str, **more: object) -> Field:
    """The URI of one object of another resource, or null."""
    return _field(name, Type.RELATED, {"to": to, "nullable": True} | more)


def links(name: str, to: str, **more: object) -> Field:
    """The URIs of objects of another resource."""
    return _field(name, Type.RELATED, {"to": to, "many": True, "default": []} | more)


def told(name: str, kind: Type = Type.STRING, **more: object) -> Field:
    """A field that only the platform fills."""
    return _field(name, kind, {"readonly": True} | more)


def instant(text: str) -> datetime | None:
    """The instant an ISO 8601 text means, with or without fraction and zone (UTC if none); None if it means none."""
    if not re.fullmatch(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:?\d\d)?)?", text):
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _field(name: str, kind: Type, given: dict[str, object]) -> Field:
    return Field(name=name, type=kind, **given)  # type: ignore[arg-type]  # the constructors above name Field's own
