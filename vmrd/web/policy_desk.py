"""The desk at which Pexip asks who may come in: the door, and the sign-in of whoever may ask."""

from __future__ import annotations

import hmac
from base64 import b64encode
from dataclasses import dataclass, field

from aiohttp import hdrs, web

from vmrd.carry import spec_of
from vmrd.config import Config
from vmrd.door import Door
from vmrd.door_table import DoorTable
from vmrd.engine import Engine
from vmrd.lifecycle.session import Session
from vmrd.metrics import Metrics
from vmrd.pexip.policy import born_locked


@dataclass(frozen=True, slots=True)
class PolicyDesk:
    """The door, and who may ask at it. `wanted`: the sign-in as it is sent; None where nobody may."""

    door: Door
    metrics: Metrics
    wanted: bytes | None = field(repr=False)

    def knows(self, request: web.Request) -> bool:
        """Whether Pexip signed in as it was told to."""
        scheme, _, given = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
        sent = given.encode(errors="surrogateescape")
        return self.wanted is not None and scheme.lower() == "basic" and hmac.compare_digest(sent, self.wanted)


def desk(engine: Engine, config: Config) -> PolicyDesk:
    """The desk of a daemon. Its table has to be among the engine's listeners."""
    domain, policy = config.pexip.domain, config.policy

    def locked(session: Session, pin: str) -> bytes:
        return born_locked(spec_of(session.id, session.vmr_name, f"{session.alias}@{domain}", pin))

    table = DoorTable(engine.store, engine.rules, locked)
    door = Door(engine, table, engine.metrics, domain.lower(), policy.allowed)
    key = None
    if policy.password is not None:
        key = b64encode(f"{policy.user}:{policy.password.get_secret_value()}".encode())
    return PolicyDesk(door, engine.metrics, key)
