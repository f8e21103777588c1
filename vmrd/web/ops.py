"""The second listener, for operations only: metrics and health. It answers nothing about any person or booking.

| path                                    | for                                                                  |
|-----------------------------------------|----------------------------------------------------------------------|
| `/healthz`                              | the process answers: an orchestrator's liveness                      |
| `/readyz`                               | it could take a booking or a press now, and which parts are away      |
| `/health`, `/health/liveness`, `/health/readiness`, `/health/ping` | the same in the shape of HMPPS services   |
| `/info`                                 | which build, for which establishments                                |
| `/metrics`                              | Prometheus                                                           |
"""

from __future__ import annotations

import os
import re
import time
from importlib.metadata import version
from typing import Protocol

import orjson
from aiohttp import web
from prometheus_client import generate_latest

from vmrd.config import Config
from vmrd.health import State, Status
from vmrd.metrics import Metrics

_TEXT = {"Content-Type": "text/plain; version=0.0.4; charset=utf-8"}
_COMMIT = re.compile(r"[0-9a-f]{7,40}")


class Known(Protocol):
    """What is told of ourselves."""

    @property
    def config(self) -> Config: ...
    @property
    def metrics(self) -> Metrics: ...


class Looks(Protocol):
    async def look(self) -> State:
        """How everything is now."""


def add_ops(app: web.Application, known: Known, health: Looks) -> None:
    """Bind every path of the table."""
    started = time.monotonic()

    async def metrics(request: web.Request) -> web.Response:
        return web.Response(body=generate_latest(known.metrics.registry), headers=_TEXT)

    async def healthz(request: web.Request) -> web.Response:
        return web.Response(text="ok\n")

    async def readyz(request: web.Request) -> web.Response:
        state = await health.look()
        return _json(_ready(state), state)

    async def components(request: web.Request) -> web.Response:
        state = await health.look()
        return _json(_components(state), state)

    async def alive(request: web.Request) -> web.Response:
        return _json({"status": "UP"})

    async def info(request: web.Request) -> web.Response:
        codes = sorted(each.code for each in known.config.establishments)
        return _json({**_build(), "activeAgencies": codes, "uptime": round(time.monotonic() - started)})

    for path, handler in (
        ("/metrics", metrics),
        ("/healthz", healthz),
        ("/readyz", readyz),
        ("/health", components),
        ("/health/readiness", components),
        ("/health/liveness", alive),
        ("/health/ping", alive),
        ("/info", info),
    ):
        app.router.add_get(path, handler)


def _json(body: object, state: State | None = None) -> web.Response:
    status = 503 if state is not None and state.status is Status.NOT_READY else 200
    return web.Response(body=orjson.dumps(body), status=status, content_type="application/json")


def _ready(state: State) -> dict[str, object]:
    parts = {part.name: {"status": "up" if part.up else "down", **part.figures} for part in state.parts}
    return {"status": state.status, "parts": parts}


def _components(state: State) -> dict[str, object]:
    """A part that is away is DOWN; the service is so only when nobody is served, as alarms and restarts hang on it."""
    components = {
        part.name: {
            "status": "UP" if part.up else "DOWN",
            **({"details": dict(part.figures)} if part.figures else {}),
        }
        for part in state.parts
    }
    return {
        "status": "DOWN" if state.status is Status.NOT_READY else "UP",
        "degraded": state.status is Status.DEGRADED,
        "components": components,
    }


def _build() -> dict[str, object]:
    """`GIT_REF` and `BUILD_NUMBER` are what HMPPS pipelines hand to an image; without them neither is told."""
    build: dict[str, object] = {"name": "vmrd", "artifact": "vmrd", "version": version("vmrd")}
    number, commit = os.environ.get("BUILD_NUMBER", ""), os.environ.get("GIT_REF", "")
    if number:
        build["number"] = number
    git = {"git": {"commit": {"id": commit}}} if _COMMIT.fullmatch(commit) else {}
    return {"build": build, **git}
