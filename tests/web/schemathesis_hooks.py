"""What schemathesis does as a client of ours would: sign booking events, and take a new key for each press."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from itertools import count
from typing import Any

import schemathesis
from standardwebhooks.webhooks import Webhook

_numbers = count()


@schemathesis.hook
def before_call(context: schemathesis.HookContext, case: schemathesis.Case, kwargs: dict[str, Any]) -> None:
    """Give a key or message id that may be used twice a number; sign what is sent to be signed."""
    headers = case.headers
    if 0 < len(headers.get("Idempotency-Key", "")) < 240:
        headers["Idempotency-Key"] += str(next(_numbers))
    if case.path == "/v1/bookings/events" and "Webhook-Signature" in headers and isinstance(case.body, dict):
        now, message = datetime.now(UTC), f"message-{next(_numbers)}"
        body = json.dumps(case.body)
        headers["Webhook-Id"], headers["Webhook-Timestamp"] = message, str(int(now.timestamp()))
        headers["Webhook-Signature"] = Webhook(os.environ["SENDER_KEY"]).sign(message, now, body)
