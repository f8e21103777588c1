"""The two applications: officers, booking systems and Pexip on one listener, operations on another.

Every call of the contract is bound to exactly one handler here; a call without one, or a handler without a call, stops
the daemon at its start.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, suppress
from typing import TYPE_CHECKING

import orjson
from aiohttp import web

from vmrd.adapters.adapter import adapters
from vmrd.clock import wall
from vmrd.health import Health
from vmrd.lifecycle.door import Question
from vmrd.shadow.ear import Ear
from vmrd.web import (
    adapter_events,
    availability,
    bookings,
    establishments,
    joining,
    live,
    lost_time,
    pexip_events,
    policy,
    record,
    refusals,
    sessions,
    signin,
    signin_oidc,
    works,
)
from vmrd.web.contract import CALLS, actions, openapi
from vmrd.web.deps import Deps
from vmrd.web.dispatch import Handler, Incoming, bind
from vmrd.web.hub import Hub
from vmrd.web.middleware import BODY_LIMIT, KEEPING, problems, request_id, security_headers
from vmrd.web.ops import add_ops
from vmrd.web.panel import add_panel, sign_in_pages
from vmrd.web.policy_desk import desk
from vmrd.web.reception import make_reception
from vmrd.web.senders import Senders
from vmrd.web.sink import Sink
from vmrd.web.viewer import Viewer

if TYPE_CHECKING:
    from vmrd.daemon import Daemon

DEPS = web.AppKey("deps", Deps)


async def _openapi(incoming: Incoming) -> web.Response:
    return web.Response(body=orjson.dumps(openapi()), content_type="application/json")


HANDLERS: dict[str, Handler] = {
    "take-booking": bookings.take_event,
    "take-adapter-event": adapter_events.take_event,
    "show-booking": bookings.show,
    "list-refusals": refusals.listed,
    "list-establishments": establishments.listed,
    "show-establishment": establishments.shown,
    "show-availability": availability.shown,
    "show-lost-time": lost_time.shown,
    "list-works": works.listed,
    "add-works": works.added,
    "show-works": works.shown,
    "change-works": works.changed,
    "withdraw-works": works.withdrawn,
    "list-sessions": sessions.listed,
    "show-session": sessions.shown,
    "show-record": record.shown,
    "show-joining": joining.shown,
    "reveal": sessions.reveal,
    **{f"press-{action}": sessions.pressed(action) for action in actions()},
    "live": live.watched,
    "me": signin.me,
    "take-pexip-event": pexip_events.take_event,
    "ask-service": policy.asked(Question.SERVICE),
    "ask-participant": policy.asked(Question.PARTICIPANT),
    "sign-in": signin.sign_in,
    "sign-in-page": sign_in_pages.sign_in,
    "sign-in-alarms": sign_in_pages.alarms,
    "sign-in-emergency": signin.emergency,
    "sign-in-service": signin_oidc.leave,
    "sign-in-callback": signin_oidc.come_back,
    "sign-in-done": sign_in_pages.done,
    "sign-in-left": sign_in_pages.left,
    "sign-out": signin.sign_out,
    "sign-out-away": signin_oidc.go_away,
    "openapi": _openapi,
}


def make_deps(daemon: Daemon) -> Deps:
    """What the handlers need of a daemon. Raises `ConfigError` for a private key that is none."""
    config, engine = daemon.config, daemon.engine
    viewer = Viewer(engine, daemon.eyes, daemon.settings)
    hub = Hub(daemon.store, viewer, daemon.metrics)
    hub.keeping.keeps = lambda: daemon.keeps
    asked = desk(engine, config)
    engine.listeners.append(hub.heard)
    if asked.key is not None:  # otherwise nobody can ask, and no secret need be known
        engine.listeners.append(asked.door.table.heard)
        asked.door.behind, daemon.echo.known = daemon.echo.behind, asked.door.table.sessions
    senders = Senders(config.senders, wall(engine.clock))
    daemon.settings.listeners += [viewer.follow, hub.follow, asked.follow, senders.follow]
    return Deps(
        engine=engine,
        store=daemon.store,
        eyes=daemon.eyes,
        settings=daemon.settings,
        metrics=daemon.metrics,
        viewer=viewer,
        hub=hub,
        sink=Ear(daemon.observer) if daemon.observer is not None else Sink(engine, daemon.eyes, daemon.metrics),
        policy=asked,
        senders=senders,
        adapters=adapters(daemon.settings),
        reception=make_reception(config, daemon.store, daemon.metrics),
        demo_code=signin.demo_code(config),
    )


def create_app(deps: Deps) -> web.Application:
    """The application of the main listener; its hub and sink work for as long as it runs."""
    app = web.Application(middlewares=[request_id, security_headers, problems], client_max_size=BODY_LIMIT)
    app[DEPS], app[KEEPING] = deps, deps.hub.keeping
    app[live.OPEN_SOCKETS] = live.OpenSockets()
    assert HANDLERS.keys() == {call.name for call in CALLS}
    for call in CALLS:
        app.router.add_route(call.method, call.path, bind(call, HANDLERS[call.name], deps))
    if deps.demo_code is not None:

        async def demo(request: web.Request) -> web.StreamResponse:
            return await signin.demo(request, deps)

        app.router.add_get("/sign-in/demo", demo)
    add_panel(app, deps)
    app.cleanup_ctx.append(_background)
    app.on_shutdown.append(live.close_sockets)
    return app


def create_ops_app(deps: Deps, health: Health) -> web.Application:
    """The application of the operations' listener."""
    app = web.Application()
    add_ops(app, deps, health)
    return app


async def _background(app: web.Application) -> AsyncIterator[None]:
    """Own the tasks of hub, sink, policy and sign-in, and the connections of the adapters and the sign-in service.

    No call is heard before policy knows all that is booked.
    """
    deps = app[DEPS]
    async with AsyncExitStack() as stack:
        for adapter in deps.adapters.values():
            deps.metrics.adapter_there(adapter.name)
            await stack.enter_async_context(adapter.upstream)
        stack.push_async_callback(deps.reception.aclose)
        await deps.reception.shut_former_ways(deps.config, deps.store)
        works = [
            ("hub", deps.hub.run),
            ("keeping", deps.hub.keeping.run),
            ("sink", deps.sink.run),
            ("revocations", deps.reception.revocations.run),
        ]
        if deps.policy.key is not None:
            asked = deps.policy.door
            await asked.table.fill()
            works += [("policy", asked.run), ("doors", asked.table.run)]
        tasks = [asyncio.create_task(run(), name=name) for name, run in works]
        yield
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
