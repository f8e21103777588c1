"""The ports vmrd listens on: free, its own already, or somebody else's.

The kernel's own list is read. Connecting would have systemd start what its socket unit stands for, and binding, however
briefly, could keep a daemon that starts this moment from having the port.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path

from vmrd.check.lines import Line, fail, not_checked, ok, warn
from vmrd.config_listen import ListenConfig

_LISTS = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
_LISTENS = "0A"

Address = IPv4Address | IPv6Address


@dataclass(frozen=True, slots=True)
class SeenListener:
    """`ours`: the address is one of this machine. `taken`: something listens there; None where nobody can tell."""

    name: str
    host: str
    port: int
    ours: bool
    taken: bool | None


def seen_listeners(listen: ListenConfig, lists: tuple[Path, ...] = _LISTS) -> list[SeenListener]:
    """Look at both."""
    listening = _listening(lists)
    return [
        _seen("listen.port", listen.host, listen.port, listening),
        _seen("listen.ops_port", listen.ops_host, listen.ops_port, listening),
    ]


def _seen(name: str, host: str, port: int, listening: set[tuple[Address, int]] | None) -> SeenListener:
    meant = _meant(host)
    if not meant or listening is None:
        return SeenListener(name, host, port, bool(meant), None)
    taken = any(
        there == port and (where in meant or where.is_unspecified or any(each.is_unspecified for each in meant))
        for where, there in listening
    )
    return SeenListener(name, host, port, True, taken)


def _meant(host: str) -> set[Address]:
    """The addresses a name means, if they are this machine's: any port of such a one can be had."""
    try:
        found = socket.getaddrinfo(host, 0, type=socket.SOCK_STREAM)
        for family, kind, protocol, _, address in found:
            with socket.socket(family, kind, protocol) as tried:
                tried.bind(address)
        return {ip_address(str(each[4][0]).partition("%")[0]) for each in found}
    except OSError:
        return set()


def _listening(lists: tuple[Path, ...]) -> set[tuple[Address, int]] | None:
    found: set[tuple[Address, int]] = set()
    known = False
    for path in lists:
        try:
            rows = path.read_text("ascii").splitlines()[1:]
        except OSError:
            continue
        known = True
        for row in rows:
            _, local, _, state, *_ = row.split()
            if state == _LISTENS:
                address, _, port = local.partition(":")
                found.add((_address(address), int(port, 16)))
    return found if known else None


def _address(text: str) -> Address:
    """The kernel writes each word of four bytes in the machine's own order, which is the little end first."""
    raw = b"".join(bytes.fromhex(text[at : at + 8])[::-1] for at in range(0, len(text), 8))
    found = ip_address(raw)
    return found.ipv4_mapped or found if isinstance(found, IPv6Address) else found


def judge_listeners(seen: list[SeenListener], *, running: bool | None) -> Iterator[Line]:
    """`running`: whether a vmrd has our database open, as `store` found it; None where that cannot be told."""
    for each in seen:
        where = f"{each.port} on {each.host}"
        if not each.ours:
            yield fail(each.name, f"{each.host} is no address of this machine", "name one that is, or 127.0.0.1")
        elif each.port == 0:
            yield ok(each.name, "any free port")
        elif each.taken is None:
            yield not_checked(each.name, "the kernel does not tell who listens")
        elif not each.taken:
            yield ok(each.name, f"{where} is free")
        elif running:
            yield ok(each.name, f"{where} is taken, as by the vmrd that runs")
        elif running is None:
            yield not_checked(
                each.name,
                f"{where} is taken; by vmrd or by something else, the database does not tell",
                "ss -ltnp names what has it",
            )
        elif each.name == "listen.port":
            yield warn(
                each.name,
                f"{where} is taken, and no vmrd has the database open",
                "right where systemd holds it (vmrd.socket); else stop what has it: ss -ltnp names it",
            )
        else:
            yield fail(
                each.name,
                f"{where} is taken by something else: no vmrd has the database open",
                "stop what has it (ss -ltnp names it), or choose another port",
            )
    if seen[0].port != 0 and (seen[0].host, seen[0].port) == (seen[1].host, seen[1].port):
        yield fail("listen.ops_port", "is the same as listen.port", "choose another")
