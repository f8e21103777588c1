"""The page of Pexip's account names exactly what the code asks of the Management Node: nothing more need be given."""

from __future__ import annotations

import inspect
import re
from dataclasses import replace
from typing import Any

import pytest

from pexip_mock.knobs import Knobs
from pexip_mock.people import Kind
from tests.pexip.test_against_mock import ALIAS, SPEC, platform
from tests.test_requirements import ROOT
from vmrd.pexip.http import Answer, PexipHttp
from vmrd.pexip.management import API, Management
from vmrd.pexip.survey import Survey, Why

pytestmark = pytest.mark.asyncio

PAGE = ROOT / "docs" / "pexip-account.md"


def rows_of_the_page() -> list[list[str]]:
    """What vmrd's own account needs, and what an administrator's reads for `vmrd check-config`."""
    parts = PAGE.read_text("utf-8").split("\n## ")
    return [re.findall(r"^\| `((?:GET|POST|PATCH|DELETE|PUT) [^`]+)` \|", part, re.MULTILINE) for part in parts]


class Noted(PexipHttp):
    """Requests as they go out, with ids left out of their paths."""

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self.seen: set[str] = set()

    async def request(self, method: Any, path: str, **more: Any) -> Answer:
        self.seen.add(f"{method} {re.sub(r'/[0-9]+/$', '/{id}/', path.partition('?')[0].removeprefix(API))}")
        return await super().request(method, path, **more)


async def drive(management: Management, site: Any) -> set[str]:
    """Use every method once, in a meeting with somebody inside and somebody held; the methods used."""
    await management.ensure_vmr(SPEC)
    await management.ensure_vmr(replace(SPEC, guest_pin="918273"))  # changed: put right
    await management.ensure_vmr(SPEC)
    site.replicate()
    called = await management.dial(ALIAS, "room1@rooms.example.org")
    site.dial_in()
    site.replicate()
    await management.nodes()
    await management.vmrs("vmrd")
    await management.instances("vmrd")
    await management.running()
    await management.aliases(SPEC.name)
    await management.live(SPEC.name)
    await management.set_lock(SPEC.name, True)
    held = site.dial_in(Kind.BROWSER, "Mr B. Sample")
    await management.legs(SPEC.name)
    await management.admit(held)
    await management.set_lock(SPEC.name, False)
    await management.disconnect(called)
    await management.end(SPEC.name)
    await management.delete_vmr(SPEC.name)
    return {
        *(
            "ensure_vmr",
            "dial",
            "nodes",
            "vmrs",
            "instances",
            "running",
            "aliases",
            "live",
            "set_lock",
            "legs",
            "admit",
            "disconnect",
        ),
        *("end", "delete_vmr"),
    }


async def test_the_account_needs_what_the_page_says_and_nothing_else() -> None:
    async with platform(Knobs.fast()) as site:
        noted = Noted(site.server.management_url, auth=(site.server.user, site.server.password))
        async with noted:
            used = await drive(Management(noted, tag_prefix="vmrd:"), site)
    assert sorted(rows_of_the_page()[0]) == sorted(noted.seen)
    methods = {name for name, _ in inspect.getmembers(Management, inspect.iscoroutinefunction) if name[0] != "_"}
    assert methods - {"aclose"} == used


async def test_an_administrators_account_reads_for_a_check_what_the_page_says_and_changes_nothing() -> None:
    async with platform(Knobs.fast()) as site:
        noted = Noted(site.server.management_url, auth=(site.server.user, site.server.password))
        async with noted:
            survey = Survey(noted)
            found = [
                await survey.nodes(),
                await survey.node_names(),
                await survey.settings(),
                await survey.licences(),
                await survey.addresses_at("example.org"),
                await survey.sinks(""),
                await survey.profiles(""),
                await survey.locations(),
                await survey.alarms(),
                await survey.other_rooms("vmrd-"),
                await survey.theme_name("/api/admin/configuration/v1/ivr_theme/1/"),
            ]
    assert not any(isinstance(each, Why) for each in found)
    assert found[-1] == "Default theme"
    assert sorted(rows_of_the_page()[1]) == sorted(noted.seen)
