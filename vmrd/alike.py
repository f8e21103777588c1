"""Whether replicas are set up alike: each says digests of its configuration to the others, and compares theirs.

    every ten seconds ──► one line: who, which release, a digest for each part ──► the others ──► /readyz, metric, log

Any replica serves any panel and carries out any command, so what they are told must be the same: with two domains half
of the links lead nowhere, and of two rules a meeting is decided by whichever replica has it. Nobody is stopped for it:
which of two is right only the operator knows, and a room must not go dark for a slip in a file. Each names the parts.

What belongs to a machine (where it listens, how it reaches the database, its log) may differ. Parts are compared as
they are in force and without what is left at its default, so that two releases are alike while one takes the other's
place. A digest is keyed, so nobody who listens at the database finds a secret by trying.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import platform
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from importlib.metadata import version

import structlog
from pydantic import SecretStr

from vmrd.config import Config
from vmrd.health import Part
from vmrd.store.base import Store, StoreError

log = structlog.get_logger(__name__)

_EVERY = 10.0
_GONE_AFTER = 35.0
"""Seconds without a line after which a replica counts for nothing any more."""
_WORD = "alike"
_OF_THE_MACHINE = frozenset({"log_level", "clock_file", "listen", "store", "shadow"})
_OF_THE_MACHINE_WITHIN = {
    "pexip": frozenset({"ca_file", "meetings_at_most"}),
    "sign_in": frozenset({"trusted_proxies"}),
}


@dataclass(frozen=True, slots=True)
class _Other:
    """What another replica said last. `differs`: the parts of its configuration that are not ours."""

    until: float
    host: str
    release: str
    differs: tuple[str, ...]


@dataclass(slots=True)
class Alike:
    """One per daemon; `run` is its task, `said` hears the others. Where there can be none it says nothing.

    `name`: ours, new with each start. `key`: what digests are made with, the same for all.
    """

    store: Store
    name: str
    config: Callable[[], Config]
    key: bytes
    now: Callable[[], float] = time.monotonic
    _others: dict[str, _Other] = field(default_factory=dict)
    _made: tuple[Config, Mapping[str, str]] | None = None

    async def run(self) -> None:
        while self.store.shared:
            await self.say()
            await asyncio.sleep(_EVERY)

    async def say(self) -> None:
        """Tell the others how we are set up; a line that is lost is said again soon."""
        parts = " ".join(f"{part}={digest}" for part, digest in self._parts().items())
        try:
            await self.store.say(f"{_WORD} {self.name} {_host()} {version('vmrd')} {parts}")
        except StoreError:  # which others see and say
            return

    def said(self, line: str) -> None:
        """Another replica's line; of all but ours nothing is made."""
        match line.split():
            case [word, name, host, release, *parts] if word == _WORD:
                self._heard(name, host, release, parts)
            case _:
                pass

    def _heard(self, name: str, host: str, release: str, parts: Sequence[str]) -> None:
        theirs, ours = {part: digest for part, _, digest in (each.partition("=") for each in parts)}, self._parts()
        differs = tuple(sorted(part for part in ours.keys() | theirs.keys() if ours.get(part) != theirs.get(part)))
        former = self._others.get(name)
        self._others[name] = _Other(self.now() + _GONE_AFTER, host, release, differs)
        if former is None and release != version("vmrd"):
            log.warning("release_differs", host=host, version=release)
        if differs != (former.differs if former is not None else ()):
            log.warning("config_differs" if differs else "config_alike", host=host, what=", ".join(differs))

    def parts(self) -> list[Part]:
        """For `health`: up where all replicas heard of lately are set up as this one; none where there can be none."""
        if not self.store.shared:
            return []
        self._others = {name: other for name, other in self._others.items() if other.until > self.now()}
        apart = sum(bool(other.differs) for other in self._others.values())
        return [Part("replicas", not apart, figures={"others": len(self._others), "setUpOtherwise": apart})]

    def _parts(self) -> Mapping[str, str]:
        config = self.config()
        if self._made is None or self._made[0] is not config:
            self._made = config, dict(_digests(config, self.key))
        return self._made[1]


def _digests(config: Config, key: bytes) -> Iterator[tuple[str, str]]:
    """A short keyed digest for each part that must be the same at every replica."""
    told = config.model_dump(exclude_defaults=True, exclude=set(_OF_THE_MACHINE))
    for part, value in told.items():
        for mine in _OF_THE_MACHINE_WITHIN.get(part, ()):
            value.pop(mine, None)
        text = json.dumps(_ordered(value), sort_keys=True, default=str)
        yield part, hmac.digest(key, f"{part} {text}".encode(), sha256).hex()[:16]


def _ordered(value: object) -> object:
    """The same whatever the order of tables in a list and of entries in a set; secrets as they are."""
    match value:
        case SecretStr():
            return value.get_secret_value()
        case Mapping():
            return {str(name): _ordered(each) for name, each in value.items()}
        case set() | frozenset():
            return sorted(str(each) for each in value)
        case list() | tuple():
            entries = [_ordered(each) for each in value]
            return sorted(entries, key=_as_text) if any(isinstance(each, dict) for each in entries) else entries
        case _:
            return value


def _as_text(entry: object) -> str:
    return json.dumps(entry, sort_keys=True, default=str)


def _host() -> str:
    return platform.node() or "unnamed"
