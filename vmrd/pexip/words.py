"""The vendor's vocabulary, and ours.

Each surface spells the same thing its own way (facts 3.1): roles come as HOST, chair or host, truth as "YES", true or
"On", protocols in either case. Comparing is therefore without case, and a word nobody told us of becomes the reading
that keeps the light dark: an unknown place is inside, an unknown protocol or role is unknown.
"""

from __future__ import annotations

from vmrd.lifecycle.inputs import Protocol
from vmrd.lifecycle.words import Role, Where

_ROLES = {"host": Role.HOST, "chair": Role.HOST, "guest": Role.GUEST}

_PLACES = {
    "connecting": Where.ARRIVING,
    "ivr": Where.ARRIVING,
    "waiting_room": Where.WAITING,
}

_PROTOCOLS = {
    "webrtc": Protocol.WEB,
    "sip": Protocol.SIP,
    "h323": Protocol.H323,
    "mssip": Protocol.SKYPE,
    "rtmp": Protocol.STREAMING,
    "teams": Protocol.GATEWAY,
    "gms": Protocol.GATEWAY,
    "ghm": Protocol.GATEWAY,
}

_TRUE = frozenset({"yes", "true", "on", "1"})

# Texts of facts 3.7. Endpoints may add their own, so that anything else is "other".
_REASONS = {
    "invalid role": "not-allowed",
    "invalid pin": "wrong-pin",
    "participant exceeded pin entry retries": "wrong-pin",
    "system in maintenance mode": "maintenance",
    "invalid token": "token-expired",
    "timer expired awaiting token refresh": "token-expired",
    "conference host ended the conference with a dtmf command": "host-ended",
    "conference terminated by a host participant": "host-ended",
    "conference terminated by another participant": "host-ended",
    "api initiated conference termination": "host-ended",
    "conference terminated by an administrator": "admin",
    "disconnected by an administrator": "admin",
    "api initiated participant disconnect": "admin",
    "disconnected by another participant": "removed",
    "timeout waiting for conference host to join or permit access to locked conference": "waited-too-long",
    "no participants can keep conference alive": "nobody-left",
    "all conference hosts departed hosted conference": "hosts-left",
    "last remaining participant removed from conference after timeout": "alone-too-long",
    "call rejected": "declined",
    "call disconnected": "hung-up",
    "user initiated disconnect": "hung-up",
    "gateway dial out failed": "not-found",
    "neither conference nor gateway found": "not-found",
    "participant limit reached": "full",
    "out of resource": "no-capacity",
    "out of proxying resource": "no-capacity",
    "out of transcoding resource": "no-capacity",
    "resource unavailable": "no-capacity",
    "insufficient licenses": "no-licence",
    "invalid license": "no-licence",
    "ice failure": "network",
    "signaling node disconnected": "network",
    "media node disconnected": "network",
    "media process disconnected": "network",
    "proxied participant disconnected": "network",
}


def role(word: str) -> Role:
    """Host, Guest, or unknown as a leg at a PIN screen is."""
    return _ROLES.get(word.strip().lower(), Role.UNKNOWN)


def where(service_type: str) -> Where:
    """Where a leg is, read from its `service_type`; there is no other sign of waiting (facts 1.9)."""
    return _PLACES.get(service_type.strip().lower(), Where.INSIDE)


def protocol(word: str, has_media: bool) -> Protocol:
    """How a leg is connected. Web apps too begin as `api` (facts 2.7), and are web as soon as they have media."""
    word = word.strip().lower()
    if word == "api":
        return Protocol.WEB if has_media else Protocol.CONTROL
    return _PROTOCOLS.get(word, Protocol.UNKNOWN)


def truth(value: object) -> bool:
    """Truth in any of the vendor's spellings; what is missing or odd is false."""
    if isinstance(value, str):
        return value.strip().lower() in _TRUE
    return value is True or (isinstance(value, int) and value == 1)


def reason(text: str) -> str:
    """A short safe code for a disconnect reason, which may be an endpoint's own text and is never passed on."""
    plain = text.partition("[#")[0].partition("(#")[0].strip().rstrip(".").strip().lower()
    return _REASONS.get(plain, "other")
