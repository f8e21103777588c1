"""Whether an address can be reached: its name, a connection, its certificate. Nothing is asked over the connection."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from urllib.parse import urlsplit

from cryptography import x509

from vmrd.check.lines import Line, fail, ok, warn
from vmrd.outward import public

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_SOON, _NOW = 30, 7
"""Days before its end at which a certificate is spoken of, and at which it is late."""


class Fault(StrEnum):
    """Why nothing could be said to it. The words end a sentence that begins with its name."""

    NO_NAME = "has a name that nothing knows"
    PRIVATE = "leads into a private network, and callbacks may not go there"
    SILENT = "cannot be connected to"
    UNTRUSTED = "has a certificate of nobody we trust"
    EXPIRED = "has a certificate that is out of date"
    OTHER_NAME = "has a certificate for another name"
    NO_TLS = "does not speak TLS as we do"


_TODO = {
    Fault.NO_NAME: "correct the name, or the machine's DNS",
    Fault.PRIVATE: "correct the address, or set allow_private_callbacks where it is meant to be inside",
    Fault.SILENT: "see that it is up and that no firewall stands between",
    Fault.UNTRUSTED: "have it signed by an authority this machine knows, or name the private one (for Pexip: ca_file)",
    Fault.EXPIRED: "renew it there; until then nothing of ours goes to it",
    Fault.OTHER_NAME: "use the name that the certificate is for",
    Fault.NO_TLS: "see that the port is the right one and takes TLS 1.2 or newer",
}


@dataclass(frozen=True, slots=True)
class Reached:
    """It can be connected to. `days`: until its certificate ends, None where there is none."""

    days: int | None


async def reach(url: str, trust: ssl.SSLContext, *, within: float, only_public: bool = False) -> Reached | Fault:
    """Connect and, for https, shake hands. `within`: seconds. `only_public`: never to a private address."""
    parts = urlsplit(url)
    encrypted = parts.scheme != "http"
    host, port = parts.hostname or "", parts.port or (443 if encrypted else 80)
    try:
        async with asyncio.timeout(within):
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
            if only_public and not all(public(str(each[4][0])) for each in found):
                return Fault.PRIVATE
            _, writer = await asyncio.open_connection(host, port, ssl=trust if encrypted else None)
    except (socket.gaierror, UnicodeError):
        return Fault.NO_NAME
    except ssl.SSLCertVerificationError as refused:
        return _of_certificate(refused)
    except ssl.SSLError:
        return Fault.NO_TLS
    except (OSError, TimeoutError):
        return Fault.SILENT
    try:
        return Reached(_days(writer.get_extra_info("ssl_object")))
    finally:
        writer.transport.abort()  # whoever never says goodbye must not hold us up


def _of_certificate(refused: ssl.SSLCertVerificationError) -> Fault:
    """By OpenSSL's number for what is wrong with it."""
    match refused.verify_code:
        case 10:
            return Fault.EXPIRED
        case 62 | 64:
            return Fault.OTHER_NAME
        case _:
            return Fault.UNTRUSTED


def _days(connection: ssl.SSLObject | None) -> int | None:
    shown = connection.getpeercert(binary_form=True) if connection is not None else None
    if shown is None:
        return None
    return (x509.load_der_x509_certificate(shown).not_valid_after_utc - datetime.now(UTC)).days


def judge_reached(name: str, url: str, reached: Reached | Fault, *, looked_at: bool = True) -> Iterator[Line]:
    """`looked_at`: whether certificates are, or anybody's is taken."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if isinstance(reached, Fault):
        yield fail(name, f"{host} {reached.value}", _TODO[reached])
        return
    if parts.scheme == "http":
        if host in LOOPBACK:
            yield ok(name, f"{host} answers, in clear and on this machine")
        else:
            yield warn(name, f"{host} answers in clear: passwords and PINs can be read on the way", "use https")
        return
    if not looked_at:
        yield warn(
            name, f"{host} answers, and anybody could in its place: verify_tls is off", "set verify_tls, or ca_file"
        )
    if reached.days is not None:
        yield from _certificate(name, host, reached.days, looked_at=looked_at)


def _certificate(name: str, host: str, days: int, *, looked_at: bool) -> Iterator[Line]:
    found = f"{host}'s certificate ends in {days} days" if days >= 0 else f"{host}'s certificate is out of date"
    if days < _NOW:
        yield fail(f"{name} certificate", found, "renew it now: from then on nothing of ours goes to it")
    elif days < _SOON:
        yield warn(f"{name} certificate", found, "renew it")
    elif looked_at:
        yield ok(name, f"{host} answers; its certificate is trusted, for {days} days more")
