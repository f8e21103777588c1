"""What a browser takes along to the sign-in service and must bring back: one attempt to sign in.

The attempt is sealed into a cookie of that browser, so that nothing is kept here that strangers could fill up, and an
answer that was started in another browser finds no attempt (login CSRF, stolen codes). The cookie holds no token: only
random values of ours, encrypted with a key that all replicas have, so that any of them finishes what another began.
What is kept is which attempts were finished here, until they would have lapsed anyway: an answer is taken once by each
replica, and by the service, whose code serves once, only once at all.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from base64 import urlsafe_b64encode
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from cryptography.fernet import Fernet, InvalidToken

from vmrd import minting

LASTS = 600
"""Seconds somebody has to sign in."""
_FINISHED = 10_000


@dataclass(frozen=True, slots=True)
class Attempt:
    """`next`: the screen to come back to, below `/panel`. `fresh`: the service must ask who it is, again."""

    state: str
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)
    next: str
    fresh: bool
    begun_at: int

    @property
    def challenge(self) -> str:
        """What of the verifier may be seen on the way (S256)."""
        return urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).decode().rstrip("=")


class Attempts:
    """One per daemon. `key`: 32 bytes; `now`: seconds since 1970."""

    def __init__(self, key: bytes, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._box = Fernet(urlsafe_b64encode(key))
        self._finished: OrderedDict[str, float] = OrderedDict()

    def begin(self, next: str, *, fresh: bool) -> tuple[Attempt, str]:
        """An attempt, and the cookie it is sealed into."""
        at = int(self._now())
        attempt = Attempt(minting.token(), minting.token(), minting.token(), next, fresh, at)
        said = {each: getattr(attempt, each) for each in Attempt.__dataclass_fields__}
        return attempt, self._box.encrypt_at_time(json.dumps(said).encode(), at).decode()

    def finish(self, cookie: str | None, state: str) -> Attempt | None:
        """The attempt this browser began and this answer belongs to; None for any other, and the second time."""
        now = self._now()
        try:
            opened = self._box.decrypt_at_time((cookie or "").encode(errors="replace"), LASTS, int(now))
        except InvalidToken:
            return None
        attempt = Attempt(**json.loads(opened))
        known = hmac.compare_digest(attempt.state.encode(), state.encode(errors="surrogateescape"))
        if not known or attempt.state in self._finished:
            return None
        self._finished[attempt.state] = now
        while self._finished and (
            len(self._finished) > _FINISHED or next(iter(self._finished.values())) < now - LASTS - 1
        ):
            self._finished.popitem(last=False)
        return attempt
