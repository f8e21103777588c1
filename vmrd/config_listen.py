"""The part of the configuration that says where vmrd listens, and how what goes there is kept from being read.

Off this machine the panel speaks TLS itself, or stands behind a proxy that is named here and does. Anything else is
refused: an officer's sign-in and what is seen of a prisoner would cross the network in plain text.

A certificate's name without a slash is a systemd credential (`LoadCredential=panel.pem:…`); one with a slash is a file.
Only a file is read again on reload, because systemd copies credentials once, at the start.
"""

from __future__ import annotations

import os
import re
from ipaddress import IPv4Network, IPv6Network, ip_address
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from vmrd.config_senders import Part

_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")


def is_loopback(host: str) -> bool:
    """Whether what listens there can be reached from this machine only."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _host(host: str) -> str:
    try:
        ip_address(host)
    except ValueError:
        if not _HOST.fullmatch(host) or host.replace(".", "").isdigit():
            raise ValueError(
                "must be an address or a name of this machine alone, for example 127.0.0.1; the port goes into its key"
            ) from None
    return host


def not_everybody(networks: tuple[IPv4Network | IPv6Network, ...]) -> tuple[IPv4Network | IPv6Network, ...]:
    """Whoever is believed about addresses can make up any, so it is never all the world."""
    if any(network.prefixlen == 0 for network in networks):
        raise ValueError("would believe everybody: name the proxy's own addresses")
    return networks


Host = Annotated[str, AfterValidator(_host)]
Proxies = Annotated[tuple[IPv4Network | IPv6Network, ...], AfterValidator(not_everybody)]


class ListenConfig(Part):
    """Two listeners: one for officers, booking systems and Pexip, one for operations."""

    host: Host = Field(
        default="127.0.0.1", description="Officers, booking systems and Pexip; off loopback with TLS or behind_proxy"
    )
    port: int = Field(default=8080, ge=0, le=65535, description="Its port; 0: any free one")
    tls_certificate: Path | None = Field(
        default=None,
        description="PEM of the panel's certificate with what stands between it and its root; a file, or the name of "
        "a systemd credential. Read again on reload",
        examples=["/etc/vmrd/tls/panel.pem"],
    )
    tls_key: Path | None = Field(
        default=None,
        description="PEM of its private key, without a passphrase",
        examples=["/etc/vmrd/tls/panel.key"],
    )
    behind_proxy: Proxies = Field(
        default=(),
        description="Addresses of the proxies that speak TLS to the outside; X-Forwarded-Proto and X-Forwarded-For "
        "are believed of these and of nobody else",
        examples=[["192.0.2.10/32"]],
    )
    ops_host: Host = Field(default="127.0.0.1", description="/metrics, /healthz, /readyz")
    ops_port: int = Field(default=9180, ge=0, le=65535, description="Its port; 0: any free one")
    ops_plain: bool = Field(
        default=False,
        description="Operations may be listened to off loopback, in plain HTTP: it names no person and no booking, "
        "but let only the monitoring reach it",
    )

    @model_validator(mode="after")
    def _whole_and_kept(self) -> Self:
        if (self.tls_certificate is None) is not (self.tls_key is None):
            missing = "tls_key" if self.tls_key is None else "tls_certificate"
            raise ValueError(f"{missing}: is missing: certificate and key belong together")
        if not is_loopback(self.host) and self.tls_certificate is None and not self.behind_proxy:
            raise ValueError(
                "host: is off loopback in plain HTTP; give tls_certificate and tls_key, or name the TLS proxy in front "
                "in behind_proxy, or set host to 127.0.0.1"
            )
        if not is_loopback(self.ops_host) and not self.ops_plain:
            raise ValueError(
                "ops_host: is off loopback in plain HTTP; set ops_plain = true if only the monitoring can reach it, "
                "or set ops_host to 127.0.0.1"
            )
        if self.port and self.port == self.ops_port and _same(self.host, self.ops_host):
            raise ValueError("ops_port: is the same as port: give each listener its own")
        return self

    @property
    def tls(self) -> tuple[Path, Path] | None:
        """Where certificate and key are; None where it is plain HTTP."""
        if self.tls_certificate is None or self.tls_key is None:
            return None
        return _placed(self.tls_certificate), _placed(self.tls_key)


def _same(one: str, other: str) -> bool:
    return one == other or {one, other} & {"0.0.0.0", "::"} != set()  # noqa: S104  # all addresses are also the other


def _placed(path: Path) -> Path:
    return path if len(path.parts) > 1 else Path(os.environ.get("CREDENTIALS_DIRECTORY", "")) / path
