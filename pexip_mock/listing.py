"""Lists of the management API: filters, order, and pages whose `next` and `previous` keep the filters.

What may be filtered and ordered by is declared by the resource; numbers and instants are compared as what they are.
"""

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from urllib.parse import urlencode

from aiohttp import web
from multidict import MultiMapping

from pexip_mock.fields import Type, instant
from pexip_mock.refusal import Refusal
from pexip_mock.resource import DEFAULT_LIMIT, Reader
from pexip_mock.wire import Json

MOST = 10_000
RESERVED = {"limit", "offset", "order_by", "format"}
MISMATCH = "Invalid resource lookup data provided (mismatched type)."

Comparable = str | float | datetime
Test = Callable[[object], bool]


def page(request: web.Request, reader: Reader) -> Json:
    """One page of these objects, filtered and ordered as the query asks.

    Raises Refusal 400 for a filter or an order that the resource does not declare, and for a value that means nothing.
    """
    query, rows = request.query, selected(request, reader)
    for path in reversed(query.getall("order_by", [])):
        rows = _ordered(reader, rows, path)
    limit, offset = _whole(query, "limit", DEFAULT_LIMIT), _whole(query, "offset", 0)
    limit = MOST if limit == 0 else min(limit, MOST)
    total = len(rows)
    return {
        "meta": {
            "limit": limit,
            "offset": offset,
            "next": _link(request, limit, offset + limit) if offset + limit < total else None,
            "previous": _link(request, limit, offset - limit) if offset >= limit else None,
            "total_count": total,
        },
        "objects": [_listed(reader, row) for row in rows[offset : offset + limit]],
    }


def selected(request: web.Request, reader: Reader) -> Sequence[Json]:
    """The objects that pass every filter of the query; of a filter given twice the last counts. Raises Refusal 400."""
    query = request.query
    rows = reader.rows({key: query.getall(key)[-1] for key in query})
    for key in dict.fromkeys(query):
        if key not in RESERVED:
            given = query.getall(key)
            path, matches = _filter(reader, key, ",".join(given) if key.endswith(("__in", "__range")) else given[-1])
            rows = [row for row in rows if matches(reader.reach(row, path))]
    return rows


def _listed(reader: Reader, row: Json) -> Json:
    apart = {field.name for field in reader.resource.fields if field.apart}
    return {name: value for name, value in row.items() if name not in apart}


def _link(request: web.Request, limit: int, offset: int) -> str:
    kept = [(key, value) for key, value in request.query.items() if key not in ("limit", "offset")]
    return f"{request.path}?{urlencode([*kept, ('limit', limit), ('offset', offset)])}"


def _filter(reader: Reader, key: str, wanted: str) -> tuple[str, Test]:
    """The path a query parameter filters by, and its test."""
    resource = reader.resource
    path, operator = key, "exact"
    if resource.operators(path) is None:
        path, _, operator = key.rpartition("__")
    allowed = resource.operators(path) if path else None
    if allowed is None:
        raise Refusal(400, f"The '{path or key}' field does not allow filtering.")
    if operator not in allowed:
        raise Refusal(400, f"'{operator}' is not an allowed filter on the '{path}' field.")
    return path, _test(resource.type_of(path), operator, wanted)


def _test(kind: Type, operator: str, wanted: str) -> Test:
    if operator == "isnull":
        empty = _truth(wanted)
        return lambda value: (value is None) is empty
    if operator in ("regex", "iregex"):
        pattern = _pattern(wanted, re.IGNORECASE if operator == "iregex" else 0)
        return lambda value: isinstance(value, str) and pattern.search(value) is not None
    if operator == "in":
        several = {_as(kind, one.strip()) for one in wanted.split(",")}
        return lambda value: any(one in several for one in _values(kind, value))
    if operator == "range":
        ends = [_as(kind, one.strip()) for one in wanted.split(",")]
        if len(ends) != 2:
            raise Refusal(400, MISMATCH)
        return lambda value: any(ends[0] <= one <= ends[1] for one in _values(kind, value))  # type: ignore[operator]
    known = _as(kind, wanted)
    return lambda value: any(_compares(operator, one, known) for one in _values(kind, value))


def _compares(operator: str, have: Comparable, wanted: Comparable) -> bool:
    if isinstance(have, str) and isinstance(wanted, str):
        if operator.startswith("i"):
            have, wanted = have.lower(), wanted.lower()
        match operator.removeprefix("i"):
            case "contains":
                return wanted in have
            case "startswith":
                return have.startswith(wanted)
            case "endswith":
                return have.endswith(wanted)
            case _:
                return have == wanted
    match operator:
        case "gt":
            return have > wanted  # type: ignore[operator]  # both were made from the same type
        case "gte":
            return have >= wanted  # type: ignore[operator]
        case "lt":
            return have < wanted  # type: ignore[operator]
        case "lte":
            return have <= wanted  # type: ignore[operator]
        case _:
            return have == wanted


def _values(kind: Type, value: object) -> list[Comparable]:
    """What is there to compare; nothing for null, several for a field of many objects."""
    many = value if isinstance(value, list) else [value]
    return [_as(kind, _written(one)) for one in many if one is not None]


def _written(value: object) -> str:
    if isinstance(value, dict):
        value = value.get("resource_uri")
    return str(value).lower() if isinstance(value, bool) else str(value)


def _as(kind: Type, text: str) -> Comparable:
    """A value in the form in which its type compares. Raises Refusal 400."""
    match kind:
        case Type.INTEGER | Type.FLOAT:
            try:
                return float(text)
            except ValueError:
                raise Refusal(400, MISMATCH) from None
        case Type.BOOLEAN:
            return float(_truth(text))
        case Type.DATETIME:
            moment = instant(text)
            if moment is None:
                raise Refusal(400, MISMATCH)
            return moment
        case Type.RELATED:
            return text.rstrip("/").rpartition("/")[2]
        case Type.STRING | Type.LIST:
            return text


def _truth(text: str) -> bool:
    if text.lower() not in ("true", "false", "1", "0"):
        raise Refusal(400, MISMATCH)
    return text.lower() in ("true", "1")


def _pattern(text: str, flags: int) -> re.Pattern[str]:
    try:
        return re.compile(text, flags)
    except re.error:
        raise Refusal(400, "Invalid regular expression.") from None


def _ordered(reader: Reader, rows: Sequence[Json], order: str) -> list[Json]:
    path = order.removeprefix("-")
    if path not in reader.resource.orders:
        raise Refusal(400, f"The '{path}' field does not allow ordering.")
    kind = reader.resource.type_of(path)

    def key(row: Json) -> tuple[bool, list[Comparable]]:
        values = _values(kind, reader.reach(row, path))
        return bool(values), values

    return sorted(rows, key=key, reverse=order.startswith("-"))


def _whole(query: MultiMapping[str], name: str, default: int) -> int:
    value = query.get(name, str(default))
    if not (value.isascii() and value.isdigit()) or len(value) > 9:
        raise Refusal(400, f"Invalid {name} '{value[:80]}' provided. Please provide a positive integer.")
    return int(value)
