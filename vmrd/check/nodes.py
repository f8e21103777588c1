"""The Conferencing Nodes: what each is asked, and judging what it said.

A node is asked two things: how it is, and for a meeting at an address nobody has, without a token. The second shows
that it serves the client API and not only a web page. It is a GET, so nobody is created by it; and it is made once a
node and run, because a platform may count questions for unknown addresses and hide every room from who asks too often.
"""

from __future__ import annotations

import asyncio
import secrets
import ssl
import string
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from vmrd.check.clocks import judge_difference
from vmrd.check.lines import Line, fail, not_checked, ok, warn
from vmrd.check.platform import unread
from vmrd.check.reach import Fault, Reached, judge_reached, reach
from vmrd.config_pexip import PexipConfig
from vmrd.pexip.http import PexipHttp, tls
from vmrd.pexip.status import Node
from vmrd.pexip.survey import Greeting, Why, client_api, node_status
from vmrd.pexip.survey_rows import Names

_NOBODYS = 20
"""Letters of the address that is asked for: longer than any of ours, so that it is nobody's."""


@dataclass(frozen=True, slots=True)
class SeenNode:
    """One of the configured nodes. `status` and `api` are None where it was not asked."""

    url: str
    reached: Reached | Fault
    status: Greeting | Why | None = None
    api: Greeting | Why | None = None

    @property
    def host(self) -> str:
        return (urlsplit(self.url).hostname or "").lower()


async def seen_nodes(pexip: PexipConfig, trust: bool | ssl.SSLContext, within: float) -> list[SeenNode]:
    """Ask all of them at once, each one thing after the other."""
    alias = f"{''.join(secrets.choice(string.ascii_lowercase) for _ in range(_NOBODYS))}@{pexip.domain}"
    return list(await asyncio.gather(*(_seen(url, trust, within, alias) for url in pexip.nodes)))


async def _seen(url: str, trust: bool | ssl.SSLContext, within: float, alias: str) -> SeenNode:
    reached = await reach(url, tls(trust), within=within)
    if isinstance(reached, Fault):
        return SeenNode(url, reached)
    async with PexipHttp(url, verify=trust, timeout=within, concurrency=1, kept=0) as http:
        status = await node_status(http)
        serves = isinstance(status, Greeting) and status.status == 200
        return SeenNode(url, reached, status, await client_api(http, alias) if serves else None)


def judge_nodes(
    seen: Sequence[SeenNode], told: Sequence[Node] | Why, names: Sequence[Names] | Why, *, looked_at: bool
) -> Iterator[Line]:
    """`told`: the nodes by the status API. `names`: by what they may be addressed. `looked_at`: as `judge_reached`."""
    for number, node in enumerate(seen, start=1):
        name = f"node {number}"
        yield from judge_reached(name, node.url, node.reached, looked_at=looked_at)
        if node.status is not None:
            yield _serves(f"{name} serves", node)
            if isinstance(node.status, Greeting):
                yield judge_difference(f"{name} clock", node.status.ahead)
    if isinstance(names, Why):
        yield unread(names, "platform's list", "see in Platform > Conferencing Nodes that ours are among them")
    else:
        yield _listed(seen, names)
    if not isinstance(told, Why):
        yield from _maintenance(told)


def _serves(name: str, node: SeenNode) -> Line:
    match node.status:
        case Greeting(status=503):
            return warn(
                name, "it is in maintenance: it takes no new calls and drops ours", "take it out, in its own settings"
            )
        case Greeting(status=200):
            pass
        case Greeting(status=status):
            return fail(name, f"no Conferencing Node answers there ({status})", "set pexip.nodes to the nodes' own")
        case _:
            return fail(name, "it takes connections and does not answer", "see whether the node is up")
    match node.api:
        case Greeting(status=400 | 401 | 403 | 404):
            return ok(name, "the client API, as one probe showed")
        case Greeting(status=status):
            return fail(
                name,
                f"the client API answers {status} where it should refuse",
                "see that the client API is on, and that nothing stands between which answers for it",
            )
        case _:
            return fail(name, "the client API does not answer", "see that nothing stands between which keeps it back")


def _listed(seen: Sequence[SeenNode], names: Sequence[Names]) -> Line:
    name = "platform's list"
    known = frozenset(host for each in names for host in each.hosts)
    strange = dict.fromkeys(node.host for node in seen if node.host not in known)
    serving = [each for each in names if each.serves_calls]
    if strange:
        return warn(
            name,
            f"{', '.join(strange)} is how no node of the platform calls itself",
            "name nodes by their own address or FQDN: behind a shared name a token is asked of one and used at another",
        )
    mine = frozenset(node.host for node in seen)
    left = sum(1 for each in serving if not each.hosts & mine)
    if left:
        return ok(name, f"all ours are in it; {left} of {len(serving)} that take calls are not ours")
    return ok(name, f"ours are all that take calls: {len(serving)}")


def _maintenance(told: Sequence[Node]) -> Iterator[Line]:
    resting = [node.name for node in told if node.maintenance]
    if not told:
        yield not_checked("maintenance", "the platform tells of no node", "see Status > Conferencing Nodes")
    elif len(resting) == len(told):
        yield fail("maintenance", "every node of the platform is in it", "take them out: there can be no meeting")
    elif resting:
        yield warn("maintenance", f"{', '.join(resting)}", "take it out when its work is done")
    else:
        yield ok("maintenance", f"no node is in it, of {len(told)}")


def our_locations(seen: Sequence[SeenNode], told: Sequence[Node] | Why, names: Sequence[Names] | Why) -> frozenset[str]:
    """The locations our nodes stand in; where that cannot be told, all that have a node."""
    if isinstance(told, Why):
        return frozenset()
    mine = frozenset(node.host for node in seen)
    named = frozenset() if isinstance(names, Why) else frozenset(each.name for each in names if each.hosts & mine)
    ours = frozenset(node.location for node in told if node.name in named)
    return ours or frozenset(node.location for node in told)
