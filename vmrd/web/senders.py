"""Booking systems prove who they are by signing what they send (Standard Webhooks), or by a token where they cannot.

The signature is over the raw body, so it is checked before anything in the body is read. Which sender it is follows
from whose key fits; each may have two keys while it changes them. A message older or newer than five minutes is
refused, by the clock that replicas share and not by one machine's own, and each message id is answered once
(`bookings`). A token proves nothing about the body: it is for systems behind a proxy that can add a header and no more.
Its `Idempotency-Key` is the message id.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Sequence

from aiohttp import hdrs
from multidict import CIMultiDictProxy
from standardwebhooks.webhooks import Webhook

from vmrd.clock import Clock, SystemClock, as_datetime
from vmrd.config import Config, SenderConfig

_STAMP = re.compile(r"[0-9]{1,12}")
_TOLERATED = 300
"""Seconds by which a message may be older or newer than now."""


class Senders:
    """The configured booking systems and their keys."""

    def __init__(self, senders: Sequence[SenderConfig], wall: Clock | None = None) -> None:
        self._wall = wall or SystemClock()
        self._know(senders)

    def follow(self, config: Config) -> None:
        """The keys that are good from here on."""
        self._know(config.senders)

    def _know(self, senders: Sequence[SenderConfig]) -> None:
        self._keys = [(sender, key) for sender in senders for key in _keys(sender)]
        self._tokens = [(sender, _digest(sender.token.get_secret_value())) for sender in senders if sender.token]

    def who(self, body: bytes, headers: CIMultiDictProxy[str]) -> SenderConfig | None:
        """Whose key signed this body lately; None for nobody's."""
        said, stamp, given = (headers.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature"))
        if not (said and _STAMP.fullmatch(stamp)) or abs(self._wall.now() // 1_000 - int(stamp)) > _TOLERATED:
            return None
        try:
            text = body.decode()
        except UnicodeDecodeError:
            return None
        signatures = [each.encode(errors="surrogateescape") for each in given.split()]
        for sender, key in self._keys:
            right = key.sign(said, as_datetime(int(stamp) * 1_000), text).encode()
            if any(hmac.compare_digest(right, each) for each in signatures):
                return sender
        return None

    def bearer(self, headers: CIMultiDictProxy[str]) -> SenderConfig | None:
        """Whose token this is; None for nobody's. Takes as long whoever's it is."""
        scheme, _, given = headers.get(hdrs.AUTHORIZATION, "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        digest = _digest(given.strip())
        found = [sender for sender, token in self._tokens if hmac.compare_digest(token, digest)]
        return found[0] if found else None


def signs(headers: CIMultiDictProxy[str]) -> bool:
    """Whether the sender claims to have signed; then its token counts for nothing."""
    return "webhook-signature" in headers or hdrs.AUTHORIZATION not in headers


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode(errors="surrogateescape")).digest()


def _keys(sender: SenderConfig) -> list[Webhook]:
    return [Webhook(secret.get_secret_value().strip()) for secret in sender.secrets]
