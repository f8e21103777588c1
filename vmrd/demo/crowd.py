"""Everybody who is not an officer: people who dial in, the room's remote control, the wall clock, Pexip itself.

What they do in the story is a scenario on file (`consultation.toml`), played as `pexip-mock scenario` would play it;
what the viewer lets them do afterwards goes the same way. vmrd sees of them what a real platform would show.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aiohttp

from pexip_mock.performance import NotTaken, Performance
from pexip_mock.scenario import read_scenario
from pexip_mock.scenario_actions import Action, Do
from vmrd.demo.cast import DOMAIN

GUEST = "none"
"""The PIN a browser sends for a guest who has none."""
_ACTS = read_scenario(Path(__file__).with_name("consultation.toml").read_text("utf-8")).acts

__all__ = ["Crowd", "NotTaken"]


class Crowd:
    """`management` is the mock's Management Node; `begin` the instant T of the scenario, epoch seconds."""

    def __init__(self, http: aiohttp.ClientSession, management: str, begin: float) -> None:
        self._performance = Performance(http, management, skips=True, begin=begin)

    async def play(self, act: str, alias: str = "") -> None:
        """What the scenario says under this name, at the meeting of this alias. Raises `NotTaken`."""
        await self._performance.act(_ACTS[act], _address(alias))

    async def browser(self, alias: str, name: str) -> None:
        """Somebody dials with a browser, under the name they typed. Raises `NotTaken`."""
        await self._do(Action(Do.DIAL, name, {"name": name, "pin": GUEST}), alias)

    async def phone(self, alias: str, number: str) -> None:
        """Somebody dials by telephone. Raises `NotTaken`."""
        await self.dial(alias, number, "phone", number)

    async def dial(self, alias: str, name: str, kind: str, number: str) -> None:
        """Somebody dials with something else than a browser, from this number. Raises `NotTaken`."""
        await self._do(Action(Do.DIAL, name, {"name": name, "kind": kind, "number": number}), alias)

    async def press_keys(self, alias: str, name: str, digits: str) -> None:
        """Somebody presses keys on a room's remote control; the tones reach Pexip. Raises `NotTaken`."""
        await self._do(Action(Do.DTMF, name, {"digits": digits}), alias)

    async def clock_rate(self, rate: float) -> None:
        """Let the wall clock run so much faster than real time."""
        await self._do(Action(Do.CLOCK, body={"rate": rate}))

    async def away(self, away: bool) -> None:
        """Take the whole platform away, or bring it back."""
        await self._do(Action(Do.PLATFORM, body={"away": away}))

    async def breaks(self, operation: str) -> None:
        """From now on Pexip takes this operation and does nothing. Raises `NotTaken` for one it does not know."""
        await self._do(Action(Do.FAULT, body={"operation": operation, "how": "ignore", "times": None}))

    async def state(self) -> Mapping[str, Any]:
        """The mock's whole truth."""
        return await self._performance.state()

    async def _do(self, action: Action, alias: str = "") -> None:
        await self._performance.do(action, _address(alias))


def _address(alias: str) -> str:
    return f"{alias}@{DOMAIN}" if alias else ""
