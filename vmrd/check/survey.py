"""All checks together: what is asked at once, how long each may take, and in which order the lines come.

Pexip is asked gently: two requests to the Management Node at a time, one to each node. Every check has its own limit,
and what takes longer is a line of its own, so that one upstream that hangs hides nothing of the others.
"""

from __future__ import annotations

import asyncio
import os
import ssl
import tomllib
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

from vmrd.check import listeners, mailing, neighbours, platform
from vmrd.check.clocks import judge_clock, kept_right
from vmrd.check.eyes import Platform, Reader, Site, seen_platform, unread
from vmrd.check.files import holds_secrets, seen_credentials, seen_file
from vmrd.check.judge_own import judge_config, judge_faults, judge_files
from vmrd.check.lines import Group, Line
from vmrd.check.nodes import SeenNode, judge_nodes, our_locations, seen_nodes
from vmrd.check.reach import Fault, Reached, judge_reached, reach
from vmrd.check.server import judge_server, seen_server
from vmrd.check.store import judge_store, seen_store
from vmrd.check.wiring import judge_domain, judge_location, judge_policy, judge_sink, judge_theme
from vmrd.config import Config, ConfigError, load
from vmrd.daemon import store_keys, trust_of
from vmrd.pexip.http import tls
from vmrd.pexip.survey import Greeting, Why

T = TypeVar("T")

WITHIN = 10.0
"""Seconds for one connection or one request."""
EACH = 45.0
"""Seconds for one check with all its requests. All run at once, so the whole takes hardly longer."""


def check(
    path: Path, *, offline: bool = False, reader: Reader | None = None, within: float = WITHIN
) -> tuple[bool, tuple[Group, ...]]:
    """Whether the configuration can be used at all, and the lines. Blocks.

    `offline`: look at this machine only. `reader`: see its class.
    """
    files = tuple(_files(path))
    try:
        config = load(path)
        keys, trust = store_keys(config), trust_of(config)
    except ConfigError as fault:
        return False, (Group("Configuration", (*judge_faults(path, str(fault)), *files)),)
    database, running = _database(config, keys.seal)
    ports = listeners.seen_listeners(config.listen)
    here = (
        Group("Configuration", (*files, *judge_config(config))),
        Group("Database", database),
        Group("Listeners", tuple(listeners.judge_listeners(ports, running=running))),
    )
    if offline:
        return True, here
    return True, (*here, *asyncio.run(_outside(config, trust, reader, within)))


def _database(config: Config, seal_key: bytes) -> tuple[tuple[Line, ...], bool | None]:
    """The lines of the database, and whether a daemon of this machine has it open; None where that cannot be told."""
    place = config.store.place
    if not isinstance(place, Path):
        return tuple(judge_server(seen_server(place, seal_key))), None
    store = seen_store(place, seal_key)
    return tuple(judge_store(store)), store.running


def _files(path: Path) -> Iterator[Line]:
    try:
        secrets = holds_secrets(tomllib.loads(path.read_text()))
    except (OSError, ValueError):  # what is wrong with it is said when it is loaded
        secrets = False
    yield from judge_files(seen_file(path, secrets=secrets), seen_credentials(os.environ.get("CREDENTIALS_DIRECTORY")))


async def _outside(
    config: Config, trust: bool | ssl.SSLContext, reader: Reader | None, within: float
) -> tuple[Group, ...]:
    pexip, wanted, context = config.pexip, neighbours.targets(config), _anybodys(config)
    oidc, smtp, looked_at = config.sign_in.oidc, config.smtp, trust is not False
    away = [SeenNode(url, Fault.SILENT) for url in pexip.nodes]
    async with asyncio.TaskGroup() as all_at_once:
        do = all_at_once.create_task
        management = do(reach(pexip.management, tls(trust), within=within))
        read = do(_in_time(seen_platform(config, trust, reader, within), unread(Why.UNREACHABLE)))
        nodes = do(_in_time(seen_nodes(pexip, trust, within), away))
        link = do(_in_time(neighbours.seen_link(config, context, within), (Fault.SILENT, None)))
        targets = do(neighbours.seen_targets(wanted, context, within))
        sign_in = do(neighbours.seen_sign_in(oidc, within)) if oidc is not None else None
        mail = do(mailing.seen_mail(smtp, within)) if smtp is not None else None
    seen, site = read.result(), read.result().site
    return (
        Group("Clock", tuple(judge_clock(_ahead(seen.greeting), kept_right()))),
        Group("Management Node", tuple(_management(config, management.result(), seen, looked_at=looked_at))),
        Group("Conferencing Nodes", tuple(judge_nodes(nodes.result(), site.nodes, site.names, looked_at=looked_at))),
        Group("Wiring in Pexip", tuple(_wiring(config, site, nodes.result()))),
        Group("Guests' way in", (*neighbours.judge_link(config, *link.result()), _domain(config, site))),
        Group("Sign-in", tuple(neighbours.judge_sign_in(config, sign_in.result() if sign_in is not None else None))),
        Group("Email", tuple(mailing.judge_mail(smtp, mail.result() if mail is not None else None))),
        Group("Who is told and asked", tuple(neighbours.judge_targets(wanted, targets.result()))),
    )


def _management(config: Config, reached: Reached | Fault, seen: Platform, *, looked_at: bool) -> Iterator[Line]:
    yield from judge_reached("address", config.pexip.management, reached, looked_at=looked_at)
    if isinstance(reached, Fault):
        return
    yield platform.judge_account(config.pexip.user, seen.greeting)
    if seen.administrator is not None:
        yield platform.judge_administrator(seen.administrator)
    if seen.let_in:
        yield from platform.judge_rights(seen.needed, seen.not_needed, config.pexip.user)
    yield platform.judge_release(seen.site.nodes)
    yield platform.judge_licences(seen.site.licences)
    yield from platform.judge_settings(config, seen.site.settings)


def _wiring(config: Config, site: Site, nodes: list[SeenNode]) -> Iterator[Line]:
    ours = our_locations(nodes, site.nodes, site.names)
    yield from judge_sink(config, site, ours)
    yield from judge_policy(config, site, ours)
    yield judge_location(config, site)
    yield judge_theme(site.settings)


def _domain(config: Config, site: Site) -> Line:
    return judge_domain(config.pexip.domain, site.addresses)


def _ahead(greeting: Greeting | Why) -> float | None:
    return greeting.ahead if isinstance(greeting, Greeting) else None


def _anybodys(config: Config) -> ssl.SSLContext:
    """What this machine trusts, and the private authority of Pexip's where there is one."""
    context = ssl.create_default_context()
    if config.pexip.ca_file is not None:
        context.load_verify_locations(config.pexip.ca_file)
    return context


async def _in_time(work: Coroutine[Any, Any, T], otherwise: T) -> T:
    try:
        async with asyncio.timeout(EACH):
            return await work
    except TimeoutError:
        return otherwise
