"""A start that cannot go on yet: it stays, says why, and costs nothing.

| what is missing                | what a start does                                                         |
|--------------------------------|---------------------------------------------------------------------------|
| the PostgreSQL server          | up, not ready; both listeners say so (`web.standing_in`) until it answers |
| a configuration that is right  | says so, and ends; under systemd not before its file has changed or 15 s  |

Ending at once, to be started again a second later, would take half a processor for as long as it lasts, and whoever
asks would be kept waiting by the socket that systemd holds. systemd 252 can neither wait longer from one restart to the
next nor usefully be told to give up (`RestartPreventExitStatus=`): each panel that tries again would start vmrd through
its socket, with no wait at all.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, closing, contextmanager, suppress
from pathlib import Path

import structlog
import typer

from vmrd import systemd
from vmrd.console import CONFIGURATION
from vmrd.store.errors import Away, StoreError
from vmrd.store.place import Place, Server

log = structlog.get_logger(__name__)

_AGAIN = 1.0
_HELD_FOR = 15.0
_LOOKS_EVERY = 0.2


async def for_database(place: Place, stop: asyncio.Event, meanwhile: AbstractAsyncContextManager[None]) -> None:
    """Return once a server at `place` answers, or `stop` is set; until then be inside `meanwhile`.

    What else may be wrong with it is not looked at: opening it says that.
    """
    if not isinstance(place, Server) or (away := await _away(place)) is None:
        return
    log.error("store_away", error=away)
    async with meanwhile:
        systemd.notify("READY=1")
        systemd.notify("STATUS=not-ready; down: store")
        while not stop.is_set() and await _away(place) is not None:
            systemd.notify("WATCHDOG=1")
            with suppress(TimeoutError):
                async with asyncio.timeout(_AGAIN):
                    await stop.wait()
    log.warning("store_back")


async def _away(server: Server) -> str | None:
    """What is said of a server that does not answer, or only reads."""
    from vmrd.store.postgres import link

    def dial() -> None:
        with closing(link.connect(server)):
            pass

    try:
        await asyncio.to_thread(dial)
    except Away as away:
        return str(away)
    except StoreError:
        pass
    return None


@contextmanager
def for_mending(file: Path) -> Iterator[None]:
    """Keep systemd from starting anew what a wrong configuration has just ended, until `file` has changed."""
    before = _stamp(file)
    try:
        yield
    except typer.Exit as end:
        if end.exit_code == CONFIGURATION and systemd.manages():
            systemd.notify("STATUS=the configuration is wrong: see the log")
            until = time.monotonic() + _HELD_FOR
            while _stamp(file) == before and time.monotonic() < until:
                time.sleep(_LOOKS_EVERY)
        raise


def _stamp(file: Path) -> tuple[int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino
