"""`vmrd watch`: sessions in a terminal, by the same WebSocket the panel uses. Reads only; shows no names."""

from __future__ import annotations

import asyncio
from typing import TypeAlias

import orjson
from rich.console import Console
from rich.live import Live
from rich.table import Table
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

View: TypeAlias = dict[str, object]

_SILENCE = 30.0
"""Seconds without a word after which the screen says that it is not live."""


async def follow(url: str, token: str, establishment: str | None) -> None:
    """Show views as they change until interrupted. Raises OSError when nobody answers."""
    target = url.replace("http", "ws", 1).rstrip("/") + "/v1/live"
    if establishment:
        target += f"?establishment={establishment}"
    views: dict[str, View] = {}
    headers = {"Authorization": f"Bearer {token}"}
    try:
        async with connect(target, additional_headers=headers) as socket:
            with Live(_table(views, live=True), console=Console(), auto_refresh=False) as screen:
                while True:
                    try:
                        async with asyncio.timeout(_SILENCE):
                            _take(views, await socket.recv())
                    except TimeoutError:
                        screen.update(_table(views, live=False), refresh=True)
                        continue
                    screen.update(_table(views, live=True), refresh=True)
    except (InvalidHandshake, ConnectionClosed):
        raise OSError("not answered") from None


def _take(views: dict[str, View], message: str | bytes) -> None:
    told = orjson.loads(message)
    for view in told if isinstance(told, list) else [told.get("session", told)]:
        if isinstance(view, dict) and isinstance(view.get("id"), str):
            views[view["id"]] = view


def _table(views: dict[str, View], *, live: bool) -> Table:
    table = Table(title=None if live else "NOT LIVE – do not rely on this screen")
    for heading in ("Starts", "Room", "Phase", "Lock", "SECURE", "Knocks", "Alerts"):
        table.add_column(heading)
    for view in sorted(views.values(), key=lambda each: str(each.get("startsAt"))):
        lock, knocks, alerts = view.get("lock"), view.get("knocks"), view.get("alerts")
        ringing = (
            [k for k in knocks if isinstance(k, dict) and k.get("state") == "ringing"]
            if isinstance(knocks, list)
            else []
        )
        table.add_row(
            str(view.get("startsAt"))[11:16],
            str(view.get("room")),
            str(view.get("phase")),
            str(lock.get("state")) if isinstance(lock, dict) else "",
            "SECURE" if view.get("secure") and live else str(view.get("darkBecause") or ""),
            str(len(ringing)),
            str(len(alerts)) if isinstance(alerts, list) else "",
        )
    return table
