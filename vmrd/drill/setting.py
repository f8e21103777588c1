"""What vmrd is told in a drill: the configuration of the demonstration, with a door before everything that may fail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from argon2 import PasswordHasher

from vmrd.demo import cast
from vmrd.drill.gate import Certificates, Gate
from vmrd.drill.others import Others

SEAL = "the password in the envelope"
ADAPTER_SECRET = "secret-of-the-rehearsed-queue"  # noqa: S105  # opens nothing but a rehearsal


@dataclass(frozen=True, slots=True)
class Setting:
    """What of the house is as the drill needs it. `purpose`: of the consultation. `sign_in`: how people sign in.

    `tls`: vmrd serves the panel by a certificate of its own, as where no proxy stands before it. `meetings`: so many at
    most does it look at.
    """

    purpose: str = "legal_consultation"
    meetings: int = 5_000
    sign_in: Literal["local", "oidc"] = "local"
    tls: bool = False


LASTS = 90
"""Days for which the panel's certificate is good, where there is one."""


def changed(
    values: dict[str, Any],
    setting: Setting,
    gates: tuple[Gate, ...],
    ear: Gate,
    elsewhere: Others,
    certificates: Certificates,
    ops: int,
) -> None:
    """Everything that may fail is reached through its door."""
    values["pexip"] |= {
        "management": gates[0].url,
        "nodes": [gate.url for gate in gates[1:]],
        "ca_file": str(certificates.trusted),
        "request_timeout": 2.0,
        "meetings_at_most": setting.meetings,
    }
    values["listen"]["ops_port"] = ops
    if setting.tls:
        served = str(certificates.panel(LASTS))
        values["listen"] |= {"tls_certificate": served, "tls_key": served}
    values["log_level"] = "info"
    for sender in values["senders"]:
        sender["callback_url"] = f"{ear.url}/told"
    values["smtp"] = {
        "host": "127.0.0.1",
        "port": elsewhere.mail.port,
        "tls": "none",
        "sender": "video-links@drill.example.org",
    }
    values["adapters"] = {
        "bvls": {
            "system": cast.SENDER,
            "base_url": elsewhere.service.url,
            "token_url": f"{elsewhere.service.url}/token",
            "client_id": "drill",
            "client_secret": "drill",
            "secret": ADAPTER_SECRET,
        }
    }
    if setting.sign_in == "oidc":
        values["sign_in"] = {
            "mode": "oidc",
            "oidc": {
                "issuer": elsewhere.service.url,
                "client_id": "vmrd",
                "client_secret": "drill",
                "redirect_url": "http://127.0.0.1/sign-in/callback",
                "all_establishments": True,
            },
            "sealed": {"password_hash": PasswordHasher().hash(SEAL)},
        }
