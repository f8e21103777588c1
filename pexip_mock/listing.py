"""Lists of the management API: filters, order, and pages whose `next` keeps the filters."""

import re
from collections.abc import Sequence
from urllib.parse import urlencode

from aiohttp import web
from multidict import MultiMapping

from pexip_mock.refusal import Refusal
from pexip_mock.wire import Json

DEFAULT_LIMIT = 20
MOST = 10_000
RESERVED = {"limit", "offset", "order_by", "format"}


def page(request: web.Request, objects: Sequence[Json]) -> Json:
    """One page of these objects, filtered and ordered as the query asks.

    Raises Refusal 400 for a filter on a field that does not exist or an operator that is not known.
    """
    query = request.query
    for key, wanted in query.items():
        if key not in RESERVED:
            objects = _filtered(objects, key, wanted)
    order = query.get("order_by")
    if order:
        field = order.removeprefix("-")
        objects = sorted(objects, key=lambda item: str(item.get(field, "")), reverse=order.startswith("-"))
    limit, offset = _whole(query, "limit", DEFAULT_LIMIT), _whole(query, "offset", 0)
    limit = MOST if limit == 0 else min(limit, MOST)
    total = len(objects)
    following = offset + limit if offset + limit < total else None
    previous = max(0, offset - limit) if offset > 0 else None
    return {
        "meta": {
            "limit": limit,
            "offset": offset,
            "next": _link(request, limit, following),
            "previous": _link(request, limit, previous),
            "total_count": total,
        },
        "objects": objects[offset : offset + limit],
    }


def _link(request: web.Request, limit: int, offset: int | None) -> str | None:
    if offset is None:
        return None
    kept = [(key, value) for key, value in request.query.items() if key not in ("limit", "offset")]
    return f"{request.path}?{urlencode([*kept, ('limit', limit), ('offset', offset)])}"


def _filtered(objects: Sequence[Json], key: str, wanted: str) -> list[Json]:
    field, _, operator = key.partition("__")
    if objects and field not in objects[0]:
        raise Refusal(400, f"The '{field}' field does not allow filtering.")
    return [item for item in objects if _matches(item.get(field), operator or "exact", wanted)]


def _matches(value: object, operator: str, wanted: str) -> bool:
    have = str(value).lower() if isinstance(value, bool) else str(value)
    match operator:
        case "exact":
            return have == (wanted.lower() if isinstance(value, bool) else wanted)
        case "iexact":
            return have.lower() == wanted.lower()
        case "in":
            return have in wanted.split(",")
        case "contains":
            return wanted in have
        case "icontains":
            return wanted.lower() in have.lower()
        case "startswith":
            return have.startswith(wanted)
        case "istartswith":
            return have.lower().startswith(wanted.lower())
        case "regex":
            return _searches(wanted, have)
        case "gte" | "gt" | "lte" | "lt":
            return _compares(value, operator, wanted)
        case _:
            raise Refusal(400, f"'{operator}' is not an allowed filter.")


def _searches(pattern: str, have: str) -> bool:
    try:
        return re.search(pattern, have) is not None
    except re.error:
        raise Refusal(400, "Invalid regular expression.") from None


def _compares(value: object, operator: str, wanted: str) -> bool:
    have = str(value)
    try:
        difference = float(have) - float(wanted)
    except ValueError:
        difference = (have > wanted) - (have < wanted)
    return {"lt": difference < 0, "lte": difference <= 0, "gt": difference > 0, "gte": difference >= 0}[operator]


def _whole(query: MultiMapping[str], name: str, default: int) -> int:
    value = query.get(name, str(default))
    if not value.isdigit():
        raise Refusal(400, f"Invalid {name}: a whole number is expected.")
    return int(value)
