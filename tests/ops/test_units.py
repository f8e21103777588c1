"""The units: right by systemd itself, and as narrow as they are said to be."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

UNITS = Path(__file__).parents[2] / "deploy" / "systemd"
SYSTEM = Path("/usr/lib/systemd/system")
MOST_EXPOSED = 11
"""Ten times the exposure that `systemd-analyze security` may find."""


@pytest.fixture(scope="module")
def analyze() -> str:
    if found := shutil.which("systemd-analyze"):
        return found
    missing = "NO SYSTEMD-ANALYZE: the units are NOT TESTED (Debian: apt-get install systemd)"
    if os.environ.get("CI") == "true":
        pytest.fail(missing)
    pytest.skip(missing)


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A machine's root with the units and the programs they start, and systemd's own units."""
    for program in ("opt/vmrd/bin/vmrd", "usr/bin/kill"):
        file = tmp_path / program
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("#!/bin/sh\n")
        file.chmod(0o755)
    shutil.copytree(SYSTEM, tmp_path / "usr/lib/systemd/system", symlinks=True)
    units = tmp_path / "etc/systemd/system"
    units.mkdir(parents=True)
    for unit in ("vmrd.service", "vmrd.socket"):
        shutil.copy(UNITS / unit, units)
    return tmp_path


def verified(analyze: str, root: Path) -> tuple[int, str]:
    done = subprocess.run(
        [analyze, "verify", f"--root={root}", "vmrd.service", "vmrd.socket"], capture_output=True, text=True, timeout=60
    )
    return done.returncode, done.stdout + done.stderr


def test_systemd_finds_nothing_to_say_about_the_units(analyze: str, installed: Path) -> None:
    assert verified(analyze, installed) == (0, "")


def test_it_would_have_said_that_a_key_is_misspelt(analyze: str, installed: Path) -> None:
    unit = installed / "etc/systemd/system/vmrd.service"
    unit.write_text(unit.read_text().replace("WatchdogSec", "WatchdogSecs"))
    assert "Unknown key" in verified(analyze, installed)[1]


def test_the_service_is_no_more_exposed_than_said(analyze: str) -> None:
    done = subprocess.run(
        [analyze, "security", "--offline=true", f"--threshold={MOST_EXPOSED}", "--no-pager", UNITS / "vmrd.service"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout.splitlines()[-1]


def test_the_service_may_open_a_connection_for_each_meeting_of_a_whole_estate() -> None:
    """In the unit, because the service may not raise its own limit: a stream for each of 10,000, and all else."""
    told = dict(line.split("=", 1) for line in (UNITS / "vmrd.service").read_text().splitlines() if "=" in line)
    assert int(told["LimitNOFILE"]) >= 20_000
