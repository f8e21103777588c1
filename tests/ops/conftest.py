"""What these tests need of the machine."""

import os
import shutil

import pytest


@pytest.fixture(scope="module")
def promtool() -> str:
    if found := shutil.which("promtool"):
        return found
    missing = "NO PROMTOOL: the alert rules are NOT TESTED (Debian: apt-get install prometheus)"
    if os.environ.get("CI") == "true":
        pytest.fail(missing)
    pytest.skip(missing)
