"""A real mock server on free ports, and one who speaks to it."""

from collections.abc import AsyncIterator

import aiohttp
import pytest_asyncio

from pexip_mock.knobs import Knobs
from pexip_mock.server import MockServer
from tests.mock.mock_site import Site
from tests.mock.receiver import Receiver, receiving


@pytest_asyncio.fixture
async def site() -> AsyncIterator[Site]:
    """A fast mock with one VMR that is dialable."""
    async with MockServer(Knobs.fast()) as server, aiohttp.ClientSession() as session:
        site = Site(server, session)
        await site.make_vmr()
        yield site


@pytest_asyncio.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """A web server that takes sink events and answers policy questions."""
    async with receiving() as receiver:
        yield receiver
