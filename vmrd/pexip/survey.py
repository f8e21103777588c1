"""Looking at a platform as it is configured, with GET alone: what `vmrd check-config` reads, and the daemon never does.

Every read answers with what it found or with `Why` it could not. A right that is missing is nothing exceptional here:
vmrd's own account should not have most of these (docs/pexip-account.md), and an administrator's may be used instead.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import TypeVar
from urllib.parse import quote

from pydantic import TypeAdapter

from vmrd.pexip import refusals
from vmrd.pexip.errors import Busy, Gone, Malformed, PexipError, Rejected
from vmrd.pexip.http import Answer, PexipHttp
from vmrd.pexip.management import API, CONFERENCE, MAX_PAGES, NODE, PARTICIPANT, VMR, own_path
from vmrd.pexip.status import NODES, Node
from vmrd.pexip.survey_rows import (
    ALARMS,
    COUNTED,
    LICENCES,
    LOCATIONS,
    NODE_NAMES,
    PROFILES,
    SETTINGS,
    SINKS,
    THEME,
    Licences,
    Location,
    Names,
    Profile,
    Settings,
    Sink,
    ThemeRow,
)
from vmrd.pexip.wire import Page, parse

_CLIENT = "/api/client/v2/"
_CONFIGURED, _STATUS = f"{API}configuration/v1/", f"{API}status/v1/"
NEEDED = {
    "rooms": VMR,
    "running meetings": CONFERENCE,
    "people in meetings": PARTICIPANT,
    "nodes": NODE,
}
"""What vmrd reads while it runs, in our words."""
NOT_NEEDED = {
    "roles": f"{_CONFIGURED}role/",
    "OAuth2 clients": f"{_CONFIGURED}oauth2_client/",
    "gateway rules": f"{_CONFIGURED}gateway_routing_rule/",
    "global settings": f"{_CONFIGURED}global/",
    "event sinks": f"{_CONFIGURED}event_sink/",
    "policy profiles": f"{_CONFIGURED}policy_server/",
}
"""What its account has no business with."""

T = TypeVar("T")


class Why(StrEnum):
    """Why something could not be read."""

    SIGN_IN = "sign-in"
    FORBIDDEN = "forbidden"
    ABSENT = "absent"
    BUSY = "busy"
    UNREACHABLE = "unreachable"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Greeting:
    """An answer of any status. `ahead`: seconds its clock is before ours, None where it told no time; `took`: seconds.

    A `Date` has whole seconds, so `ahead` is right to about a second.
    """

    status: int
    ahead: float | None
    took: float


class Survey:
    """One Management Node, as one account sees it. Nothing here raises for what the platform answers."""

    def __init__(self, http: PexipHttp) -> None:
        self._http = http

    async def greet(self) -> Greeting | Why:
        """Whether it answers, and what time it is there."""
        return await greeted(self._http, f"{NODE}?limit=1")

    async def may_read(self, path: str) -> Why | None:
        """Whether this account may read this list; None when it may. What is in it is not looked at."""
        found = await self._read(path, {"limit": "1"})
        return found if isinstance(found, Why) else None

    async def nodes(self) -> tuple[Node, ...] | Why:
        """The nodes as the status API tells of them."""
        rows = await self._rows(NODES, NODE)
        if isinstance(rows, Why):
            return rows
        return tuple(Node(row.name, row.system_location, row.version, row.maintenance_mode) for row in rows)

    async def node_names(self) -> tuple[Names, ...] | Why:
        """The nodes as they are configured."""
        rows = await self._rows(NODE_NAMES, f"{_CONFIGURED}worker_vm/")
        return rows if isinstance(rows, Why) else tuple(row.names() for row in rows)

    async def sinks(self, password: str) -> tuple[Sink, ...] | Why:
        """The event sinks. `password`: ours, to compare with."""
        rows = await self._rows(SINKS, f"{_CONFIGURED}event_sink/")
        return rows if isinstance(rows, Why) else tuple(row.sink(password) for row in rows)

    async def profiles(self, password: str) -> tuple[Profile, ...] | Why:
        """The policy profiles. `password`: ours, to compare with."""
        rows = await self._rows(PROFILES, f"{_CONFIGURED}policy_server/")
        return rows if isinstance(rows, Why) else tuple(row.profile(password) for row in rows)

    async def locations(self) -> tuple[Location, ...] | Why:
        """The locations and what is attached to each."""
        rows = await self._rows(LOCATIONS, f"{_CONFIGURED}system_location/")
        return rows if isinstance(rows, Why) else tuple(row.location() for row in rows)

    async def settings(self) -> Settings | Why:
        """The global settings."""
        rows = await self._rows(SETTINGS, f"{_CONFIGURED}global/")
        if isinstance(rows, Why):
            return rows
        return rows[0].settings(await self.theme_name(rows[0].default_theme)) if rows else Why.UNREADABLE

    async def theme_name(self, shown: ThemeRow | str | None) -> str | None:
        """The name of a theme as the settings show it: whole, or only where it is, and then it is another read away.

        None where there is none, empty where its name cannot be had.
        """
        match shown:
            case ThemeRow(name=name):
                return name
            case str() as uri if uri:
                answer = await self._read(own_path(uri), {}) if uri.startswith(API) else Why.UNREADABLE
                try:
                    return "" if isinstance(answer, Why) else parse(THEME, answer.body, "theme").name
                except Malformed:
                    return ""
            case _:
                return None

    async def licences(self) -> Licences | Why:
        """The licences in use and in all."""
        rows = await self._rows(LICENCES, f"{_STATUS}licensing/")
        if isinstance(rows, Why):
            return rows
        return rows[0].licences() if rows else Why.UNREADABLE

    async def alarms(self) -> tuple[str, ...] | Why:
        """The names of the alarms that stand."""
        rows = await self._rows(ALARMS, f"{_STATUS}alarm/")
        return rows if isinstance(rows, Why) else tuple(row.name for row in rows)

    async def addresses_at(self, domain: str) -> int | Why:
        """How many addresses of meeting rooms are at this domain."""
        return await self._count(f"{_CONFIGURED}conference_alias/", {"alias__iendswith": f"@{domain}"})

    async def other_rooms(self, ours: str) -> int | Why:
        """How many meeting rooms have a name that does not begin as ours do."""
        everything = await self._count(VMR, {})
        mine = await self._count(VMR, {"name__startswith": ours})
        if isinstance(everything, Why):
            return everything
        return mine if isinstance(mine, Why) else max(0, everything - mine)

    async def _count(self, path: str, wanted: Mapping[str, str]) -> int | Why:
        answer = await self._read(path, {**wanted, "limit": "1"})
        if isinstance(answer, Why):
            return answer
        try:
            return parse(COUNTED, answer.body, "count").meta.total_count
        except Malformed:
            return Why.UNREADABLE

    async def _rows(self, adapter: TypeAdapter[Page[T]], path: str) -> list[T] | Why:
        rows: list[T] = []
        query: Mapping[str, str] | None = {"limit": "200"}
        for _ in range(MAX_PAGES):
            answer = await self._read(path, query)
            if isinstance(answer, Why):
                return answer
            try:
                page = parse(adapter, answer.body, "list")
                rows += page.objects
                if page.meta.next is None:
                    return rows
                path, query = own_path(page.meta.next), None
            except Malformed:
                break
        return Why.UNREADABLE

    async def _read(self, path: str, query: Mapping[str, str] | None) -> Answer | Why:
        try:
            answer = await self._http.request("GET", path, operation="survey", params=query)
        except PexipError as error:
            return _why(error)
        return answer if answer.status == 200 else _why(refusals.of_management(answer))


async def client_api(http: PexipHttp, alias: str) -> Greeting | Why:
    """What a node's client API says to somebody without a token at this address.

    A GET, so that nobody is created, and once: what the platform counts as scanning for aliases it may count this as.
    """
    return await greeted(http, f"{_CLIENT}conferences/{quote(alias, safe='')}/conference_status")


async def node_status(http: PexipHttp) -> Greeting | Why:
    """What a node says of itself: 200, or 503 in maintenance."""
    return await greeted(http, f"{_CLIENT}status")


async def greeted(http: PexipHttp, path: str) -> Greeting | Why:
    """What anything that speaks HTTP answers to a GET, and when."""
    begun, wall = time.monotonic(), time.time()
    try:
        answer = await http.request("GET", path, operation="survey")
    except PexipError as error:
        return _why(error)
    took = time.monotonic() - begun
    return Greeting(answer.status, _ahead(answer.headers.get("date", ""), wall + took / 2), took)


def _ahead(date: str, ours: float) -> float | None:
    """A `Date` is cut to the second, so half a second later is the best guess."""
    try:
        told = parsedate_to_datetime(date)
    except ValueError:
        return None
    return (told if told.tzinfo else told.replace(tzinfo=UTC)).timestamp() + 0.5 - ours


def _why(error: PexipError) -> Why:
    match error:
        case Rejected(code="sign-in-refused"):
            return Why.SIGN_IN
        case Rejected(code="forbidden"):
            return Why.FORBIDDEN
        case Gone():
            return Why.ABSENT
        case Busy():
            return Why.BUSY
        case Malformed() | Rejected():
            return Why.UNREADABLE
        case _:
            return Why.UNREACHABLE
