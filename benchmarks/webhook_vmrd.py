"""A whole vmrd that takes bookings: web side, engine, store, alarm, dispatcher. Its Pexip is not there and not needed.

    python -m benchmarks.webhook_vmrd DATABASE

The booking system does not want to be called back.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path

from benchmarks.webhook_load import ROOMS, SECRET
from vmrd.config import Config, from_values
from vmrd.serve import running
from vmrd.store.migrate import migrate


def configuration(database: Path) -> Config:
    """One prison with many rooms, and one booking system that decides nothing itself."""
    rooms = [{"key": f"VCC-{number}", "name": f"Room {number}"} for number in range(ROOMS)]
    pexip = {"management": "http://127.0.0.1:9", "nodes": ["http://127.0.0.1:9"], "password": "none"}
    return from_values(
        {
            "pexip": {**pexip, "domain": "meet.example.org", "web_join": "https://join.example.org/{alias}"},
            "store": {"path": database, "key": "5a" * 32},
            "listen": {"port": 0, "ops_port": 0},
            "senders": [{"system": "desk", "authority": "vmrd", "secrets": [SECRET], "distributor": True}],
            "establishments": [{"code": "MDI", "name": "HMP Example", "rooms": rooms}],
        }
    )


async def serve(database: Path) -> None:
    """Print the port and answer until told to stop."""
    migrate(database)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with running(configuration(database)) as vmrd:
        print(vmrd.api.rpartition(":")[2], flush=True)
        await stop.wait()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1])))
