"""The Management Node's accounts, and its clock."""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime

import pytest

from pexip_mock.wire import basic_header
from tests.mock.mock_site import Answer, Site

pytestmark = pytest.mark.asyncio

NODES = "/api/admin/status/v1/worker_vm/"
VMRS = "/api/admin/configuration/v1/conference/"


async def asked(site: Site, method: str, path: str, password: str = "its-own") -> Answer:
    return await site.call(method, site.server.management_url + path, headers=basic_header("reader", password))


async def test_an_account_may_do_what_its_role_names_and_nothing_else(site: Site) -> None:
    site.server.add_account("reader", "its-own", frozenset({f"GET {NODES}", f"DELETE {VMRS}{{id}}/"}))
    assert (await asked(site, "GET", f"{NODES}?limit=1")).status == 200
    assert (await asked(site, "GET", VMRS)).status == 403
    assert (await asked(site, "DELETE", VMRS)).status == 403
    assert (await asked(site, "DELETE", f"{VMRS}1/")).status == 204
    assert (await asked(site, "GET", NODES, "another")).status == 401


async def test_a_platform_whose_clock_is_wrong_says_so_in_every_answer(site: Site) -> None:
    site.server.world.knobs = site.server.world.knobs.changed({"clock_ahead_s": 3600})
    told = [
        (await site.admin("GET", NODES)).headers["Date"],
        (await site.call("GET", f"{site.server.node_urls[0]}/api/client/v2/status")).headers["Date"],
    ]
    assert all(3500 < parsedate_to_datetime(date).timestamp() - time.time() < 3700 for date in told)
