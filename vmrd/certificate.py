"""The panel's certificate: looked at before it is used, and replaced while connections go on.

Each handshake is given the newest one; a connection that stands keeps what it began with.
"""

from __future__ import annotations

import ssl
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

_CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"
"""For TLS 1.2; TLS 1.3 has none that is weak."""


class BadCertificate(Exception):
    """It cannot be used; the text says why and what to do. `key`: the setting that is wrong."""

    def __init__(self, key: str, sentence: str) -> None:
        super().__init__(sentence)
        self.key = key


class Certificate:
    """One per daemon that speaks TLS itself. `context` is what the listener is given."""

    def __init__(self, certificate: Path, key: Path) -> None:
        """Raises `BadCertificate`."""
        self._newest, self.expires_at = check(certificate, key)
        self.context = _context(certificate, key)
        self.context.sni_callback = self._hand_over

    def replace(self, new: tuple[ssl.SSLContext, datetime]) -> None:
        """What `check` answered is used from the next handshake on."""
        self._newest, self.expires_at = new

    def _hand_over(self, connection: Any, _name: str | None, _listener: ssl.SSLContext) -> None:
        connection.context = self._newest


def check(certificate: Path, key: Path) -> tuple[ssl.SSLContext, datetime]:
    """What would be served, and when it expires. Raises `BadCertificate`."""
    from cryptography import x509  # slow to load, and most daemons have a proxy in front of them

    held = _read("tls_certificate", certificate)
    _read("tls_key", key)
    if key.stat().st_mode & 0o004 and key.parent.stat().st_mode & 0o001:
        raise BadCertificate("tls_key", "can be read by everybody on this machine; chmod 0640 it")
    try:
        first = x509.load_pem_x509_certificate(held)
    except ValueError:
        raise BadCertificate("tls_certificate", "holds no certificate: give PEM, the panel's own first") from None
    now = datetime.now(UTC)
    if first.not_valid_after_utc <= now:
        raise BadCertificate("tls_certificate", "has expired: put a new one there")
    if first.not_valid_before_utc > now:
        raise BadCertificate("tls_certificate", "is not valid yet: look at the clock of this machine")
    return _context(certificate, key), first.not_valid_after_utc


def _read(name: str, path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as fault:
        raise BadCertificate(name, f"cannot be read: {fault.strerror}; put the PEM file there") from None
    except ValueError:
        raise BadCertificate(name, "is no path of a file") from None


def _context(certificate: Path, key: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(_CIPHERS)
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
    try:
        context.load_cert_chain(certificate, key, password=lambda: "")  # never asks on a terminal
    except ssl.SSLError as fault:
        if fault.reason == "KEY_VALUES_MISMATCH":
            raise BadCertificate(
                "tls_key", "does not belong to the certificate: give the key it was made with"
            ) from None
        raise BadCertificate("tls_key", "is no private key in PEM, or has a passphrase: give it without one") from None
    except (OSError, ValueError):
        raise BadCertificate("tls_key", "is no private key in PEM, or has a passphrase: give it without one") from None
    return context
