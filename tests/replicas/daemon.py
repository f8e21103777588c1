"""A replica as its machine would run it: with a name of its own, and a route of its own to Pexip.

Each replica knows Pexip as `localhost`, as all must call it alike; here that leads to the replica's own pipe.
"""

from __future__ import annotations

import os
import runpy
import socket
from types import SimpleNamespace

import aiohttp.connector
from aiohttp.abc import AbstractResolver, ResolveResult

import vmrd.daemon

ROUTE, NAME = "REPLICA_ROUTE", "REPLICA_NAME"


class _Route(AbstractResolver):
    async def resolve(self, host: str, port: int = 0, family: int = socket.AF_INET) -> list[ResolveResult]:
        return [
            ResolveResult(hostname=host, host=os.environ[ROUTE], port=port, family=socket.AF_INET, proto=0, flags=0)
        ]

    async def close(self) -> None:
        """Nothing is open."""


if __name__ == "__main__":
    aiohttp.connector.DefaultResolver = lambda **_: _Route()  # type: ignore[assignment, misc]
    vmrd.daemon.secrets = SimpleNamespace(token_hex=lambda _: os.environ[NAME])  # type: ignore[assignment]
    runpy.run_module("vmrd", run_name="__main__")
