"""What every test folder shares: the browser, the order of the folders, and how Hypothesis judges time."""

import os
import shutil
from typing import NoReturn

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


SHELL = "chromium-headless-shell"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def find_chromium(*names: str) -> str | None:
    """Where the first of these that the distribution installed is; of any of its browsers, if none is named.

    The shell draws and scripts as the browser does, without its windows: a page costs a quarter of the processor time.
    """
    found = (shutil.which(name, path="/usr/bin:/usr/local/bin:/snap/bin") for name in names or (SHELL, *BROWSERS))
    return next((path for path in found if path is not None), None)


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """Path of a Chromium to drive.

    Playwright's own download is not used: the distribution patches its browser. In CI (`CI=true`) a missing browser
    fails every test that asks for it, since a skipped safety panel would look tested; elsewhere they are skipped.
    """
    return find_chromium() or _missing(f"{SHELL} or {BROWSERS[0]}")


@pytest.fixture(scope="session")
def windows_path() -> str:
    """Path of a Chromium with windows, one of which is in front of the others; the shell has none."""
    return find_chromium(*BROWSERS) or _missing(BROWSERS[0])


def _missing(package: str) -> NoReturn:
    missing = f"NO CHROMIUM: the panel is NOT TESTED in a browser (Debian: apt-get install {package})"
    if os.environ.get("CI") == "true":
        pytest.fail(missing)
    pytest.skip(missing)
