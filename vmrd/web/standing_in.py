"""What both listeners answer while a start waits for its database: that it is away, and how to work by hand.

A panel that is open gets the same 503 as from a daemon that has lost its database, and says the same. Pexip and booking
systems fall back or come again, instead of waiting for an answer that does not come.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from aiohttp import web

from vmrd.clock import SystemClock
from vmrd.config import Config
from vmrd.health import Part, State
from vmrd.metrics import Metrics
from vmrd.web.middleware import request_id, security_headers
from vmrd.web.ops import add_ops
from vmrd.web.panel import assets, away, pages
from vmrd.web.problem import Problem


@dataclass(frozen=True, slots=True)
class StandIn:
    """All that is known without a database."""

    config: Config
    metrics: Metrics = field(default_factory=Metrics)

    async def look(self) -> State:
        """Not ready, for want of the store."""
        return State((Part("store", up=False, vital=True),))

    def app(self) -> web.Application:
        """For the main listener."""
        app = web.Application(middlewares=[request_id, security_headers])
        app.router.add_get("/panel/static/{edition}/{name:.+}", assets.serve)
        app.router.add_route("*", "/{tail:.*}", self._answer)
        return app

    def ops_app(self) -> web.Application:
        """For operations."""
        self.metrics.part("store", up=False)
        app = web.Application()
        add_ops(app, self, self)
        return app

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        problem = Problem("store", "vmrd cannot reach its database. Nothing was changed. Try again.")
        if not away.wants_page(request):
            return problem.response()
        return await away.page(request, pages.nobody(SystemClock(), shadow=self.config.shadow.enabled), problem)
