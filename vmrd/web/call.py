"""One call of the API: what it takes, what it answers, who may make it. Validation and the document come from this."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from pydantic import BaseModel

from vmrd.web.caller import Role

IDEMPOTENCY_KEY = r"[\x21-\x7e]{1,255}"
"""How a key that makes a repeat known is written."""


class Access(StrEnum):
    """How a call proves who makes it."""

    ANYBODY = "anybody"
    PEOPLE = "people"
    SENDER = "sender"
    ADAPTER = "adapter"
    PEXIP = "pexip"
    POLICY = "policy"


@dataclass(frozen=True, slots=True)
class Query:
    """A query parameter; all of ours are optional texts. `written`: what a schema says beside that, if anything."""

    name: str
    says: str
    written: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Call:
    """`name` is the operation's id and what a handler is bound to.

    `asks`: the body, or None. `body_optional`: an empty body stands for an empty object. `answers`: status -> body, or
    None where the answer is not JSON. `path` may say after a colon how a part is written, as aiohttp has it.
    `problems`: names from `problem.TYPES` beside those every call of its kind has.
    """

    name: str
    method: str
    path: str
    says: str
    answers: dict[int, type[BaseModel] | None]
    access: Access = Access.PEOPLE
    roles: tuple[Role, ...] = ()
    asks: type[BaseModel] | None = None
    body_optional: bool = False
    query: tuple[Query, ...] = ()
    headers: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    other_types: tuple[str, ...] = field(default=())

    @property
    def all_problems(self) -> tuple[str, ...]:
        """Everything this call may answer beside success."""
        found: list[str] = [*self.problems]
        if self.access is Access.PEOPLE:
            found += ["not-signed-in", "forbidden"]
            if self.method != "GET":
                found.append("cross-site")
        if self.access in (Access.PEXIP, Access.POLICY, Access.ADAPTER):
            found.append("not-signed-in")
        if self.access is Access.SENDER:
            found += ["bad-signature", "not-signed-in"]
        if self.asks is not None:
            found += ["malformed", "invalid", "too-large"]
        return tuple(dict.fromkeys([*found, "fault", "store"]))
