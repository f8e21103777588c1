"""Where a callback may go: out to the world over https, and never into the network vmrd itself stands in.

A callback's address is configuration, but its name is answered by somebody's DNS. Whoever controls that could have vmrd
post to a Management Node, a metadata service or the machine itself. So the written address is judged when the
configuration is read (`fault_of`), and the address really connected to is judged at each connection (`public`).
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

_NAT64 = IPv6Network("64:ff9b::/96")
_NEVER = (
    IPv4Network("168.63.129.16/32"),  # public by its number, yet answered by the machine's own host (Azure)
    IPv4Network("192.0.0.0/24"),  # Python's judgement of these two changes from release to release
    IPv6Network("64:ff9b:1::/48"),
)
_HERE = ("localhost", "local", "internal", "home.arpa")
"""Endings of names that mean this machine or this network, whatever they resolve to."""


def fault_of(url: str, *, allow_private: bool) -> str | None:
    """What is wrong with a callback's address, in a sentence without the address; None when it may be used."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "is not an address of the web"
    if parts.scheme not in ("https", "http") or not host:
        return "is not an address of the web"
    if parts.username is not None or parts.password is not None:
        return "must not hold a user or a password; callbacks are signed"
    if allow_private:
        return None
    if parts.scheme != "https":
        return "must begin with https"
    if _is_here(host.rstrip(".").lower()):
        return "lies in a private network; set allow_private_callbacks if it is meant to"
    return None


def _is_here(host: str) -> bool:
    try:
        return not public(host)
    except ValueError:  # a name: what it means shows when it is connected to
        return any(host == ending or host.endswith(f".{ending}") for ending in _HERE)


def public(address: str) -> bool:
    """Whether the address is one of the open internet, also inside the IPv6 addresses that carry an IPv4 one.

    Raises `ValueError` for what is no address.
    """
    found = _carried(ip_address(address))
    if not found.is_global or found.is_multicast or found.is_reserved:
        return False
    return not any(found in network for network in _NEVER)


def _carried(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address a mapped, 6to4, Teredo or NAT64 address leads to; any other as it is."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else address)
