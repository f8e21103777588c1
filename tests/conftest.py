"""What every test folder shares: the browser, the order of the folders, and how Hypothesis judges time."""

import os
import shutil

import pytest
from hypothesis import settings

# A deadline per example measures how busy the machine is, not the code: `timeout` in pyproject.toml catches what hangs.
settings.register_profile("vmrd", parent=settings.default, deadline=None)
settings.load_profile("vmrd")

LONG = ("crash", "system", "knobs", "cosim", "phones", "browser")
"""Folders whose files take long, the longest first."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first: one that is begun last would be run by one worker while the others have nothing left."""
    rank = {folder: number for number, folder in enumerate(LONG)}
    items.sort(key=lambda item: rank.get(item.path.parent.name, len(LONG)))


def find_chromium() -> str | None:
    """Where the distribution's browser is, if it is installed.

    The shell draws and scripts as the browser does, without its windows: a page costs a quarter of the processor time.
    """
    names = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
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
    missing = "NO CHROMIUM: the panel is NOT TESTED in a browser (Debian: apt-get install chromium-headless-shell)"
    if os.environ.get("CI") == "true":
        pytest.fail(missing)
    pytest.skip(missing)
