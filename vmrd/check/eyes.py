"""Reading the Management Node: what with vmrd's account, what with an administrator's, and when to stop asking.

An account that is not let in is asked for once and not again: a dozen wrong passwords in a row lock it in many
directories. Nor is a Management Node that has stopped answering.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import TypeVar

from pydantic import SecretStr

from vmrd.config import Config
from vmrd.pexip.http import PexipHttp
from vmrd.pexip.status import Node
from vmrd.pexip.survey import NEEDED, NOT_NEEDED, Greeting, Survey, Why
from vmrd.pexip.survey_rows import Licences, Location, Names, Profile, Settings, Sink
from vmrd.reconcile import VMR_PREFIX

T = TypeVar("T")

AT_ONCE = 2
"""Requests to the Management Node under way at once: a live platform is busy with meetings."""
_NOT_LET_IN = (301, 302, 303, 401)


@dataclass(frozen=True, slots=True)
class Reader:
    """An account that may read how Pexip is wired up, where vmrd's own may not. It is used for nothing else."""

    user: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Site:
    """How the platform is set up, each part read or why it was not. `addresses`: rooms' addresses at our domain.
    `alarms`: names of those that stand. `shared`: meeting rooms that are not ours."""

    nodes: tuple[Node, ...] | Why
    names: tuple[Names, ...] | Why
    settings: Settings | Why
    licences: Licences | Why
    addresses: int | Why
    sinks: tuple[Sink, ...] | Why
    profiles: tuple[Profile, ...] | Why
    locations: tuple[Location, ...] | Why
    alarms: tuple[str, ...] | Why
    shared: int | Why


@dataclass(frozen=True, slots=True)
class Platform:
    """`administrator`: how the reader was greeted, None where there is none. `needed`, `not_needed`: for each list why
    vmrd's own account cannot read it, None where it can."""

    greeting: Greeting | Why
    administrator: Greeting | Why | None
    needed: Mapping[str, Why | None]
    not_needed: Mapping[str, Why | None]
    site: Site

    @property
    def let_in(self) -> bool:
        """Whether vmrd's own account is."""
        return isinstance(self.greeting, Greeting) and _closed(self.greeting) is None


def unread(why: Why) -> Platform:
    """Nothing could be read at all."""
    site = Site(
        nodes=why,
        names=why,
        settings=why,
        licences=why,
        addresses=why,
        sinks=why,
        profiles=why,
        locations=why,
        alarms=why,
        shared=why,
    )
    return Platform(why, None, dict.fromkeys(NEEDED, why), dict.fromkeys(NOT_NEEDED, why), site)


class Eye:
    """One account's look at the platform. `closed`: why it sees nothing (any more)."""

    def __init__(self, survey: Survey) -> None:
        self._survey = survey
        self.closed: Why | None = None

    async def open(self) -> Greeting | Why:
        """Ask once, and see nothing unless let in."""
        greeting = await self._survey.greet()
        self.closed = _closed(greeting)
        return greeting

    async def see(self, read: Callable[[Survey], Awaitable[T | Why]]) -> T | Why:
        """What this read gives."""
        if self.closed is not None:
            return self.closed
        found = await read(self._survey)
        if found is Why.UNREACHABLE or found is Why.SIGN_IN:
            self.closed = found
        return found

    async def may(self, lists: Mapping[str, str]) -> dict[str, Why | None]:
        """For each list why it cannot be read, None where it can."""

        async def look(path: str) -> Why | bool:
            return await self.see(lambda survey: _may(survey, path))

        found = {what: await look(path) for what, path in lists.items()}
        return {what: why if isinstance(why, Why) else None for what, why in found.items()}


async def seen_platform(config: Config, trust: bool | ssl.SSLContext, reader: Reader | None, within: float) -> Platform:
    """Read everything, in two lanes of one request after the other."""
    pexip = config.pexip
    async with AsyncExitStack() as stack:

        async def eye(user: str, password: str) -> Eye:
            http = PexipHttp(
                pexip.management,
                auth=(user, password),
                verify=trust,
                timeout=within,
                concurrency=AT_ONCE,
                kept=0,
            )
            return Eye(Survey(await stack.enter_async_context(http)))

        own = await eye(pexip.user, pexip.password.get_secret_value())
        other = await eye(reader.user, reader.password) if reader is not None else None
        greeting = await own.open()
        administrator = await other.open() if other is not None else None
        async with asyncio.TaskGroup() as lanes:
            rights = lanes.create_task(_rights(own))
            site = lanes.create_task(_site(config, other or own))
        return Platform(greeting, administrator, *rights.result(), site.result())


async def _rights(own: Eye) -> tuple[dict[str, Why | None], dict[str, Why | None]]:
    return await own.may(NEEDED), await own.may(NOT_NEEDED)


async def _site(config: Config, wide: Eye) -> Site:
    sink, policy = _shown(config.sink.password), _shown(config.policy.password)
    return Site(
        nodes=await wide.see(lambda it: it.nodes()),
        names=await wide.see(lambda it: it.node_names()),
        settings=await wide.see(lambda it: it.settings()),
        licences=await wide.see(lambda it: it.licences()),
        addresses=await wide.see(lambda it: it.addresses_at(config.pexip.domain)),
        sinks=await wide.see(lambda it: it.sinks(sink)),
        profiles=await wide.see(lambda it: it.profiles(policy)),
        locations=await wide.see(lambda it: it.locations()),
        alarms=await wide.see(lambda it: it.alarms()),
        shared=await wide.see(lambda it: it.other_rooms(VMR_PREFIX)),
    )


def _shown(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret is not None else ""


async def _may(survey: Survey, path: str) -> Why | bool:
    return await survey.may_read(path) or True


def _closed(greeting: Greeting | Why) -> Why | None:
    """Why nothing can be read by somebody greeted like this. A right may be missing, and others be there."""
    if isinstance(greeting, Why):
        return greeting
    if greeting.status in _NOT_LET_IN:
        return Why.SIGN_IN
    return None if greeting.status in (200, 403) else Why.UNREADABLE
