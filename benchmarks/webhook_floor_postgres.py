"""The least a durable webhook on PostgreSQL can be: aiohttp, one row with the raw body, group commit, then the answer.

    python -m benchmarks.webhook_floor_postgres URL PASSWORD

One thread commits whatever waits, as the daemon's does. Nothing is verified, validated or decided.
"""

from __future__ import annotations

import asyncio
import queue
import sys
import threading

import psycopg

from benchmarks.floors import tell
from benchmarks.webhook_floor import serve

_MOST = 512


class Bodies:
    """A group-commit writer of one row for each body it is given."""

    def __init__(self, url: str, password: str) -> None:
        self._waiting: queue.SimpleQueue[tuple[bytes, asyncio.Future[None]]] = queue.SimpleQueue()
        self._url, self._password = url, password
        threading.Thread(target=self._run, daemon=True).start()

    async def put(self, body: bytes) -> None:
        """Returns when the body is committed."""
        told: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.put((body, told))
        await told

    def _run(self) -> None:
        with psycopg.connect(self._url, password=self._password, autocommit=True) as connection:
            connection.execute("CREATE TABLE row (id bigserial PRIMARY KEY, body bytea)")
            while True:
                group = [self._waiting.get()]
                while not self._waiting.empty() and len(group) < _MOST:
                    group.append(self._waiting.get())
                with connection.transaction():
                    connection.execute(
                        "INSERT INTO row (body) SELECT unnest(%s::bytea[])", ([body for body, _ in group],)
                    )
                done = [told for _, told in group]
                done[0].get_loop().call_soon_threadsafe(tell, done)


async def main(url: str, password: str) -> None:
    await serve(Bodies(url, password).put)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
