"""Reading the configuration again while vmrd works (SIGHUP): all of it or nothing.

Faults, or a change that takes a restart, leave everything as it is: half of a change would be a configuration nobody
wrote. What may change is listed here; a setting that is not on the list takes a restart, so a new one is safe by
itself. Meetings are not touched: each decides by the new rules from its next decision on.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator

import structlog
from pydantic import BaseModel

from vmrd import logging, systemd
from vmrd.certificate import BadCertificate, Certificate, check
from vmrd.config import Config, ConfigError
from vmrd.daemon import Daemon

log = structlog.get_logger(__name__)

_LIVE = (
    "log_level",
    "directory",
    "establishments",
    "timing",
    "senders",
    "sink",
    "policy",
    "retention",
    "sign_in.trusted_proxies",
    "sign_in.sealed",
    "listen.behind_proxy",
    "listen.tls_certificate",
    "listen.tls_key",
)
_LIVE_IF_THERE = ("policy.password", "sign_in.sealed", "listen.behind_proxy", "listen.tls_certificate")
"""May change, and neither come nor go: what they open is opened at the start."""


async def reload(daemon: Daemon, certificate: Certificate | None, again: Callable[[], Config]) -> bool:
    """Read the configuration by `again`; whether it is in force now. The log says why not."""
    systemd.notify(f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1_000}")
    try:
        faults = await _taken(daemon, certificate, again)
    finally:
        systemd.notify("READY=1")
    for fault in faults:
        log.error("config_fault", what=fault)
    daemon.metrics.reloaded(ok=not faults)
    if faults:
        log.error("config_not_reloaded", count=len(faults))
        return False
    if certificate is not None:
        daemon.metrics.certificate("panel", certificate.expires_at)
    log.info("config_reloaded")
    return True


async def _taken(daemon: Daemon, certificate: Certificate | None, again: Callable[[], Config]) -> list[str]:
    """What is wrong; nothing where it is in force now. All that can fail is done before the first change."""
    try:
        config = await asyncio.to_thread(again)
        served = await asyncio.to_thread(check, *config.listen.tls) if config.listen.tls is not None else None
    except ConfigError as fault:
        return str(fault).splitlines()
    except BadCertificate as fault:
        return [f"listen.{fault.key}: {fault}"]
    if keys := list(needs_restart(daemon.config, config)):
        return [f"{key}: has changed and needs a restart; nothing of the new configuration is in force" for key in keys]
    if certificate is not None and served is not None:
        certificate.replace(served)
    daemon.settings.put(config)
    logging.configure(config.log_level)
    return []


def needs_restart(old: Config, new: Config) -> Iterator[str]:
    """Keys that differ and cannot change while vmrd works."""
    if {each.code for each in old.establishments} != {each.code for each in new.establishments}:
        yield "establishments"
    for key, was, now in _differences(old, new):
        is_live = any(key == live or key.startswith(f"{live}.") for live in _LIVE)
        comes_or_goes = key in _LIVE_IF_THERE and bool(was) is not bool(now)
        if not is_live or comes_or_goes:
            yield key


def _differences(old: BaseModel, new: BaseModel, above: str = "") -> Iterator[tuple[str, object, object]]:
    for name in type(old).model_fields:
        was, now = getattr(old, name), getattr(new, name)
        if was == now:
            continue
        if isinstance(was, BaseModel) and isinstance(now, BaseModel):
            yield from _differences(was, now, f"{above}{name}.")
        else:
            yield f"{above}{name}", was, now
