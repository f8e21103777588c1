"""The desk at which Pexip asks who may come in: who may ask, and the answer as it is sent.

Pexip asks while a call waits, so it is answered at once, from memory, and nothing of it is logged. "Use your own
default" is a 404. Whoever does not sign in gets a 401, and a fault of ours is a 500: Pexip takes both for the same.
"""

from __future__ import annotations

import hmac
from base64 import b64encode
from dataclasses import dataclass, field
from time import perf_counter

import structlog
from aiohttp import hdrs, web

from vmrd.carry import spec_of
from vmrd.config import Config
from vmrd.config_policy import PolicyConfig
from vmrd.door import Door
from vmrd.door_table import DoorTable
from vmrd.engine import Engine
from vmrd.lifecycle.door import Question
from vmrd.lifecycle.preparing import guests_may_present
from vmrd.lifecycle.session import Session
from vmrd.metrics import Metrics
from vmrd.pexip.policy import born_locked, read_ask
from vmrd.web.problem import CONTENT_TYPE, Problem

log = structlog.get_logger(__name__)

PATHS = {
    "/policy/v1/service/configuration": Question.SERVICE,
    "/policy/v1/participant/properties": Question.PARTICIPANT,
}
_STRANGER = Problem("not-signed-in", "The policy profile's user or password is wrong.")
_OWN_DEFAULT = Problem("not-found", "That is not for vmrd to judge: use your own default.").body()


@dataclass(slots=True)
class PolicyDesk:
    """The door, and who may ask at it. `key`: the sign-in as it is sent; None where nobody may. `shadow`: whatever is
    asked, Pexip is to use its own default.
    """

    door: Door
    metrics: Metrics
    key: bytes | None = field(repr=False)
    shadow: bool = False

    def follow(self, config: Config) -> None:
        """Who may ask from here on, and how people may connect. Whether anybody may ask at all takes a restart."""
        self.key, self.door.allowed = _key(config.policy), config.policy.allowed

    async def reply(self, request: web.BaseRequest, question: Question, query: str) -> web.Response:
        """The answer to Pexip, whatever it asks."""
        began = perf_counter()
        if not self._knows(request.headers.get(hdrs.AUTHORIZATION, "")):
            return _STRANGER.response()
        if self.shadow:
            self.metrics.policy(question, "default", perf_counter() - began)
            return web.Response(body=_OWN_DEFAULT, status=404, content_type=CONTENT_TYPE)
        ask = read_ask(query)
        answer = self.door.answer(ask, question)
        if answer is None:
            answer = await self.door.look(ask, question)
        self.metrics.policy(question, answer.said, perf_counter() - began)
        if answer.body is None:
            return web.Response(body=_OWN_DEFAULT, status=404, content_type=CONTENT_TYPE)
        return web.Response(body=answer.body, content_type="application/json")

    def _knows(self, sent: str) -> bool:
        scheme, _, given = sent.partition(" ")
        basic = scheme == "Basic" or scheme.lower() == "basic"
        return basic and self.key is not None and hmac.compare_digest(given.encode(errors="surrogateescape"), self.key)


def desk(engine: Engine, config: Config) -> PolicyDesk:
    """The desk of a daemon. Its table has to be among the engine's listeners."""
    domain, policy = config.pexip.domain, config.policy

    def locked(session: Session, pin: str) -> bytes:
        address, may = f"{session.alias}@{domain}", guests_may_present(session, engine.rules(session.establishment))
        return born_locked(spec_of(session.id, session.vmr_name, address, pin, guests_present=may))

    table = DoorTable(engine.store, engine.rules, locked)
    door = Door(engine, table, engine.metrics, domain.lower(), policy.allowed)
    return PolicyDesk(door, engine.metrics, _key(policy), config.shadow.enabled)


def _key(policy: PolicyConfig) -> bytes | None:
    if policy.password is None:
        return None
    return b64encode(f"{policy.user}:{policy.password.get_secret_value()}".encode())


def put_ahead(desk: PolicyDesk, runner: web.AppRunner) -> None:
    """Answer Pexip ahead of all that the application does for every other request.

    Ids, log context and the headers that guard browsers cost more than the answer (`benchmarks.policy`).
    """
    server = runner.server
    assert server is not None
    application = server.request_handler

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        path, _, query = request.raw_path.partition("?")
        question = PATHS.get(path)
        if question is None or request.method != hdrs.METH_GET:
            return await application(request)
        try:
            return await desk.reply(request, question, query)
        except Exception as bad:
            log.error("policy_fault", error=type(bad).__name__)
            return Problem("fault", "vmrd has a fault. It was written down.").response()

    server.request_handler = answer
