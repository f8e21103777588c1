"""Booking systems prove who they are by signing what they send (Standard Webhooks).

The signature is over the raw body, so it is checked before anything in the body is read. Which sender it is follows
from whose key fits; each may have two keys while it changes them. A message older or newer than five minutes is refused
by the library, and each message id is answered once (`bookings`).
"""

from __future__ import annotations

import binascii
from collections.abc import Sequence

from multidict import CIMultiDictProxy
from standardwebhooks.webhooks import EmptyWebhookSecretError, Webhook, WebhookVerificationError

from vmrd.config import ConfigError, SenderConfig

_WRONG = (WebhookVerificationError, ValueError, binascii.Error)
"""What the library raises for a bad header; a malformed signature is a ValueError."""


class Senders:
    """The configured booking systems and their keys. Raises `ConfigError` for a key that is not Base64."""

    def __init__(self, senders: Sequence[SenderConfig]) -> None:
        self._keys = [(sender, key) for sender in senders for key in _keys(sender)]

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


def _keys(sender: SenderConfig) -> list[Webhook]:
    try:
        return [Webhook(secret.get_secret_value()) for secret in sender.secrets]
    except (EmptyWebhookSecretError, ValueError):
        raise ConfigError(f"senders: a secret of {sender.system} is not Base64 (whsec_…)") from None
