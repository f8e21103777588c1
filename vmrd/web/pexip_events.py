"""`POST /pexip/events`: Pexip is answered before anything is done about what it says."""

from __future__ import annotations

from aiohttp import web

from vmrd.pexip.errors import Malformed
from vmrd.web.dispatch import Incoming
from vmrd.web.problem import Problem

LIMIT = 1024 * 1024
"""Bytes of a delivery at most; a bulk of a busy platform is larger than what people send."""


async def take_event(incoming: Incoming) -> web.Response:
    """Take a delivery and answer; whatever becomes of it, Pexip is not to wait or to send it again."""
    body = await _read(incoming.request)
    try:
        incoming.deps.sink.take(body)
    except Malformed:
        incoming.deps.metrics.malformed("sink")
        raise Problem("malformed", "The delivery is no event.") from None
    return web.Response()


async def _read(request: web.Request) -> bytes:
    body = bytearray()
    async for chunk in request.content.iter_chunked(64 * 1024):
        body += chunk
        if len(body) > LIMIT:
            raise Problem("too-large", "The delivery is too large.")
    return bytes(body)
