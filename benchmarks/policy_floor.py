"""`python -m benchmarks.policy_floor`: a bare aiohttp GET, to hold the answers of external policy against.

`python -m benchmarks.policy_floor FOLDER SESSIONS`: the web side of a vmrd with so many live sessions in memory, the
whole application with its metrics and all it does for every request. Either prints its port and an alias, and serves
until its input is closed.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

from aiohttp import web

from tests.lifecycle.story import plan
from tests.web.house import START, configuration, house
from vmrd.daemon import store_keys
from vmrd.lifecycle.decide import Decision, decide
from vmrd.lifecycle.rules import HOUR, Rules
from vmrd.store.base import Tx
from vmrd.store.migrate import migrate
from vmrd.store.sqlite import write_once
from vmrd.web.policy_desk import put_ahead
from vmrd.web.routes import create_app

DAYS = 1_400
"""The bookings are spread over so many days: the door knows all of them, and few are on today's panels, whose cost is
not measured here."""
ANSWER = b'{"status":"success","action":"continue"}'


@asynccontextmanager
async def bare() -> AsyncIterator[int]:
    """One handler that answers the same bytes."""

    async def answer(request: web.Request) -> web.Response:
        return web.Response(body=ANSWER, content_type="application/json")

    application = web.Application()
    application.router.add_get("/policy/v1/service/configuration", answer)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield int(runner.addresses[0][1])
    await runner.cleanup()


@asynccontextmanager
async def ours(folder: Path, sessions: int) -> AsyncIterator[int]:
    """A vmrd that knows so many sessions."""
    config = configuration(folder)
    migrate(folder / "vmrd.db")
    write_once(folder / "vmrd.db", store_keys(config), lambda tx: _book(tx, sessions))
    async with house(folder) as home:
        runner = web.AppRunner(create_app(home.deps), access_log=None)
        await runner.setup()
        put_ahead(home.deps.policy, runner)
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield int(runner.addresses[0][1])
        await runner.cleanup()


def alias(number: int) -> str:
    """Letters alone, as those that are issued."""
    return "".join(chr(97 + number // 26**place % 26) for place in range(14))


def _book(tx: Tx, sessions: int) -> None:
    for number in range(sessions):
        start = START + number % DAYS * 24 * HOUR
        booked = plan(session=f"s{number:06}", alias=alias(number), starts_at=start, ends_at=start + HOUR)
        decision = decide(None, booked, START - HOUR, Rules())
        assert isinstance(decision, Decision)
        tx.record(decision.session, decision.facts, (), wake_at=None, watched=False, now=START, command_ttl=0)


async def main(folder: str = "", sessions: str = "0") -> None:
    serving: AbstractAsyncContextManager[int] = ours(Path(folder), int(sessions)) if folder else bare()
    async with serving as port:
        print(port, flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
