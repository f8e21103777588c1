"""Errors as RFC 9457 problems: a stable `type`, a plain sentence, and JSON pointers to what was wrong in a body.

All faults of a body are told at once, and what was sent is never repeated: a body may hold names and numbers, and an
answer may end in somebody's log. The types are documented by the table below; `type` is `/problems/<name>`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import takewhile

import orjson
from aiohttp import web
from pydantic import BaseModel, Field, ValidationError

from vmrd.web.availability_shapes import AlternativeView, ClashView, SkippedView
from vmrd.web.shapes import Shape

CONTENT_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class ProblemType:
    """`title` says the same whenever the type is the same; `detail` is of the occurrence."""

    status: int
    title: str


TYPES: Mapping[str, ProblemType] = {
    "malformed": ProblemType(400, "The body is not readable JSON"),
    "not-signed-in": ProblemType(401, "Nobody is signed in"),
    "bad-signature": ProblemType(401, "The signature is missing, wrong or too old"),
    "forbidden": ProblemType(403, "You may not do this"),
    "cross-site": ProblemType(403, "The request did not come from our own page"),
    "not-found": ProblemType(404, "There is nothing here for you"),
    "method-not-allowed": ProblemType(405, "This cannot be done here"),
    "refused": ProblemType(409, "The rules refuse this now"),
    "version_conflict": ProblemType(409, "This version of the booking was sent before with another content"),
    "claimed": ProblemType(409, "The room or the prisoner cannot be had at this time"),
    "clashes": ProblemType(409, "Meetings are booked in these rooms while they would be out of use"),
    "stale": ProblemType(412, "The roster or the lock changed after you looked"),
    "too-large": ProblemType(413, "The body is too large"),
    "invalid": ProblemType(422, "The body does not say what it must"),
    "ambiguous_time": ProblemType(422, "A local time does not exist or exists twice"),
    "key-reused": ProblemType(422, "This Idempotency-Key was used for something else"),
    "too-many-attempts": ProblemType(429, "Too many failed attempts"),
    "fault": ProblemType(500, "vmrd has a fault"),
    "upstream": ProblemType(503, "The booking system cannot be asked now"),
    "busy": ProblemType(503, "Too many booking events wait"),
    "store": ProblemType(503, "vmrd cannot write to its store"),
}


class FaultShape(Shape):
    """One thing wrong in a body: where (RFC 6901), a stable code, and a sentence."""

    pointer: str
    code: str
    detail: str


class ProblemShape(Shape):
    """An error. `errors` lists every fault of a body; `code` refines `refused` and `claimed`; `session` is there when
    `stale`, `skipped` and `alternatives` when `claimed`, `clashes` with the problem of that name."""

    type: str = Field(examples=["/problems/refused"])
    title: str
    status: int
    detail: str
    code: str | None = None
    errors: tuple[FaultShape, ...] = ()
    skipped: tuple[SkippedView, ...] = ()
    alternatives: tuple[AlternativeView, ...] = ()
    clashes: tuple[ClashView, ...] = ()


class Problem(Exception):
    """Raised by handlers. `detail` is for people and never holds what was sent. `again_after`: seconds after which to
    ask again, where that would help."""

    def __init__(
        self,
        name: str,
        detail: str,
        *,
        code: str | None = None,
        errors: Sequence[FaultShape] = (),
        extra: Mapping[str, object] | None = None,
        again_after: int | None = None,
    ) -> None:
        super().__init__(name)
        self.name = name
        self.detail = detail
        self.code = code
        self.errors = tuple(errors)
        self.extra = dict(extra or {})
        self.again_after = again_after

    @property
    def status(self) -> int:
        return TYPES[self.name].status

    def body(self) -> bytes:
        known = TYPES[self.name]
        shape = ProblemShape(
            type=f"/problems/{self.name}",
            title=known.title,
            status=known.status,
            detail=self.detail,
            code=self.code,
            errors=self.errors,
        )
        return orjson.dumps({**shape.model_dump(mode="json", exclude_defaults=True), **self.extra})

    def response(self) -> web.Response:
        headers = {"WWW-Authenticate": "Bearer"} if self.name == "not-signed-in" else {}
        if self.again_after is not None:
            headers["Retry-After"] = str(self.again_after)
        return web.Response(body=self.body(), status=self.status, content_type=CONTENT_TYPE, headers=headers)


def unreadable(fault: ValidationError, model: type[BaseModel]) -> Problem:
    """The problem of a body that is no JSON, or not of the shape its call asks for.

    A pointer ends before any name that is none of the shape's: that one the sender made up, and it is not repeated.
    """
    members = _members(model)
    errors = fault.errors(include_input=False, include_url=False, include_context=False)
    if any(error["type"] == "json_invalid" for error in errors):
        return Problem("malformed", "The body is not readable JSON.")
    found = [
        FaultShape(
            pointer=pointer([*takewhile(lambda part: isinstance(part, int) or part in members, error["loc"])]),
            code=error["type"],
            detail=error["msg"],
        )
        for error in errors
    ]
    return Problem("invalid", counted(len(found)), errors=found)


@cache
def _members(model: type[BaseModel]) -> frozenset[str]:
    """What this shape and those in it call their members."""
    schema = model.model_json_schema()
    shapes = [schema, *schema.get("$defs", {}).values()]
    return frozenset(name for shape in shapes for name in shape.get("properties", {}))


def counted(faults: int) -> str:
    return "One thing in the body is wrong." if faults == 1 else f"{faults} things in the body are wrong."


def pointer(parts: Sequence[str | int]) -> str:
    """A JSON pointer (RFC 6901)."""
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in parts)
