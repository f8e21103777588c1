"""What handlers need, put together once by the composition root."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from vmrd.adapters.adapter import Adapter
from vmrd.config import Config
from vmrd.engine import Engine
from vmrd.eyes import Eyes
from vmrd.metrics import Metrics
from vmrd.settings import Settings
from vmrd.store.base import Store
from vmrd.web.hub import Hub
from vmrd.web.policy_desk import PolicyDesk
from vmrd.web.reception import Reception
from vmrd.web.senders import Senders
from vmrd.web.turnstile import Turnstile
from vmrd.web.viewer import Viewer


class EventSink(Protocol):
    """Takes what Pexip's event sink delivers, and works it off in a task of its own."""

    def take(self, body: bytes) -> None:
        """Queue one delivery. Raises `Malformed` when nothing of it can be read."""

    async def run(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Deps:
    """Made by `routes.make_deps`. `demo_code`: the one-click sign-in's secret, only in a demo. `adapters`: by name."""

    engine: Engine
    store: Store
    eyes: Eyes
    settings: Settings
    metrics: Metrics
    viewer: Viewer
    hub: Hub
    sink: EventSink
    policy: PolicyDesk
    senders: Senders
    adapters: Mapping[str, Adapter]
    reception: Reception
    demo_code: str | None
    turnstile: Turnstile = field(default_factory=Turnstile)

    @property
    def config(self) -> Config:
        """The configuration in force; what must be of one piece reads it once."""
        return self.settings.config
