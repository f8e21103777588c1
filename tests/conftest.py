"""What every test folder shares: the browser, and how Hypothesis judges time."""

import os
import shutil

import pytest
from hypothesis import settings

# A deadline per example measures how busy the machine is, not the code: `timeout` in pyproject.toml catches what hangs.
settings.register_profile("vmrd", parent=settings.default, deadline=None)
settings.load_profile("vmrd")


def find_chromium() -> str | None:
    """Where the distribution's browser is, if it is installed."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = (shutil.which(name, path="/usr/bin:/usr/local/bin:/snap/bin") for name in names)
    return next((path for path in found if path is not None), None)


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """Path of a Chromium to drive.

    Playwright's own download is not used: the distribution patches its browser. In CI (`CI=true`) a missing browser
    fails every test that asks for it, since a skipped safety panel would look tested; elsewhere they are skipped.
    """
    if path := find_chromium():
        return path
    missing = "NO CHROMIUM: the panel is NOT TESTED in a browser (Debian: apt-get install chromium)"
    if os.environ.get("CI") == "true":
        pytest.fail(missing)
    pytest.skip(missing)
