"""A transport that cannot do anything to Pexip: in shadow mode every request passes it, and only reads get through.

Whatever vmrd's parts may want, and whatever bug they have, it is here that a request leaves. So this asks nobody what
was meant. It knows three families of the management API that only read (facts 1.9), and takes GET under them; all else
is refused before a connection is made, counted and told: by the method, by the path, for whichever upstream. To take a
client API token is a command as well, since the platform shows a participant for it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import unquote

import structlog

from vmrd.pexip.http import Request, Response, Transport

log = structlog.get_logger(__name__)

READ_ONLY = ("/api/admin/status/v1/", "/api/admin/configuration/v1/", "/api/admin/history/v1/")


class CommandRefused(Exception):
    """In shadow, something tried to leave that is not a read of the management API. Nothing was sent."""


@dataclass(slots=True)
class Tally:
    """What passed and what was refused, over all upstreams. `alarm` is told of each refusal."""

    alarm: Callable[[], None] = lambda: None
    sent: Counter[str] = field(default_factory=Counter)
    refused: int = 0

    def refuse(self, what: str) -> CommandRefused:
        """Count and tell a try; the caller raises what this returns. `what` comes from a small fixed set."""
        self.refused += 1
        self.alarm()
        log.critical("shadow_refused", what=what)
        return CommandRefused(f"vmrd is in shadow: {what} is never sent")


class WatchOnly(Transport):
    """Lets reads of the management API through to `inner`. One for each upstream, all with one tally."""

    def __init__(self, inner: Transport, tally: Tally) -> None:
        self._inner = inner
        self._tally = tally

    async def handle_async_request(self, request: Request) -> Response:
        """Raises `CommandRefused` for anything but a read, before anything is sent."""
        path = unquote(request.url.path)
        if request.method != "GET":
            raise self._tally.refuse("a request that is not a GET")
        if not path.startswith(READ_ONLY) or ".." in path:
            raise self._tally.refuse("a GET that is not of the management API's reading families")
        self._tally.sent[request.method] += 1
        return await self._inner.handle_async_request(request)

    async def aclose(self) -> None:
        await self._inner.aclose()
