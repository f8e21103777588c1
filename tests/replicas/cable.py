"""A replica in a network of its own, on a cable that can be pulled (the kernel's network namespaces).

    replica ── its end ═══ cable ═══ our end ── pipes ── database, Pexip

A pipe that is cut still acknowledges what it is sent, or says at once that it takes nothing. A cable that is out says
nothing: the kernel sends again what nobody acknowledged, and what a replica sent before others took its meetings over
may arrive long after, when the cable is back. That is what fences and the former holder's dead token are for.

It needs root and `ip`; where either is missing, nothing is `allowed`, and replicas share the machine's own network.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from ipaddress import IPv4Address

_CLONE_NEWNET = 0x4000_0000
_NETWORK = IPv4Address("198.18.0.0")
"""For measuring networks (RFC 2544), so nobody's: 256 addresses for each process that lays cables, 4 for a cable."""
_PROCESSES, _EACH = 512, 256


class End(StrEnum):
    """Pulled at the replica's end its own kernel knows, and new connections fail at once; at ours it knows nothing."""

    ITS = "its"
    OURS = "ours"


@dataclass(frozen=True, slots=True)
class Cable:
    """`network`: its two ends' alone. `here` and `there`: the addresses of our end and the replica's."""

    name: str
    network: str
    here: str
    there: str

    def pull(self, end: End) -> None:
        _ip(*self._end(end), "down")

    def plug(self, end: End) -> None:
        _ip(*self._end(end), "up")

    def take_up(self) -> None:
        _ip("netns", "del", self.name)  # and both ends with it
        _ip("route", "del", "blackhole", self.network)

    def _end(self, end: End) -> tuple[str, ...]:
        return ("-n", self.name, "link", "set", "eth0") if end is End.ITS else ("link", "set", self.name)


def lay(number: int) -> Cable:
    """The cable of this number, of this process."""
    name, first = f"vmrd{os.getpid() % 100_000}-{number}", _NETWORK + os.getpid() % _PROCESSES * _EACH + 4 * number
    cable = Cable(name, f"{first}/30", str(first + 1), str(first + 2))
    # What cannot go by the cable must not go by the machine's own way out, where anybody may answer.
    _ip("route", "add", "blackhole", cable.network, "metric", "1000")
    _ip("netns", "add", name)
    _ip("link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", name)
    for words in (
        ("addr", "add", f"{cable.here}/30", "dev", name),
        ("link", "set", name, "up"),
        ("-n", name, "addr", "add", f"{cable.there}/30", "dev", "eth0"),
        ("-n", name, "link", "set", "eth0", "up"),
        ("-n", name, "link", "set", "lo", "up"),
    ):
        _ip(*words)
    return cable


@cache
def allowed() -> bool:
    """Whether this machine lets us."""
    try:
        lay(_EACH // 4 - 1).take_up()
    except (OSError, subprocess.CalledProcessError):
        return False
    return True


def enter(name: str) -> None:
    """This process goes on in the network of that name."""
    libc = ctypes.CDLL(None, use_errno=True)
    network = os.open(f"/run/netns/{name}", os.O_RDONLY)
    try:
        if libc.setns(network, _CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "setns")
    finally:
        os.close(network)


def _ip(*words: str) -> None:
    subprocess.run(("ip", *words), check=True, capture_output=True)
