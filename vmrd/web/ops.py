"""The second listener, for operations only: metrics and health. It answers nothing about any person or booking."""

from __future__ import annotations

from aiohttp import web
from prometheus_client import generate_latest

from vmrd.store.base import StoreError
from vmrd.web.deps import Deps

_TEXT = {"Content-Type": "text/plain; version=0.0.4; charset=utf-8"}


def add_ops(app: web.Application, deps: Deps) -> None:
    """`/metrics`, `/healthz` (the process answers), `/readyz` (it could take a booking or a press now)."""

    async def metrics(request: web.Request) -> web.Response:
        return web.Response(body=generate_latest(deps.metrics.registry), headers=_TEXT)

    async def healthz(request: web.Request) -> web.Response:
        return web.Response(text="ok\n")

    async def readyz(request: web.Request) -> web.Response:
        try:
            await deps.store.read(lambda rx: rx.next_wake())
        except StoreError:
            return web.Response(text="the store does not answer\n", status=503)
        return web.Response(text="ready\n")

    app.router.add_get("/metrics", metrics)
    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)
