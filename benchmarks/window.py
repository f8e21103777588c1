"""From the last look at a command to its first byte: the time in which a daemon that hangs could still send it late.

`python -m benchmarks.window` prints it; nothing asserts it, for it is the machine's as much as ours.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from statistics import median, quantiles

from aiohttp import web

import vmrd.pexip.http as http_module
from vmrd.pexip.http import PexipHttp

_REQUESTS = 2_000
_LOOK = "last_look"
"""By the name under which the client of Pexip calls it."""


async def measure() -> list[float]:
    """Microseconds of each request, of which most find a connection kept alive."""
    looked, taken = [0], list[float]()

    def look() -> None:
        looked[0] = time.perf_counter_ns()

    async def answer(request: web.Request) -> web.Response:
        return web.json_response({"status": "success"})

    app = web.Application()
    app.router.add_post("/command", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    transport = asyncio.selector_events._SelectorSocketTransport  # type: ignore[attr-defined]
    writes = {name: getattr(transport, name) for name in ("write", "writelines")}

    def timed(write: Callable[..., None]) -> Callable[..., None]:
        def writing(*given: object) -> None:
            if looked[0]:
                taken.append((time.perf_counter_ns() - looked[0]) / 1_000)
                looked[0] = 0
            write(*given)

        return writing

    for name, write in writes.items():
        setattr(transport, name, timed(write))
    former = getattr(http_module, _LOOK)
    setattr(http_module, _LOOK, look)
    try:
        async with PexipHttp(f"http://127.0.0.1:{runner.addresses[0][1]}") as http:
            for _ in range(_REQUESTS):
                await http.request("POST", "/command", operation="lock", json={"conference_id": "x"})
    finally:
        setattr(http_module, _LOOK, former)
        for name, write in writes.items():
            setattr(transport, name, write)
        await runner.cleanup()
    return taken


def main() -> None:
    taken = asyncio.run(measure())
    p99 = quantiles(taken, n=100)[-1]
    print(
        f"from the last look to the socket: median {median(taken):.0f} µs, p99 {p99:.0f} µs, most {max(taken):.0f} µs"
    )


if __name__ == "__main__":
    main()
