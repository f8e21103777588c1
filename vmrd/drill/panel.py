"""An officer's panel, as a browser keeps it: a WebSocket, the newest view of one meeting, and a light of its own.

It goes dark by itself: when vmrd is lost (NOT LIVE), when the view says so, when `secureUntil` has passed unrenewed.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import aiohttp
import orjson

_AGAIN_AFTER = 0.2


@dataclass(slots=True)
class Panel:
    """`session`: whose meeting is looked at. `live`: whether vmrd is there. `view`: the newest, as the API has it."""

    http: aiohttp.ClientSession
    api: str
    token: str
    session: str
    live: bool = False
    view: Mapping[str, Any] = field(default_factory=dict)
    _until: float = 0.0
    _sound: bool = True
    _socket: aiohttp.ClientWebSocketResponse | None = None

    @property
    def lit(self) -> bool:
        """Whether an officer who looks at it now sees SECURE."""
        return self.live and bool(self.view.get("secure")) and time.monotonic() < self._until

    async def run(self) -> None:
        """Be open until cancelled; come back whenever vmrd was lost."""
        while True:
            try:
                await self._look()
            except (aiohttp.ClientError, TimeoutError):
                pass  # shown as NOT LIVE
            finally:
                self.live, self._socket = False, None
            await asyncio.sleep(_AGAIN_AFTER)

    async def sound(self, *, on: bool) -> None:
        """Press the button that turns the sound on or off."""
        self._sound = on
        await self._say_sound()

    async def _look(self) -> None:
        async with self.http.ws_connect(
            f"{self.api}/v1/live", headers={"Authorization": f"Bearer {self.token}"}, heartbeat=5.0
        ) as self._socket:
            await self._say_sound()
            async for message in self._socket:
                view = orjson.loads(message.data)
                if view["id"] == self.session:
                    self.live, self.view = True, view
                    self._until = time.monotonic() + _left(view)

    async def _say_sound(self) -> None:
        if self._socket is not None and not self._socket.closed:
            await self._socket.send_str(f"sound {'on' if self._sound else 'off'}")


def _left(view: Mapping[str, Any]) -> float:
    """Seconds for which the light of a view may burn."""
    if view["secureUntil"] is None:
        return 0.0
    return (datetime.fromisoformat(view["secureUntil"]) - datetime.fromisoformat(view["asOf"])).total_seconds()
