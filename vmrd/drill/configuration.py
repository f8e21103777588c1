"""Drills of what vmrd is given to read again while it works: its configuration, and the panel's certificate."""

from __future__ import annotations

import signal
import time

from vmrd.drill.drill import Drill
from vmrd.drill.house import House
from vmrd.drill.looks import NO_TRACEBACK, fell_silent, log_says
from vmrd.drill.scrape import Recording, Sign, above
from vmrd.drill.setting import LASTS, Setting

_DAYS_LEFT = 10
_TOO_FEW = 14 * 24 * 60 * 60
"""Seconds left at which the rule rings."""


async def _spoil_the_file(house: House) -> None:
    file = house.folder / "vmrd.toml"
    house.held["file"] = told = file.read_text("utf-8")
    file.write_text(told.replace('log_level = "info"', 'log_level = "loud"'), "utf-8")
    house.keeper.send(signal.SIGHUP)


async def _mend_the_file(house: House) -> None:
    (house.folder / "vmrd.toml").write_text(house.held["file"], "utf-8")
    house.keeper.send(signal.SIGHUP)


CONFIG_REFUSED = Drill(
    name="config-refused",
    what="Somebody edits the configuration wrongly and has vmrd read it again",
    breaks=_spoil_the_file,
    mends=_mend_the_file,
    signs=(above("VmrdConfigRefused", "vmrd_config_reload_failed", 0),),
    sees=(log_says("config_fault", "log_level"), NO_TRACEBACK),
    healed=(fell_silent("vmrd_config_reload_failed"), log_says("config_reloaded")),
    darkens=False,
)


async def _nearly_over(house: House) -> None:
    house.certificates.panel(_DAYS_LEFT)
    house.keeper.send(signal.SIGHUP)


async def _new_one(house: House) -> None:
    house.certificates.panel(LASTS)
    house.keeper.send(signal.SIGHUP)


def _left(seen: Recording) -> float:
    """Seconds for which the panel's certificate is still good; none where it is not told."""
    return (seen.latest("vmrd_certificate_expires_timestamp_seconds", certificate="panel") or 0.0) - time.time()


async def _lasts(house: House) -> str | None:
    return "the certificate that is told of expires soon" if _left(house.recording) < _TOO_FEW else None


CERTIFICATE_EXPIRING = Drill(
    name="certificate-expiring",
    what=f"The panel's certificate is good for {_DAYS_LEFT} days more",
    breaks=_nearly_over,
    mends=_new_one,
    signs=(
        Sign(
            "VmrdCertificateExpiring",
            ("vmrd_certificate_expires_timestamp_seconds",),
            lambda seen: 0 < _left(seen) < _TOO_FEW,
            pace=300,
        ),
    ),
    healed=(("The new certificate is served, and nobody was dropped", _lasts),),
    darkens=False,
    setting=Setting(tls=True),
)

DRILLS = (CONFIG_REFUSED, CERTIFICATE_EXPIRING)
