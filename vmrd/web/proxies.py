"""Plain HTTP is for this machine and for the proxies that are named, and only where they say the outside spoke TLS.

Looked at ahead of everything else. What is forwarded (`X-Forwarded-Proto`, and `X-Forwarded-For` in `lockout`) is
believed of nobody but them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address

from aiohttp import web

from vmrd.web.problem import Problem

Networks = Sequence[IPv4Network | IPv6Network]

_FORWARDED = "X-Forwarded-Proto"
_HTTPS = web.RequestKey("https", bool)


def is_https(request: web.BaseRequest) -> bool:
    """Whether nobody on the way could read it: by our own TLS or by a named proxy's."""
    return request.secure or request.get(_HTTPS, False)


def put_ahead(proxies: Callable[[], Networks], runner: web.AppRunner) -> None:
    """Refuse plain HTTP from anywhere but this machine and the proxies."""
    server = runner.server
    assert server is not None
    behind = server.request_handler

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        if request.secure:
            return await behind(request)
        try:
            peer = ip_address(request.remote or "")
        except ValueError:
            return await behind(request)  # a socket of this machine's file system
        peer = getattr(peer, "ipv4_mapped", None) or peer
        if any(peer in network for network in proxies()):
            request[_HTTPS] = request.headers.get(_FORWARDED, "").lower() == "https"
        if request.get(_HTTPS, False) or peer.is_loopback:
            return await behind(request)
        return Problem("forbidden", "Plain HTTP is not taken: use the https address.").response()

    server.request_handler = answer
