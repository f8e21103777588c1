"""A replica as its machine would run it: with a name of its own, and a route of its own to Pexip.

Asked by `SIGUSR1`, it says where each of its threads stands.

Each replica knows Pexip as `localhost`, as all must call it alike, and its database too, which off the machine would
have to be encrypted; here that leads to the replica's own pipes.
"""

from __future__ import annotations

import faulthandler
import os
import runpy
import signal
import socket
from types import SimpleNamespace

import aiohttp.connector
from aiohttp.abc import AbstractResolver, ResolveResult

import vmrd.daemon
import vmrd.store.postgres.link
from tests.replicas.cable import enter

ROUTE, NAME, NETWORK = "REPLICA_ROUTE", "REPLICA_NAME", "REPLICA_NETWORK"


class _Route(AbstractResolver):
    async def resolve(self, host: str, port: int = 0, family: int = socket.AF_INET) -> list[ResolveResult]:
        return [
            ResolveResult(hostname=host, host=os.environ[ROUTE], port=port, family=socket.AF_INET, proto=0, flags=0)
        ]

    async def close(self) -> None:
        """Nothing is open."""


if __name__ == "__main__":
    faulthandler.register(signal.SIGUSR1)  # where every thread stands, into the log (`fleet.account`)
    if os.environ[NETWORK]:
        enter(os.environ[NETWORK])
    vmrd.store.postgres.link._ALIVE["hostaddr"] = os.environ[ROUTE]
    aiohttp.connector.DefaultResolver = lambda **_: _Route()  # type: ignore[assignment, misc]
    vmrd.daemon.secrets = SimpleNamespace(token_hex=lambda _: os.environ[NAME])  # type: ignore[assignment]
    runpy.run_module("vmrd", run_name="__main__")
