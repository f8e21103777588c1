"""One adapter put together: whose bookings it brings, who may call it, and where it asks."""

from __future__ import annotations

import asyncio
import binascii
import hmac
from base64 import b64decode
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from weakref import WeakValueDictionary

from vmrd.adapters import bvls, official_visits
from vmrd.adapters.configuration import AdapterConfig
from vmrd.adapters.envelope import DomainEvent
from vmrd.adapters.reading import LeftAlone, Mapped, Named, Ours
from vmrd.adapters.upstream import Access, Upstream
from vmrd.config import Config, SenderConfig
from vmrd.settings import Settings


@dataclass(frozen=True, slots=True)
class Kind:
    """A booking system's manner: which events name a booking, where it is read, and what it means."""

    events: frozenset[str]
    named: Callable[[DomainEvent], Named]
    mapped: Callable[[bytes, str, Ours], Mapped | LeftAlone]


KINDS: Mapping[str, Kind] = {
    "bvls": Kind(bvls.EVENTS, bvls.named, bvls.mapped),
    "official-visits": Kind(official_visits.EVENTS, official_visits.named, official_visits.mapped),
}


@dataclass(frozen=True, slots=True)
class Adapter:
    """A booking system that is asked. `ours`: what of its bookings is vmrd's; `topic`: what may subscribe us."""

    name: str
    kind: Kind
    _settings: Settings
    ours: Ours
    upstream: Upstream
    topic: str | None
    _secrets: tuple[str, ...] = field(repr=False)
    _turns: WeakValueDictionary[str, asyncio.Lock] = field(default_factory=WeakValueDictionary)

    @property
    def sender(self) -> SenderConfig:
        """Whom its bookings are taken from, with that sender's establishments and callbacks."""
        return next(each for each in self._settings.config.senders if each.system == self.ours.system)

    def admits(self, authorization: str) -> bool:
        """Whether the caller knows the secret: as a bearer token, or as the password SNS puts into its requests."""
        scheme, _, given = authorization.partition(" ")
        match scheme.lower():
            case "bearer":
                secret = given.strip().encode()
            case "basic":
                secret = _password(given)
            case _:
                return False
        return any(hmac.compare_digest(secret, each.encode()) for each in self._secrets)

    def turn(self, booking: Named) -> AbstractAsyncContextManager[None]:
        """One at a time for each booking, from the read until it is taken: so the later read is also taken later."""
        lock = self._turns.get(booking.number)
        if lock is None:
            lock = self._turns[booking.number] = asyncio.Lock()
        return lock


def adapters(settings: Settings) -> dict[str, Adapter]:
    """Those that are configured, by name."""
    return {name: _adapter(name, each, settings) for name, each in settings.config.adapters.configured()}


def _adapter(name: str, given: AdapterConfig, settings: Settings) -> Adapter:
    secrets = [given.secret, given.former_secret] if given.former_secret is not None else [given.secret]
    return Adapter(
        name=name,
        kind=KINDS[name],
        _settings=settings,
        ours=Ours(given.system, lambda code: _rooms(settings.config, code)),
        upstream=Upstream(
            Access(
                base_url=given.base_url,
                token_url=given.token_url,
                client_id=given.client_id,
                client_secret=given.client_secret.get_secret_value(),
                timeout=given.request_timeout,
            )
        ),
        topic=given.topic,
        _secrets=tuple(each.get_secret_value() for each in secrets),
    )


def _rooms(config: Config, code: str) -> frozenset[str]:
    return frozenset(name for each in config.establishments if each.code == code for name in each.room_names)


def _password(given: str) -> bytes:
    try:
        return b64decode(given.strip(), validate=True).partition(b":")[2]
    except (ValueError, binascii.Error):
        return b""
