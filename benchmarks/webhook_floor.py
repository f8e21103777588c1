"""The least a durable webhook can be: aiohttp, one row with the raw body, group commit, then the answer.

    python -m benchmarks.webhook_floor DATABASE

Nothing is verified, validated or decided. The writer has the daemon's own SQLite settings and thread hand-over, and the
event loop is the daemon's.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from aiohttp import web

from benchmarks.floors import Bodies


async def serve(put: Callable[[bytes], Awaitable[None]]) -> None:
    """Print the port and answer for ever, each body once it is put away."""

    async def take(request: web.Request) -> web.Response:
        await put(await request.read())
        return web.json_response({"taken": True}, status=202)

    app = web.Application()
    app.router.add_post("/v1/bookings/events", take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


async def main(database: Path) -> None:
    await serve(Bodies(database).put)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
