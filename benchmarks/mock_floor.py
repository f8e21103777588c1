"""`python -m benchmarks.mock_floor`: the least an event stream server does, to hold the mock against.

`POST /frame` gives it a frame; `GET /{number}` opens a stream, and `POST /{number}` writes the frame to that stream. It
knows no meeting, token, roster or account. It prints its port and serves until its input is closed.
"""

from __future__ import annotations

import asyncio
import sys

from aiohttp import web


class Floor:
    """Streams by number, and what to write to them."""

    def __init__(self) -> None:
        self.frame = b""
        self.streams: dict[str, web.StreamResponse] = {}

    async def keep(self, request: web.Request) -> web.Response:
        self.frame = await request.read()
        return web.Response()

    async def open(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        self.streams[request.match_info["number"]] = response
        await asyncio.Event().wait()
        return response

    async def say(self, request: web.Request) -> web.Response:
        await request.read()
        await self.streams[request.match_info["number"]].write(self.frame)
        return web.json_response({"status": "success", "result": True})


async def main() -> None:
    floor = Floor()
    application = web.Application()
    application.add_routes(
        [web.post("/frame", floor.keep), web.get("/{number}", floor.open), web.post("/{number}", floor.say)]
    )
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(main())
