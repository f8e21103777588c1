"""Booking systems prove who they are by signing what they send (Standard Webhooks), or by a token where they cannot.

The signature is over the raw body, so it is checked before anything in the body is read. Which sender it is follows
from whose key fits; each may have two keys while it changes them. A message older or newer than five minutes is refused
by the library, and each message id is answered once (`bookings`). A token proves nothing about the body: it is for
systems behind a proxy that can add a header and no more. Its `Idempotency-Key` is the message id.
"""

from __future__ import annotations

import binascii
import hashlib
import hmac
from collections.abc import Sequence

from aiohttp import hdrs
from multidict import CIMultiDictProxy
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from vmrd.config import Config, SenderConfig

_WRONG = (WebhookVerificationError, ValueError, binascii.Error)
"""What the library raises for a bad header; a malformed signature is a ValueError."""


class Senders:
    """The configured booking systems and their keys."""

    def __init__(self, senders: Sequence[SenderConfig]) -> None:
        self._know(senders)

    def follow(self, config: Config) -> None:
        """The keys that are good from here on."""
        self._know(config.senders)

    def _know(self, senders: Sequence[SenderConfig]) -> None:
        self._keys = [(sender, key) for sender in senders for key in _keys(sender)]
        self._tokens = [(sender, _digest(sender.token.get_secret_value())) for sender in senders if sender.token]

    def who(self, body: bytes, headers: CIMultiDictProxy[str]) -> SenderConfig | None:
        """Whose key signed this body lately; None for nobody's."""
        plain = {name: headers.get(name, "") for name in ("webhook-id", "webhook-timestamp", "webhook-signature")}
        for sender, key in self._keys:
            try:
                key.verify(body, plain, json_parse=False)
            except _WRONG:
                continue
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
