"""Failed sign-ins, and how long whoever failed must wait.

Two counts, both of the last five minutes and both in memory: of one name from one address, and of one address whatever
the names. Neither is of a name alone, so nobody can keep a colleague out from another desk; and neither is asked of a
browser that is signed in, so nothing here ends a sign-in. What is counted is bounded: the oldest is forgotten first,
and one address can only ever add as many names as its own count allows.

An attempt counts as failed from its beginning until it has succeeded, or any number begun at once would all pass.

An address is the connection's own, or what a configured proxy says it is. Where vmrd stands behind a proxy on its own
machine that is not configured, all the world has one address, and only names are counted.
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TypeVar

from aiohttp import web

WITHIN = 300.0
PER_NAME = 5
PER_ADDRESS = 20
_KEPT = 10_000
_FORWARDED = "X-Forwarded-For"
_UNKNOWN = "unknown"

K = TypeVar("K")
Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address


class Lockout:
    """One per daemon."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._names: OrderedDict[tuple[str, str], deque[float]] = OrderedDict()
        self._addresses: OrderedDict[str, deque[float]] = OrderedDict()

    def attempt(self, name: str, address: str | None) -> float:
        """Seconds to wait before another attempt; 0 when this one may be made, which counts as failed from now on."""
        now, pair = self._monotonic(), (name, address or _UNKNOWN)
        wait = self._wait(self._names.get(pair), PER_NAME, now)
        if address is not None:
            wait = max(wait, self._wait(self._addresses.get(address), PER_ADDRESS, now))
        if wait <= 0:
            _count(self._names, pair, PER_NAME, now)
            if address is not None:
                _count(self._addresses, address, PER_ADDRESS, now)
        return max(wait, 0.0)

    def succeeded(self, name: str, address: str | None) -> None:
        """The attempt counted last was a good one. Other names' failures from this address stay counted."""
        self._names.pop((name, address or _UNKNOWN), None)
        if address is not None and (times := self._addresses.get(address)):
            times.pop()

    @staticmethod
    def _wait(times: deque[float] | None, limit: int, now: float) -> float:
        """The oldest of the last `limit` attempts says when there is room for another."""
        return times[0] + WITHIN - now if times is not None and len(times) == limit else 0.0


def minutes(seconds: float) -> int:
    """For a sentence: whole minutes, never too few."""
    return max(1, math.ceil(seconds / 60))


def address_of(request: web.Request, trusted: Sequence[Network]) -> str | None:
    """Whose connection it is, as far as that can be told; None where it cannot.

    What stands in `X-Forwarded-For` is believed from the right, as long as a configured proxy wrote it.
    """
    found = _address(request.remote or "")
    if found is None:
        return None
    if found.is_loopback and not trusted:
        return None
    said = [each for line in request.headers.getall(_FORWARDED, []) for each in line.split(",")]
    while said and _within(found, trusted):
        told = _address(said.pop().strip())
        if told is None:
            break
        found = told
    return str(found) if found.version == 4 else str(ip_network((found, 64), strict=False))  # a network has them all


def _address(text: str) -> Address | None:
    try:
        found = ip_address(text)
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found


def _within(address: Address, networks: Sequence[Network]) -> bool:
    return any(address.version == network.version and address in network for network in networks)


def _count(counts: OrderedDict[K, deque[float]], key: K, limit: int, now: float) -> None:
    counts.setdefault(key, deque(maxlen=limit)).append(now)
    counts.move_to_end(key)
    while len(counts) > _KEPT:
        counts.popitem(last=False)
