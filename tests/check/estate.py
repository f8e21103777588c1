"""A platform that is set up as it should be, and a vmrd that is configured for it; each test then spoils something."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from pexip_mock.knobs import Knobs
from pexip_mock.server import MockServer
from tests.mock.mock_site import Site
from tests.pexip.test_account import rows_of_the_page
from vmrd.check.eyes import Reader
from vmrd.check.lines import Group, Line, Verdict, as_text
from vmrd.check.survey import check
from vmrd.demo.as_toml import as_toml
from vmrd.store.migrate import migrate

DOMAIN = "meet.example.org"
PASSWORD, ADMINISTRATORS, SINKS, POLICYS = "canary-account", "canary-administrator", "canary-sink", "canary-policy"
KEY = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
SECRETS = (PASSWORD, ADMINISTRATORS, SINKS, POLICYS, KEY, "whsec_")
NEEDED = rows_of_the_page()[0]


@dataclass
class Estate:
    """`values`: the configuration, to be changed before `check`. `outside`: a base URL that takes whatever comes."""

    site: Site
    folder: Path
    values: dict[str, Any]
    outside: str

    @property
    def file(self) -> Path:
        return self.folder / "vmrd.toml"

    def write(self) -> None:
        self.file.write_text(as_toml(self.values), "utf-8")
        self.file.chmod(0o600)

    async def check(self, *, administrator: bool = True, offline: bool = False, within: float = 3.0) -> Seen:
        """Check it, with the administrator's account for how Pexip is wired up unless told otherwise."""
        self.write()
        reader = Reader("admin", ADMINISTRATORS) if administrator else None
        usable, groups = await asyncio.to_thread(check, self.file, offline=offline, reader=reader, within=within)
        return Seen(usable, groups)

    def asked(self) -> list[tuple[str, str]]:
        """Every request that Pexip had of vmrd so far, as method and route, but for the test's own."""
        return [(each.method, each.route) for each in self.site.server.platform.asked]


@dataclass(frozen=True)
class Seen:
    """What a check said."""

    usable: bool
    groups: tuple[Group, ...]

    @property
    def lines(self) -> list[Line]:
        return [line for group in self.groups for line in group.lines]

    def of(self, name: str) -> list[tuple[Verdict, str]]:
        """What was found under this name."""
        return [(line.verdict, line.found) for line in self.lines if line.name == name]

    def says(self, name: str, verdict: Verdict, *words: str) -> bool:
        """Whether a line of this name has this verdict and these words, and says what to do unless it is ok."""
        return any(
            line.name == name
            and line.verdict is verdict
            and all(word in line.found for word in words)
            and (verdict is Verdict.OK or bool(line.todo))
            for line in self.lines
        )

    def text(self, *places: tuple[str, str]) -> str:
        """The whole of what is printed; what differs from run to run is replaced first."""

        def steady(found: str) -> str:
            for what, instead in places:
                found = found.replace(what, instead)
            return re.sub(r"[\d,]+\.\d GiB", "9.9 GiB", found)

        groups = [
            Group(
                each.title,
                tuple(replace(line, found=steady(line.found), todo=steady(line.todo)) for line in each.lines),
            )
            for each in self.groups
        ]
        return "\n".join(as_text(groups)) + "\n"


@asynccontextmanager
async def estate(folder: Path, knobs: Knobs | None = None) -> AsyncIterator[Estate]:
    """Everything as it should be."""
    knobs = knobs or Knobs.fast().changed({"alias_scan_quarantine": True})
    async with (
        MockServer(knobs, password=ADMINISTRATORS) as server,
        aiohttp.ClientSession() as http,
        _outside() as outside,
    ):
        site = Site(server, http)
        server.add_account("vmrd", PASSWORD, frozenset(_route(each) for each in NEEDED))
        server.add_sink(f"{outside}/pexip/events", "pexip", SINKS, bulk=True)
        server.add_policy(outside, "pexip", POLICYS)
        for node in (1, 2):
            await site.admin("PATCH", f"configuration/v1/worker_vm/{node}/", {"alternative_fqdn": "127.0.0.1"})
        room = {"name": "vmrd-1-1", "aliases": [{"alias": f"abcdefgh@{DOMAIN}"}], "pin": "482913"}
        await site.admin("POST", "configuration/v1/conference/", room)
        migrate(folder / "vmrd.db")
        server.platform.asked.clear()
        yield Estate(site, folder, _values(server, folder, outside), outside)


def _route(row: str) -> str:
    method, path = row.split(" ")
    return f"{method} /api/admin/{path}"


def _values(server: MockServer, folder: Path, outside: str) -> dict[str, Any]:
    return {
        "pexip": {
            "management": server.management_url,
            "nodes": list(server.node_urls),
            "user": "vmrd",
            "password": PASSWORD,
            "domain": DOMAIN,
            "web_join": f"{outside}/m/{{alias}}",
            "location": "Main",
        },
        "store": {"path": str(folder / "vmrd.db"), "key": KEY},
        "listen": {"port": 0, "ops_port": 0},
        "sink": {"password": SINKS},
        "policy": {"password": POLICYS},
        "senders": [{"system": "bvls", "secrets": ["whsec_" + "A" * 32], "callback_url": f"{outside}/told"}],
        "allow_private_callbacks": True,
        "establishments": [
            {
                "code": "MDI",
                "name": "HMP Example",
                "rooms": [{"key": "MDI-1", "name": "Room 1", "address": "canary-room1@rooms.example.org"}],
            }
        ],
    }


@asynccontextmanager
async def _outside() -> AsyncIterator[str]:
    """vmrd's own address as Pexip has it, the guests' page, and a booking system."""

    async def taken(_request: web.Request) -> web.Response:
        return web.Response(text="ok")

    application = web.Application()
    application.router.add_route("*", "/{rest:.*}", taken)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def clock_is_kept(kept: bool | None) -> Callable[[], bool | None]:
    """Instead of asking the machine that the tests run on."""
    return lambda: kept
