"""A whole vmrd that takes bookings: web side, engine, store, alarm, dispatcher. Its Pexip is not there and not needed.

    python -m benchmarks.webhook_vmrd DATABASE-FILE
    python -m benchmarks.webhook_vmrd DATABASE-URL PASSWORD

The booking system does not want to be called back.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path

from benchmarks.webhook_load import ROOMS, SECRET
from vmrd import collector
from vmrd.config import Config, from_values
from vmrd.serve import running
from vmrd.store.opening import migrate

SINK, POLICY = ("sink", "a password of the sink"), ("policy", "a password of policy")


def configuration(store: dict[str, object]) -> Config:
    """One prison with many rooms, and one booking system that decides nothing itself."""
    rooms = [{"key": f"VCC-{number}", "name": f"Room {number}"} for number in range(ROOMS)]
    pexip = {"management": "http://127.0.0.1:9", "nodes": ["http://127.0.0.1:9"], "password": "none"}
    return from_values(
        {
            "pexip": {**pexip, "domain": "meet.example.org", "web_join": "https://join.example.org/{alias}"},
            "store": {**store, "key": "5a" * 32},
            "sink": dict(zip(("user", "password"), SINK, strict=True)),
            "policy": dict(zip(("user", "password"), POLICY, strict=True)),
            "listen": {"port": 0, "ops_port": 0},
            "senders": [{"system": "desk", "authority": "vmrd", "secrets": [SECRET], "distributor": True}],
            "establishments": [{"code": "MDI", "name": "HMP Example", "rooms": rooms}],
        }
    )


async def serve(store: dict[str, object]) -> None:
    """Print the port and answer until told to stop."""
    config = configuration(store)
    migrate(config.store.place)
    collector.begin()  # as `vmrd run` does
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with running(config) as vmrd:
        print(vmrd.api.rpartition(":")[2], flush=True)
        await stop.wait()


if __name__ == "__main__":
    place, *password = sys.argv[1:]
    asyncio.run(serve({"url": place, "password": password[0]} if password else {"path": Path(place)}))
